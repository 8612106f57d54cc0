/** TCP ports on which browsers are answered. */
import type { Server } from 'node:net';
import type { Endpoint } from '../../net/endpoint.ts';
import { cannotListen, type Listening, opened } from '../../net/listening.ts';

const PAGE: Listening = { what: 'the page', key: 'page.listen', everywhere: 'a port alone' };

/** Throws RingbackError('unavailable') with place, reason and remedy. `::` takes IPv4 as well. */
export async function listenOn(
  server: Server,
  { host, port }: Endpoint,
  listening: Listening = PAGE,
): Promise<void> {
  try {
    await opened(server, (done) => {
      // Without a host Node takes all addresses, and those of IPv4 alone where the system has no IPv6.
      if (host === '::') server.listen(port, done);
      else server.listen(port, host, done);
    });
  } catch (error) {
    throw cannotListen({ host, port }, error, listening);
  }
}
