/** How long something took, as Prometheus counts it: how often it took no longer than each bound. */

/** From what the module notices at once to what a service that was silent takes. */
export const REACTION_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];
/** From a moment to days. */
export const OUTAGE_S = [1, 10, 30, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 604_800];

export class SecondsHistogram {
  readonly bounds: readonly number[];
  /** How often it was in each, and at the end beyond all. */
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** In seconds, rising. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  observe(ms: number): void {
    // What a clock that was set makes of it is no time.
    const seconds = Math.max(0, ms / 1000);
    const at = this.bounds.findIndex((bound) => seconds <= bound);
    const place = at < 0 ? this.bounds.length : at;
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#sum += seconds;
    this.#count++;
  }

  get sum(): number {
    return this.#sum;
  }

  get count(): number {
    return this.#count;
  }

  /** How often it took no longer than each bound. */
  cumulative(): number[] {
    let total = 0;
    return this.bounds.map((_, index) => {
      total += this.#counts[index] ?? 0;
      return total;
    });
  }
}
