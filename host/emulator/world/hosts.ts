/**
 * Machines with addresses: whether they have power, a cable and running services, what stands before them, and what they send for
 * a SYN. It says who gets an answer, and tells the witness when that changes.
 */
import type { Actor } from '../kernel/calendar.ts';
import { Spans } from '../kernel/draw.ts';
import type { Stream } from '../kernel/streams.ts';
import { Mark } from './attempts.ts';
import { Answer, type Ground } from './ground.ts';

const What = { answer: 0, boot: 1, signOfLife: 2, verify: 3 } as const;
/** A server that says so late that it has got a request is asked again before. */
const SOON_US = 900_000;
/** Between power and the first packet of its own; of a boot that is shorter, half. */
const FIRST_PACKET_US = 1_500_000;
const DELAY_FIRST_PROBE_US = 5_000_000;
const DELAY_JITTER_US = 200_000;
const REACHABLE_US = 30_000_000;
const EVERYBODY = -1;

const Gateway = { unknown: 0, stale: 1, delay: 2, reachable: 3 } as const;

type Barrier = 'drop' | 'reset' | 'reject';

interface Rule {
  readonly barrier: Barrier;
  /** The addresses of a client; null: everybody's. */
  readonly clients: readonly number[] | null;
  /** null: all ports. */
  readonly port: number | null;
}

interface HostsOptions {
  readonly ground: Ground;
  /** An answer has come to the router's interface. */
  readonly toRouter: (slot: number, answer: number) => void;
  /** What was on its way has got nowhere, perhaps. */
  readonly settle: (slot: number) => void;
  readonly asksForRouter: (place: number, isAlone: boolean) => void;
}

export class Hosts implements Actor {
  readonly hasPower: Uint8Array;
  readonly hasCable: Uint8Array;
  readonly isFrozen: Uint8Array;
  readonly isSplit: Uint8Array;
  /** Its kernel runs, and its services do not yet. */
  readonly #isBooting: Uint8Array;
  readonly listens: Uint8Array;
  /** Which of its services run once it is up. */
  readonly #isWanted: Uint8Array;
  readonly #options: HostsOptions;
  readonly #ground: Ground;
  readonly #actor: number;
  readonly #stream: Stream;
  readonly #answers: readonly Spans[];
  readonly #rules = new Map<number, Rule[]>();
  /** By place of a host with a name: what it knows of its router. */
  readonly #gateway: Uint8Array;
  readonly #gatewayUs: Float64Array;
  readonly #boots: Uint32Array;
  /** What the witness was told last. */
  readonly #told: Uint8Array;

  constructor(options: HostsOptions) {
    this.#options = options;
    this.#ground = options.ground;
    const { directory, calendar, streams } = options.ground;
    const { hosts, namedPlaces } = directory;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('servers');
    this.hasPower = Uint8Array.from(hosts, ({ isUp }) => (isUp ? 1 : 0));
    this.hasCable = new Uint8Array(hosts.length).fill(1);
    this.isFrozen = new Uint8Array(hosts.length);
    this.isSplit = new Uint8Array(hosts.length);
    this.#isBooting = new Uint8Array(hosts.length);
    this.#boots = new Uint32Array(hosts.length);
    const spans = new Map<object, Spans>();
    this.#answers = hosts.map(({ answers }) => {
      const known = spans.get(answers) ?? new Spans(answers);
      spans.set(answers, known);
      return known;
    });
    this.#isWanted = Uint8Array.from(directory.servicePlace, (place, service) => {
      const host = hosts[directory.owner[place] as number];
      return host?.serves.includes(directory.servicePort[service] as number) ? 1 : 0;
    });
    this.listens = this.#isWanted.map((isWanted, service) => {
      const place = directory.servicePlace[service] as number;
      return isWanted === 1 && this.hasPower[directory.owner[place] as number] === 1 ? 1 : 0;
    });
    this.#gateway = new Uint8Array(namedPlaces);
    this.#gatewayUs = new Float64Array(namedPlaces);
    this.#told = new Uint8Array(directory.services).fill(2);
  }

  /** Tells the witness how it is at the beginning. */
  begin(): void {
    for (let host = 0; host < this.hasPower.length; host++) this.#tell(host);
  }

  /** Whether it answers who asks on its link who has that address: the wire and the kernel do. */
  readonly isThere = (place: number): boolean => {
    const { directory, wires } = this.#ground;
    const host = directory.owner[place] as number;
    if (host < 0 || this.hasPower[host] === 0 || this.hasCable[host] === 0 || this.isSplit[host] === 1)
      return false;
    return wires.isCut[directory.placeNetwork[place] as number] === 0;
  };

  /** The router has asked it, and so it knows the router. */
  readonly wasAsked = (place: number): void => {
    if (place < this.#gateway.length && this.#gateway[place] === Gateway.unknown)
      this.#gateway[place] = Gateway.stale;
  };

  /** It is about to send something to its router, which it looks for first; false: it cannot. */
  speaks(place: number): boolean {
    if (!this.isThere(place)) return false;
    if (
      place >= this.#gateway.length ||
      this.#ground.directory.isBehind[this.#ground.directory.placeNetwork[place] as number]
    ) {
      return true;
    }
    const { calendar } = this.#ground;
    const state = this.#gateway[place];
    if (state === Gateway.unknown) {
      this.#gateway[place] = Gateway.reachable;
      this.#gatewayUs[place] = calendar.nowUs;
      this.#options.asksForRouter(place, false);
    } else if (
      state === Gateway.stale ||
      (state === Gateway.reachable && calendar.nowUs - (this.#gatewayUs[place] as number) >= REACHABLE_US)
    ) {
      this.#gateway[place] = Gateway.delay;
      const dueUs = calendar.nowUs + DELAY_FIRST_PROBE_US + this.#stream.below(DELAY_JITTER_US);
      calendar.enter(dueUs, this.#actor, What.verify, place);
    }
    return true;
  }

  /** A SYN begins its way on the server's network. */
  receives(slot: number): void {
    const { attempts, directory, wires, calendar, witness } = this.#ground;
    const place = attempts.place[slot] as number;
    const network = directory.placeNetwork[place] as number;
    const isOwn = (attempts.client[slot] as number) < 0;
    if (wires.isCut[network]) return;
    const copies = wires.duplicates(network) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      if (wires.loses(network)) {
        if (isOwn) witness.lost?.(attempts.service[slot] as number);
        continue;
      }
      const answer = this.#answerOf(slot, place);
      if (answer === 0) return;
      const host = directory.owner[place] as number;
      const thinksUs = answer === Answer.synAck ? (this.#answers[host] as Spans).draw(this.#stream) : 0;
      if (wires.loses(network)) {
        if (isOwn) witness.lost?.(attempts.service[slot] as number);
        continue;
      }
      const waitUs = thinksUs + 2 * (wires.delayUs[network] as number);
      if (waitUs === 0) {
        if (this.speaks(place)) this.#options.toRouter(slot, answer);
        continue;
      }
      if (waitUs < SOON_US) attempts.mark(slot, Mark.pending);
      attempts.hold(slot);
      calendar.enter(calendar.nowUs + waitUs, this.#actor, What.answer | (answer << 8), slot);
    }
  }

  happens(what: number, subject: number): void {
    const { attempts } = this.#ground;
    switch (what & 0xff) {
      case What.answer: {
        attempts.unmark(subject, Mark.pending);
        const place = attempts.place[subject] as number;
        if (this.#answerOf(subject, place) !== 0 && this.speaks(place))
          this.#options.toRouter(subject, what >>> 8);
        this.#options.settle(subject);
        attempts.drop(subject);
        break;
      }
      case What.boot:
        if (what >>> 8 === (this.#boots[subject] as number)) this.#isUp(subject);
        break;
      case What.signOfLife:
        for (const place of this.#ground.directory.placesOfHost[subject] ?? []) this.speaks(place);
        break;
      case What.verify:
        this.#verify(subject);
        break;
      default:
    }
  }

  /** What it answers: 0, nothing. */
  #answerOf(slot: number, place: number): number {
    const { attempts, directory } = this.#ground;
    if (!this.isThere(place)) return 0;
    const host = directory.owner[place] as number;
    const rules = this.#rules.get(host);
    if (rules !== undefined) {
      const [client, port] = [attempts.client[slot] as number, attempts.toPort[slot] as number];
      const rule = rules.find((one) => applies(one, client, port));
      if (rule !== undefined) return BARRIERS[rule.barrier];
    }
    if (this.isFrozen[host]) return 0;
    const service = attempts.service[slot] as number;
    return service >= 0 && this.listens[service] ? Answer.synAck : Answer.rst;
  }

  /** A stranger's SYN: whether it is taken (true), refused (false), or lost (null). */
  answers(place: number, service: number): boolean | null {
    if (!this.hears(place)) return null;
    return service >= 0 && this.listens[service] === 1;
  }

  /** Whether a datagram to that host is taken, and so answered that nobody listens. */
  hears(place: number): boolean {
    const host = this.#ground.directory.owner[place] as number;
    const isBarred =
      this.#rules.get(host)?.some(({ clients, port }) => clients === null && port === null) ?? false;
    return this.isThere(place) && this.isFrozen[host] === 0 && !isBarred;
  }

  bar(host: number, rule: Rule): void {
    this.#rules.set(host, [...(this.#rules.get(host) ?? []), rule]);
    this.#tell(host);
  }

  admit(host: number, clients: readonly number[] | null, port: number | null): void {
    const key = String(clients);
    const left = (this.#rules.get(host) ?? []).filter(
      (rule) => String(rule.clients) !== key || rule.port !== port,
    );
    if (left.length === 0) this.#rules.delete(host);
    else this.#rules.set(host, left);
    this.#tell(host);
  }

  /** Its cable goes out: its kernel forgets its neighbours. */
  unplug(host: number): void {
    this.hasCable[host] = 0;
    this.#forgets(host);
    this.#tell(host);
  }

  plug(host: number): void {
    this.hasCable[host] = 1;
    this.#tell(host);
  }

  kill(host: number): void {
    this.hasPower[host] = 0;
    this.isFrozen[host] = 0;
    this.#boots[host] = (this.#boots[host] as number) + 1;
    this.#forgets(host);
    for (const service of this.#servicesOf(host)) this.listens[service] = 0;
    this.#tell(host);
  }

  /** Its kernel is there first, asks for its router, and refuses until its services run. */
  revive(host: number): void {
    const { calendar, directory } = this.#ground;
    if (this.hasPower[host] === 1) return;
    this.hasPower[host] = 1;
    this.#isBooting[host] = 1;
    const boot = directory.hosts[host]?.boot ?? { kind: 'fixed', us: 0 };
    const bootUs = new Spans(boot).draw(this.#stream);
    const signUs = Math.min(FIRST_PACKET_US, Math.floor(bootUs / 2));
    calendar.enter(calendar.nowUs + signUs, this.#actor, What.signOfLife, host);
    calendar.enter(
      calendar.nowUs + bootUs,
      this.#actor,
      What.boot | ((this.#boots[host] as number) << 8),
      host,
    );
    this.#tell(host);
  }

  #isUp(host: number): void {
    this.#isBooting[host] = 0;
    for (const service of this.#servicesOf(host)) this.listens[service] = this.#isWanted[service] as number;
    this.#tell(host);
  }

  freeze(host: number, isFrozen: boolean): void {
    this.isFrozen[host] = isFrozen ? 1 : 0;
    this.#tell(host);
  }

  split(host: number, isSplit: boolean): void {
    this.isSplit[host] = isSplit ? 1 : 0;
    this.#tell(host);
  }

  /** Its services, or the one on that port, run or end. */
  serve(host: number, port: number | null, isRunning: boolean): void {
    const { servicePort } = this.#ground.directory;
    const serves = this.#ground.directory.hosts[host]?.serves ?? [];
    for (const service of this.#servicesOf(host)) {
      const own = servicePort[service] as number;
      // What was never served is served when it is called by its port.
      if (port === null ? !serves.includes(own) : own !== port) continue;
      this.#isWanted[service] = isRunning ? 1 : 0;
      const runs = isRunning && this.hasPower[host] === 1 && this.#isBooting[host] === 0;
      this.listens[service] = runs ? 1 : 0;
    }
    this.#tell(host);
  }

  /** Something between has changed for all hosts of a network, or (null) for all. */
  networkChanged(network: number | null): void {
    const { hostNetwork } = this.#ground.directory;
    for (const [host, own] of hostNetwork.entries())
      if (network === null || own === network) this.#tell(host);
  }

  *#servicesOf(host: number): Generator<number> {
    const { directory } = this.#ground;
    for (const place of directory.placesOfHost[host] ?? []) {
      if (directory.owner[place] === host) yield* directory.servicesOfPlace(place);
    }
  }

  #forgets(host: number): void {
    for (const place of this.#ground.directory.placesOfHost[host] ?? []) {
      if (place < this.#gateway.length) this.#gateway[place] = Gateway.unknown;
    }
  }

  #verify(place: number): void {
    if (this.#gateway[place] !== Gateway.delay) return;
    this.#gateway[place] = Gateway.reachable;
    this.#gatewayUs[place] = this.#ground.calendar.nowUs;
    if (this.isThere(place)) this.#options.asksForRouter(place, true);
  }

  /** Whether its services answer, and whether there is a way to them. */
  #tell(host: number): void {
    const { directory, wires, witness } = this.#ground;
    for (const service of this.#servicesOf(host)) {
      const place = directory.servicePlace[service] as number;
      const network = directory.placeNetwork[place] as number;
      const isBarred = this.#rules
        .get(host)
        ?.some((rule) => applies(rule, EVERYBODY, directory.servicePort[service] as number));
      const answers = this.hasPower[host] === 1 && this.isFrozen[host] === 0 && this.listens[service] === 1;
      const isOpen =
        this.hasCable[host] === 1 &&
        this.isSplit[host] === 0 &&
        wires.isCut[network] === 0 &&
        wires.isUp(directory.ifaceOf[network] as number) &&
        isBarred !== true;
      const before = this.#told[service] as number;
      const now = (answers ? 1 : 0) | (isOpen ? 2 : 0);
      this.#told[service] = now;
      if ((before ^ now) & 1) witness.service(service, answers);
      if ((before ^ now) & 2) witness.path(service, isOpen);
    }
  }
}

const BARRIERS: Readonly<Record<Barrier, number>> = { drop: 0, reset: Answer.rst, reject: Answer.rejected };

function applies({ clients, port }: Rule, client: number, own: number): boolean {
  return (clients === null || clients.includes(client)) && (port === null || port === own);
}
