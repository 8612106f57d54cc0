/**
 * Who is who by number. Clients: first the addresses of the hosts with names, then people. Places: addresses where services may
 * be, those of the hosts with names first, by the same numbers as clients, then those of servers in numbers.
 */
import { ADDRESS_BYTES, addressBytes, addressText } from '../../net/address.ts';
import type { Streams } from '../kernel/streams.ts';
import { type HostPlan, type Scenario, type ServersPlan, STACKS } from '../scenario/types.ts';
import type { Directory } from '../truth/witness.ts';
import { IP4_AT } from '../wire/envelope.ts';
import { Population } from './people.ts';
import { type Network, networkAt, networksOf, routersAddresses } from './prefixes.ts';
import { plannedServers } from './server-plans.ts';

/** Hosts of a duplex pair get addresses that they had not at the beginning. */
const NOBODY = -1;

export class WorldDirectory implements Directory {
  readonly networks: readonly Network[];
  /** By network: the router's interface, and whether it is behind a next router. */
  readonly ifaceOf: Uint8Array;
  readonly isBehind: Uint8Array;
  /** The router's own addresses and the next router's, by network and IP version (`2 * network`, one more for IPv6). */
  readonly #routers: readonly Uint8Array[];
  readonly #nextRouters: readonly Uint8Array[];
  /** Named hosts first, then servers in numbers. */
  readonly hosts: readonly HostPlan[];
  readonly namedHosts: number;
  readonly hostNetwork: Int32Array;
  readonly placesOfHost: readonly number[][];
  readonly people: Population;
  /** Places. */
  readonly places: number;
  readonly namedPlaces: number;
  /** Who has the address now; -1: nobody. */
  readonly owner: Int32Array;
  /** By which of its cards, from 0. */
  readonly card: Uint8Array;
  readonly placeNetwork: Int32Array;
  readonly isPlaceIp6: Uint8Array;
  readonly #bytes: Uint8Array;
  readonly #addresses: readonly string[];
  readonly #placeAt = new Map<string, number>();
  readonly #hostAt = new Map<string, number>();
  /** Services. */
  readonly servicePlace: readonly number[];
  readonly servicePort: readonly number[];
  readonly #servicesOf: readonly number[][];
  readonly #mails: ReadonlyMap<string, string>;
  readonly #plans: readonly ServersPlan[];

  constructor(scenario: Scenario, streams: Streams) {
    this.#plans = scenario.servers;
    this.networks = networksOf(scenario.networks, scenario.interfaces);
    this.ifaceOf = Uint8Array.from(this.networks, ({ iface }) => iface);
    this.isBehind = Uint8Array.from(this.networks, ({ plan }) => (plan.via.length > 0 ? 1 : 0));
    const pair = (addresses: readonly string[]): Uint8Array[] =>
      [false, true].map((isIp6) => {
        const address = addresses.find((one) => one.includes(':') === isIp6);
        return address === undefined ? new Uint8Array(ADDRESS_BYTES) : addressBytes(address);
      });
    this.#nextRouters = this.networks.flatMap(({ plan }) => pair(plan.via));
    this.#routers = this.networks.flatMap((network) => pair(routersAddresses(network, this.networks)));
    const servers = plannedServers(scenario, this.networks);
    this.hosts = [...scenario.hosts, ...servers];
    this.namedHosts = scenario.hosts.length;
    this.hostNetwork = Int32Array.from(this.hosts, ({ network }) =>
      this.networks.findIndex(({ plan }) => plan.name === network),
    );
    const addresses: string[] = [];
    const owners: number[] = [];
    const cards: number[] = [];
    this.placesOfHost = this.hosts.map((host, index) =>
      addressesOf(host).map(([address, adapter]) => {
        this.#placeAt.set(address, addresses.length);
        owners.push(index);
        cards.push(adapter);
        return addresses.push(address) - 1;
      }),
    );
    for (const [index, { name }] of this.hosts.entries()) this.#hostAt.set(name, index);
    this.#addresses = addresses;
    this.places = addresses.length;
    this.namedPlaces = this.placesOfHost.slice(0, this.namedHosts).flat().length;
    this.owner = Int32Array.from(owners);
    this.card = Uint8Array.from(cards);
    this.placeNetwork = Int32Array.from(owners, (host, place) =>
      this.#networkOf(host, addresses[place] ?? ''),
    );
    this.isPlaceIp6 = Uint8Array.from(addresses, (address) => (address.includes(':') ? 1 : 0));
    this.#bytes = new Uint8Array(this.places * ADDRESS_BYTES);
    for (const [place, address] of addresses.entries())
      this.#bytes.set(addressBytes(address), place * ADDRESS_BYTES);

    const [servicePlace, servicePort]: [number[], number[]] = [[], []];
    this.#servicesOf = addresses.map(() => []);
    const serve = (place: number, port: number): void => {
      if (this.serviceAt(place, port, servicePort) >= 0) return;
      this.#servicesOf[place]?.push(servicePlace.push(place) - 1);
      servicePort.push(port);
    };
    for (const [place, host] of owners.entries())
      for (const port of this.hosts[host]?.serves ?? []) serve(place, port);
    // Whoever tries a closed port tries a service that never answers.
    for (const { verbs } of scenario.script) {
      for (const verb of verbs) {
        if (verb.verb !== 'try') continue;
        const place = this.placeOf(verb.server, verb.version);
        if (place >= 0) serve(place, verb.port);
      }
    }
    this.servicePlace = servicePlace;
    this.servicePort = servicePort;

    // Relays know people whom the router does not.
    const clients = [...scenario.relays.values()].flatMap((relay) => relay.clients);
    clients.push(...(scenario.router?.clients ?? []));
    const mails = new Map<string, string>();
    for (const { address, mail } of clients) if (typeof address === 'string') mails.set(address, mail);
    this.#mails = mails;
    this.people = new Population(scenario.people, this.networks, new Set(addresses), streams, STACKS);
  }

  get clients(): number {
    return this.namedPlaces + this.people.count;
  }

  get services(): number {
    return this.servicePlace.length;
  }

  clientAt(address: string): number | null {
    const place = this.#placeAt.get(address);
    if (place !== undefined) return place < this.namedPlaces ? place : null;
    const person = this.people.at(address);
    return person < 0 ? null : this.namedPlaces + person;
  }

  servicesAt(address: string): readonly number[] {
    const place = this.#placeAt.get(address);
    return place === undefined ? [] : (this.#servicesOf[place] ?? []);
  }

  client(client: number): { readonly name: string; readonly address: string; readonly mail: string | null } {
    if (client >= this.namedPlaces) return this.people.person(client - this.namedPlaces);
    const address = this.#addresses[client] ?? '';
    const name = this.hosts[this.owner[client] ?? NOBODY]?.name ?? address;
    return { name, address, mail: this.#mails.get(address) ?? null };
  }

  service(service: number): { readonly name: string; readonly address: string; readonly port: number } {
    const place = this.servicePlace[service] ?? 0;
    const name = this.hosts[this.owner[place] ?? NOBODY]?.name ?? '';
    return { name, address: this.#addresses[place] ?? '', port: this.servicePort[service] ?? 0 };
  }

  /** An address is at that host, too, by its list; whose it is now `owner` says. */
  put(place: number, host: number): void {
    const places = this.placesOfHost[host];
    if (places?.includes(place) === false) places.push(place);
  }

  /** -1: nobody serves there. */
  serviceAt(place: number, port: number, ports: readonly number[] = this.servicePort): number {
    const services = this.#servicesOf[place];
    if (services === undefined) return NOBODY;
    for (const service of services) if (ports[service] === port) return service;
    return NOBODY;
  }

  servicesOfPlace(place: number): readonly number[] {
    return this.#servicesOf[place] ?? [];
  }

  /** -1: no machine has that address. */
  placeAt(address: string): number {
    return this.#placeAt.get(address) ?? NOBODY;
  }

  /** `host`: an address, or a name; -1: it has no address of that version. */
  placeOf(host: string, version: 4 | 6): number {
    const named = this.#placeAt.get(host);
    if (named !== undefined) return named;
    const places = this.placesOfHost[this.hostAt(host)] ?? [];
    return places.find((place) => this.#addresses[place]?.includes(':') === (version === 6)) ?? NOBODY;
  }

  /** A host's number as a client, or one of the people's; -1: nobody has an address of that version and that name. */
  clientCalled(name: string, version: 4 | 6): number {
    if (this.#hostAt.has(name)) {
      const place = this.placeOf(name, version);
      return place < this.namedPlaces ? place : NOBODY;
    }
    const person = this.people.called(name);
    return person < 0 || this.people.isIp6(person) !== (version === 6) ? NOBODY : this.namedPlaces + person;
  }

  /** As a number of `STACKS`. */
  stackOf(client: number): number {
    if (client >= this.namedPlaces) return this.people.stackOf(client - this.namedPlaces);
    return STACKS.indexOf(this.hosts[this.owner[client] ?? NOBODY]?.stack ?? 'linux');
  }

  /** A client's try of a service. */
  visit(client: number, service: number) {
    return {
      client,
      service,
      place: this.servicePlace[service] as number,
      port: this.servicePort[service] as number,
      stack: this.stackOf(client),
    };
  }

  /** Those of servers in numbers; null: no plan has that name. */
  hostsOfPlan(name: string): readonly number[] | null {
    let first = this.namedHosts;
    for (const plan of this.#plans) {
      if (plan.name === name) return Array.from({ length: plan.count }, (_, index) => first + index);
      first += plan.count;
    }
    return null;
  }

  /** Throws RangeError where no host has that name. */
  hostAt(name: string): number {
    const host = this.#hostAt.get(name);
    if (host === undefined) throw new RangeError(`no host is called ${name}`);
    return host;
  }

  hasHost(name: string): boolean {
    return this.#hostAt.has(name);
  }

  addressOf(place: number): string {
    return this.#addresses[place] ?? '';
  }

  /** The router's address on that network. */
  routerOn(network: number, isIp6: boolean): Uint8Array {
    return this.#routers[network * 2 + (isIp6 ? 1 : 0)] as Uint8Array;
  }

  /** By which it speaks with that place. */
  routerTowards(place: number): Uint8Array {
    return this.routerOn(this.placeNetwork[place] as number, this.isPlaceIp6[place] === 1);
  }

  nextRouterOf(network: number, isIp6: boolean): Uint8Array {
    return this.#nextRouters[network * 2 + (isIp6 ? 1 : 0)] as Uint8Array;
  }

  /** Of IPv4, the last four bytes only. */
  writePlace(place: number, into: Uint8Array): void {
    const from = this.#bytes;
    const at = place * ADDRESS_BYTES;
    const first = this.isPlaceIp6[place] === 1 ? 0 : IP4_AT;
    for (let index = first; index < ADDRESS_BYTES; index++) into[index] = from[at + index] as number;
  }

  isClientIp6(client: number): boolean {
    if (client >= this.namedPlaces) return this.people.isIp6(client - this.namedPlaces);
    return this.isPlaceIp6[client] === 1;
  }

  writeClient(client: number, into: Uint8Array): void {
    if (client >= this.namedPlaces) this.people.write(client - this.namedPlaces, into);
    else this.writePlace(client, into);
  }

  clientNetwork(client: number): number {
    if (client >= this.namedPlaces) return this.people.networkOf(client - this.namedPlaces);
    return this.placeNetwork[client] as number;
  }

  textOf(bytes: Uint8Array): string {
    return addressText(bytes);
  }

  /** Its host's; an address of another one where that has it. */
  #networkOf(host: number, address: string): number {
    const own = this.hostNetwork[host] ?? NOBODY;
    const { ip4, ip6 } = this.networks[own] ?? { ip4: null, ip6: null };
    if ((address.includes(':') ? ip6 : ip4) !== null) return own;
    return networkAt(this.networks, address);
  }
}

/** All of a host, each with the number of the card that has it. */
function addressesOf({ addresses, adapters }: HostPlan): readonly (readonly [string, number])[] {
  const all = new Map(addresses.map((address) => [address, 0]));
  for (const [card, adapter] of adapters.entries()) {
    for (const address of adapter.addresses) all.set(address, card);
  }
  return [...all];
}
