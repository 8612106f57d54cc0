/** By which names a server is asked for. */

import type { ServerConfiguration } from '../config/types.ts';
import { canonicalAddress } from '../net/address.ts';
import { canonicalDomain } from '../net/mail-address.ts';

/** Whether a Host field (RFC 9110 section 7.2) means this server, by a name or by its address. */
export function isNameOf(
  { address, name, names }: Pick<ServerConfiguration, 'address' | 'name' | 'names'>,
  host: string | null,
): boolean {
  const asked = (host ?? '').replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  if (canonicalAddress(asked) === address) return true;
  const domain = canonicalDomain(asked.replace(/\.$/, ''));
  return domain !== null && (names.includes(domain) || (name !== null && canonicalDomain(name) === domain));
}
