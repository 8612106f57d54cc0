/**
 * Asking a server whether it lives, before anybody is believed who says that it does not. Three connections to one
 * service, and what the fabric saw of them: a firewall of this machine drops or resets as well as a server does, and what
 * leaves by another way than the clients' requests says nothing of theirs.
 */

import type { Chance } from '../chance.ts';
import type { FabricEvent, Met } from '../fabric/records.ts';
import { type LocalPorts, PROBES } from '../net/local-ports.ts';
import { isOfDatagrams, nameOf, type Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import { pause, Stop, type Time } from '../time.ts';
import { dialFrom, ProbeConnections } from './connections.ts';
import { askByDatagrams, DATAGRAM_ANSWER_MS, dialByDatagrams, knock } from './datagrams.ts';
import type { Dial, Dialled, DialOptions } from './dial.ts';
import { Places, type Rank } from './places.ts';
import type { Sockets } from './sockets.ts';
import { type AskedVerdict, datagramsVerdict, verdictOf } from './verdicts.ts';

type Asked = Extract<FabricEvent, { kind: 'asked' }>;

export interface AskedAnswer {
  readonly verdict: AskedVerdict;
  /** What the fabric saw of its connections. */
  readonly met: readonly Met[];
  /** Of an answered probe: whether one of its connections was reset before. */
  readonly wasReset: boolean;
  /** Whether its machine resolved its address meanwhile: it lives, whatever its services do. */
  readonly resolved: boolean;
  /** When the first connection began. */
  readonly beganMs: number;
  /** When the service, and its machine, last answered anybody, as the fabric saw it; null: never. */
  readonly heardMs: number | null;
  readonly hostHeardMs: number | null;
  /** There is no fabric to say that. */
  readonly isAway?: true;
  /** There is no way from here to the server, where the fabric hears copies alone. */
  readonly isBlind?: true;
}

/** What this needs of the fabric. Each resolves to nothing when there is none, or it does not answer. */
export interface AskedFabric {
  /** A probe begins; resolves to how many local ports the fabric looks out for, from that one on; 0: for none. */
  ask(target: Target, localPort: number): Promise<number>;
  /** What it has met so far; without a probe, when the server was heard of last. */
  askMet(target: Target): Promise<Asked | null>;
  askEnd(target: Target): void;
  /** A time of the fabric's clock on that of the state. */
  msOf(us: number): number;
  /** Whether what a probe meets can be seen: not where the fabric hears copies alone, nor inside of this machine. */
  seesProbes(server: string): boolean;
  /** Whether that is this machine itself: it lives, whatever its services do. */
  isOwn(server: string): boolean;
  /** Whether what this machine tries counts, but for what comes from this program's ports. */
  readonly countsOwn: boolean;
}

export interface AskingOptions {
  readonly fabric: AskedFabric;
  readonly time: Time;
  readonly chance: Chance;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly sockets: Sockets;
  /** Probes at the same time. */
  readonly most?: number;
}

/** Begun one after another: with the kernel's own repetitions five requests in a probe. */
const STARTS_MS = [0, 300, 600] as const;
/** The fabric's ring hands a frame over after this, or, after ever longer waits, so late that it will not come. */
const FRAMES_MS = 20;
const LATE_FRAMES_MS = 320;
/** The kernel looks for a neighbour so long (RFC 4861 section 10: three times RETRANS_TIMER), and is late. */
const HOST_MS = 3500;
/** Each with three sockets that linger. */
const MAX_PROBES = 64;
/** Local ports where the fabric looks out for none, and all of them are to be this program's. */
const UNSEEN_PORTS = 4;

export class Asking {
  readonly #options: AskingOptions;
  readonly #places: Places;
  /** By the target: the end of what is asked of it now. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #closing = new Stop();

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#places = new Places(options.most ?? MAX_PROBES);
  }

  /** Nothing more is asked; what is under way comes to `void`. */
  close(): void {
    this.#closing.abort();
    this.#places.letAllIn();
  }

  /** Three connections to the service, fewer once one is answered; of UDP, datagrams. Port 0: an empty one to its machine. */
  probe(target: Target, rank: Rank): Promise<AskedAnswer> {
    const ask = target.port === 0 ? this.#askHost(target) : this.#ask(target, STARTS_MS);
    return this.#inTurn(target, rank, ask);
  }

  /** One connection. */
  look(target: Target): Promise<AskedAnswer> {
    return this.#inTurn(target, 'quiet', this.#ask(target, [0]));
  }

  /**
   * One connection of a check whether it is back. What left by another way than the clients' requests is no answer, whoever
   * gave it. Where the fabric is away or can't see it, what the connection says counts.
   */
  readonly dial: Dial = (options) => {
    const { fabric, time, sockets } = this.#options;
    if (isOfDatagrams(options.port)) return this.#dialByDatagrams(options);
    if (!fabric.seesProbes(options.server)) {
      return dialFrom(options, this.#localPorts(this.#firstLocalPort(), 0), { time, sockets });
    }
    return this.#afterOthers(options, async () => {
      const first = this.#firstLocalPort();
      const count = await fabric.ask(options, first);
      const outcome = await dialFrom(options, this.#localPorts(first, count), { time, sockets });
      const isAnswer = outcome === 'answered' || outcome === 'refused';
      const met = isAnswer && count > 0 ? await this.#way(options) : null;
      fabric.askEnd(options);
      return met?.has('leftElsewhere') === true ? 'silent' : outcome;
    });
  };

  #dialByDatagrams(options: DialOptions): Promise<Dialled> {
    const { fabric } = this.#options;
    return this.#afterOthers(options, async () => {
      const first = this.#firstLocalPort();
      const count = fabric.seesProbes(options.server) ? await fabric.ask(options, first) : 0;
      const means = { ...this.#options, closing: this.#closing };
      const outcome = await dialByDatagrams(options, this.#localPorts(first, count), means);
      const met = count > 0 ? await this.#way(options) : null;
      fabric.askEnd(options);
      options.onClosed?.();
      if (met?.has('leftElsewhere') === true) return 'silent';
      if (met?.has('answer') === true) return 'answered';
      const wasSent = count === 0 || met?.has('left') === true;
      return outcome === 'silent' && wasSent && (await this.#isQuiet(options)) ? 'quiet' : outcome;
    });
  }

  /** Whether the machine of a silent service says of another port that nobody is there: so somebody is, at this one. */
  #isQuiet({ server, timeoutMs }: DialOptions): Promise<boolean> {
    const waitMs = Math.min(timeoutMs, DATAGRAM_ANSWER_MS);
    return this.#afterOthers({ server, port: 0 }, async () => {
      const { code, asked } = await this.#knock(server, waitMs);
      // A firewall, of this machine or on the way, says so of ports of the dead.
      const isItsWord = asked?.met.has('reset') === true || !this.#options.fabric.seesProbes(server);
      return code === 'ECONNREFUSED' && isItsWord;
    });
  }

  /** What the fabric knows without asking anybody. */
  async heard(target: Target): Promise<Pick<AskedAnswer, 'heardMs' | 'hostHeardMs' | 'isAway'>> {
    return this.#afterOthers(target, async () => this.#times(await this.#options.fabric.askMet(target)));
  }

  /** The fabric knows one probe of a target at a time. */
  #afterOthers<T>(target: Target, next: () => Promise<T>): Promise<T> {
    const name = nameOf(target);
    const turn = (this.#turns.get(name) ?? Promise.resolve()).then(next, next);
    this.#turns.set(name, turn);
    const end = (): void => {
      if (this.#turns.get(name) === turn) this.#turns.delete(name);
    };
    turn.then(end, end);
    return turn;
  }

  async #inTurn(target: Target, rank: Rank, ask: () => Promise<AskedAnswer>): Promise<AskedAnswer> {
    // Before the turn: what goes first must not wait behind what waits for a place.
    const place = this.#places.take(target.server, rank);
    if (place !== null) await place;
    try {
      return await this.#afterOthers(target, () =>
        this.#closing.aborted ? Promise.resolve(this.#nothing()) : ask(),
      );
    } finally {
      this.#places.giveBack(target.server);
    }
  }

  #nothing(): AskedAnswer {
    const beganMs = this.#options.clock.nowMs();
    const never = { heardMs: null, hostHeardMs: null };
    return { verdict: 'void', met: [], wasReset: false, resolved: false, beganMs, ...never };
  }

  #ask(target: Target, starts: readonly number[]): () => Promise<AskedAnswer> {
    return async () => {
      const { fabric } = this.#options;
      const first = this.#firstLocalPort();
      const count = fabric.seesProbes(target.server) ? await fabric.ask(target, first) : 0;
      const means = { ...this.#options, closing: this.#closing };
      const from = this.#localPorts(first, count);
      const { outcomes, beganMs } = isOfDatagrams(target.port)
        ? await askByDatagrams(target, from, starts, means)
        : await new ProbeConnections(target, from, means).run(starts);
      const { verdict, asked } = await this.#verdict(target, outcomes, count > 0);
      fabric.askEnd(target);
      const isBlind = verdict === 'void' && outcomes.length > 0 && !fabric.seesProbes(target.server);
      const wasReset = outcomes.includes('refused');
      const met = [...(asked?.met ?? [])];
      const resolved = met.includes('resolved') || fabric.isOwn(target.server);
      const blind = isBlind ? ({ isBlind } as const) : {};
      return { verdict, met, wasReset, resolved, beganMs, ...blind, ...this.#times(asked) };
    };
  }

  /** What a connection has met that was answered, as soon as the fabric has seen it leave. */
  async #way(target: Target): Promise<ReadonlySet<Met> | null> {
    for (let waitMs = FRAMES_MS; ; waitMs *= 2) {
      await this.#pause(waitMs);
      const asked = await this.#options.fabric.askMet(target);
      const isSeen = asked?.met.has('left') || asked?.met.has('leftElsewhere');
      if (isSeen || asked === null || waitMs >= LATE_FRAMES_MS) return asked?.met ?? null;
    }
  }

  /** The fabric sees a frame some milliseconds after its connection does, and later on a busy machine. */
  async #verdict(
    target: Target,
    outcomes: readonly Dialled[],
    isSeen: boolean,
  ): Promise<{ verdict: AskedVerdict; asked: Asked | null }> {
    const { fabric } = this.#options;
    const sees = fabric.seesProbes(target.server);
    for (let waitMs = FRAMES_MS; ; waitMs *= 2) {
      await this.#pause(waitMs);
      const asked = await fabric.askMet(target);
      const met = isSeen ? (asked?.met ?? null) : null;
      const verdict = isOfDatagrams(target.port)
        ? datagramsVerdict(outcomes, met, sees)
        : verdictOf(outcomes, met, sees);
      if (verdict !== 'void' || !isSeen || asked === null || waitMs >= LATE_FRAMES_MS) {
        return { verdict, asked };
      }
    }
  }

  /** Where no port is known: port unreachable is life, silence says nothing unless the kernel found nobody. */
  #askHost(target: Target): () => Promise<AskedAnswer> {
    return async () => {
      const { fabric, clock } = this.#options;
      const beganMs = clock.nowMs();
      const { code, asked } = await this.#knock(target.server, HOST_MS);
      const met = asked?.met ?? new Set<Met>();
      const sees = fabric.seesProbes(target.server);
      const isRefused = code === 'ECONNREFUSED' && !sees;
      const lives = met.has('resolved') || met.has('reset') || isRefused || fabric.isOwn(target.server);
      const isGone = met.has('unreachable') || met.has('unresolved') || (code === 'EHOSTUNREACH' && !sees);
      const verdict = lives ? 'reset' : isGone ? 'silent' : 'void';
      const blind = code === 'ENETUNREACH' && !sees ? ({ isBlind: true } as const) : {};
      const about = { met: [...met], wasReset: false, resolved: lives, beganMs, ...blind };
      return { verdict, ...about, ...this.#times(asked) };
    };
  }

  /** A datagram to where nobody is on that host: what the kernel says of it, and what the fabric saw. */
  async #knock(server: string, waitMs: number): Promise<{ code: string | null; asked: Asked | null }> {
    const { fabric } = this.#options;
    const host = { server, port: 0 };
    await fabric.ask(host, PROBES.first);
    const code = await knock(server, waitMs, { ...this.#options, closing: this.#closing });
    await this.#pause(FRAMES_MS);
    const asked = await fabric.askMet(host);
    fabric.askEnd(host);
    return { code, asked };
  }

  #times(asked: Asked | null): Pick<AskedAnswer, 'heardMs' | 'hostHeardMs' | 'isAway'> {
    if (asked === null) return { heardMs: null, hostHeardMs: null, isAway: true };
    const ms = (us: number | null): number | null => (us === null ? null : this.#options.fabric.msOf(us));
    return { heardMs: ms(asked.heardUs), hostHeardMs: ms(asked.hostHeardUs) };
  }

  #pause(waitMs: number): Promise<void> {
    return pause(this.#options.time, waitMs, this.#closing);
  }

  #localPorts(first: number, count: number): LocalPorts {
    return { first, count: count === 0 && this.#options.fabric.countsOwn ? UNSEEN_PORTS : count };
  }

  #firstLocalPort(): number {
    return PROBES.first + this.#options.chance.below(PROBES.count);
  }
}
