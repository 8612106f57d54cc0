/** Where the machines of an incident lie in a world: on its two links if their addresses are the lab's, else behind next routers. */
import {
  addressBytes,
  isVersion4,
  networkOf,
  type Prefix,
  prefixContains,
  prefixText,
  readPrefix,
} from '../../net/address.ts';
import { LINKS } from '../scenario/lab.ts';
import type { IncidentHost } from './hosts.ts';

interface IncidentNetwork {
  readonly name: string;
  readonly side: 'clients' | 'servers';
  readonly prefixes: readonly Prefix[];
}

interface PlacedHost extends IncidentHost {
  /** `lan` or `wan`, or one of the networks. */
  readonly network: string;
}

export interface Placed {
  readonly hosts: readonly PlacedHost[];
  readonly networks: readonly IncidentNetwork[];
  /** Machines for which there was no room. */
  readonly leftOut: number;
}

/** A scenario has at most so many networks and hosts beside those of the lab. */
const [MAX_NETWORKS, MAX_HOSTS] = [60, 950];
/** What the router of the lab tries is no person's. */
const ROUTER: ReadonlySet<string> = new Set(LINKS.flatMap(({ router }) => router));
/** Networks are not narrower: others of the same place are in them, too. */
const NARROWEST = { 4: 24, 6: 64 } as const;

const LINK_PREFIXES = LINKS.flatMap(({ name, prefixes }) =>
  prefixes.map((text) => {
    const reading = readPrefix(text);
    if (!('prefix' in reading)) throw new Error(`no network: ${text}`);
    return { name, prefix: reading.prefix };
  }),
);

/** The link of the lab that the address is on. */
function linkOf(address: string): string | null {
  return LINK_PREFIXES.find(({ prefix }) => prefixContains(prefix, address))?.name ?? null;
}

/** An address, and what lies there: machines of one side, or nothing that may be given to others. */
interface Point {
  readonly address: string;
  readonly owner: 'clients' | 'servers' | 'reserved';
}

export function placeHosts(all: readonly IncidentHost[]): Placed {
  const kept = all.filter(({ addresses }) => !addresses.some((one) => ROUTER.has(one))).slice(0, MAX_HOSTS);
  const leaves = [
    ...leavesOf(pointsOf(kept, 4), { address: '0.0.0.0', length: 0 }, 4),
    ...leavesOf(pointsOf(kept, 6), { address: '::', length: 0 }, 6),
  ];
  const networks: { name: string; side: 'clients' | 'servers'; prefixes: Prefix[] }[] = [];
  /** The network of an address; a machine of both versions lies in one that has both. */
  const networkFor = (
    side: 'clients' | 'servers',
    wanted: readonly Prefix[],
  ): (typeof networks)[number] | null => {
    const texts = wanted.map(prefixText);
    const has = (one: (typeof networks)[number], text: string): boolean =>
      one.prefixes.some((prefix) => prefixText(prefix) === text);
    const known = networks.find((one) => texts.every((text) => has(one, text)));
    if (known !== undefined) return known;
    const half = networks.find((one) => one.prefixes.length === 1 && texts.some((text) => has(one, text)));
    const missing = wanted.filter((one) => !networks.some((other) => has(other, prefixText(one))));
    if (half !== undefined && missing.length === 1) {
      half.prefixes.push(...missing);
      return half;
    }
    if (missing.length < wanted.length || networks.length === MAX_NETWORKS) return null;
    const number = networks.filter((one) => one.side === side).length;
    const made = { name: number === 0 ? side : `${side}-${number + 1}`, side, prefixes: [...wanted] };
    networks.push(made);
    return made;
  };
  const hosts: PlacedHost[] = [];
  let leftOut = all.length - kept.length;
  // Those with both versions first: they decide which prefixes belong together.
  const byVersions = kept.toSorted((a, b) => b.addresses.length - a.addresses.length);
  for (const host of byVersions) {
    const links = new Set(host.addresses.map(linkOf));
    const [link] = links;
    if (links.size === 1 && link != null) {
      hosts.push({ ...host, network: link });
      continue;
    }
    const wanted = host.addresses.map((one) => leaves.find((leaf) => prefixContains(leaf, one)));
    const found = wanted.includes(undefined) ? null : networkFor(host.side, wanted as Prefix[]);
    if (found !== null) hosts.push({ ...host, network: found.name });
    else leftOut++;
  }
  hosts.sort(
    (a, b) => kept.findIndex((one) => one.name === a.name) - kept.findIndex((one) => one.name === b.name),
  );
  return { hosts, networks, leftOut };
}

function pointsOf(hosts: readonly IncidentHost[], version: 4 | 6): readonly Point[] {
  const isVersion = (address: string): boolean => isVersion4(address) === (version === 4);
  const own = hosts.flatMap(({ addresses, side }) =>
    addresses
      .filter((one) => isVersion(one) && linkOf(one) === null)
      .map((address): Point => ({ address, owner: side })),
  );
  const links = LINK_PREFIXES.map(({ prefix }) => prefix.address)
    .filter(isVersion)
    .map((address): Point => ({ address, owner: 'reserved' }));
  return [...own, ...links];
}

/** The widest networks that hold machines of one side only, made as narrow as their addresses allow. */
function leavesOf(points: readonly Point[], within: Prefix, version: 4 | 6): readonly Prefix[] {
  const [first] = points;
  if (first === undefined) return [];
  if (points.every(({ owner }) => owner === first.owner)) {
    if (first.owner === 'reserved') return [];
    const common = commonPrefix(
      points.map(({ address }) => address),
      version,
    );
    const length = Math.max(within.length, Math.min(common, NARROWEST[version]));
    return [networkOf({ address: first.address, length })];
  }
  const length = within.length + 1;
  if (length > (version === 4 ? 32 : 128)) return [];
  const halves = new Map<string, Point[]>();
  for (const point of points) {
    const key = prefixText(networkOf({ address: point.address, length }));
    const half = halves.get(key) ?? [];
    half.push(point);
    halves.set(key, half);
  }
  return [...halves.values()].flatMap((half) =>
    leavesOf(half, networkOf({ address: half[0]?.address ?? '', length }), version),
  );
}

/** Leading bits that all have alike. */
function commonPrefix(addresses: readonly string[], version: 4 | 6): number {
  const longest = version === 4 ? 32 : 128;
  const all = addresses.map((address) => addressBytes(address).subarray(version === 4 ? 12 : 0));
  const [first] = all;
  if (first === undefined) return longest;
  for (let bit = 0; bit < longest; bit++) {
    const of = (bytes: Uint8Array): number => ((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
    if (all.some((bytes) => of(bytes) !== of(first))) return bit;
  }
  return longest;
}
