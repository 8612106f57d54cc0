/** Both sides of a real router: what comes from it is heard, and answered as the machines there are at the moment. */
import type { Time } from '../../time.ts';
import type { Actor, Calendar } from '../kernel/calendar.ts';
import { Spans } from '../kernel/draw.ts';
import type { Streams } from '../kernel/streams.ts';
import type { Scenario, TrafficPlan, Verb } from '../scenario/types.ts';
import type { Witness } from '../truth/witness.ts';
import { checksumOf, EtherType, IpProtocol, put16 } from '../wire/envelope.ts';
import { Frames } from '../wire/frames.ts';
import type { WorldDirectory } from '../world/directory.ts';
import { plannedHosts } from '../world/populations.ts';
import { type Crowd, Traffic } from '../world/traffic.ts';
import { BenchClients } from './bench-clients.ts';
import { BenchMachines, readIp, writeIp } from './bench-machines.ts';

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

const IP = 14;
const Flag = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;
const Icmp = { echoReply: 0, unreachable: 3, echo: 8 } as const;
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
    const { directory, calendar, streams, witness, time, send, own } = options;
    this.#options = options;
    this.#actor = calendar.admit(this);
    this.machines = new BenchMachines(directory, send, own);
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
    const type = ((bytes[12] as number) << 8) | (bytes[13] as number);
    if (type === EtherType.arp && bytes.length >= 42) this.machines.hearArp(iface, bytes);
    if (type !== EtherType.ip4 || bytes.length < 34) return;
    const inside = IP + ((bytes[IP] as number) & 15) * 4;
    const protocol = bytes[23];
    if (protocol === IpProtocol.tcp && bytes.length >= inside + 20) this.#hearTcp(iface, bytes, inside);
    else if (protocol === IpProtocol.icmp4 && bytes.length >= inside + 8)
      this.#hearIcmp(iface, bytes, inside);
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

  #try({ client, server, port, patienceUs }: Extract<Verb, { verb: 'try' }>): void {
    const { directory } = this.#options;
    const [from, to] = [directory.placeOf(client, 4), directory.placeOf(server, 4)];
    if (from < 0 || to < 0) return;
    const service = directory.serviceAt(to, port);
    if (service >= 0) this.clients.tries(from, service, patienceUs);
  }

  #crowdOf(plan: TrafficPlan): Crowd {
    const { directory } = this.#options;
    const services = plannedHosts(plan.to, directory).map((host) => {
      const place = (directory.placesOfHost[host] ?? []).find((one) => directory.isPlaceIp6[one] === 0);
      return place === undefined ? -1 : (directory.servicesOfPlace(place)[0] ?? -1);
    });
    const group = directory.people.groups.find((one) => one.plan.name === plan.from);
    const first = group === undefined ? 0 : directory.namedPlaces + group.first;
    const clients = group === undefined ? this.#clientsOf(plan.from) : null;
    const clientOf = (number: number): number =>
      clients === null ? first + number : (clients[number] as number);
    return {
      clients: clients?.length ?? group?.plan.count ?? 0,
      services: services.length,
      fits: (client, rank) =>
        (services[rank] as number) >= 0 && this.machines.ipOfClient(clientOf(client)) >= 0,
      tries: (client, rank) => this.clients.tries(clientOf(client), services[rank] as number, null),
    };
  }

  #clientsOf(name: string): number[] {
    const { directory } = this.#options;
    return plannedHosts(name, directory).flatMap((host) =>
      (directory.placesOfHost[host] ?? []).filter((place) => directory.isPlaceIp6[place] === 0),
    );
  }

  #hearTcp(iface: number, bytes: Uint8Array, at: number): void {
    const flags = bytes[at + 13] as number;
    const destination = readIp(bytes, 30);
    const toPort = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    if ((flags & (Flag.syn | Flag.ack)) === (Flag.syn | Flag.ack)) {
      this.clients.answered(destination, toPort, 'served', readIp(bytes, at + 4));
    } else if ((flags & Flag.rst) !== 0) this.clients.answered(destination, toPort, 'refused');
    else if ((flags & (Flag.syn | Flag.fin)) !== 0) this.#answer(iface, bytes, at, flags);
  }

  /** A server, to who opens a connection or ends one. */
  #answer(iface: number, bytes: Uint8Array, at: number, flags: number): void {
    const { directory, send } = this.#options;
    const own = readIp(bytes, 30);
    const place = this.machines.placeAt(own);
    const speaker = this.machines.speaker(own);
    if (place < 0 || speaker === undefined || speaker.iface !== iface) return;
    const host = directory.owner[place] as number;
    const standing = this.machines.standing[host];
    if (standing === undefined || !this.machines.isThere(host) || standing.isFrozen) return;
    const frames = this.#frames;
    const port = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    frames.isIp6 = false;
    writeIp(frames.from, own);
    writeIp(frames.to, readIp(bytes, 26));
    frames.fromMac.set(speaker.mac);
    frames.toMac.set(bytes.subarray(6, 12));
    frames.fromPort = port;
    frames.toPort = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    frames.acknowledgement = (readIp(bytes, at + 4) + 1) >>> 0;
    frames.sequence = (flags & Flag.fin) === 0 ? 0 : readIp(bytes, at + 8);
    frames.id = 0;
    if ((flags & Flag.fin) !== 0) send(iface, frames.fin());
    else if (standing.isServing && this.#serves(host, port)) send(iface, frames.synAck());
    else send(iface, frames.rst());
  }

  #serves(host: number, port: number): boolean {
    return this.#options.directory.hosts[host]?.serves.includes(port) === true;
  }

  #hearIcmp(iface: number, bytes: Uint8Array, at: number): void {
    const { send, directory } = this.#options;
    if (bytes[at] === Icmp.unreachable && bytes.length >= at + 8 + 24) {
      // The client's own packet is quoted.
      const quoted = at + 8;
      const inside = quoted + ((bytes[quoted] as number) & 15) * 4;
      const port = ((bytes[inside] as number) << 8) | (bytes[inside + 1] as number);
      this.clients.answered(readIp(bytes, quoted + 12), port, 'unreachable');
    }
    if (bytes[at] !== Icmp.echo) return;
    const own = readIp(bytes, 30);
    const place = this.machines.placeAt(own);
    const speaker = this.machines.speaker(own);
    if (place < 0 || speaker?.iface !== iface) return;
    const host = directory.owner[place] as number;
    if (!this.machines.isThere(host) || this.machines.standing[host]?.isFrozen === true) return;
    const answer = bytes.slice();
    answer.set(bytes.subarray(6, 12), 0);
    answer.set(speaker.mac, 6);
    answer.set(bytes.subarray(30, 34), 26);
    answer.set(bytes.subarray(26, 30), 30);
    answer[at] = Icmp.echoReply;
    const sum = ~(((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) & 0xffff;
    put16(answer, at + 2, checksumOf(sum + 0xffff - (Icmp.echo << 8)));
    send(iface, answer);
  }

  /** Which services answer now. */
  #look(): void {
    const { directory, witness } = this.#options;
    for (let service = 0; service < directory.services; service++) {
      const place = directory.servicePlace[service] as number;
      if (directory.isPlaceIp6[place] === 1) continue;
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
