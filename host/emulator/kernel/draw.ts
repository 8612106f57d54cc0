/**
 * Draws by tables. They are made of sums, products and quotients alone, which every engine rounds alike; its logarithms and powers
 * it may round as it likes.
 */
import type { Stream } from './streams.ts';

const STEPS = 4096;
const STEP_SHIFT = 20;
const WORDS_A_STEP = 0x1_0000_0000 / STEPS;

/** Of a number above zero. */
export function logarithm(x: number): number {
  let [mantissa, twos] = [x, 0];
  for (; mantissa > 1.5; twos++) mantissa /= 2;
  for (; mantissa < 0.75; twos--) mantissa *= 2;
  // 2 artanh of (m - 1) / (m + 1), below a fifth.
  const t = (mantissa - 1) / (mantissa + 1);
  let [term, sum] = [t, 0];
  for (let n = 1; n < 40; n += 2, term *= t * t) sum += term / n;
  return 2 * sum + twos * Math.LN2;
}

export function exponential(x: number): number {
  const twos = Math.round(x / Math.LN2);
  const rest = x - twos * Math.LN2;
  let [term, sum] = [1, 1];
  for (let n = 1; n < 20; n++) {
    term *= rest / n;
    sum += term;
  }
  let result = sum;
  for (let n = 0; n < twos; n++) result *= 2;
  for (let n = 0; n > twos; n--) result /= 2;
  return result;
}

/** Waiting times of what comes by chance, of a mean of 65,536. */
const WAITS = Uint32Array.from({ length: STEPS }, (_, step) =>
  Math.round(-logarithm((step + 0.5) / STEPS) * 65_536),
);

/** The next of what comes by chance, once in so long on average. */
export function drawWait(stream: Stream, meanUs: number): number {
  const word = stream.word();
  return Math.round((meanUs * (WAITS[word >>> STEP_SHIFT] as number)) / 65_536);
}

/** One of so many, the first of which is drawn most often: as 1 / rank ^ exponent (Zipf's law); exponent 0: all alike. */
export class Ranks {
  readonly #count: number;
  /** Up to which word each is drawn; null: all alike. */
  readonly #upTo: Float64Array | null;
  /** By a word's first bits: the first that may be it. */
  readonly #guide = new Uint32Array(STEPS + 1);

  constructor(count: number, exponent: number) {
    this.#count = count;
    if (exponent === 0) {
      this.#upTo = null;
      return;
    }
    const upTo = new Float64Array(count);
    let sum = 0;
    for (let rank = 1; rank <= count; rank++) {
      sum += exponential(-exponent * logarithm(rank));
      upTo[rank - 1] = sum;
    }
    for (let at = 0; at < count; at++) upTo[at] = Math.round(((upTo[at] as number) / sum) * 0x1_0000_0000);
    this.#upTo = upTo;
    for (let step = 0, at = 0; step <= STEPS; step++) {
      while (at < count - 1 && (upTo[at] as number) <= step * WORDS_A_STEP) at++;
      this.#guide[step] = at;
    }
  }

  draw(stream: Stream): number {
    if (this.#upTo === null) return stream.below(this.#count);
    const word = stream.word();
    const step = word >>> STEP_SHIFT;
    let from = this.#guide[step] as number;
    let to = this.#guide[step + 1] as number;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#upTo[middle] as number) <= word) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** As `Span` of a scenario. */
type SpanPlan =
  | { readonly kind: 'fixed'; readonly us: number }
  | { readonly kind: 'between'; readonly fromUs: number; readonly toUs: number }
  | { readonly kind: 'skewed'; readonly medianUs: number; readonly p95Us: number };

/** 0.95 to 0.05. */
const ODDS_OF_95 = 19;

/** Times of a distribution. What is skewed is log-logistic: a few are very long, and none is longer than a hundred times the median. */
export class Spans {
  readonly #fromUs: number;
  readonly #rangeUs: number;
  readonly #steps: Float64Array | null;

  constructor(plan: SpanPlan) {
    this.#steps = null;
    if (plan.kind === 'fixed') [this.#fromUs, this.#rangeUs] = [plan.us, 0];
    else if (plan.kind === 'between') [this.#fromUs, this.#rangeUs] = [plan.fromUs, plan.toUs - plan.fromUs];
    else {
      [this.#fromUs, this.#rangeUs] = [plan.medianUs, 0];
      const spread = logarithm(plan.p95Us / plan.medianUs) / logarithm(ODDS_OF_95);
      this.#steps = Float64Array.from({ length: STEPS }, (_, step) => {
        const odds = (step + 0.5) / (STEPS - step - 0.5);
        return Math.round(plan.medianUs * Math.min(100, exponential(spread * logarithm(odds))));
      });
    }
  }

  draw(stream: Stream): number {
    if (this.#steps !== null) return this.#steps[stream.word() >>> STEP_SHIFT] as number;
    return this.#rangeUs === 0 ? this.#fromUs : this.#fromUs + stream.below(this.#rangeUs + 1);
  }
}
