/** What cards of a pair's world are given. */
import { canonicalAddress, isVersion4, networkOf, type Prefix, prefixContains } from '../../net/address.ts';
import { macText } from '../../net/mac-address.ts';
import type { NetworkPlan } from '../scenario/types.ts';
import { CARDS } from '../world/packets.ts';
import { Mac, writeMac } from '../world/wires.ts';

export const ROUTER_MAC = '02:00:00:ff:ff:01';

/** An address as it is on a card: with its own length, or with its network's. */
export function prefixOn({ prefixes }: NetworkPlan, text: string): Prefix {
  const [address, length] = parts(text);
  const network = prefixes
    .map((prefix) => ({ address: parts(prefix)[0], length: Number(parts(prefix)[1]) }))
    .find((prefix) => prefixContains(networkOf(prefix), address));
  return { address, length: Number(length ?? network?.length ?? (isVersion4(address) ? 24 : 64)) };
}

/** Each card's is its own, as in a world with a router. `host`: its place among all of the scenario's. */
export function macOf(host: number, card: number): string {
  const bytes = new Uint8Array(6);
  writeMac(bytes, Mac.host, host * CARDS + card);
  return macText(bytes);
}

function parts(text: string): readonly [address: string, length: string | undefined] {
  const [address = '', length] = text.split('/');
  return [canonicalAddress(address) ?? address, length];
}
