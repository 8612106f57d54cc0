/** Both sides of a real router: what comes from it is heard, and answered as the machines there are at the moment. */
import type { Time } from '../../time.ts';
import type { Actor, Calendar } from '../kernel/calendar.ts';
import { Spans } from '../kernel/draw.ts';
import type { Streams } from '../kernel/streams.ts';
import type { Scenario, TrafficPlan, Verb } from '../scenario/types.ts';
import type { Witness } from '../truth/witness.ts';
import {
  checksumOf,
  ETHERNET_BYTES,
  EtherType,
  IP4_BYTES,
  IP6_BYTES,
  IpProtocol,
  put16,
} from '../wire/envelope.ts';
import { Frames, ICMP_BYTES } from '../wire/frames.ts';
import type { WorldDirectory } from '../world/directory.ts';
import { plannedHosts } from '../world/populations.ts';
import { type Crowd, Traffic } from '../world/traffic.ts';
import { isKey6, placesIn, read16, read32, readKey, writeKey } from './addresses.ts';
import { BenchClients } from './bench-clients.ts';
import { BenchMachines } from './bench-machines.ts';

interface BenchWorldOptions {
  readonly scenario: Scenario;
  readonly directory: WorldDirectory;
  readonly calendar: Calendar;
  readonly streams: Streams;
  readonly witness: Witness;
  readonly time: Time;
  /** An address that this machine has itself. */
  readonly own: string;
  readonly send: (iface: number, bytes: Uint8Array) => void;
}

const Flag = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;
/** ICMP and ICMPv6. */
const ICMP = {
  ip4: { echoReply: 0, unreachable: 3, echo: 8 },
  ip6: { echoReply: 129, unreachable: 1, echo: 128 },
} as const;
const ASK_US = 1_000_000;
const [ASK, BOOTED] = [0, 1];

export class BenchWorld implements Actor {
  readonly machines: BenchMachines;
  readonly clients: BenchClients;
  readonly #options: BenchWorldOptions;
  readonly #actor: number;
  readonly #frames = new Frames();
  readonly #traffic: Traffic;
  readonly #answers: boolean[] = [];

  constructor(options: BenchWorldOptions) {
    const { scenario, directory, calendar, streams, witness, time, send, own } = options;
    this.#options = options;
    this.#actor = calendar.admit(this);
    this.machines = new BenchMachines({ scenario, directory, send, own });
    this.clients = new BenchClients({
      ...{ machines: this.machines, frames: this.#frames, calendar, streams, witness, time, send },
    });
    this.#traffic = new Traffic({ calendar, streams, ofDayUs: 0 });
  }

  begin(): void {
    for (const plan of this.#options.scenario.traffic) this.#traffic.add(plan, this.#crowdOf(plan));
    this.#look();
    this.happens(ASK);
  }

  /** The router's own addresses are asked for until it answers on every interface. */
  happens(what: number, host = 0): void {
    const { calendar } = this.#options;
    if (what === BOOTED) {
      this.#booted(host);
      return;
    }
    if (this.machines.isComplete) return;
    this.machines.askForRouters();
    calendar.enter(calendar.nowUs + ASK_US, this.#actor, ASK, 0);
  }

  /** A frame that the router has sent on that interface. */
  hear(iface: number, bytes: Uint8Array): void {
    const type = read16(bytes, 12);
    if (type === EtherType.arp && bytes.length >= 42) this.machines.hearArp(iface, bytes);
    const isIp6 = type === EtherType.ip6;
    if (!isIp6 && type !== EtherType.ip4) return;
    if (bytes.length < ETHERNET_BYTES + (isIp6 ? IP6_BYTES : IP4_BYTES)) return;
    const { inside } = placesIn(bytes, isIp6);
    const protocol = bytes[isIp6 ? 20 : 23];
    if (protocol === IpProtocol.tcp && bytes.length >= inside + 20) this.#hearTcp(iface, bytes, isIp6);
    else if (
      protocol === (isIp6 ? IpProtocol.icmp6 : IpProtocol.icmp4) &&
      bytes.length >= inside + ICMP_BYTES
    ) {
      if (isIp6) this.machines.hearNeighbour(iface, bytes);
      this.#hearIcmp(iface, bytes, isIp6);
    }
  }

  carryOut(verb: Verb): void {
    if (verb.verb === 'try') {
      this.#try(verb);
      return;
    }
    if (!('node' in verb)) return;
    const { directory, streams, calendar } = this.#options;
    for (const host of plannedHosts(verb.node, directory)) {
      const standing = this.machines.standing[host];
      const plan = directory.hosts[host];
      if (standing === undefined || plan === undefined) continue;
      switch (verb.verb) {
        case 'unplug':
        case 'plug':
          standing.isPlugged = verb.verb === 'plug';
          break;
        case 'kill':
          standing.hasPower = false;
          break;
        case 'revive':
          calendar.enter(
            calendar.nowUs + new Spans(plan.boot).draw(streams.of('boots')),
            this.#actor,
            BOOTED,
            host,
          );
          break;
        case 'freeze':
        case 'thaw':
          standing.isFrozen = verb.verb === 'freeze';
          break;
        case 'start':
        case 'stop':
          standing.isServing = verb.verb === 'start';
          break;
        default:
      }
    }
    this.#look();
  }

  end(): void {
    this.clients.close();
  }

  #booted(host: number): void {
    const standing = this.machines.standing[host];
    if (standing === undefined || standing.hasPower) return;
    standing.hasPower = true;
    standing.isServing = true;
    this.machines.askForGateway(host);
    this.#look();
  }

  #try({ client, server, version, port, patienceUs }: Extract<Verb, { verb: 'try' }>): void {
    const { directory } = this.#options;
    const [from, to] = [directory.placeOf(client, version), directory.placeOf(server, version)];
    if (from < 0 || to < 0) return;
    const service = directory.serviceAt(to, port);
    if (service >= 0) this.clients.tries(from, service, patienceUs);
  }

  #crowdOf(plan: TrafficPlan): Crowd {
    const { directory } = this.#options;
    const hosts = plannedHosts(plan.to, directory);
    // The first service of each, by both IP versions.
    const [services4 = [], services6 = []] = [0, 1].map((version) =>
      hosts.map((host) => {
        const place = (directory.placesOfHost[host] ?? []).find(
          (one) => directory.isPlaceIp6[one] === version,
        );
        return place === undefined ? -1 : (directory.servicesOfPlace(place)[0] ?? -1);
      }),
    );
    const group = directory.people.groups.find((one) => one.plan.name === plan.from);
    const first = group === undefined ? 0 : directory.namedPlaces + group.first;
    const clients = group === undefined ? this.#clientsOf(plan.from) : null;
    const clientOf = (number: number): number =>
      clients === null ? first + number : (clients[number] as number);
    const serviceOf = (client: number, rank: number): number => {
      const key = this.machines.keyOfClient(client);
      return key === null ? -1 : ((isKey6(key) ? services6 : services4)[rank] as number);
    };
    return {
      clients: clients?.length ?? group?.plan.count ?? 0,
      services: hosts.length,
      fits: (number, rank) => serviceOf(clientOf(number), rank) >= 0,
      tries: (number, rank) => {
        const client = clientOf(number);
        this.clients.tries(client, serviceOf(client, rank), null);
      },
    };
  }

  /** A host by its first address. */
  #clientsOf(name: string): number[] {
    const { directory } = this.#options;
    return plannedHosts(name, directory).flatMap((host) => (directory.placesOfHost[host] ?? []).slice(0, 1));
  }

  #hearTcp(iface: number, bytes: Uint8Array, isIp6: boolean): void {
    const { destination, inside: at } = placesIn(bytes, isIp6);
    const flags = bytes[at + 13] as number;
    const client = readKey(bytes, destination, isIp6);
    const toPort = read16(bytes, at + 2);
    if ((flags & (Flag.syn | Flag.ack)) === (Flag.syn | Flag.ack)) {
      this.clients.answered(client, toPort, 'served', read32(bytes, at + 4));
    } else if ((flags & Flag.rst) !== 0) this.clients.answered(client, toPort, 'refused');
    else if ((flags & (Flag.syn | Flag.fin)) !== 0) this.#answer(iface, bytes, isIp6);
  }

  /** The machine to which the frame is, with its MAC address; null: none that hears it. */
  #hearer(iface: number, bytes: Uint8Array, isIp6: boolean): { host: number; mac: Uint8Array } | null {
    const own = readKey(bytes, placesIn(bytes, isIp6).destination, isIp6);
    const place = this.machines.placeAt(own);
    const speaker = this.machines.speaker(own);
    if (place < 0 || speaker?.iface !== iface) return null;
    const host = this.#options.directory.owner[place] as number;
    const isDeaf = !this.machines.isThere(host) || this.machines.standing[host]?.isFrozen === true;
    return isDeaf ? null : { host, mac: speaker.mac };
  }

  /** A server, to who opens a connection or ends one. */
  #answer(iface: number, bytes: Uint8Array, isIp6: boolean): void {
    const { send } = this.#options;
    const hearer = this.#hearer(iface, bytes, isIp6);
    if (hearer === null) return;
    const { source, destination, inside: at } = placesIn(bytes, isIp6);
    const frames = this.#frames;
    const [port, flags] = [read16(bytes, at + 2), bytes[at + 13] as number];
    frames.isIp6 = isIp6;
    writeKey(frames.from, readKey(bytes, destination, isIp6));
    writeKey(frames.to, readKey(bytes, source, isIp6));
    frames.fromMac.set(hearer.mac);
    frames.toMac.set(bytes.subarray(6, 12));
    frames.fromPort = port;
    frames.toPort = read16(bytes, at);
    frames.acknowledgement = (read32(bytes, at + 4) + 1) >>> 0;
    frames.sequence = (flags & Flag.fin) === 0 ? 0 : read32(bytes, at + 8);
    frames.id = 0;
    const isServing = this.machines.standing[hearer.host]?.isServing === true;
    if ((flags & Flag.fin) !== 0) send(iface, frames.fin());
    else if (isServing && this.#serves(hearer.host, port)) send(iface, frames.synAck());
    else send(iface, frames.rst());
  }

  #serves(host: number, port: number): boolean {
    return this.#options.directory.hosts[host]?.serves.includes(port) === true;
  }

  #hearIcmp(iface: number, bytes: Uint8Array, isIp6: boolean): void {
    const { source, destination, inside: at } = placesIn(bytes, isIp6);
    const { echo, echoReply, unreachable } = isIp6 ? ICMP.ip6 : ICMP.ip4;
    const quoted = at + ICMP_BYTES;
    const [header, client] = isIp6 ? [IP6_BYTES, 8] : [((bytes[quoted] as number) & 15) * 4, 12];
    if (bytes[at] === unreachable && bytes.length >= quoted + header + 4) {
      // The client's own packet is quoted.
      const port = read16(bytes, quoted + header);
      this.clients.answered(readKey(bytes, quoted + client, isIp6), port, 'unreachable');
    }
    const hearer = bytes[at] === echo ? this.#hearer(iface, bytes, isIp6) : null;
    if (hearer === null) return;
    const answer = bytes.slice();
    answer.set(bytes.subarray(6, 12), 0);
    answer.set(hearer.mac, 6);
    answer.set(bytes.subarray(destination, destination + destination - source), source);
    answer.set(bytes.subarray(source, destination), destination);
    answer[at] = echoReply;
    // The type is all that has changed (RFC 1624).
    const sum = ~read16(bytes, at + 2) & 0xffff;
    put16(answer, at + 2, checksumOf(sum + 0xffff + ((echoReply - echo) << 8)));
    this.#options.send(iface, answer);
  }

  /** Which services answer now. */
  #look(): void {
    const { directory, witness } = this.#options;
    for (let service = 0; service < directory.services; service++) {
      const place = directory.servicePlace[service] as number;
      const host = directory.owner[place] as number;
      const standing = this.machines.standing[host];
      const isServed = this.#serves(host, directory.servicePort[service] as number);
      const answers =
        isServed && this.machines.isThere(host) && standing?.isServing === true && !standing.isFrozen;
      if ((this.#answers[service] ?? false) === answers) continue;
      this.#answers[service] = answers;
      witness.service(service, answers);
    }
  }
}
