/** What may be asked about past outages and notices, in the words of the control socket. */
import { RingbackError } from '../errors.ts';
import type { Time } from '../time.ts';
import { outbox } from './notice-records.ts';
import {
  drop,
  type HistoryAnswer,
  lastLists,
  type Post,
  pastOutages,
  type RecordState,
  retry,
  type Which,
} from './records.ts';
import type { ControlRoutes, Question } from './socket.ts';

/** Records that one answer has at the most. */
export const MAX_RECORDS = 10_000;
export const DEFAULT_RECORDS = 20;
const LAST = { parameters: ['last'] };

export function recordRoutes(store: RecordState, post: Post, time: Time): ControlRoutes {
  const hands = { store, post, time };
  return {
    'GET /history': Object.assign((question: Question): HistoryAnswer => {
      const last = lastOf(question);
      return { outages: pastOutages(store, last), lists: lastLists(store, last) };
    }, LAST),
    'GET /outbox': Object.assign(
      (question: Question) => outbox(store, post, lastOf(question), namedOf(question)),
      { parameters: [...LAST.parameters, 'named'] },
    ),
    'POST /outbox/retry': ({ body }) => retry(hands, whichOf(body)),
    'POST /outbox/drop': ({ body }) => drop(hands, whichOf(body)),
  };
}

/** The number of records that a text asks for, null if it is none. */
export function recordCount(text: string): number | null {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= MAX_RECORDS ? count : null;
}

/** Whether a text may be a Message-ID or the beginning of one, with or without its angle bracket. */
export function isMessageId(text: string): boolean {
  return /^<?[^\p{Cc}\s<]+$/u.test(text);
}

function lastOf({ query }: Question): number {
  const text = query.get('last');
  const last = text === null ? DEFAULT_RECORDS : recordCount(text);
  if (last === null) throw new RingbackError('usage', `last must be a number from 1 to ${MAX_RECORDS}`);
  return last;
}

/** Servers and clients that each notice may name; all where nothing is said. */
function namedOf({ query }: Question): number | undefined {
  const text = query.get('named');
  if (text === null) return undefined;
  if (!/^\d{1,5}$/.test(text)) throw new RingbackError('usage', 'named must be a number from 0 to 99999');
  return Number(text);
}

const EXPECTED = 'expected {"ids": ["MESSAGE-ID", …]} or {"all": true}';

function whichOf(body: unknown): Which {
  if (typeof body !== 'object' || body === null || Object.keys(body).length !== 1)
    throw new RingbackError('usage', EXPECTED);
  if ('all' in body && body.all === true) return { all: true };
  if (!('ids' in body) || !Array.isArray(body.ids) || body.ids.length === 0)
    throw new RingbackError('usage', EXPECTED);
  const ids: unknown[] = body.ids;
  return {
    ids: ids.map((id) => {
      if (typeof id !== 'string' || !isMessageId(id)) throw new RingbackError('usage', EXPECTED);
      return id;
    }),
  };
}
