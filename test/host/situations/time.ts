/** Time that the test turns, for the whole program. What follows from one moment has happened before the next one comes. */
import type { Timer as Handle, Time as Port } from '../../../host/time.ts';

const START_MS = 10_000_000;
/** When its clock was zero. */
const NOON = Date.UTC(2026, 4, 1, 12);

interface Timer {
  dueMs: number;
  readonly waitMs: number;
  readonly action: () => void;
  readonly isRepeated: boolean;
  isGone: boolean;
  /** Whether it ends with the program. */
  readonly isPrograms: boolean;
}

export class Time {
  nowMs = START_MS;
  /** By when they are due: those that are gone, too, until it is their turn. */
  #timers: Timer[] = [];
  #immediates: (() => void)[] = [];

  /** What the program is given. */
  readonly port: Port = {
    nowMs: () => this.nowMs,
    wallMs: () => NOON + this.nowMs,
    boot: () => 'the only one',
    after: (waitMs, action) => this.#handle(action, waitMs, false),
    every: (periodMs, action) => this.#handle(action, periodMs, true),
    settled: () => new Promise((resolve) => void this.#immediates.push(resolve)),
  };

  /** In so many milliseconds, whatever becomes of the program. */
  after(waitMs: number, action: () => void): void {
    this.#add({
      dueMs: this.nowMs + waitMs,
      waitMs,
      action,
      isRepeated: false,
      isPrograms: false,
      isGone: false,
    });
  }

  every(waitMs: number, action: () => void): void {
    this.#add({
      dueMs: this.nowMs + waitMs,
      waitMs,
      action,
      isRepeated: true,
      isPrograms: false,
      isGone: false,
    });
  }

  /** The program was killed: nothing that it waits for comes any more. */
  forget(): void {
    this.#timers = this.#timers.filter(({ isPrograms }) => !isPrograms);
    this.#immediates = [];
  }

  async pass(seconds: number): Promise<void> {
    const endMs = this.nowMs + seconds * 1000;
    await this.settle();
    for (let next = this.#timers[0]; next !== undefined && next.dueMs <= endMs; next = this.#timers[0]) {
      this.#timers.shift();
      if (next.isGone) continue;
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      if (next.isRepeated) this.#add(Object.assign(next, { dueMs: this.nowMs + next.waitMs }));
      next.action();
      await this.settle();
    }
    this.nowMs = endMs;
  }

  /** Everything that follows from what has happened has happened, too. */
  async settle(): Promise<void> {
    do {
      for (const action of this.#immediates.splice(0)) action();
      await new Promise<void>((resolve) => void setImmediate(resolve));
    } while (this.#immediates.length > 0);
  }

  #handle(action: () => void, waitMs: number, isRepeated: boolean): Handle {
    const dueMs = this.nowMs + waitMs;
    const timer = this.#add({ dueMs, waitMs, action, isRepeated, isPrograms: true, isGone: false });
    const handle: Handle = {
      cancel: () => {
        timer.isGone = true;
      },
      unref: () => handle,
    };
    return handle;
  }

  /** Behind those that are due at the same time. */
  #add(timer: Timer): Timer {
    let [from, to] = [0, this.#timers.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#timers[middle]?.dueMs ?? 0) <= timer.dueMs) from = middle + 1;
      else to = middle;
    }
    this.#timers.splice(from, 0, timer);
    return timer;
  }
}
