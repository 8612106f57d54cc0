/** Networks of a world in bytes: which addresses they have for whom. */
import { addressBytes, type Prefix, prefixContains, readPrefix } from '../../net/address.ts';
import type { NetworkPlan } from '../scenario/types.ts';

const LOW_AT = 12;

/** One prefix of a network; all its addresses differ in their last 32 bits only. */
export interface Block {
  readonly prefix: Prefix;
  readonly isIp6: boolean;
  /** The lowest address, 16 bytes. */
  readonly bytes: Uint8Array;
  /** The last 32 bits of the lowest, and how many there are. */
  readonly low: number;
  readonly size: number;
}

export interface Network {
  readonly plan: NetworkPlan;
  /** Its number among the router's interfaces. */
  readonly iface: number;
  readonly ip4: Block | null;
  readonly ip6: Block | null;
}

export function blockOf(text: string): Block {
  const reading = readPrefix(text);
  if ('problem' in reading) throw new RangeError(`${text} ${reading.problem}`);
  const { prefix } = reading;
  const bytes = addressBytes(prefix.address);
  const isIp6 = prefix.address.includes(':');
  const free = (isIp6 ? 128 : 32) - prefix.length;
  return { prefix, isIp6, bytes, low: lowOf(bytes), size: 2 ** Math.min(free, 32) };
}

/** The last 32 bits. */
export function lowOf(bytes: Uint8Array): number {
  const [a, b, c, d] = bytes.subarray(LOW_AT) as unknown as [number, number, number, number];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

export function writeLow(bytes: Uint8Array, low: number): void {
  bytes[LOW_AT] = low >>> 24;
  bytes[LOW_AT + 1] = low >>> 16;
  bytes[LOW_AT + 2] = low >>> 8;
  bytes[LOW_AT + 3] = low;
}

export function networksOf(plans: readonly NetworkPlan[], interfaces: readonly string[]): readonly Network[] {
  return plans.map((plan) => {
    const iface = interfaces.indexOf(plan.interface) + 1;
    if (iface === 0) throw new RangeError(`network ${plan.name}: no interface is called ${plan.interface}`);
    const blocks = plan.prefixes.map(blockOf);
    const ip4 = blocks.find(({ isIp6 }) => !isIp6) ?? null;
    const ip6 = blocks.find(({ isIp6 }) => isIp6) ?? null;
    return { plan, iface, ip4, ip6 };
  });
}

/** The network, by its number, that an address lies in: of several the smallest; -1: none. */
export function networkAt(networks: readonly Network[], address: string): number {
  let found = -1;
  let length = -1;
  for (const [index, { ip4, ip6 }] of networks.entries()) {
    const block = address.includes(':') ? ip6 : ip4;
    if (block === null || block.prefix.length <= length || !prefixContains(block.prefix, address)) continue;
    found = index;
    length = block.prefix.length;
  }
  return found;
}

/** An address of the block that nobody has, from there on: of each network the first ones are for routers and machines with names. */
export function nextFree(block: Block, from: number, taken: ReadonlySet<number>): number {
  let low = from;
  while (taken.has(low)) low++;
  if (low >= block.low + block.size) {
    throw new RangeError(`the network ${block.prefix.address}/${block.prefix.length} is too small`);
  }
  return low;
}

/** The router's own: where a network is behind a next router, those of the network which that is in. */
export function routersAddresses({ plan, iface }: Network, all: readonly Network[]): readonly string[] {
  if (plan.router.length > 0) return plan.router;
  return all.filter((one) => one.iface === iface).flatMap((one) => one.plan.router);
}
