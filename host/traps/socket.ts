/** The UDP socket on which traps arrive. */

import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint } from '../net/endpoint.ts';
import { cannotListen, opened } from '../net/listening.ts';

/** Room for a burst: after a power cut, every server says coldStart at once. */
const RECEIVE_BUFFER_BYTES = 1 << 20;

/** What is used of a bound socket: as node:dgram has it. */
export interface TrapSocket {
  on(event: 'message', listener: (datagram: Buffer, peer: RemoteInfo) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  send(datagram: Uint8Array, port: number, address: string, onSent: () => void): void;
  address(): { readonly address: string; readonly port: number };
  close(onClosed: () => void): unknown;
}

export type OpenTrapSocket = (listen: Endpoint, section: string) => Promise<TrapSocket>;

/** A bound socket; throws `unavailable` with place, reason and remedy, which names the configuration's `section`. `::` takes IPv4 as well. */
export async function openTrapSocket(listen: Endpoint, section: string): Promise<TrapSocket> {
  const socket = createSocket(isIPv6(listen.host) ? 'udp6' : 'udp4');
  try {
    await opened(socket, (done) => socket.bind(listen.port, listen.host, done));
  } catch (error) {
    socket.close();
    const about = { what: 'SNMP traps', key: `${section}.listen`, rival: 'snmptrapd', everywhere: '0.0.0.0' };
    throw cannotListen(listen, error, about);
  }
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // A system that refuses keeps its default: traps may be lost in a burst, and they are only hints.
  }
  return socket;
}
