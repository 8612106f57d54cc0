/** Chance, for rooms that draw nothing themselves: they are given one of these, and with a seeded one all is drawn again alike. */
import { randomBytes, randomInt } from 'node:crypto';

export interface Chance {
  /** From 0 up to 1, but not 1. */
  fraction(): number;
  /** A whole number from 0 up to `n`, but not `n`, which is less than 2^48. */
  below(n: number): number;
  bytes(n: number): Buffer;
}

/** As finely as `below` goes, and a fraction's 53 bits take it. */
const STEPS = 2 ** 47;

/** The machine's: nobody guesses it. */
export const machineChance: Chance = {
  fraction: () => randomInt(STEPS) / STEPS,
  below: (n) => randomInt(n),
  bytes: (n) => randomBytes(n),
};
