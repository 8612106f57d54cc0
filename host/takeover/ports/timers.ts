/** Waits of a half's decisions, all called off when it ends. */
import type { Clock } from '../protocol/clock.ts';

/** What has failed is tried again after so long, then after twice that, and so on. */
export const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
const LOOK_MS = 20;

/** How long to wait after a wait that was in vain. */
export function longer(waitMs: number): number {
  return Math.min(waitMs * 2, LONGEST_RETRY_MS);
}

export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls once, after so long; the returned function calls it off. */
  after(waitMs: number, action: () => void): () => void {
    const cancel = this.#clock.after(waitMs, () => {
      this.#cancels.delete(cancel);
      action();
    });
    this.#cancels.add(cancel);
    return cancel;
  }

  passed(waitMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(waitMs, resolve));
  }

  /** Resolves when it is so, or after the limit. */
  async until(condition: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.#clock.nowMs() + limitMs;
    while (!condition() && this.#clock.nowMs() < endMs) await this.passed(LOOK_MS);
  }

  close(): void {
    for (const cancel of this.#cancels) cancel();
  }
}
