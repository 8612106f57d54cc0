/** Chance that draws the same every time for the same seed. */
import type { Chance } from '../../host/chance.ts';
import { random } from '../random.ts';

export function fakeChance(seed: number): Chance {
  const fraction = random(seed);
  const below = (n: number): number => Math.floor(fraction() * n);
  return { fraction, below, bytes: (n) => Buffer.from(Array.from({ length: n }, () => below(256))) };
}
