/** A clock that the test turns. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../host/takeover/protocol/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly action: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 1000;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(waitMs: number, action: () => void): () => void {
    const timer = { dueMs: this.#nowMs + waitMs, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  settled(action: () => void): void {
    action();
  }

  /** Lets time pass, and everything happen that is due, in its order. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(({ dueMs }) => dueMs <= endMs);
      const [next] = due.sort((one, other) => one.dueMs - other.dueMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.action();
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** This machine sleeps, and nothing happens on it: what was due meanwhile is late. */
  async sleep(ms: number): Promise<void> {
    this.#nowMs += ms;
    await settle();
  }
}

/** Everything that follows from what happened has happened. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
}
