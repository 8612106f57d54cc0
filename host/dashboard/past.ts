/** What the dashboard shows of what is over: the day, the month, and who was not told. */

import { lastGivenUp } from '../control/notice-records.ts';
import {
  type NoticeRecord,
  type PastOutageRecord,
  type Post,
  pastOutages,
  type RecordState,
} from '../control/records.ts';
import { DAY_MS, MINUTE_MS } from '../net/duration.ts';
import { type EndedWithin, endedAfter, endedBetween } from '../store/history.ts';
import type { Time } from '../time.ts';

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

export class PastReader {
  readonly #store: RecordState;
  readonly #post: Post;
  readonly #time: Pick<Time, 'settled'>;
  /** Days that are over: nothing ends in them any more. */
  #over = new Map<string, EndedWithin>();

  constructor(store: RecordState, post: Post, time: Pick<Time, 'settled'>) {
    this.#store = store;
    this.#post = post;
    this.#time = time;
  }

  /** In parts: the history may be long, and others have things to do, too. */
  async read(): Promise<Past> {
    const store = this.#store;
    const nowMs = store.clock.nowMs();
    const days = await this.#days(nowMs);
    const ended = store.read((sql) => endedAfter(sql, nowMs - DAY_MS, MAX_SPANS));
    await this.#time.settled();
    const spans = ended.map(({ server, port, fromMs, toMs }) => ({
      ...{ server, port },
      fromAgoMs: nowMs - fromMs,
      toAgoMs: nowMs - toMs,
    }));
    const outages = pastOutages(store, LAST, null, false);
    await this.#time.settled();
    return { spans, days, outages, givenUp: lastGivenUp(store, this.#post, LAST) };
  }

  async #days(nowMs: number): Promise<PastDay[]> {
    const starts = dayStarts(this.#store, nowMs);
    const over = new Map<string, EndedWithin>();
    const days: PastDay[] = [];
    for (const [index, { ms, date }] of starts.entries()) {
      const end = starts[index + 1];
      // Where the clock was set, days are others.
      const name = date === null ? undefined : `${date.toDateString()} ${Math.round(ms / MINUTE_MS)}`;
      const known = name === undefined || end === undefined ? undefined : this.#over.get(name);
      if (known === undefined) await this.#time.settled();
      const within = known ?? this.#store.read((sql) => endedBetween(sql, ms, end?.ms ?? nowMs));
      if (name !== undefined && end !== undefined) over.set(name, within);
      days.push({ ...within, date });
    }
    this.#over = over;
    return days;
  }
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
