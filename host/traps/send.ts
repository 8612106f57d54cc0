/** One datagram to a host, over whichever IP version its name leads to first. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';

export type SendDatagram = (datagram: Uint8Array, host: string, port: number) => Promise<void>;

/** Rejects when it can't leave; that it has left says nothing of its arrival. */
export async function sendToHost(datagram: Uint8Array, host: string, port: number): Promise<void> {
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.send(datagram, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
  } finally {
    socket.close();
  }
}
