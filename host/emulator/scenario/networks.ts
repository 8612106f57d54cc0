/** Networks of a scenario: the two links of the router, and what is behind further routers. */
import type { Add } from '../../config/contradictions.ts';
import {
  addressBytes,
  addressText,
  isVersion4,
  mappedLength,
  type Prefix,
  prefixContains,
  prefixText,
  readPrefix,
} from '../../net/address.ts';
import { LINKS } from './lab.ts';
import type { BehindText, ScenarioText } from './text.ts';
import type { NetworkPlan } from './types.ts';

/** The next routers on a link come down from here to there, as nobody else does. */
const LAST_HOST = 254;
const FIRST_HOST = 160;
/** More are compared with each other for too long. */
const MAX_NETWORKS = 256;

/** Of what is known to be one. */
export const prefixOf = (text: string): Prefix => {
  const reading = readPrefix(text);
  if (!('prefix' in reading)) throw new Error(`no network: ${text}`);
  return reading.prefix;
};

/** The part of a network with that number, of so many. One alone may be as small as one machine: captures have such. */
function partOf(whole: Prefix, number: number, bits: number): Prefix | null {
  if (bits === 0) return whole;
  const length = whole.length + bits;
  const longest = isVersion4(whole.address) ? 32 : 128;
  if (length > longest - 2) return null;
  const bytes = addressBytes(whole.address);
  const end = mappedLength({ address: whole.address, length });
  for (let bit = 0; bit < bits; bit++) {
    const at = end - 1 - bit;
    if ((number >> bit) & 1) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (0x80 >> (at & 7));
  }
  return { address: addressText(bytes), length };
}

const doOverlap = (one: Prefix, other: Prefix): boolean =>
  prefixContains(one, other.address) || prefixContains(other, one.address);

function linkNetworks({ network, router }: ScenarioText): NetworkPlan[] {
  const given = router?.fabric.interfaces ?? [];
  return LINKS.map((link, index) => ({
    name: link.name,
    interface: given[index] ?? link.interface,
    prefixes: link.prefixes,
    router: link.router,
    via: [],
    link: network[link.name].link,
  }));
}

/** Networks behind further routers, after those of the links. */
function behindNetworks(text: ScenarioText, links: readonly NetworkPlan[], add: Add): NetworkPlan[] {
  const next = new Map(links.map(({ name }) => [name, LAST_HOST]));
  const all = [...text.network.behind.values()].reduce((sum, { count }) => sum + (count ?? 1), links.length);
  if (all > MAX_NETWORKS) {
    add(['network', 'behind'], `makes ${all} networks; ${MAX_NETWORKS} at most`);
    return [];
  }
  return [...text.network.behind].flatMap(([name, plan]): NetworkPlan[] => {
    const path = ['network', 'behind', name];
    const link = links.find((one) => one.interface === plan.port || one.name === plan.port);
    if (link === undefined) {
      const there = links.map((one) => one.interface).join(', ');
      add([...path, 'port'], `"${plan.port}" is no interface of the router; ${there}`);
      return [];
    }
    const versions = plan.network.map(({ address }) => isVersion4(address));
    if (versions.length === 2 && versions[0] === versions[1]) {
      add([...path, 'network', 1], 'is of the same IP version as the first one; one of each');
      return [];
    }
    const count = plan.count ?? 1;
    const bits = Math.ceil(Math.log2(count));
    return Array.from({ length: count }, (_, index): NetworkPlan[] => {
      const parts = plan.network.map((whole) => partOf(whole, index, bits));
      if (parts.some((part) => part === null)) {
        if (index === 0)
          add(
            [...path, 'count'],
            `${count} networks do not fit into ${plan.network.map(prefixText).join(' and ')}`,
          );
        return [];
      }
      const prefixes = parts.filter((part) => part !== null).map(prefixText);
      const own = plan.count === null ? name : `${name}-${index + 1}`;
      return [
        {
          name: own,
          interface: link.interface,
          prefixes,
          router: [],
          via: viaOf(plan, link, next, path, add),
          link: plan.link,
        },
      ];
    }).flat();
  });
}

/** The next router's addresses: those that are given, and of each other version the next free ones from the end of the link. */
function viaOf(
  plan: BehindText,
  link: NetworkPlan,
  next: Map<string, number>,
  path: readonly string[],
  add: Add,
): string[] {
  for (const address of plan.via) {
    if (!link.prefixes.some((prefix) => prefixContains(prefixOf(prefix), address)))
      add(
        [...path, 'via'],
        `${address} is on no network of ${link.interface}; ${link.prefixes.join(', ')} are`,
      );
  }
  const part = next.get(link.name) ?? LAST_HOST;
  next.set(link.name, part - 1);
  if (part === FIRST_HOST - 1)
    add(
      [...path, 'via'],
      `is missing; a link has ${LAST_HOST - FIRST_HOST + 1} addresses for next routers, and they are used up`,
    );
  return plan.network.map(({ address }) => {
    const given = plan.via.find((one) => isVersion4(one) === isVersion4(address));
    if (given !== undefined) return given;
    const prefix = link.prefixes.map(prefixOf).find((one) => isVersion4(one.address) === isVersion4(address));
    if (prefix === undefined) throw new Error(`a link without a network: ${link.name}`);
    return isVersion4(address) ? prefix.address.replace(/\d+$/, `${part}`) : `${prefix.address}${part}`;
  });
}

function overlaps(networks: readonly NetworkPlan[], text: ScenarioText, add: Add): void {
  const all = networks.flatMap((network) =>
    network.prefixes.map((prefix) => ({ name: network.name, prefix: prefixOf(prefix) })),
  );
  const told = new Set<string>();
  for (const [index, one] of all.entries()) {
    for (const other of all.slice(0, index)) {
      if (one.name === other.name || !doOverlap(one.prefix, other.prefix)) continue;
      const base = [...text.network.behind.keys()].find(
        (key) => one.name === key || one.name.startsWith(`${key}-`),
      );
      if (base === undefined || told.has(base)) continue;
      told.add(base);
      add(
        ['network', 'behind', base, 'network'],
        `${prefixText(one.prefix)} overlaps with ${prefixText(other.prefix)} of ${other.name}; choose another`,
      );
    }
  }
}

/** Of the links first. */
export function networkPlansOf(text: ScenarioText, add: Add): readonly NetworkPlan[] {
  const links = linkNetworks(text);
  const networks = [...links, ...behindNetworks(text, links, add)];
  overlaps(networks, text, add);
  return networks;
}
