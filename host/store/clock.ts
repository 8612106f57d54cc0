/**
 * Time that outlives the process. Decisions run on the kernel's monotonic clock, continued over restarts and reboots:
 * the wall clock of a router without a battery starts in 1970 and jumps. Dates are made from it only to be printed.
 */
import type { Time } from '../time.ts';

export interface Clock {
  /** Milliseconds that only ever grow, over restarts of the program and of the machine. */
  nowMs(): number;
  /** The date of a moment on this clock; null when the wall clock is, or was then, certainly wrong, or nobody knows. */
  dateOf(ms: number): Date | null;
}

/**
 * One time that the machine was up: from `startMs` on, this clock is `baseMs` ahead of the kernel's, and the wall clock
 * `wallMs` ahead of this one (null: it was wrong).
 */
export interface Epoch {
  readonly boot: string;
  readonly startMs: number;
  readonly baseMs: number;
  readonly lastMs: number;
  readonly wallMs: number | null;
}

/** What this needs of the machine. */
type MachineClocks = Pick<Time, 'nowMs' | 'wallMs' | 'boot'>;

/** This program did not exist before: a wall clock that says so is wrong. */
const PLAUSIBLE_MS = Date.UTC(2026, 0, 1);
/** Dates of what happened before so many starts of the machine are not known any more. */
const EPOCHS = 16;

/**
 * Time while the machine was off does not count: without a battery nobody can tell how long that was, and to count too
 * much of it would forget people who wait.
 */
export class StateClock implements Clock {
  readonly #time: MachineClocks;
  readonly #past: readonly Epoch[];
  readonly #current: Pick<Epoch, 'boot' | 'startMs' | 'baseMs'>;

  /** `epochs` are those of `toStore`, oldest first. */
  constructor(epochs: readonly Epoch[], time: MachineClocks) {
    this.#time = time;
    const boot = time.boot();
    const monotonicMs = time.nowMs();
    const last = epochs.at(-1);
    // A clock of the same name that went back is that of another machine.
    if (last !== undefined && last.boot === boot && last.baseMs + monotonicMs >= last.lastMs) {
      this.#past = epochs.slice(0, -1);
      this.#current = last;
      return;
    }
    this.#past = epochs.slice(-EPOCHS + 1);
    // All that this start of the machine has seen, before the program ran, too, comes after the time before it.
    const baseMs = last?.lastMs ?? 0;
    this.#current = { boot, startMs: baseMs, baseMs };
  }

  nowMs(): number {
    return this.#current.baseMs + this.#time.nowMs();
  }

  dateOf(ms: number): Date | null {
    const isPast = ms < this.#current.startMs;
    const wallMs = isPast ? this.#past.findLast(({ startMs }) => startMs <= ms)?.wallMs : this.#wallMs();
    return wallMs === null || wallMs === undefined ? null : new Date(Math.round(wallMs + ms));
  }

  /** The times that the machine was up, for the next process; the last one is the current. */
  toStore(): Epoch[] {
    return [...this.#past, { ...this.#current, lastMs: this.nowMs(), wallMs: this.#wallMs() }];
  }

  /** How far the wall clock is ahead of this one. */
  #wallMs(): number | null {
    const wallMs = this.#time.wallMs();
    return wallMs < PLAUSIBLE_MS ? null : wallMs - this.nowMs();
  }
}
