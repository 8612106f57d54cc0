/**
 * Delays in bounded memory: exact while there are few, then in buckets of 3 % by whole numbers, so that no machine rounds another
 * way.
 */

/** The unit of a bucket: a day of them is a number of 32 bits. */
const UNIT_US = 100;
/** Buckets of each power of two. */
const PARTS_BITS = 5;
const PARTS = 1 << PARTS_BITS;
const BUCKETS = (32 - PARTS_BITS + 1) * PARTS;
const MAX_UNITS = 0xffff_ffff;
/** So many are kept as they are. */
const MAX_EXACT = 1024;

/** Its bucket: the first ones have one value each. */
function bucketOf(units: number): number {
  if (units < PARTS) return units;
  const power = 31 - Math.clz32(units);
  const shift = power - PARTS_BITS;
  return (shift + 1) * PARTS + ((units >>> shift) - PARTS);
}

/** The least value of a bucket. */
function leastOf(bucket: number): number {
  if (bucket < PARTS) return bucket;
  const shift = Math.floor(bucket / PARTS) - 1;
  return (PARTS + (bucket % PARTS)) * 2 ** shift;
}

export class Histogram {
  #exact: number[] = [];
  #buckets: Uint32Array | null = null;
  #count = 0;
  #sumUs = 0;
  #mostUs = 0;

  add(us: number): void {
    const value = Math.max(0, us);
    this.#count++;
    this.#sumUs += value;
    this.#mostUs = Math.max(this.#mostUs, value);
    if (this.#buckets !== null) this.#enter(this.#buckets, value);
    else if (this.#exact.push(value) > MAX_EXACT) this.#spread();
  }

  get count(): number {
    return this.#count;
  }

  get mostUs(): number {
    return this.#mostUs;
  }

  /** Whole microseconds; 0 of none. */
  get meanUs(): number {
    return this.#count === 0 ? 0 : Math.round(this.#sumUs / this.#count);
  }

  /** What so many of a hundred are not above; null: there are none. */
  percentileUs(percent: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil((this.#count * percent) / 100));
    if (this.#buckets === null) return this.#sorted()[rank - 1] ?? null;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#buckets[bucket] as number;
      if (seen >= rank) return Math.min(this.#mostUs, leastOf(bucket) * UNIT_US);
    }
    return this.#mostUs;
  }

  /** How many are from each of these bounds, in rising order, up to the next; the last one's have no end. */
  counts(bounds: readonly number[]): number[] {
    const counts = bounds.map(() => 0);
    const put = (us: number, times: number): void => {
      let at = bounds.length - 1;
      while (at > 0 && us < (bounds[at] as number)) at--;
      if (at >= 0) counts[at] = (counts[at] as number) + times;
    };
    if (this.#buckets === null) for (const us of this.#exact) put(us, 1);
    else
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        const times = this.#buckets[bucket] as number;
        if (times > 0) put(leastOf(bucket) * UNIT_US, times);
      }
    return counts;
  }

  #sorted(): readonly number[] {
    this.#exact.sort((a, b) => a - b);
    return this.#exact;
  }

  #spread(): void {
    this.#buckets = new Uint32Array(BUCKETS);
    for (const us of this.#exact) this.#enter(this.#buckets, us);
    this.#exact = [];
  }

  #enter(buckets: Uint32Array, us: number): void {
    const bucket = bucketOf(Math.min(MAX_UNITS, Math.floor(us / UNIT_US)));
    buckets[bucket] = (buckets[bucket] as number) + 1;
  }
}
