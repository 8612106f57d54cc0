/** What the dashboard shows of what is over: the day, the month, and who was not told. */

import { lastGivenUp } from '../control/notice-records.ts';
import {
  type NoticeRecord,
  type PastOutageRecord,
  type Post,
  pastOutages,
  type RecordState,
} from '../control/records.ts';
import { DAY_MS } from '../net/duration.ts';
import { type EndedWithin, endedAfter, endedBetween } from '../store/history.ts';

const DAYS = 31;
/** More than that in one day is one picture of a disaster anyway. */
const MAX_SPANS = 500;
/** Outages of which it is said who was not told, and notices that were given up. */
const LAST = 20;

/** How long ago, in milliseconds. */
export interface PastSpan {
  readonly server: string;
  readonly port: number;
  readonly fromAgoMs: number;
  readonly toAgoMs: number;
}

export interface PastDay extends EndedWithin {
  /** null: the clock was wrong. */
  readonly date: Date | null;
}

export interface Past {
  /** Of the last 24 hours, latest first. */
  readonly spans: readonly PastSpan[];
  /** Today at the end. */
  readonly days: readonly PastDay[];
  readonly outages: readonly PastOutageRecord[];
  readonly givenUp: readonly NoticeRecord[];
}

export function pastOf(store: RecordState, post: Post): Past {
  const nowMs = store.clock.nowMs();
  const starts = dayStarts(store, nowMs);
  const moments = [...starts.map(({ ms }) => ms), nowMs];
  const [within, ended] = store.read((sql) => [
    endedBetween(sql, moments),
    endedAfter(sql, nowMs - DAY_MS, MAX_SPANS),
  ]);
  return {
    spans: ended.map(({ server, port, fromMs, toMs }) => ({
      ...{ server, port },
      fromAgoMs: nowMs - fromMs,
      toAgoMs: nowMs - toMs,
    })),
    days: within.map((one, index) => ({ ...one, date: starts[index]?.date ?? null })),
    outages: pastOutages(store, LAST, null, false),
    givenUp: lastGivenUp(store, post, LAST),
  };
}

/** Midnights on the state's clock, the first one first; where nobody knows the time, days from now back. */
function dayStarts({ clock }: RecordState, nowMs: number): { ms: number; date: Date | null }[] {
  const now = clock.dateOf(nowMs);
  return Array.from({ length: DAYS }, (_, index) => {
    const ago = DAYS - 1 - index;
    if (now === null) return { ms: nowMs - (ago + 1) * DAY_MS, date: null };
    const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() - ago);
    return { ms: nowMs - (now.getTime() - date.getTime()), date };
  });
}
