/**
 * Machines with addresses: whether they have power, a cable and running services, and what they send for a SYN. It says who gets an
 * answer, and tells the witness when that changes.
 */
import type { Actor } from '../kernel/calendar.ts';
import { Spans } from '../kernel/draw.ts';
import type { Stream } from '../kernel/streams.ts';
import { Barriers } from './barriers.ts';
import { Gateways } from './gateways.ts';
import { Answer, type Ground } from './ground.ts';
import { LinkUp } from './link-up.ts';
import { ServiceTruth } from './service-truth.ts';

const What = { boot: 0, signOfLife: 1 } as const;
/** Between power and the first packet of its own; of a boot that is shorter, half. */
const FIRST_PACKET_US = 1_500_000;

interface HostsOptions {
  readonly ground: Ground;
  readonly asksForRouter: (place: number, isAlone: boolean) => void;
}

export class Hosts implements Actor {
  readonly barriers = new Barriers();
  readonly gateways: Gateways;
  readonly #hasPower: Uint8Array;
  readonly #hasCable: Uint8Array;
  readonly #isFrozen: Uint8Array;
  readonly #isSplit: Uint8Array;
  /** Its kernel runs, and its services do not yet. */
  readonly #isBooting: Uint8Array;
  /** Counts losses of power: a boot that was under way is over. */
  readonly #boots: Uint16Array;
  /** Services that run, and those that do once their host is up. */
  readonly #listens: Uint8Array;
  readonly #isWanted: Uint8Array;
  readonly #linkUp: LinkUp;
  readonly #truth: ServiceTruth;
  readonly #ground: Ground;
  readonly #actor: number;
  readonly #stream: Stream;

  constructor(options: HostsOptions) {
    const { ground, asksForRouter } = options;
    this.#ground = ground;
    const { directory, calendar, streams } = ground;
    const { hosts } = directory;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('servers');
    this.#linkUp = new LinkUp({ ground, isThere: this.isThere });
    this.gateways = new Gateways({ ground, asksForRouter, isThere: this.isThere });
    this.#hasPower = Uint8Array.from(hosts, ({ isUp }) => (isUp ? 1 : 0));
    this.#hasCable = new Uint8Array(hosts.length).fill(1);
    this.#isFrozen = new Uint8Array(hosts.length);
    this.#isSplit = new Uint8Array(hosts.length);
    this.#isBooting = new Uint8Array(hosts.length);
    this.#boots = new Uint16Array(hosts.length);
    this.#isWanted = Uint8Array.from(directory.servicePlace, (place, service) => {
      const host = hosts[directory.owner[place] as number];
      return host?.serves.includes(directory.servicePort[service] as number) ? 1 : 0;
    });
    this.#listens = this.#isWanted.map((isWanted, service) => {
      const host = directory.owner[directory.servicePlace[service] as number] as number;
      return isWanted & (this.#hasPower[host] as number);
    });
    this.#truth = new ServiceTruth(ground.witness, directory.services);
  }

  /** Tells the witness how it is at the beginning. */
  begin(): void {
    for (let host = 0; host < this.#hasPower.length; host++) this.tell(host);
  }

  /** Whether it answers who asks on its link who has that address: wire and kernel do. */
  readonly isThere = (place: number): boolean => {
    const { directory, wires } = this.#ground;
    const host = directory.owner[place] as number;
    if (host < 0 || this.#hasPower[host] === 0 || this.#hasCable[host] === 0) return false;
    return this.#isSplit[host] === 0 && wires.isCut[directory.placeNetwork[place] as number] === 0;
  };

  /** It is about to send something to its router, which it looks for first; false: it cannot. */
  speaks(place: number): boolean {
    if (!this.isThere(place)) return false;
    this.gateways.speaks(place);
    return true;
  }

  /** Whether a packet to that host is taken: of a datagram, that nobody listens is answered. */
  hears(place: number): boolean {
    const host = this.#ground.directory.owner[place] as number;
    return this.isThere(place) && this.#isFrozen[host] === 0 && !this.barriers.isShut(host, null);
  }

  /** A stranger's SYN: whether it is taken (true), refused (false), or lost (null). */
  answers(place: number, service: number): boolean | null {
    if (!this.hears(place)) return null;
    return service >= 0 && this.#listens[service] === 1;
  }

  happens(what: number, subject: number): void {
    switch (what & 0xff) {
      case What.boot:
        if (what >>> 8 === this.#boots[subject]) this.#isUp(subject);
        break;
      case What.signOfLife:
        for (const place of this.#ground.directory.placesOfHost[subject] ?? []) this.speaks(place);
        break;
      default:
    }
  }

  /** What it answers: 0, nothing. */
  answerOf(slot: number, place: number): number {
    const { attempts, directory } = this.#ground;
    if (!this.isThere(place)) return 0;
    const host = directory.owner[place] as number;
    if (this.barriers.isEmpty || !this.barriers.has(host)) return this.#ownAnswer(slot, host);
    const [client, port] = [attempts.client[slot] as number, attempts.toPort[slot] as number];
    return this.barriers.answer(host, client, port) ?? this.#ownAnswer(slot, host);
  }

  #ownAnswer(slot: number, host: number): number {
    if (this.#isFrozen[host]) return 0;
    const service = this.#ground.attempts.service[slot] as number;
    return service >= 0 && this.#listens[service] ? Answer.synAck : Answer.rst;
  }

  /** Its cable goes out: its kernel forgets its neighbours. */
  unplug(host: number): void {
    this.#hasCable[host] = 0;
    this.#forgets(host);
    this.tell(host);
  }

  plug(host: number): void {
    this.#hasCable[host] = 1;
    this.tell(host);
  }

  kill(host: number): void {
    this.#hasPower[host] = 0;
    this.#isFrozen[host] = 0;
    this.#boots[host] = (this.#boots[host] as number) + 1;
    this.#forgets(host);
    for (const service of this.#servicesOf(host)) this.#listens[service] = 0;
    this.tell(host);
  }

  /** Its kernel is there first, asks for its router, and refuses until its services run. */
  revive(host: number): void {
    const { calendar, directory } = this.#ground;
    if (this.#hasPower[host] === 1) return;
    this.#hasPower[host] = 1;
    this.#isBooting[host] = 1;
    const bootUs = new Spans(directory.hosts[host]?.boot ?? { kind: 'fixed', us: 0 }).draw(this.#stream);
    const signUs = Math.min(FIRST_PACKET_US, Math.floor(bootUs / 2));
    calendar.enter(calendar.nowUs + signUs, this.#actor, What.signOfLife, host);
    for (const place of directory.placesOfHost[host] ?? []) this.#linkUp.begins(place);
    const what = What.boot | ((this.#boots[host] as number) << 8);
    calendar.enter(calendar.nowUs + bootUs, this.#actor, what, host);
    this.tell(host);
  }

  #isUp(host: number): void {
    this.#isBooting[host] = 0;
    for (const service of this.#servicesOf(host)) this.#listens[service] = this.#isWanted[service] as number;
    this.tell(host);
  }

  freeze(host: number, isFrozen: boolean): void {
    this.#isFrozen[host] = isFrozen ? 1 : 0;
    this.tell(host);
  }

  /** It and the router do not hear each other. */
  split(host: number, isSplit: boolean): void {
    this.#isSplit[host] = isSplit ? 1 : 0;
    this.tell(host);
  }

  /** Its services (null), or the one on that port, run or end. */
  serve(host: number, port: number | null, isRunning: boolean): void {
    const { directory } = this.#ground;
    const serves = directory.hosts[host]?.serves ?? [];
    for (const service of this.#servicesOf(host)) {
      const own = directory.servicePort[service] as number;
      // What it has never served is served when it is called by its port.
      if (port === null ? !serves.includes(own) : own !== port) continue;
      this.#isWanted[service] = isRunning ? 1 : 0;
      const runs = isRunning && this.#hasPower[host] === 1 && this.#isBooting[host] === 0;
      this.#listens[service] = runs ? 1 : 0;
    }
    this.tell(host);
  }

  /** An address of a pair is at another card from now on, and what is served there is served at it. */
  moved(place: number, host: number, card: number, isServing: boolean): void {
    const { directory } = this.#ground;
    directory.owner[place] = host;
    directory.card[place] = card;
    directory.put(place, host);
    const serves = directory.hosts[host]?.serves ?? [];
    const runs = isServing && this.#hasPower[host] === 1 && this.#isBooting[host] === 0;
    for (const service of directory.servicesOfPlace(place)) {
      const isServed = serves.includes(directory.servicePort[service] as number);
      this.#isWanted[service] = isServed && isServing ? 1 : 0;
      this.#listens[service] = isServed && runs ? 1 : 0;
    }
    this.tell(host);
  }

  /** Something between has changed for all hosts of a network, or (null) for all. */
  networkChanged(network: number | null): void {
    const { hostNetwork } = this.#ground.directory;
    for (const [host, own] of hostNetwork.entries()) {
      if (network === null || own === network) this.tell(host);
    }
  }

  /** Tells the witness whether its services answer, and whether there is a way to them, where that has changed. */
  tell(host: number): void {
    const { directory, wires } = this.#ground;
    for (const service of this.#servicesOf(host)) {
      const network = directory.placeNetwork[directory.servicePlace[service] as number] as number;
      const answers =
        (this.#hasPower[host] as number) &
        ~(this.#isFrozen[host] as number) &
        (this.#listens[service] as number);
      const isOpen =
        this.#hasCable[host] === 1 &&
        this.#isSplit[host] === 0 &&
        wires.isCut[network] === 0 &&
        wires.isUp(directory.ifaceOf[network] as number) &&
        !this.barriers.isShut(host, directory.servicePort[service] as number);
      this.#truth.says(service, answers === 1, isOpen);
    }
  }

  *#servicesOf(host: number): Generator<number> {
    const { directory } = this.#ground;
    for (const place of directory.placesOfHost[host] ?? []) {
      if (directory.owner[place] === host) yield* directory.servicesOfPlace(place);
    }
  }

  #forgets(host: number): void {
    for (const place of this.#ground.directory.placesOfHost[host] ?? []) this.gateways.forgets(place);
  }
}
