/** Where people reach this router. */
import { networkInterfaces } from 'node:os';

/** Addresses of people's own networks, RFC 1918. */
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/** Where people reach this router when nobody says it (page.router_url): an address of the inside, as a URL with this port; any other if there is none of those, null without a network. */
export function ownUrl(port: number, interfaces = networkInterfaces()): string | null {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  const candidates = all.filter(({ family, internal }) => family === 'IPv4' && !internal);
  const [first] = candidates;
  const inside = candidates.find(({ address }) => PRIVATE.test(address)) ?? first;
  return inside === undefined ? null : `http://${inside.address}:${port}`;
}
