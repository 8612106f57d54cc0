/** What `ringback status` says of how long services take to answer. */

import { placeText } from '../control/records-text.ts';
import type { Learnt } from './learnt-answers.ts';

/** Of so many services it is said. */
const MAX_SAID = 100;
/** And so many on a page for people. */
const MAX_SHOWN = 10;

export interface LearntStatus {
  /** Of how many services it is known. */
  readonly services: number;
  /** Those whose clients are waited for longest; 100 at the most. */
  readonly slowest: readonly {
    readonly server: string;
    readonly port: number;
    /** Of so many of its latest answers. */
    readonly answers: number;
    /** 99 in 100 of them took no longer. */
    readonly withinSeconds: number;
    /** A request that is unanswered for so long is a failure. */
    readonly waitSeconds: number;
  }[];
}

export function learntStatusOf(learnt: readonly Learnt[] | null): LearntStatus | null {
  if (learnt === null) return null;
  const slowest = learnt
    .toSorted((a, b) => b.waitMs - a.waitMs || b.withinMs - a.withinMs)
    .slice(0, MAX_SAID)
    .map(({ server, port, answers, withinMs, waitMs }) => ({
      ...{ server, port, answers },
      withinSeconds: Math.ceil(withinMs) / 1000,
      waitSeconds: waitMs / 1000,
    }));
  return { services: learnt.length, slowest };
}

/** Nothing where nothing is learnt. */
export function learntText(learnt: LearntStatus | null): string[] {
  if (learnt === null) return [];
  const { services, slowest } = learnt;
  if (services === 0) return ['', 'Of no service is it known yet how long its answers take.'];
  const more = services - Math.min(slowest.length, MAX_SHOWN);
  return [
    '',
    'How long clients wait until they were turned away, by what 99 in 100 answers take:',
    ...slowest.slice(0, MAX_SHOWN).map((service) => {
      const { answers, withinSeconds, waitSeconds } = service;
      return `  ${placeText(service)}  ${waitSeconds} s (up to ${withinSeconds} s, of ${answers} answers)`;
    }),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
