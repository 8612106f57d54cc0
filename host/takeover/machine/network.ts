/** Whom an announcement asks for. */
import { broadcastOf, type Prefix } from '../../net/address.ts';

/**
 * Whom the takeover's ARP request asks for: the subnet's broadcast address, for which nobody answers (JP 2001-144806
 * paragraph 42). Where there is none it is the address itself, which nobody else has.
 */
export function askedFor(prefix: Prefix): string {
  return broadcastOf(prefix) ?? prefix.address;
}
