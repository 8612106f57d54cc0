/** How fast a pair of programs can be told to be before it takes over from machines that live. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Lab } from '../../board/lab/lab.ts';
import { startLoad } from './load.ts';
import { takings } from './takeover-round.ts';

/** A pair whose standby takes the address of the lab's web over; `settings` from the fastest to the slowest. */
export interface Candidates<T> {
  readonly system: string;
  readonly settings: readonly [T, ...T[]];
  readonly describe: (settings: T) => string;
  readonly startPair: (lab: Lab, settings: T) => Promise<unknown>;
}

export interface Stable<T> {
  /** Undefined where all of them took over for nothing. */
  readonly settings: T | undefined;
  /** How often those that are faster took over for nothing. */
  readonly faster: readonly { readonly settings: string; readonly takeovers: number }[];
}

/** The fastest settings with which the standby takes nothing for so long on a machine under load. */
export async function fastestStable<T>(candidates: Candidates<T>, seconds: number): Promise<Stable<T>> {
  const faster: { settings: string; takeovers: number }[] = [];
  for (const settings of candidates.settings) {
    const lab = await Lab.create('duplex');
    try {
      await candidates.startPair(lab, settings);
      // A standby that took the address before it knew of its peer did so while the pair only started.
      const taken = takings(lab, 'standby');
      startLoad(lab, 't24', 't21');
      await sleep(seconds * 1000);
      if (taken.count === 0) return { settings, faster };
      faster.push({ settings: candidates.describe(settings), takeovers: taken.count });
    } finally {
      await lab.remove();
    }
  }
  return { settings: undefined, faster };
}
