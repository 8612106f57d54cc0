/**
 * Asking a server whether it lives, before anybody is believed who says that it does not. Three connections to one
 * service, and what the fabric saw of them: a firewall of this machine drops or resets as well as a server does, and what
 * leaves by another way than the clients' requests says nothing of theirs.
 */

import type { Chance } from '../chance.ts';
import { systemCodeOf } from '../errors.ts';
import type { FabricEvent, Met } from '../fabric/records.ts';
import { nameOf, type Target } from '../net/target.ts';
import type { Clock } from '../store/clock.ts';
import { pause, Stop, type StopSignal, type Time } from '../time.ts';
import { dialFrom, ProbeConnections } from './connections.ts';
import { type Dial, type Dialled, dial } from './dial.ts';
import { Places, type Rank } from './places.ts';
import type { Sockets } from './sockets.ts';

/**
 * `answered`: the service lives. `reset`: its machine does, and refuses. `silent`: nobody answered, or it is
 * unreachable. `void`: the probe says nothing.
 */
type Verdict = 'answered' | 'reset' | 'silent' | 'void';

export interface AskedAnswer {
  readonly verdict: Verdict;
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
}

/** What this needs of the fabric. Each resolves to nothing when there is none, or it does not answer. */
export interface AskedFabric {
  /** A probe begins; resolves to how many local ports the fabric looks out for, from that one on; 0: for none. */
  ask(target: Target, localPort: number): Promise<number>;
  /** What it has met so far; without a probe, when the server was heard of last. */
  askMet(target: Target): Promise<Extract<FabricEvent, { kind: 'asked' }> | null>;
  askEnd(target: Target): void;
  /** A time of the fabric's clock on that of the state. */
  msOf(us: number): number;
  /** Whether what a probe meets can be seen: not where the fabric hears copies alone. */
  readonly seesProbes: boolean;
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
const DATAGRAM_MS = 3500;
/** Each with three sockets that linger. */
const MAX_PROBES = 64;
/** Below those that the kernel takes by itself (net.ipv4.ip_local_port_range: 32768 to 60999). */
const FIRST_LOCAL_PORT = 20_000;
const LOCAL_PORTS = 12_000;
/** Where traceroute's datagrams go: nobody listens there. */
const DATAGRAM_PORT = 33_434;

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

  /** Three connections to the service, fewer once one is answered. Port 0: an empty datagram to its machine. */
  probe(target: Target, rank: Rank): Promise<AskedAnswer> {
    const ask = target.port === 0 ? this.#datagram(target) : this.#ask(target, STARTS_MS);
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
    if (!fabric.seesProbes) return dial(options, time, sockets);
    return this.#afterOthers(options, async () => {
      const first = this.#firstLocalPort();
      const count = await fabric.ask(options, first);
      const outcome = await dialFrom(options, { first, count }, { time, sockets });
      const isAnswer = outcome === 'answered' || outcome === 'refused';
      const met = isAnswer && count > 0 ? await this.#way(options) : null;
      fabric.askEnd(options);
      return met?.has('leftElsewhere') === true ? 'silent' : outcome;
    });
  };

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
      const count = fabric.seesProbes ? await fabric.ask(target, first) : 0;
      const means = { ...this.#options, closing: this.#closing };
      const connections = new ProbeConnections(target, { first, count }, means);
      const { outcomes, beganMs } = await connections.run(starts);
      const { verdict, asked } = await this.#verdict(target, outcomes, count > 0);
      fabric.askEnd(target);
      const wasReset = outcomes.includes('refused');
      const met = [...(asked?.met ?? [])];
      return { verdict, met, wasReset, resolved: met.includes('resolved'), beganMs, ...this.#times(asked) };
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
  ): Promise<{ verdict: Verdict; asked: Extract<FabricEvent, { kind: 'asked' }> | null }> {
    const { fabric } = this.#options;
    for (let waitMs = FRAMES_MS; ; waitMs *= 2) {
      await this.#pause(waitMs);
      const asked = await fabric.askMet(target);
      const verdict = verdictOf(outcomes, isSeen ? (asked?.met ?? null) : null, fabric.seesProbes);
      if (verdict !== 'void' || !isSeen || asked === null || waitMs >= LATE_FRAMES_MS) {
        return { verdict, asked };
      }
    }
  }

  /** Where no port is known: port unreachable is life, silence says nothing unless the kernel found nobody. */
  #datagram(target: Target): () => Promise<AskedAnswer> {
    return async () => {
      const { fabric, time, clock, sockets } = this.#options;
      await fabric.ask(target, FIRST_LOCAL_PORT);
      const beganMs = clock.nowMs();
      const code = await sendNothing(target.server, this.#closing, { time, sockets });
      await this.#pause(FRAMES_MS);
      const asked = await fabric.askMet(target);
      fabric.askEnd(target);
      const met = asked?.met ?? new Set<Met>();
      const lives =
        met.has('resolved') || met.has('reset') || (code === 'ECONNREFUSED' && !fabric.seesProbes);
      const isGone = met.has('unreachable') || met.has('unresolved');
      const verdict = lives ? 'reset' : isGone ? 'silent' : 'void';
      return { verdict, met: [...met], wasReset: false, resolved: lives, beganMs, ...this.#times(asked) };
    };
  }

  #times(
    asked: Extract<FabricEvent, { kind: 'asked' }> | null,
  ): Pick<AskedAnswer, 'heardMs' | 'hostHeardMs' | 'isAway'> {
    if (asked === null) return { heardMs: null, hostHeardMs: null, isAway: true };
    const ms = (us: number | null): number | null => (us === null ? null : this.#options.fabric.msOf(us));
    return { heardMs: ms(asked.heardUs), hostHeardMs: ms(asked.hostHeardUs) };
  }

  #pause(waitMs: number): Promise<void> {
    return pause(this.#options.time, waitMs, this.#closing);
  }

  #firstLocalPort(): number {
    return FIRST_LOCAL_PORT + this.#options.chance.below(LOCAL_PORTS);
  }
}

/** `met`: what the fabric saw; null: it saw nothing, because it is away, or, without `seesProbes`, because it can't. */
export function verdictOf(
  outcomes: readonly Dialled[],
  met: ReadonlySet<Met> | null,
  seesProbes: boolean,
): Verdict {
  if (outcomes.length === 0) return 'void';
  const isAnswered = outcomes.includes('answered');
  const isReset = outcomes.every((outcome) => outcome === 'refused');
  if (!seesProbes) return isAnswered ? 'answered' : isReset ? 'reset' : 'silent';
  if (met === null || met.has('leftElsewhere') || !met.has('left')) return 'void';
  if (isAnswered) return met.has('answer') ? 'answered' : 'void';
  // It came in, and a firewall of this machine kept it back.
  if (met.has('answer') || (met.has('reset') && !outcomes.includes('refused'))) return 'void';
  if (isReset) return met.has('reset') ? 'reset' : 'void';
  if (outcomes.includes('refused') && !met.has('reset')) return 'void';
  return 'silent';
}

/** The code of the error that it met, or null. */
function sendNothing(
  server: string,
  closing: StopSignal,
  { time, sockets }: Pick<AskingOptions, 'time' | 'sockets'>,
): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = sockets.datagrams(server.includes(':') ? 'udp6' : 'udp4');
    let isDone = false;
    const done = (error: Error | null): void => {
      if (isDone) return;
      isDone = true;
      timer.cancel();
      closing.removeEventListener('abort', close);
      socket.close();
      resolve(systemCodeOf(error) ?? null);
    };
    const close = (): void => done(null);
    const timer = time.after(DATAGRAM_MS, close);
    closing.addEventListener('abort', close);
    socket.on('error', done);
    // Where there is no way, Node calls this as if it were connected, with the error.
    socket.connect(DATAGRAM_PORT, server, (error?: Error) => {
      if (error !== undefined) done(error);
      else if (!isDone) socket.send(Buffer.alloc(0), (unsent) => unsent !== null && done(unsent));
    });
    if (closing.aborted) close();
  });
}
