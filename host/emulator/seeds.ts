/** Many small worlds by chance, one after the other, and the smallest one that still goes wrong. */
import { MINUTE_MS } from '../net/duration.ts';
import type { Time } from '../time.ts';
import { judge } from './judge.ts';
import type { MakeWorld } from './stage.ts';
import { type Draft, scenarioOf } from './truth/draft.ts';
import type { PromiseName } from './truth/promise.ts';
import { randomDraft } from './truth/random.ts';
import { shrink } from './truth/shrink.ts';
import type { RunVerdict } from './truth/verdict.ts';

interface SeedsOptions {
  /** The machine's. */
  readonly time: Time;
  readonly make: MakeWorld;
}

/** A world in which something went wrong. */
export interface Found {
  readonly seed: number;
  readonly draft: Draft;
  /** null: the program itself failed, by that error. */
  readonly verdict: RunVerdict | null;
  readonly error: string | null;
}

/** Making one smaller takes so long at the most. */
const MAX_SHRINK_MS = 2 * MINUTE_MS;

/** What comes of one world. */
async function playDraft(draft: Draft, { time, make }: SeedsOptions): Promise<Omit<Found, 'seed'>> {
  try {
    const scenario = scenarioOf(draft, `seed-${draft.seed}`);
    const { verdict } = await judge(scenario, { time, make, watchers: () => [] });
    return { draft, verdict, error: null };
  } catch (error) {
    return {
      draft,
      verdict: null,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

/** Those of these seeds that go wrong, as they are found. */
export async function* playSeeds(
  from: number,
  to: number,
  options: SeedsOptions,
): AsyncGenerator<Found | null> {
  for (let seed = from; seed <= to; seed++) {
    const played = await playDraft(randomDraft(seed), options);
    yield isWrong(played) ? { seed, ...played } : null;
  }
}

/** The smallest world in which the same promises are broken, or one of them. */
export async function smallestOf({ draft, ...found }: Found, options: SeedsOptions): Promise<Draft> {
  const broken = brokenIn(found.verdict);
  const untilMs = options.time.nowMs() + MAX_SHRINK_MS;
  return shrink(draft, async (smaller) => {
    if (options.time.nowMs() > untilMs) return false;
    const played = await playDraft(smaller, options);
    if (found.error !== null) return played.error !== null;
    return brokenIn(played.verdict).some((promise) => broken.includes(promise));
  });
}

export function brokenIn(verdict: RunVerdict | null): PromiseName[] {
  const promises = verdict?.promises ?? [];
  return promises.filter(({ broken }) => broken > 0).map(({ promise }) => promise);
}

function isWrong({ verdict, error }: Omit<Found, 'seed'>): boolean {
  return error !== null || !(verdict?.holds ?? false);
}
