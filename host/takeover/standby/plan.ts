/** Which interface takes which address, and whether there are enough of them (JP 2001-144806 paragraphs 62, 63 and 93). */

import type { InterfaceFacts } from '../ports/interface-facts.ts';

interface PlanInput {
  /** In the order of use. */
  readonly interfaces: readonly InterfaceFacts[];
  /** How many addresses each has taken. */
  readonly used: ReadonlyMap<string, number>;
  readonly share: boolean;
  /** MAC addresses of the active that had the address: the same one with the same address must never be there twice. */
  readonly forbidden: ReadonlySet<string>;
}

export type Plan = { readonly interfaces: readonly string[] } | { readonly reason: string };

/** The configured order, but the interface that takes instructions last (paragraph 93). */
export function inOrder(interfaces: readonly string[], listening: string | null): string[] {
  return [
    ...interfaces.filter((ifname) => ifname !== listening),
    ...interfaces.filter((ifname) => ifname === listening),
  ];
}

/** The interfaces to try, best first; or why there is none. */
export function plan({ interfaces, used, share, forbidden }: PlanInput): Plan {
  const usable = interfaces.filter(({ mac }) => mac !== null && !forbidden.has(mac));
  const addressesOf = ({ ifname }: InterfaceFacts): number => used.get(ifname) ?? 0;
  const open = share ? usable : usable.filter((one) => addressesOf(one) === 0);
  const sorted = [...open].sort(
    (one, other) => Number(one.broken) - Number(other.broken) || addressesOf(one) - addressesOf(other),
  );
  if (sorted.length > 0) return { interfaces: sorted.map(({ ifname }) => ifname) };
  const clash = interfaces.find(({ mac }) => mac !== null && forbidden.has(mac));
  if (usable.length > 0) return { reason: `no interface is free: each of ${usable.length} has an address` };
  if (clash !== undefined) {
    return { reason: `${clash.ifname} has the MAC address of the active itself, ${clash.mac}` };
  }
  return { reason: 'none of the interfaces is there' };
}

/** As many interfaces are needed as the largest number of addresses of any one active (paragraphs 62 and 101). */
export function needed(addresses: ReadonlyMap<string, number>): {
  readonly active: string | null;
  readonly interfaces: number;
} {
  let most: { active: string | null; interfaces: number } = { active: null, interfaces: 0 };
  for (const [active, count] of addresses) if (count > most.interfaces) most = { active, interfaces: count };
  return most;
}
