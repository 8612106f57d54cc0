/** Networks and machines of a scenario: what its text says, with every default filled in, and what cannot be so. */
import type { Add } from '../../config/contradictions.ts';
import { isVersion4, mappedLength, type Prefix, prefixContains } from '../../net/address.ts';
import { hostsOf, LINKS, USUAL_ANSWERS, USUAL_BOOT } from './lab.ts';
import { networkPlansOf, prefixOf } from './networks.ts';
import type { ScenarioText } from './text.ts';
import { type HostPlan, memberName, type NetworkPlan, type PeoplePlan, type ServersPlan } from './types.ts';

/** Of a network: its own address, and those of its next router and of broadcasts. */
const RESERVED = 3;

export interface Premises {
  readonly interfaces: readonly string[];
  readonly networks: readonly NetworkPlan[];
  readonly hosts: readonly HostPlan[];
  readonly people: readonly PeoplePlan[];
  readonly servers: readonly ServersPlan[];
}

/** How many machines a network holds. */
function roomOf(prefix: Prefix): number {
  const bits = 128 - mappedLength(prefix);
  return bits >= 32 ? Number.POSITIVE_INFINITY : 2 ** bits - RESERVED;
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
  const networks = networkPlansOf(text, add);
  const hosts = hostPlans(text, networks, add);
  repeatedAddresses(hosts, networks, add);
  return {
    interfaces: text.router?.fabric.interfaces ?? LINKS.map((link) => link.interface),
    networks,
    hosts,
    ...populationPlans(text, networks, hosts, add),
  };
}
