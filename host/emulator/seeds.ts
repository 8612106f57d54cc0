/** Many small worlds by chance, one after the other, and the smallest one that still goes wrong. */
import type { Time } from '../time.ts';
import { goesWrong, type PlayedOutcome, playedOutcome, smallestOf } from './smallest.ts';
import type { MakeWorld } from './stage.ts';
import { type Draft, scenarioOf } from './truth/draft.ts';
import { randomDraft } from './truth/random.ts';

interface SeedsOptions {
  /** The machine's. */
  readonly time: Time;
  readonly make: MakeWorld;
}

/** A world in which something went wrong. */
export interface Found {
  readonly seed: number;
  readonly draft: Draft;
  readonly outcome: PlayedOutcome;
}

const played = (draft: Draft, options: SeedsOptions): Promise<PlayedOutcome> =>
  playedOutcome(() => scenarioOf(draft, `seed-${draft.seed}`), options);

/** Those of these seeds that go wrong, as they are found. */
export async function* playSeeds(
  from: number,
  to: number,
  options: SeedsOptions,
): AsyncGenerator<Found | null> {
  for (let seed = from; seed <= to; seed++) {
    const draft = randomDraft(seed);
    const outcome = await played(draft, options);
    yield goesWrong(outcome) ? { seed, draft, outcome } : null;
  }
}

/** The smallest world in which the same promises are broken, or one of them. */
export function smallestFound({ draft, outcome }: Found, options: SeedsOptions): Promise<Draft> {
  return smallestOf(draft, outcome, { time: options.time, play: (smaller) => played(smaller, options) });
}
