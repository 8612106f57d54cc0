/** Waits of a node's decisions, all called off when it ends. */
import type { Time, Timer } from '../../time.ts';

/** What has failed is tried again after so long, then after twice that, and so on. */
export const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
const LOOK_MS = 20;
/** The peer has done by then what it accepted. */
export const DONE_MS = 10_000;
/** How often an active says that it lives, and what there is, if heartbeats are off. */
export const IDLE_MS = 1000;

/** How long to wait after a wait that was in vain. */
export function longer(waitMs: number): number {
  return Math.min(waitMs * 2, MAX_RETRY_MS);
}

export class Timers {
  readonly #time: Time;
  readonly #timers = new Set<Timer>();
  #closed = false;

  constructor(time: Time) {
    this.#time = time;
  }

  /** Calls once, after so long, unless it is closed by then; the returned function calls it off. */
  after(waitMs: number, action: () => void): () => void {
    if (this.#closed) return () => {};
    const timer = this.#time.after(waitMs, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
    return () => timer.cancel();
  }

  passed(waitMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(waitMs, resolve));
  }

  /** Resolves when it is so, or after the limit. */
  async until(condition: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.#time.nowMs() + limitMs;
    while (!condition() && this.#time.nowMs() < endMs) await this.passed(LOOK_MS);
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
  }
}
