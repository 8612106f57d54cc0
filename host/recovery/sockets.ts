/** Sockets to servers, as far as these are asked and connected to. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

/** What is used of a connection: as node:net has it. */
interface Connection {
  readonly connecting: boolean;
  on(event: 'connect' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  end(): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/** Where a connection goes, and from which port, if that matters. */
export interface Ends {
  readonly host: string;
  readonly port: number;
  readonly localPort?: number;
}

/** What is used of a socket for datagrams: as node:dgram has it. */
interface DatagramSocket {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'message', listener: () => void): unknown;
  /** Where there is no way, it is called with the error. */
  connect(port: number, server: string, onConnect: (error?: Error) => void): void;
  send(bytes: Uint8Array, onSent: (error: Error | null) => void): void;
  close(): void;
}

export interface Sockets {
  connect(ends: Ends): Connection;
  /** `localPort`: where they come from; 0: any that is free. If it is not, the socket says so. */
  datagrams(family: 'udp4' | 'udp6', localPort: number): DatagramSocket;
}

/** The kernel's. */
export const kernelSockets: Sockets = {
  connect: (ends) => connect(ends),
  datagrams: (family, localPort) => {
    const socket = createSocket(family);
    if (localPort !== 0) socket.bind({ port: localPort, exclusive: true });
    return socket;
  },
};
