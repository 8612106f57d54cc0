/** How long nobody tries after a failure. */

const FIRST_WAIT_MS = 1000;
/** The server itself is asked more often than a recipient: one connection a minute is no burden, and everybody waits for it. */
export const LONGEST_SERVER_WAIT_MS = 60_000;

/** Doubling from the first wait to the longest, less up to a quarter of it at random, so that nobody marches in step. */
export function waitMs(failures: number, longestMs: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), longestMs) * (1 - Math.random() / 4);
}

/**
 * A mail server as a whole. After a failure of its own nobody tries until the pause is over, and then only one at a time
 * until one gets an answer.
 */
export class ServerPause {
  #failures = 0;
  #untilMs = 0;
  #epoch = 0;

  get untilMs(): number {
    return this.#untilMs;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Tells apart what was sent before and after the last change: sends that fail together lengthen the pause once. */
  get epoch(): number {
    return this.#epoch;
  }

  /** A send of this epoch met a failure of the server's own. */
  failed(epoch: number, nowMs: number): void {
    if (epoch !== this.#epoch) return;
    this.#failures++;
    this.#untilMs = nowMs + waitMs(this.#failures, LONGEST_SERVER_WAIT_MS);
    this.#epoch++;
  }

  answered(): void {
    if (!this.isFailing) return;
    this.#failures = 0;
    this.end();
  }

  /** It may be tried at once; how often it has failed is not forgotten. */
  end(): void {
    this.#untilMs = 0;
    this.#epoch++;
  }
}
