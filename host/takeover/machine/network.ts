/** The network that an address on an adapter belongs to. */
import { addressBytes, addressText, isVersion4, mappedLength, type Prefix } from '../../net/address.ts';

/** RFC 3021: links of two have no broadcast address, and neither has a single one. */
const LONGEST_WITH_BROADCAST = 30;

function bits({ address, length }: Prefix, behind: 0 | 1): string {
  const whole = mappedLength({ address, length });
  const bytes = addressBytes(address).map((byte, index) => {
    const mask = 0xff >> Math.min(8, Math.max(0, whole - index * 8));
    return behind === 0 ? byte & ~mask : byte | mask;
  });
  return addressText(bytes);
}

export function networkOf(prefix: Prefix): Prefix {
  return { address: bits(prefix, 0), length: prefix.length };
}

/**
 * Whom the takeover's ARP request asks for: the subnet's broadcast address, for which nobody answers (JP 2001-144806
 * paragraph 42). Where there is none it is the address itself, which nobody else has.
 */
export function askedFor(prefix: Prefix): string {
  const hasBroadcast = isVersion4(prefix.address) && prefix.length <= LONGEST_WITH_BROADCAST;
  return hasBroadcast ? bits(prefix, 1) : prefix.address;
}
