/** What is counted over a run, by equal pieces of its time. */

export const PIECES = 240;

export class Series {
  readonly #pieceUs: number;
  readonly #values: Float64Array;
  /** The last piece that has a value. */
  #last = -1;
  #most = 0;
  /** What was last said to be there; null: nothing was. */
  #levelled: number | null = null;

  constructor(endUs: number) {
    this.#pieceUs = Math.max(1, Math.ceil(endUs / PIECES));
    this.#values = new Float64Array(PIECES);
  }

  /** So many more happened now. */
  add(nowUs: number, count = 1): void {
    const at = this.#at(nowUs);
    const value = (this.#values[at] as number) + count;
    this.#values[at] = value;
    this.#most = Math.max(this.#most, value);
    this.#last = Math.max(this.#last, at);
  }

  /** There are so many now, and until it is said again; of a piece the most is kept. */
  level(nowUs: number, level: number): void {
    const at = this.#at(nowUs);
    const before = this.#last < 0 ? 0 : (this.#levelled ?? 0);
    for (let piece = this.#last + 1; piece <= at; piece++) this.#values[piece] = before;
    this.#values[at] = Math.max(this.#values[at] as number, level);
    this.#levelled = level;
    this.#most = Math.max(this.#most, level);
    this.#last = Math.max(this.#last, at);
  }

  /** What was there last is there until now. */
  finish(nowUs: number): void {
    if (this.#levelled !== null) this.level(nowUs, this.#levelled);
  }

  get most(): number {
    return this.#most;
  }

  get pieceUs(): number {
    return this.#pieceUs;
  }

  /** By piece, up to the last one that has a value. */
  get values(): Float64Array {
    return this.#values.subarray(0, this.#last + 1);
  }

  #at(nowUs: number): number {
    return Math.min(PIECES - 1, Math.floor(nowUs / this.#pieceUs));
  }
}
