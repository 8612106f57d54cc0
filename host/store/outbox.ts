/** Notices and lists on disk: one row for each mail, until long after its fate is known. */
import { isIPv6 } from 'node:net';
import type { Language } from '../config/types.ts';
import type { Row, Sql } from './database.ts';

/** One server that is back, for one client of the addressee. Times are milliseconds of the state's clock. */
export interface NoticeItem {
  readonly server: string;
  readonly serverName: string | null;
  readonly client: string;
  /** The outage, from its first failed attempt to the sign that it was over. */
  readonly fromMs: number;
  readonly recoveredMs: number;
  /** This client's tries. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly tries: number;
}

/**
 * All that waited for a server, or a part of them, for the one who tells them. Times are milliseconds of the state's
 * clock.
 */
export interface ListFacts {
  /** The same in all parts of a list, and in no other list. */
  readonly id: string;
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  readonly server: string;
  readonly serverName: string | null;
  /** The outage, as in a notice. */
  readonly fromMs: number;
  readonly recoveredMs: number;
  /** How many there are in this part. */
  readonly clients: number;
}

/** Who is on a list. */
export type Listed = Pick<NoticeItem, 'client' | 'firstMs' | 'lastMs' | 'tries'>;

/** One mail to one person. */
export interface Notice {
  /** With its angle brackets (RFC 5322 section 3.6.4); the same however often it is attempted. */
  readonly messageId: string;
  readonly mail: string;
  readonly language: Language;
  readonly items: readonly NoticeItem[];
  /** Set for a list, which has no items. */
  readonly list?: ListFacts;
}

/** A notice that is entered; a list with those who are on it, which nobody needs to have in memory before it is sent. */
export interface NewNotice extends Notice {
  readonly listed?: readonly Listed[];
}

export type NoticeState = 'queued' | 'sent' | 'given up';

export interface OutboxRow extends Notice {
  readonly state: NoticeState;
  /** Attempts that failed so far, and why the last one did. */
  readonly tries: number;
  readonly reason: string | null;
  readonly createdMs: number;
  /** When it is attempted next; means nothing once it is not queued any more. */
  readonly dueMs: number;
  readonly finishedMs: number | null;
}

/** Undelivered notices; more are refused. */
export const CAPACITY = 200_000;
/** The latest finished ones that are kept, for people who ask what became of theirs. */
const FINISHED = 10_000;
/** Lists that were given up are large, because they can be tried again. */
const GIVEN_UP_LISTS = 100;

/** What a row is made of. */
const COLUMNS =
  'message_id, state, mail, language, items, list, created_ms, due_ms, tries, reason, finished_ms';
/** For how many times that long at the most. */
const MOST_HOLDS = 4;

export interface Added {
  readonly outcome: 'queued' | 'merged' | 'known' | 'full';
  readonly messageId: string;
}

/** Whether any notice may be waiting for others. */
export function isAnyHeld(sql: Sql): boolean {
  return sql.get('SELECT 1 FROM outbox WHERE held = 1 LIMIT 1') !== null;
}

/**
 * Enters a notice. `holdMs` > 0: it waits so long for others that the same person is about to get, which become part
 * of it (`merged`); `known`: this Message-ID was entered before, nothing happens. `full`: neither, for want of room.
 * `noneHeld`: the caller knows that there is no other to become part of, which spares a look for each of a long chain.
 */
export function addNotice(
  sql: Sql,
  notice: NewNotice,
  {
    nowMs,
    holdMs,
    isFull,
    noneHeld = false,
  }: { nowMs: number; holdMs: number; isFull: boolean; noneHeld?: boolean },
): Added {
  const { messageId, mail, language, items, list, listed } = notice;
  const held = noneHeld || list !== undefined ? undefined : heldFor(sql, notice, nowMs);
  // Otherwise the insertion itself says so.
  if (held !== undefined || isFull) {
    const known = sql.get('SELECT 1 FROM outbox WHERE message_id = ?', messageId);
    if (known !== null) return { outcome: 'known', messageId };
  }
  if (held !== undefined) {
    const dueMs = Math.min(nowMs + holdMs, held.createdMs + MOST_HOLDS * holdMs);
    sql.run(
      'UPDATE outbox SET items = ?, due_ms = ? WHERE message_id = ?',
      ...[JSON.stringify([...held.items, ...items]), Math.max(nowMs, dueMs), held.messageId],
    );
    return { outcome: 'merged', messageId: held.messageId };
  }
  if (isFull) return { outcome: 'full', messageId };
  const inserted = sql.run(
    `INSERT INTO outbox
       (message_id, state, held, mail, language, items, list, listed, created_ms, due_ms, tries)
     VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (message_id) DO NOTHING`,
    ...[messageId, holdMs > 0 ? 1 : 0, mail, language, JSON.stringify(items)],
    ...[list === undefined ? null : JSON.stringify(list), listed === undefined ? null : listedText(listed)],
    ...[nowMs, nowMs + holdMs],
  );
  return { outcome: inserted > 0 ? 'queued' : 'known', messageId };
}

/** A notice to the same person that still waits for others. */
function heldFor(sql: Sql, { mail, items }: Notice, nowMs: number): OutboxRow | undefined {
  return sql
    .all(
      `SELECT ${COLUMNS} FROM outbox WHERE held = 1 AND mail = ? AND state = 'queued' AND due_ms > ?`,
      mail,
      nowMs,
    )
    .map(rowOf)
    .find((row) => isSameMachine(row.items, items));
}

/** One mail for the tries of one client; with addresses of both IP versions it is still one. */
function isSameMachine(one: readonly NoticeItem[], other: readonly NoticeItem[]): boolean {
  return other.every(({ client }) =>
    one.every((item) => item.client === client || isIPv6(item.client) !== isIPv6(client)),
  );
}

/** Those that are due, first the one that has been so for longest. */
export function dueNotices(sql: Sql, nowMs: number, limit: number): OutboxRow[] {
  const query = `SELECT ${COLUMNS} FROM outbox WHERE state = 'queued' AND due_ms <= ? ORDER BY due_ms LIMIT ?`;
  return sql.all(query, nowMs, limit).map(rowOf);
}

/** When the next one is due that is not due yet; Infinity when there is none. */
export function nextDueMs(sql: Sql, nowMs: number): number {
  const row = sql.get(`SELECT min(due_ms) AS due FROM outbox WHERE state = 'queued' AND due_ms > ?`, nowMs);
  return row?.due === null || row === null ? Number.POSITIVE_INFINITY : Number(row.due);
}

/** The undelivered ones that were entered first. */
export function oldestNotices(sql: Sql, limit: number): OutboxRow[] {
  const query = `SELECT ${COLUMNS} FROM outbox WHERE state = 'queued' ORDER BY created_ms LIMIT ?`;
  return sql.all(query, limit).map(rowOf);
}

export function finishNotice(
  sql: Sql,
  messageId: string,
  state: Exclude<NoticeState, 'queued'>,
  reason: string | null,
  nowMs: number,
): void {
  sql.run(
    'UPDATE outbox SET state = ?, held = 0, reason = ?, finished_ms = ? WHERE message_id = ?',
    ...[state, reason, nowMs, messageId],
  );
  // Who was on a list that has arrived is of no use any more.
  if (state === 'sent') {
    sql.run('UPDATE outbox SET listed = NULL WHERE message_id = ? AND listed IS NOT NULL', messageId);
  }
}

/** Forgets finished ones of long ago. */
export function pruneFinished(sql: Sql): void {
  sql.run(
    `DELETE FROM outbox WHERE rowid IN
       (SELECT rowid FROM outbox WHERE state <> 'queued' ORDER BY finished_ms DESC LIMIT -1 OFFSET ?)`,
    FINISHED,
  );
  sql.run(
    `DELETE FROM outbox WHERE rowid IN
       (SELECT rowid FROM outbox WHERE state = 'given up' AND list IS NOT NULL
        ORDER BY finished_ms DESC LIMIT -1 OFFSET ?)`,
    GIVEN_UP_LISTS,
  );
}

export function postponeNotice(
  sql: Sql,
  messageId: string,
  { tries, reason, dueMs }: { tries: number; reason: string; dueMs: number },
): void {
  sql.run(
    'UPDATE outbox SET tries = ?, held = 0, reason = ?, due_ms = ? WHERE message_id = ?',
    ...[tries, reason, dueMs, messageId],
  );
}

export function countQueued(sql: Sql): number {
  return sql.number(`SELECT count(*) FROM outbox WHERE state = 'queued'`);
}

/** Undelivered ones first, oldest first; then the finished ones, latest first. */
export function listNotices(sql: Sql, limit: number): OutboxRow[] {
  const queued = oldestNotices(sql, limit);
  const query = `SELECT ${COLUMNS} FROM outbox WHERE state <> 'queued' ORDER BY finished_ms DESC LIMIT ?`;
  return [...queued, ...sql.all(query, limit - queued.length).map(rowOf)];
}

/** Those whose Message-ID begins so, angle bracket or not; at most two, to tell one from several. */
export function findNotices(sql: Sql, prefix: string): OutboxRow[] {
  const from = prefix.startsWith('<') ? prefix : `<${prefix}`;
  const query = `SELECT ${COLUMNS} FROM outbox WHERE message_id >= ? AND message_id < ? LIMIT 2`;
  return sql.all(query, from, `${from}\u{10ffff}`).map(rowOf);
}

/** All of them, page by page: those after a place in the order of entry, and the place of the last of them. */
export function pageOfNotices(
  sql: Sql,
  after: number,
  limit: number,
): { readonly rows: OutboxRow[]; readonly last: number } {
  const query = `SELECT rowid AS place, ${COLUMNS} FROM outbox WHERE rowid > ? ORDER BY rowid LIMIT ?`;
  const rows = sql.all(query, after, limit);
  return { rows: rows.map(rowOf), last: Number(rows.at(-1)?.place ?? after) };
}

/** Attempts it anew, as if it had just been entered. */
export function retryNotice(sql: Sql, messageId: string, nowMs: number): void {
  sql.run(
    `UPDATE outbox SET state = 'queued', held = 0, tries = 0, created_ms = ?, due_ms = ?, finished_ms = NULL
     WHERE message_id = ?`,
    ...[nowMs, nowMs, messageId],
  );
}

/** Those on a list that has not been sent yet, in the order in which they came. */
export function loadListed(sql: Sql, messageId: string): Listed[] {
  const row = sql.get('SELECT listed FROM outbox WHERE message_id = ?', messageId);
  const listed = JSON.parse(String(row?.listed ?? '[]')) as [string, number, number, number][];
  return listed.map(([client, firstMs, lastMs, tries]) => ({ client, firstMs, lastMs, tries }));
}

/** Many of them: without names for what is always the same. */
function listedText(listed: readonly Listed[]): string {
  return JSON.stringify(
    listed.map(({ client, firstMs, lastMs, tries }) => [
      client,
      Math.round(firstMs),
      Math.round(lastMs),
      tries,
    ]),
  );
}

function rowOf(row: Row): OutboxRow {
  return {
    messageId: String(row.message_id),
    state: String(row.state) as NoticeState,
    mail: String(row.mail),
    language: row.language === 'ja' ? 'ja' : 'en',
    items: JSON.parse(String(row.items)) as NoticeItem[],
    ...(row.list === null ? {} : { list: JSON.parse(String(row.list)) as ListFacts }),
    createdMs: Number(row.created_ms),
    dueMs: Number(row.due_ms),
    tries: Number(row.tries),
    reason: row.reason === null ? null : String(row.reason),
    finishedMs: row.finished_ms === null ? null : Number(row.finished_ms),
  };
}
