/**
 * A kernel's table of neighbours, as Linux has it (net/core/neighbour.c): when it asks who has an address, when it believes to know
 * it still, and when it gives up. Entries are columns, one for each address that may ever be a neighbour.
 */
import type { Actor, Calendar } from '../kernel/calendar.ts';
import type { Stream } from '../kernel/streams.ts';
import { NeighbourEntries } from './neighbour-entries.ts';
import { PacketQueue } from './packet-queue.ts';
import { ReachableTimes } from './reachable-times.ts';

const S = 1_000_000;
/** `retrans_time`, as the kernel's timer wheel keeps it. */
const RETRANS_US = 1_020_000;
const RETRANS_JITTER_US = 4_000;
const SOLICITATIONS = 3;
const DELAY_FIRST_PROBE_US = 5 * S;
const DELAY_JITTER_US = 60_000;
const GC_STALE_US = 60 * S;
/** What was changed so short a time ago is not thrown out in need. */
const GC_KEPT_US = 5 * S;

const State = {
  none: 0,
  incomplete: 1,
  reachable: 2,
  stale: 3,
  delay: 4,
  probe: 5,
  failed: 6,
} as const;
/** What waits for an address: an attempt's SYN, or another packet. */
type Queued = object;

interface NeighbourHooks<W extends Queued> {
  /** Everybody is asked, or the neighbour alone. */
  ask(neighbour: number): void;
  probe(neighbour: number): void;
  /** It was found; all that waited goes on, in order. */
  found(neighbour: number, waiting: readonly W[]): void;
  /** It was not. */
  failed(neighbour: number, waiting: readonly W[]): void;
  /** The queue had no more room for it, or was forgotten. */
  dropped(waiting: W): void;
}

interface NeighboursOptions<W extends Queued> {
  readonly count: number;
  /** `gc_thresh3`. */
  readonly maxEntries: number;
  readonly calendar: Calendar;
  readonly stream: Stream;
  /** The reachable time is one for each of these: of an interface and an IP version. */
  readonly groupOf: (neighbour: number) => number;
  /** Whether it is looked for only when it is needed: what is known stays known while it is so. */
  readonly isLazy: ((neighbour: number) => boolean) | null;
  readonly hooks: NeighbourHooks<W>;
}

export class KernelNeighbours<W extends Queued> implements Actor {
  /** Packets that the queues and the table had no room for. */
  dropped = 0;
  readonly #options: NeighboursOptions<W>;
  readonly #calendar: Calendar;
  readonly #actor: number;
  readonly #state: Uint8Array;
  readonly #probes: Uint8Array;
  /** Counts changes: a timer that was set before is over. */
  readonly #changes: Uint16Array;
  readonly #confirmedUs: Float64Array;
  readonly #usedUs: Float64Array;
  readonly #updatedUs: Float64Array;
  /** The moment of a timer at the end of the reachable time; 0: there is none. */
  readonly #endUs: Float64Array;
  readonly #queues = new Map<number, PacketQueue<W>>();
  readonly #reachable: ReachableTimes;
  readonly #entries: NeighbourEntries;

  constructor(options: NeighboursOptions<W>) {
    this.#options = options;
    const { count, calendar, stream, maxEntries } = options;
    this.#reachable = new ReachableTimes(calendar, stream);
    this.#entries = new NeighbourEntries({
      ...{ calendar, maxEntries },
      isSpare: (neighbour) => this.#isSpare(neighbour),
      isOld: (neighbour) => this.#isOld(neighbour),
      leaves: (neighbour) => this.#leave(neighbour),
    });
    this.#calendar = calendar;
    this.#actor = calendar.admit(this);
    this.#state = new Uint8Array(count);
    this.#probes = new Uint8Array(count);
    this.#changes = new Uint16Array(count);
    this.#confirmedUs = new Float64Array(count);
    this.#usedUs = new Float64Array(count);
    this.#updatedUs = new Float64Array(count);
    this.#endUs = new Float64Array(count);
  }

  /** A packet is to go there: whether it may at once. If not, it waits, or is dropped. */
  use(neighbour: number): boolean {
    const nowUs = this.#calendar.nowUs;
    const state = this.#state[neighbour];
    if (state === State.reachable) {
      const endUs = (this.#confirmedUs[neighbour] as number) + this.#reachableUs(neighbour);
      this.#usedUs[neighbour] = nowUs;
      if (nowUs >= endUs) this.#isBelievedNoMore(neighbour);
      else if (endUs - nowUs <= DELAY_FIRST_PROBE_US && this.#options.isLazy === null)
        this.#awaitEnd(neighbour, endUs);
      return true;
    }
    if (state === State.stale) {
      this.#isBelievedNoMore(neighbour);
      this.#usedUs[neighbour] = nowUs;
      return true;
    }
    this.#usedUs[neighbour] = nowUs;
    if (state === State.delay || state === State.probe) return true;
    if (state === State.incomplete) return false;
    if (state === State.none && !this.#entries.enter(neighbour)) return false;
    this.#change(neighbour, State.incomplete);
    this.#probes[neighbour] = 1;
    this.#setTimer(neighbour, RETRANS_US, RETRANS_JITTER_US);
    this.#options.hooks.ask(neighbour);
    // It may have answered already.
    return (this.#state[neighbour] as number) !== State.incomplete;
  }

  /** After `use` has said no; false: the table had no room. */
  queue(neighbour: number, waiting: W): boolean {
    if (this.#state[neighbour] !== State.incomplete) {
      this.dropped++;
      return false;
    }
    const queue = this.#queues.get(neighbour);
    if (queue === undefined) this.#queues.set(neighbour, new PacketQueue(waiting));
    else {
      const oldest = queue.push(waiting);
      if (oldest !== undefined) {
        this.#options.hooks.dropped(oldest);
        this.dropped++;
      }
    }
    return true;
  }

  /** It has answered when it was asked. */
  confirm(neighbour: number): void {
    const state = this.#state[neighbour];
    if (state === State.none || state === State.failed) return;
    this.#confirmedUs[neighbour] = this.#calendar.nowUs;
    if (state === State.reachable) return;
    this.#change(neighbour, State.reachable);
    this.#goOn(neighbour);
  }

  /** It has said something of itself: asked who we are (`isQuestion`), or announced itself; `isOther`: by another MAC address than before. */
  hear(neighbour: number, isQuestion: boolean, isOther: boolean): void {
    const state = this.#state[neighbour];
    if (state === State.none) {
      // Nobody enters what he has not asked for, but whoever asks wants an answer.
      if (isQuestion && this.#entries.enter(neighbour)) this.#change(neighbour, State.stale);
      return;
    }
    if (state === State.incomplete || state === State.failed || isOther) this.#change(neighbour, State.stale);
    if (state === State.incomplete) this.#goOn(neighbour);
  }

  /** A connection with it goes well, and its kernel has said so of the very packet (a network of namespaces). */
  vouch(neighbour: number): void {
    this.#confirmedUs[neighbour] = this.#calendar.nowUs;
  }

  /** Whether it has a MAC address, by which it sends. */
  isBelieved(neighbour: number): boolean {
    const state = this.#state[neighbour];
    return state !== State.none && state !== State.incomplete && state !== State.failed;
  }

  /** As `ip neighbour flush` has it, and as an interface forgets that goes down: what waits is lost. */
  forget(neighbour: number): void {
    if (this.#state[neighbour] === State.none) return;
    this.#leave(neighbour);
    this.#entries.remove(neighbour);
  }

  happens(what: number, subject: number): void {
    if (what === this.#changes[subject]) this.#timer(subject);
  }

  #timer(neighbour: number): void {
    const nowUs = this.#calendar.nowUs;
    const state = this.#state[neighbour];
    const { hooks } = this.#options;
    if (state === State.reachable) {
      this.#endUs[neighbour] = 0;
      if (nowUs < (this.#confirmedUs[neighbour] as number) + this.#reachableUs(neighbour)) return;
      if (nowUs - (this.#usedUs[neighbour] as number) <= DELAY_FIRST_PROBE_US)
        this.#isBelievedNoMore(neighbour);
      else this.#change(neighbour, State.stale);
      return;
    }
    if (state === State.delay) {
      if (nowUs - (this.#confirmedUs[neighbour] as number) < DELAY_FIRST_PROBE_US) {
        this.#change(neighbour, State.reachable);
        return;
      }
      this.#change(neighbour, State.probe);
      this.#probes[neighbour] = 0;
    } else if (state !== State.probe && state !== State.incomplete) return;
    if (this.#probes[neighbour] === SOLICITATIONS) {
      this.#change(neighbour, State.failed);
      const waiting = this.#queues.get(neighbour)?.all() ?? [];
      this.#queues.delete(neighbour);
      hooks.failed(neighbour, waiting);
      return;
    }
    this.#probes[neighbour] = (this.#probes[neighbour] as number) + 1;
    this.#setTimer(neighbour, RETRANS_US, RETRANS_JITTER_US);
    if (state === State.incomplete) hooks.ask(neighbour);
    else hooks.probe(neighbour);
  }

  /** It is used on, and asked a while later, unless it is heard of. */
  #isBelievedNoMore(neighbour: number): void {
    if (this.#options.isLazy?.(neighbour) === true) {
      this.#confirmedUs[neighbour] = this.#calendar.nowUs;
      this.#state[neighbour] = State.reachable;
      return;
    }
    this.#change(neighbour, State.delay);
    this.#setTimer(neighbour, DELAY_FIRST_PROBE_US, DELAY_JITTER_US);
  }

  #awaitEnd(neighbour: number, endUs: number): void {
    if (this.#endUs[neighbour] === endUs) return;
    this.#endUs[neighbour] = endUs;
    this.#calendar.enter(endUs, this.#actor, this.#changes[neighbour] as number, neighbour);
  }

  #goOn(neighbour: number): void {
    const waiting = this.#queues.get(neighbour)?.all();
    if (waiting === undefined) return;
    this.#queues.delete(neighbour);
    this.#options.hooks.found(neighbour, waiting);
  }

  #change(neighbour: number, state: number): void {
    this.#state[neighbour] = state;
    this.#changes[neighbour] = (this.#changes[neighbour] as number) + 1;
    this.#updatedUs[neighbour] = this.#calendar.nowUs;
    this.#endUs[neighbour] = 0;
  }

  #setTimer(neighbour: number, waitUs: number, jitterUs: number): void {
    const { calendar, stream } = this.#options;
    const dueUs = calendar.nowUs + waitUs + stream.below(jitterUs);
    calendar.enter(dueUs, this.#actor, this.#changes[neighbour] as number, neighbour);
  }

  #reachableUs(neighbour: number): number {
    return this.#reachable.us(this.#options.groupOf(neighbour));
  }

  #leave(neighbour: number): void {
    this.#change(neighbour, State.none);
    for (const waiting of this.#queues.get(neighbour)?.all() ?? []) this.#options.hooks.dropped(waiting);
    this.#queues.delete(neighbour);
  }

  /** No timer runs for it, and it was not changed lately. */
  #isSpare(neighbour: number): boolean {
    const state = this.#state[neighbour];
    if (state === State.failed) return true;
    if (state !== State.stale && state !== State.reachable) return false;
    return this.#calendar.nowUs - (this.#updatedUs[neighbour] as number) > GC_KEPT_US;
  }

  #isOld(neighbour: number): boolean {
    const state = this.#state[neighbour];
    if (state === State.incomplete || state === State.delay || state === State.probe) return false;
    const lastUs = Math.max(this.#usedUs[neighbour] as number, this.#confirmedUs[neighbour] as number);
    return state === State.failed || this.#calendar.nowUs - lastUs > GC_STALE_US;
  }
}
