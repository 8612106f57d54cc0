/** Where people reach this router. */

/** Addresses of people's own networks, RFC 1918. */
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;
const LOOPBACK = '127.';

/**
 * Where people reach this router when nobody says it (page.router_url): an address of the inside among its own, as a URL with this port;
 * any other if there is none of those, null without a network.
 */
export function ownUrl(port: number, addresses: Iterable<string>): string | null {
  const candidates = [...addresses].filter((one) => !one.includes(':') && !one.startsWith(LOOPBACK));
  const [first] = candidates;
  const inside = candidates.find((address) => PRIVATE.test(address)) ?? first;
  return inside === undefined ? null : `http://${inside}:${port}`;
}
