/** Networks and machines of a scenario: what its text says, with every default filled in, and what cannot be so. */
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
import { hostsOf, LINKS, USUAL_ANSWERS, USUAL_BOOT } from './lab.ts';
import type { BehindText, ScenarioText } from './text.ts';
import { type HostPlan, memberName, type NetworkPlan, type PeoplePlan, type ServersPlan } from './types.ts';

/** The next routers on a link come down from here, as nobody else does. */
const LAST_HOST = 254;
/** More are compared with each other for too long. */
const MAX_NETWORKS = 256;
/** Of a network: its own address, and those of its next router and of broadcasts. */
const RESERVED = 3;

export interface Premises {
  readonly interfaces: readonly string[];
  readonly networks: readonly NetworkPlan[];
  readonly hosts: readonly HostPlan[];
  readonly people: readonly PeoplePlan[];
  readonly servers: readonly ServersPlan[];
}

const prefixOf = (text: string): Prefix => {
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

/** How many machines a network holds. */
function roomOf(prefix: Prefix): number {
  const bits = 128 - mappedLength(prefix);
  return bits >= 32 ? Number.POSITIVE_INFINITY : 2 ** bits - RESERVED;
}

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

function hostPlans(text: ScenarioText, networks: readonly NetworkPlan[], add: Add): HostPlan[] {
  const plans = new Map(hostsOf(text.network.is).map((plan) => [plan.name, plan]));
  for (const [name, own] of text.hosts) {
    const path = ['hosts', name];
    const usual = plans.get(name);
    const network = own.on ?? usual?.network;
    const addresses = own.addresses ?? usual?.addresses;
    if (network === undefined)
      add(path, `"${name}" is on no network: the lab has no such host; give on and addresses`);
    else if (addresses === undefined)
      add(path, `"${name}" has no address: the lab has no such host; give addresses`);
    if (network === undefined || addresses === undefined) continue;
    const place = networks.find((one) => one.name === network);
    if (place === undefined) {
      add(
        [...path, 'on'],
        `"${network}" is no network here; ${networks
          .map((one) => one.name)
          .slice(0, 10)
          .join(', ')}`,
      );
      continue;
    }
    for (const address of addresses) {
      if (!place.prefixes.some((prefix) => prefixContains(prefixOf(prefix), address)))
        add([...path, 'addresses'], `${address} is not in ${network}; ${place.prefixes.join(' or ')}`);
    }
    if (addresses.length === 2 && isVersion4(addresses[0] ?? '') === isVersion4(addresses[1] ?? ''))
      add([...path, 'addresses'], 'are of the same IP version; at most one of each');
    plans.set(name, {
      name,
      network,
      addresses,
      adapters: usual?.adapters ?? [],
      stack: own.is ?? usual?.stack ?? 'linux',
      serves: own.serves ?? usual?.serves ?? [],
      answers: own.answers ?? usual?.answers ?? USUAL_ANSWERS,
      boot: own.boot ?? usual?.boot ?? USUAL_BOOT,
      isUp: own.up,
    });
  }
  return [...plans.values()];
}

/** An address belongs to one machine: the router, a next router, a host. */
function repeatedAddresses(hosts: readonly HostPlan[], networks: readonly NetworkPlan[], add: Add): void {
  const owners = new Map<string, string>();
  for (const { router, via, name } of networks) {
    for (const address of router) owners.set(address, 'the router');
    for (const address of via) owners.set(address, `the next router of ${name}`);
  }
  for (const { name, addresses, adapters } of hosts) {
    const all = new Set([...addresses, ...adapters.flatMap((adapter) => adapter.addresses)]);
    for (const address of all) {
      const owner = owners.get(address);
      if (owner === undefined) owners.set(address, name);
      else add(['hosts', name, 'addresses'], `${address} is ${owner}'s already; choose another`);
    }
  }
}

function populationPlans(
  text: ScenarioText,
  networks: readonly NetworkPlan[],
  hosts: readonly HostPlan[],
  add: Add,
): Pick<Premises, 'people' | 'servers'> {
  const people: PeoplePlan[] = [];
  const servers: ServersPlan[] = [];
  const room = new Map(
    networks.map(({ name, prefixes }) => [
      name,
      Math.min(...prefixes.map((prefix) => roomOf(prefixOf(prefix)))),
    ]),
  );
  for (const [name, plan] of text.population) {
    const path = ['population', name];
    const on = networks.filter(
      (one) =>
        one.name === plan.network ||
        (one.name.startsWith(`${plan.network}-`) && text.network.behind.has(plan.network)),
    );
    if (on.length === 0) {
      add(
        [...path, 'in'],
        `"${plan.network}" is no network here; ${networks
          .map((one) => one.name)
          .slice(0, 10)
          .join(', ')}`,
      );
      continue;
    }
    if (plan.kind === 'people' && on.length > 1) {
      add(
        [...path, 'in'],
        `${plan.network} is ${on.length} networks; people are on one of them, as in ${on[0]?.name}`,
      );
      continue;
    }
    const each = Math.ceil(plan.count / on.length);
    for (const network of on) {
      const taken = hosts.filter((host) => host.network === network.name).length;
      const left = (room.get(network.name) ?? 0) - taken;
      if (each > left) {
        add(
          [...path, 'count'],
          `${plan.count.toLocaleString('en')} do not fit into ${network.name} (${network.prefixes.join(', ')}); give a larger network, or fewer of them`,
        );
        break;
      }
      room.set(network.name, left - each);
    }
    const taken = hosts.find((host) => host.name.startsWith(memberName(name, 1).slice(0, -1)));
    if (taken !== undefined)
      add(path, `would have members called as the host ${taken.name}; choose another name`);
    if (plan.kind === 'people') {
      const { kind: _kind, ...rest } = plan;
      people.push({ name, ...rest });
    } else {
      const { kind: _kind, network: _network, ...rest } = plan;
      servers.push({ name, networks: on.map((one) => one.name), ...rest });
    }
  }
  return { people, servers };
}

export function premisesOf(text: ScenarioText, add: Add): Premises {
  const links = linkNetworks(text);
  const networks = [...links, ...behindNetworks(text, links, add)];
  if (networks.length <= MAX_NETWORKS) overlaps(networks, text, add);
  else add(['network', 'behind'], `makes ${networks.length} networks; ${MAX_NETWORKS} at most`);
  const hosts = hostPlans(text, networks, add);
  repeatedAddresses(hosts, networks, add);
  return {
    interfaces: text.router?.fabric.interfaces ?? LINKS.map((link) => link.interface),
    networks,
    hosts,
    ...populationPlans(text, networks, hosts, add),
  };
}
