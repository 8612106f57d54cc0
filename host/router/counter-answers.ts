/**
 * Who waits for the fabric's counters. An answer to `counters` is also the sign that all that was asked before has been carried
 * out, so each goes to whom it is for.
 */
import type { Time } from '../time.ts';

type Values = readonly number[];

export class CounterAnswers {
  readonly #time: Time;
  /** In the order of the commands: those that wait no more, too, for their answers come all the same. */
  #waiting: ((values: Values) => void)[] = [];
  /** Whether an answer may have been lost: then nobody knows whose the next one is. */
  #isLossy = false;
  /** What has come of the answer under way. */
  #values: number[] = [];

  constructor(time: Time) {
    this.#time = time;
  }

  /** All counters, by their numbers; none when the fabric ends before, or they do not come within the limit. */
  async next(limitMs: number | null): Promise<Values> {
    return new Promise((resolve) => {
      const timer = limitMs === null ? null : this.#time.after(limitMs, () => resolve([]));
      this.#waiting.push((values) => {
        timer?.cancel();
        resolve(values);
      });
    });
  }

  /** Some of them, from that number on, of so many in all. */
  take(first: number, values: Values, all: number): void {
    for (const [i, value] of values.entries()) this.#values[first + i] = value;
    if (first + values.length < all) return;
    const answer = this.#values;
    this.#values = [];
    if (this.#isLossy) this.#answer(answer);
    else this.#waiting.shift()?.(answer);
    this.#isLossy = false;
  }

  /** Events were lost: the next answer is everybody's who waits by now. */
  lose(): void {
    this.#isLossy = this.#waiting.length > 0;
  }

  /** There is no fabric any more. */
  drop(): void {
    this.#values = [];
    this.#isLossy = false;
    this.#answer([]);
  }

  #answer(values: Values): void {
    for (const resolve of this.#waiting.splice(0)) resolve(values);
  }
}
