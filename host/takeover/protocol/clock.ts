/** Time, for a role that must not look at a clock itself: its tests have another one. */

export interface Clock {
  /** Monotonic. */
  nowMs(): number;
  /** Calls once, after so long; the returned function calls it off. */
  after(waitMs: number, action: () => void): () => void;
  /** Calls when all that has arrived by now has been worked on. */
  settled(action: () => void): void;
}

/** The machine's. */
export const MONOTONIC: Clock = {
  nowMs: () => performance.now(),
  after(waitMs, action) {
    const timer = setTimeout(action, waitMs);
    return () => clearTimeout(timer);
  },
  settled(action) {
    // Timers come before arrivals in each turn of the loop, and a turn takes so many datagrams only.
    setImmediate(() => setImmediate(() => setImmediate(action)));
  },
};
