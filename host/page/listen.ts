/** The TCP port of the page. */

import { isIPv6, type Server } from 'node:net';
import type { Endpoint } from '../config/types.ts';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';

/** Throws RingbackError('unavailable') with place, reason and remedy. `::` takes IPv4 as well. */
export async function listenOn(server: Server, { host, port }: Endpoint): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const listening = (): void => {
        server.off('error', reject);
        resolve();
      };
      // Without a host Node takes all addresses, and those of IPv4 alone where the system has no IPv6.
      if (host === '::') server.listen(port, listening);
      else server.listen(port, host, listening);
    });
  } catch (error) {
    throw unavailable({ host, port }, error);
  }
}

const REMEDIES: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  EADDRINUSE: ['another program uses this port', 'stop it, or choose another page.listen'],
  EACCES: [
    'no privilege for ports below 1024',
    'start as root or with CAP_NET_BIND_SERVICE, or choose another page.listen',
  ],
  EADDRNOTAVAIL: [
    'this machine has no such address',
    'choose one of its own for page.listen, or a port alone',
  ],
};

function unavailable({ host, port }: Endpoint, error: unknown): RingbackError {
  const where = isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
  const [reason, remedy] = REMEDIES[systemCodeOf(error) ?? ''] ?? [messageOf(error), 'see page.listen'];
  return new RingbackError('unavailable', `cannot listen for the page on ${where}: ${reason}; ${remedy}`, {
    cause: error,
  });
}
