/** What goes wrong in a world, and the smallest one in which the same still does. */
import { RingbackError } from '../errors.ts';
import { MINUTE_MS } from '../net/duration.ts';
import type { Time } from '../time.ts';
import { judge } from './judge.ts';
import type { Scenario } from './scenario/types.ts';
import type { MakeWorld } from './stage.ts';
import type { PromiseName } from './truth/promise.ts';
import { shrink } from './truth/shrink.ts';
import type { RunVerdict } from './truth/verdict.ts';
import { DEAF, type TryEnd } from './truth/witness.ts';

/** What came of one world. */
export interface PlayedOutcome {
  /** null: the program itself failed, by that error, or it is no world. */
  readonly verdict: RunVerdict | null;
  readonly error: string | null;
  readonly isNone: boolean;
  /** Whether somebody got no answer of any service. */
  readonly hasTurnedAway: boolean;
}

interface Playing {
  /** The machine's. */
  readonly time: Time;
  readonly make: MakeWorld;
}

/** Making one smaller takes so long at the most. */
const MAX_SHRINK_MS = 2 * MINUTE_MS;
const ANSWERED: ReadonlySet<TryEnd> = new Set(['served', 'shown', 'cut']);

/** `read`: throws RingbackError('configuration') where it is no world. */
export async function playedOutcome(read: () => Scenario, { time, make }: Playing): Promise<PlayedOutcome> {
  let hasTurnedAway = false;
  try {
    const { verdict } = await judge(read(), {
      ...{ time, make },
      watchers: () => [
        {
          witness: {
            ...DEAF,
            tryEnded: (_client, _service, end) => {
              hasTurnedAway ||= !ANSWERED.has(end);
            },
          },
        },
      ],
    });
    return { verdict, error: null, isNone: false, hasTurnedAway };
  } catch (error) {
    const isNone = error instanceof RingbackError && error.code === 'configuration';
    const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { verdict: null, error: said, isNone, hasTurnedAway };
  }
}

export function goesWrong({ verdict, error }: PlayedOutcome): boolean {
  return error !== null || !(verdict?.holds ?? false);
}

export function brokenIn({ verdict }: PlayedOutcome): PromiseName[] {
  const promises = verdict?.promises ?? [];
  return promises.filter(({ broken }) => broken > 0).map(({ promise }) => promise);
}

/** A sentence for each promise that was broken and each expectation that did not come true. */
export function sentencesOf({ verdict, error }: PlayedOutcome): string[] {
  if (verdict === null) return [`The program failed: ${error}`];
  const breaches = verdict.promises.flatMap(({ breaches: all }) => all.map(({ sentence }) => sentence));
  const missed = verdict.expectations.filter(({ holds }) => !holds).map(({ sentence }) => sentence);
  return [...breaches, ...missed];
}

/** The smallest world in which the same goes wrong; `first`: what came of this one. */
export async function smallestOf<T extends object>(
  world: T,
  first: PlayedOutcome,
  { time, play }: { readonly time: Time; readonly play: (world: T) => Promise<PlayedOutcome> },
): Promise<T> {
  const untilMs = time.nowMs() + MAX_SHRINK_MS;
  const isSame = sameAs(first);
  // Of what was expected nothing is left away where that is what is wrong: it would be another question.
  const kept = isAboutExpectations(first) ? ['expect'] : [];
  const fails = async (smaller: T): Promise<boolean> =>
    time.nowMs() <= untilMs && isSame(await play(smaller));
  return shrink(world, fails, { kept });
}

function isAboutExpectations(first: PlayedOutcome): boolean {
  return first.error === null && brokenIn(first).length === 0;
}

function sameAs(first: PlayedOutcome): (again: PlayedOutcome) => boolean {
  if (first.error !== null) return ({ error, isNone }) => error !== null && !isNone;
  const broken = brokenIn(first);
  if (broken.length > 0) return (again) => brokenIn(again).some((promise) => broken.includes(promise));
  const expected = (first.verdict?.expectations ?? []).map(cameOf);
  return ({ verdict, hasTurnedAway }) => {
    const now = (verdict?.expectations ?? []).map(cameOf);
    const isAlike = now.length === expected.length && now.every((came, at) => came === expected[at]);
    // Where nobody is turned away there is nobody to tell, which is no fault.
    return isAlike && hasTurnedAway === first.hasTurnedAway;
  };
}

/** What came of an expectation; of one that did not come true, its words, but for numbers and times. */
function cameOf({ holds, sentence }: RunVerdict['expectations'][number]): string {
  return holds ? '' : sentence.replaceAll(/\d+/g, '');
}
