/** What cards of a pair's world are given. */
import { canonicalAddress, isVersion4, networkOf, type Prefix, prefixContains } from '../../net/address.ts';
import type { NetworkPlan } from '../scenario/types.ts';

export const ROUTER_MAC = '02:00:00:ff:ff:01';

/** An address as it is on a card: with its own length, or with its network's. */
export function prefixOn({ prefixes }: NetworkPlan, text: string): Prefix {
  const [address, length] = parts(text);
  const network = prefixes
    .map((prefix) => ({ address: parts(prefix)[0], length: Number(parts(prefix)[1]) }))
    .find((prefix) => prefixContains(networkOf(prefix), address));
  return { address, length: Number(length ?? network?.length ?? (isVersion4(address) ? 24 : 64)) };
}

/** Each card's is its own. */
export function macOf(host: number, card: number): string {
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  return `02:00:00:${hex(host >> 8)}:${hex(host & 0xff)}:${hex(card)}`;
}

function parts(text: string): readonly [address: string, length: string | undefined] {
  const [address = '', length] = text.split('/');
  return [canonicalAddress(address) ?? address, length];
}
