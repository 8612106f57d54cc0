/** The UDP socket on which traps arrive. */

import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint } from '../config/types.ts';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';

/** Room for a burst: after a power cut, every server says coldStart at once. */
const RECEIVE_BUFFER_BYTES = 1 << 20;

/** A bound socket; throws `unavailable` with place, reason and remedy. `::` takes IPv4 as well. */
export async function openTrapSocket(listen: Endpoint): Promise<Socket> {
  const socket = createSocket(isIPv6(listen.host) ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(listen.port, listen.host, resolve);
    });
  } catch (error) {
    socket.close();
    throw unavailable(listen, error);
  }
  socket.removeAllListeners('error');
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // A system that refuses keeps its default: traps may be lost in a burst, and they are only hints.
  }
  return socket;
}

const REMEDIES: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  EADDRINUSE: [
    'another program uses this port',
    'stop it (snmptrapd?) or choose another recover.traps.listen',
  ],
  EACCES: [
    'no privilege for ports below 1024',
    'start as root or with CAP_NET_BIND_SERVICE, or choose another port',
  ],
  EADDRNOTAVAIL: [
    'this machine has no such address',
    'choose one of its own for recover.traps.listen, or 0.0.0.0',
  ],
};

function unavailable({ host, port }: Endpoint, error: unknown): RingbackError {
  const where = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
  const [reason, remedy] = REMEDIES[systemCodeOf(error) ?? ''] ?? [
    messageOf(error),
    'see recover.traps.listen',
  ];
  return new RingbackError('unavailable', `cannot listen for SNMP traps on ${where}: ${reason}; ${remedy}`, {
    cause: error,
  });
}
