/**
 * Whom a machine's kernel takes its neighbours to be: learnt from answers, and from whatever is said about an address that it
 * knows already, which is what a takeover lives by (JP 2001-144806 paragraph 43).
 */
import type { Time, Timer } from '../../time.ts';

/** `mcast_solicit`, `ucast_solicit` and `retrans_time` of arp(7). */
const QUESTIONS = 3;
const RETRY_MS = 1000;
/** An entry is good for so long after it was confirmed (`base_reachable_time`). */
const REACHABLE_MS = 30_000;
/** Whoever is written to with an old entry is asked after so long (`delay_first_probe_time`). */
const DELAY_MS = 5000;
/** What was learnt is not overwritten for so long, but by who speaks of himself alone (`locktime`). */
const LOCKED_MS = 1000;
/** Frames that wait for one address. */
const MAX_WAITING = 64;

interface Neighbour {
  mac: string | null;
  /** Of this machine: who wrote to it last. */
  source: string;
  confirmedMs: number;
  updatedMs: number;
  /** What is done once it is known; null: it never was. */
  waiting: ((mac: string | null) => void)[];
  asked: number;
  timer: Timer | null;
}

interface NeighboursOptions {
  readonly time: Time;
  /** A question to everybody, or to one, by the address of whoever has something to send (`arp_announce`). */
  readonly ask: (address: string, source: string, mac: string | null) => void;
  /** The kernel takes an address to be another's now; null: nobody's. */
  readonly onLearnt: (address: string, mac: string | null) => void;
}

export class NeighbourTable {
  readonly #options: NeighboursOptions;
  readonly #all = new Map<string, Neighbour>();

  constructor(options: NeighboursOptions) {
    this.#options = options;
  }

  of(address: string): string | null {
    return this.#all.get(address)?.mac ?? null;
  }

  /** The machine has no power. */
  clear(): void {
    for (const { timer } of this.#all.values()) timer?.cancel();
    this.#all.clear();
  }

  /** Calls with who it is, at once if that is known, or with null once three questions had no answer. */
  with(address: string, source: string, then: (mac: string | null) => void): void {
    const nowMs = this.#options.time.nowMs();
    const known = this.#all.get(address);
    if (known !== undefined) known.source = source;
    if (known !== undefined && known.mac !== null) {
      const isOld = nowMs - known.confirmedMs > REACHABLE_MS;
      if (isOld && known.timer === null) {
        known.timer = this.#options.time.after(DELAY_MS, () => this.#verify(address, known));
      }
      then(known.mac);
      return;
    }
    const entry = known ?? this.#entry(address, source);
    if (entry.waiting.length < MAX_WAITING) entry.waiting.push(then);
    if (entry.timer === null) this.#askAll(address, entry);
  }

  /** Something that only this neighbour can have sent has come. */
  confirm(address: string): void {
    const known = this.#all.get(address);
    if (known !== undefined && known.mac !== null) this.#confirmed(known);
  }

  /**
   * What was said of an address. `isNew`: a machine that is asked notes who asks; `overrides`: it is believed at once; `answers`: it was
   * said to this machine.
   */
  learn(address: string, mac: string, how: { isNew: boolean; overrides: boolean; answers: boolean }): void {
    const nowMs = this.#options.time.nowMs();
    const known = this.#all.get(address);
    if (known === undefined && !how.isNew) return;
    const entry = known ?? this.#entry(address, '');
    const isLocked = entry.mac !== null && nowMs - entry.updatedMs < LOCKED_MS;
    if (entry.mac !== mac) {
      if (isLocked && !how.overrides) return;
      entry.mac = mac;
      entry.updatedMs = nowMs;
      this.#options.onLearnt(address, mac);
    }
    if (how.answers) this.#confirmed(entry);
    for (const then of entry.waiting.splice(0)) then(mac);
    if (!how.answers && entry.asked > 0) this.#stop(entry);
  }

  #entry(address: string, source: string): Neighbour {
    const entry: Neighbour = {
      ...{ mac: null, source, confirmedMs: -REACHABLE_MS, updatedMs: 0 },
      ...{ waiting: [], asked: 0, timer: null },
    };
    this.#all.set(address, entry);
    return entry;
  }

  #confirmed(entry: Neighbour): void {
    entry.confirmedMs = this.#options.time.nowMs();
    this.#stop(entry);
  }

  #stop(entry: Neighbour): void {
    entry.timer?.cancel();
    entry.timer = null;
    entry.asked = 0;
  }

  #askAll(address: string, entry: Neighbour): void {
    if (entry.asked === QUESTIONS) {
      this.#fail(address, entry);
      return;
    }
    entry.asked++;
    this.#options.ask(address, entry.source, null);
    entry.timer = this.#options.time.after(RETRY_MS, () => this.#askAll(address, entry));
  }

  #verify(address: string, entry: Neighbour): void {
    if (entry.asked === QUESTIONS) {
      this.#fail(address, entry);
      return;
    }
    entry.asked++;
    this.#options.ask(address, entry.source, entry.mac);
    entry.timer = this.#options.time.after(RETRY_MS, () => this.#verify(address, entry));
  }

  #fail(address: string, entry: Neighbour): void {
    this.#all.delete(address);
    this.#stop(entry);
    if (entry.mac !== null) this.#options.onLearnt(address, null);
    for (const then of entry.waiting.splice(0)) then(null);
  }
}
