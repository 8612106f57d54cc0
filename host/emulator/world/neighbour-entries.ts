/** The bounds of a table of neighbours: who takes part of it, and who leaves it when it gets full or is cleaned up. */
import type { Actor, Calendar } from '../kernel/calendar.ts';

const EVERY_US = 15_000_000;
/** Below so many entries nothing is cleaned up (`gc_thresh1`). */
const MIN_ENTRIES = 128;
/** After a vain search for what may be thrown out. */
const PAUSE_US = 10_000;

interface EntriesOptions {
  readonly calendar: Calendar;
  /** `gc_thresh3`. */
  readonly maxEntries: number;
  /** Whether it may be thrown out in need; and when it has not been used for long. */
  readonly isSpare: (neighbour: number) => boolean;
  readonly isOld: (neighbour: number) => boolean;
  readonly leaves: (neighbour: number) => void;
}

export class NeighbourEntries implements Actor {
  readonly #options: EntriesOptions;
  readonly #actor: number;
  #entries: number[] = [];
  #isCleaning = false;
  #searchedUs = -PAUSE_US;

  constructor(options: EntriesOptions) {
    this.#options = options;
    this.#actor = options.calendar.admit(this);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** It gets a place; false: there is none. */
  enter(neighbour: number): boolean {
    const { maxEntries } = this.#options;
    if (this.#entries.length >= maxEntries && !this.#makeRoom()) return false;
    this.#entries.push(neighbour);
    if (this.#entries.length >= MIN_ENTRIES && !this.#isCleaning) this.#cleanLater();
    return true;
  }

  remove(neighbour: number): void {
    this.#entries.splice(this.#entries.indexOf(neighbour), 1);
  }

  happens(): void {
    this.#isCleaning = false;
    if (this.#entries.length < MIN_ENTRIES) return;
    this.#cleanLater();
    this.#throwOut(this.#options.isOld);
  }

  #cleanLater(): void {
    const { calendar } = this.#options;
    this.#isCleaning = true;
    calendar.enter(calendar.nowUs + EVERY_US, this.#actor, 0, 0);
  }

  #makeRoom(): boolean {
    const { nowUs } = this.#options.calendar;
    if (nowUs - this.#searchedUs < PAUSE_US) return false;
    const before = this.#entries.length;
    this.#throwOut(this.#options.isSpare);
    if (this.#entries.length < before) return true;
    this.#searchedUs = nowUs;
    return false;
  }

  #throwOut(isOut: (neighbour: number) => boolean): void {
    const kept: number[] = [];
    for (const neighbour of this.#entries) {
      if (isOut(neighbour)) this.#options.leaves(neighbour);
      else kept.push(neighbour);
    }
    this.#entries = kept;
  }
}
