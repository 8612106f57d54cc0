/** The UDP socket on which traps arrive. */

import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint } from '../config/types.ts';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';

/** Room for a burst: after a power cut, every server says coldStart at once. */
const RECEIVE_BUFFER_BYTES = 1 << 20;

/** A bound socket; throws `unavailable` with place, reason and remedy, which names the configuration's `section`. `::` takes IPv4 as well. */
export async function openTrapSocket(listen: Endpoint, section: string): Promise<Socket> {
  const socket = createSocket(isIPv6(listen.host) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(listen.port, listen.host, resolve);
    });
  } catch (error) {
    socket.close();
    throw unavailable(listen, section, error);
  }
  socket.removeAllListeners('error');
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // A system that refuses keeps its default: traps may be lost in a burst, and they are only hints.
  }
  return socket;
}

/** LISTEN stands for the key that says where to listen. */
const REMEDIES: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  EADDRINUSE: ['another program uses this port', 'stop it (snmptrapd?) or choose another LISTEN'],
  EACCES: [
    'no privilege for ports below 1024',
    'start as root or with CAP_NET_BIND_SERVICE, or choose another port',
  ],
  EADDRNOTAVAIL: ['this machine has no such address', 'choose one of its own for LISTEN, or 0.0.0.0'],
};

function unavailable({ host, port }: Endpoint, section: string, error: unknown): RingbackError {
  const where = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
  const [reason, remedy] = REMEDIES[systemCodeOf(error) ?? ''] ?? [messageOf(error), 'see LISTEN'];
  const advice = remedy.replace('LISTEN', `${section}.listen`);
  return new RingbackError('unavailable', `cannot listen for SNMP traps on ${where}: ${reason}; ${advice}`, {
    cause: error,
  });
}
