/** Notices as the state tells people of them. */
import type { Sql } from '../store/database.ts';
import { type ListFacts, namedClients, type OutboxRow } from '../store/notice-rows.ts';
import {
  type About,
  countQueued,
  endOfNotices,
  findNotices,
  listGivenUp,
  listNotices,
  noticesBetween,
  oldestNotices,
} from '../store/outbox.ts';
import {
  dates,
  type Hands,
  type NoticeRecord,
  type OutboxAnswer,
  type Post,
  type RecordState,
} from './records.ts';

/** Anybody can tell notices apart by so many characters, mostly. */
const MIN_ID = 8;

/** `named`: servers and clients that each notice names at the most, of either. */
export function outbox(
  store: RecordState,
  post: Post,
  last: number,
  named = Number.POSITIVE_INFINITY,
): OutboxAnswer {
  const list = (sql: Sql): OutboxRow[] => listNotices(sql, last);
  const notices = records(store, post, list).map((notice) => shortened(notice, named));
  return { queued: store.read(countQueued), notices };
}

function shortened(notice: NoticeRecord, named: number): NoticeRecord {
  const servers = notice.servers.slice(0, named);
  const clients = notice.clients.slice(0, named);
  const unnamedServers = notice.servers.length - servers.length;
  const unnamed = unnamedServers + notice.clients.length - clients.length;
  if (unnamed === 0) return notice;
  return { ...notice, servers, clients, unnamed, ...(unnamedServers === 0 ? {} : { unnamedServers }) };
}

/** The undelivered notices that were entered first. */
export function firstQueued(store: RecordState, post: Post, count: number): NoticeRecord[] {
  return records(store, post, (sql) => oldestNotices(sql, count));
}

/** Those that were given up last, the latest first. */
export function lastGivenUp(store: RecordState, post: Post, count: number): NoticeRecord[] {
  return records(store, post, (sql) => listGivenUp(sql, count));
}

/** Places of the outbox that are looked at in one go: what is not asked for is not even read as a notice. */
const SPAN = 5000;

/** The latest notices about somebody, the latest first. */
export async function noticesAbout(
  { store, post, time }: Hands,
  about: About,
  most: number,
): Promise<NoticeRecord[]> {
  const found: NoticeRecord[] = [];
  let end = store.read(endOfNotices);
  while (end > 0 && found.length < most && !post.isClosed) {
    const from = Math.max(0, end - SPAN);
    found.push(...records(store, post, (sql) => noticesBetween(sql, from, end, about, most - found.length)));
    end = from;
    await time.settled();
  }
  return found;
}

function records(store: RecordState, post: Post, list: (sql: Sql) => OutboxRow[]): NoticeRecord[] {
  const date = dates(store);
  const nowMs = store.clock.nowMs();
  return store.read((sql) =>
    list(sql).map((row) => {
      const { messageId, mail, items, state, tries, reason, createdMs, dueMs, finishedMs } = row;
      const nextMs = state === 'queued' ? Math.max(dueMs, nowMs) : null;
      return {
        id: shortId(sql, messageId),
        messageId,
        mail,
        servers: row.list === undefined ? [...new Set(items.map(({ server }) => server))] : [row.list.server],
        clients: [...new Set(items.flatMap(namedClients))],
        list: row.list === undefined ? null : partOf(row.list),
        state,
        beingSent: state === 'queued' && post.isBeingSent(messageId),
        tries,
        reason,
        entered: date(createdMs),
        next: nextMs === null ? null : date(nextMs),
        nextInSeconds: nextMs === null ? null : Math.round(nextMs - nowMs) / 1000,
        finished: finishedMs === null ? null : date(finishedMs),
      };
    }),
  );
}

function partOf({ part, parts, clients }: ListFacts): NonNullable<NoticeRecord['list']> {
  return { part, parts, clients };
}

function shortId(sql: Sql, messageId: string): string {
  const whole = messageId.replace(/^</, '');
  let length = MIN_ID;
  while (length < whole.length && findNotices(sql, whole.slice(0, length)).length > 1) length++;
  return whole.slice(0, length);
}
