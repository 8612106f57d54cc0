/** What machines are told of a run beside its verdict (`--json`): the figures of the report. Times are microseconds. */
import { TRY_ENDS } from '../truth/witness.ts';
import type { Chronicle } from './chronicle.ts';
import type { Histogram } from './histogram.ts';
import type { Delay } from './outages-seen.ts';
import type { Outcome } from './outcome.ts';

interface Times {
  readonly count: number;
  /** null: there were none. */
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly mostUs: number;
}

/** A delay, and what it was made of. */
interface DelayFigures extends Times {
  /** The cause of the outage, or the sign of life. */
  readonly of: string;
  readonly parts: readonly (Times & { readonly part: string })[];
}

interface Figures {
  readonly people: {
    /** Who was turned away, and who of them was told. */
    readonly turnedAway: number;
    readonly told: number;
    readonly untold: Outcome['untold'];
  };
  /** By their ends. */
  readonly tries: Readonly<Record<string, number>>;
  readonly outages: number;
  readonly mails: number;
  readonly delays: {
    /** From the first who was turned away, until it was noticed. */
    readonly noticing: readonly DelayFigures[];
    /** From the server's return, until it was confirmed. */
    readonly confirming: readonly DelayFigures[];
    /** From the server's return, until a mail server had the mail; and of that, from the confirmation on. */
    readonly telling: Times;
    readonly sending: Times;
  };
  /** The most that waited at a time, and the most records of each table that were taken. */
  readonly most: {
    readonly waiting: number;
    readonly down: number;
    readonly tables: Readonly<Record<string, { readonly used: number; readonly size: number }>>;
  };
}

const NOTICING = ['failed', 'asked'] as const;
const CONFIRMING = ['sign', 'answered', 'settled'] as const;

export function figuresOf(chronicle: Chronicle, { count, told, untold }: Outcome): Figures {
  const { outages, ends, mailCount, waiting, down, tables } = chronicle;
  const { noticing, confirming, telling, sending } = outages;
  return {
    people: { turnedAway: count, told, untold },
    tries: Object.fromEntries(TRY_ENDS.map((end) => [end, ends[end].took.count])),
    outages: outages.all.length + outages.left,
    mails: mailCount,
    delays: {
      noticing: [...noticing.values()].map((delay) => delayOf(delay, NOTICING)),
      confirming: [...confirming.values()].map((delay) => delayOf(delay, CONFIRMING)),
      telling: timesOf(telling),
      sending: timesOf(sending),
    },
    most: {
      waiting: waiting.most,
      down: down.most,
      tables: Object.fromEntries(
        Object.entries(tables).map(([name, { used, size }]) => [name, { used: used.most, size }]),
      ),
    },
  };
}

function delayOf({ of, parts, total }: Delay, names: readonly string[]): DelayFigures {
  const each = parts.map((part, at) => ({ part: names[at] ?? '', ...timesOf(part) }));
  return { of, ...timesOf(total), parts: each };
}

function timesOf(histogram: Histogram): Times {
  const { count, mostUs } = histogram;
  return { count, p50Us: histogram.percentileUs(50), p99Us: histogram.percentileUs(99), mostUs };
}
