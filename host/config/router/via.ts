/** Who tells the people that a server is back, and where its list mail goes. */
import type { RouterConfiguration, ServerConfiguration, Via } from '../types.ts';

/** `server` is its entry; without one there is only the rule for all. */
export function viaOf(
  { notify }: Pick<RouterConfiguration, 'notify'>,
  server: ServerConfiguration | undefined,
): Via {
  return server?.via ?? notify.via;
}

/**
 * The mail address of the one who tells the people (table 75 of the seed); null: there is none, because the router tells
 * them itself or the table has no entry (paragraph 121).
 */
export function notifierOf(configuration: RouterConfiguration, address: string): string | null {
  const server = configuration.servers.find((one) => one.address === address);
  const via = viaOf(configuration, server);
  if (via === 'direct') return null;
  return via === 'station' ? (configuration.station?.mail ?? null) : (server?.mail ?? null);
}
