import type { Chance } from './chance.ts';
import type { Time } from './time.ts';

/** What the program has of the machine that it runs on. */
export interface Surroundings {
  readonly time: Time;
  readonly chance: Chance;
}
