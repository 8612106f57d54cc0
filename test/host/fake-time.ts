/** Time that the test moves. */
import { setImmediate as turn } from 'node:timers/promises';
import { machineTime, type Time, type Timer } from '../../host/time.ts';

class FakeTimer implements Timer {
  dueMs: number;
  readonly everyMs: number | null;
  readonly action: () => void;
  isGone = false;

  constructor(dueMs: number, everyMs: number | null, action: () => void) {
    this.dueMs = dueMs;
    this.everyMs = everyMs;
    this.action = action;
  }

  cancel(): void {
    this.isGone = true;
  }

  unref(): this {
    return this;
  }
}

export class FakeTime implements Time {
  #nowMs: number;
  /** By when they are due, and then in the order in which they were set: those that are gone, too, until it is their turn. */
  readonly #timers: FakeTimer[] = [];

  constructor(nowMs = 1000) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return Date.UTC(2026, 4, 1, 12) + this.#nowMs;
  }

  boot(): string {
    return 'the only one';
  }

  after(waitMs: number, action: () => void): Timer {
    return this.#add(new FakeTimer(this.#nowMs + Math.max(waitMs, 0), null, action));
  }

  every(periodMs: number, action: () => void): Timer {
    return this.#add(new FakeTimer(this.#nowMs + periodMs, periodMs, action));
  }

  settled(): Promise<void> {
    return turn();
  }

  /** Whether anything is still to come. */
  get isIdle(): boolean {
    return this.#timers.every(({ isGone }) => isGone);
  }

  /** So much passes at once; what is due happens in its order, what follows from that by promises does not. */
  tick(ms: number): void {
    const endMs = this.#nowMs + ms;
    while (this.next(endMs));
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** So much passes, and what follows from one moment has happened before the next one comes. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await this.settle();
    while (this.next(endMs)) await this.settle();
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** The next thing that is due until then happens; false: there is none. */
  protected next(endMs: number): boolean {
    for (let timer = this.#timers[0]; timer !== undefined && timer.dueMs <= endMs; timer = this.#timers[0]) {
      this.#timers.shift();
      if (timer.isGone) continue;
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      if (timer.everyMs !== null) {
        timer.dueMs += timer.everyMs;
        this.#add(timer);
      }
      timer.action();
      return true;
    }
    return false;
  }

  /** Everything that follows from what happened has happened. */
  protected async settle(): Promise<void> {
    for (let i = 0; i < 4; i++) await turn();
  }

  /** What was due meanwhile is late. */
  protected jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** Behind those that are due at the same time. */
  #add(timer: FakeTimer): FakeTimer {
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

/** The machine's time, on which a wait is as long as `of` says. */
export function machineTimeWith(of: (waitMs: number) => number): Time {
  return { ...machineTime, after: (waitMs, action) => machineTime.after(of(waitMs), action) };
}
