/**
 * Chance that is drawn again alike: streams with names, each of its own from one seed, so that a new use of one shifts no other.
 * xoshiro128** (Blackman and Vigna, 2018) seeded by splitmix32 of an FNV-1a hash. Whole numbers only: no engine may round
 * another way.
 */
import type { Chance } from '../../chance.ts';

function hash(text: string, seed: number): number {
  let state = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return state;
}

export class Stream implements Chance {
  readonly #state = new Uint32Array(4);

  constructor(seed: number, name: string) {
    let state = hash(name, seed);
    for (let at = 0; at < 4; at++) {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      this.#state[at] = mixed ^ (mixed >>> 15);
    }
  }

  /** 32 bits. */
  word(): number {
    const state = this.#state;
    const s1 = state[1] as number;
    const t2 = (state[2] as number) ^ (state[0] as number);
    const t3 = (state[3] as number) ^ s1;
    const five = Math.imul(s1, 5);
    state[1] = s1 ^ t2;
    state[0] = (state[0] as number) ^ t3;
    state[2] = t2 ^ (s1 << 9);
    state[3] = (t3 << 11) | (t3 >>> 21);
    return Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
  }

  fraction(): number {
    // 53 bits, exactly.
    return ((this.word() >>> 5) * 67_108_864 + (this.word() >>> 6)) / 9_007_199_254_740_992;
  }

  below(n: number): number {
    return n <= 0x1_0000_0000
      ? Math.floor((this.word() * n) / 0x1_0000_0000)
      : Math.floor(this.fraction() * n);
  }

  bytes(n: number): Buffer {
    const bytes = Buffer.alloc(n);
    for (let at = 0; at < n; at++) bytes[at] = this.word() >>> 24;
    return bytes;
  }
}

/** The streams of a seed. */
export class Streams {
  readonly #seed: number;
  readonly #streams = new Map<string, Stream>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The same one for the same name. */
  of(name: string): Stream {
    const known = this.#streams.get(name) ?? new Stream(this.#seed, name);
    this.#streams.set(name, known);
    return known;
  }
}
