/** Notices and lists on disk: one row for each mail, until long after its fate is known. */
import { DAY_MS } from '../net/duration.ts';
import { combined, heldFor, isCollecting } from './collecting.ts';
import type { Sql } from './database.ts';
import { countFates, countTold } from './fates.ts';
import { mailsArrived, uncountMail } from './mailed.ts';
import { commaSeparated, ofMany, portions } from './many.ts';
import {
  COLLECTING,
  COLUMNS,
  type Listed,
  type NewNotice,
  type NoticeState,
  type OutboxRow,
  rowOf,
} from './notice-rows.ts';

/** The latest finished ones that are kept, for people who ask what became of theirs. */
const FINISHED = 10_000;
/** Lists that were given up are large, because they can be tried again. */
const GIVEN_UP_LISTS = 100;

/** For how many times that long at the most. */
const MAX_HOLDS = 4;

export interface Added {
  readonly outcome: 'queued' | 'merged' | 'known' | 'full';
  readonly messageId: string;
}

/** Whether any notice may be waiting for others. */
export function isAnyHeld(sql: Sql): boolean {
  return sql.get('SELECT 1 FROM outbox WHERE held > 0 LIMIT 1') !== null;
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
    const together = isCollecting(held) ? combined(held.items, items) : [...held.items, ...items];
    // Whether there is room for what collects is found out when it is due.
    const latestMs = isCollecting(held) ? Number.POSITIVE_INFINITY : held.createdMs + MAX_HOLDS * holdMs;
    sql.run(
      'UPDATE outbox SET items = ?, due_ms = ? WHERE message_id = ?',
      ...[JSON.stringify(together), Math.max(nowMs, Math.min(nowMs + holdMs, latestMs)), held.messageId],
    );
    return { outcome: 'merged', messageId: held.messageId };
  }
  if (isFull) {
    countFates(sql, notice, 'failed', 1);
    return { outcome: 'full', messageId };
  }
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

/** Entered by a clock that nobody knows any more. What may be on its way and waits for room is up to a day ahead of this one. */
const AHEAD = `state = 'queued' AND created_ms > ?1 AND (admitted = 0 OR created_ms > ?1 + ${DAY_MS})`;

/** Whether any was entered in the future. */
export function isAnyAhead(sql: Sql, nowMs: number): boolean {
  return sql.get(`SELECT 1 FROM outbox WHERE ${AHEAD} LIMIT 1`, nowMs) !== null;
}

/** Those are entered, and due, now. */
export function bringBack(sql: Sql, nowMs: number): void {
  sql.run(`UPDATE outbox SET created_ms = ?1, due_ms = ?1 WHERE ${AHEAD}`, nowMs);
}

/** Those that have failed are tried now; who waits for his limit goes on waiting. */
export function hurryFailed(sql: Sql, nowMs: number): void {
  sql.run(
    `UPDATE outbox SET due_ms = ?1 WHERE state = 'queued' AND held = 0 AND tries > 0 AND due_ms > ?1`,
    nowMs,
  );
}

/** Those that were entered first, or became fit to be sent first, but for what has to wait still. */
export function oldestSendable(sql: Sql, limit: number): OutboxRow[] {
  const query = `SELECT ${COLUMNS} FROM outbox WHERE state = 'queued' AND held < 2 ORDER BY created_ms LIMIT ?`;
  return sql.all(query, limit).map(rowOf);
}

/** The undelivered ones that were entered first. */
export function oldestNotices(sql: Sql, limit: number): OutboxRow[] {
  const query = `SELECT ${COLUMNS} FROM outbox WHERE state = 'queued' ORDER BY created_ms LIMIT ?`;
  return sql.all(query, limit).map(rowOf);
}

/** Its fate counts once, whoever says it again. */
export function finishNotice(
  sql: Sql,
  notice: Pick<OutboxRow, 'messageId' | 'items' | 'list'>,
  state: Exclude<NoticeState, 'queued'>,
  reason: string | null,
  nowMs: number,
): void {
  const { messageId } = notice;
  // Who was on a list that has arrived is of no use any more.
  const finish = `UPDATE outbox SET state = ?1, held = 0, reason = ?2, finished_ms = ?3,
    listed = CASE ?1 WHEN 'sent' THEN NULL ELSE listed END WHERE message_id = ?4`;
  const values = [state, reason, nowMs, messageId];
  if (sql.run(`${finish} AND state = 'queued'`, ...values) > 0)
    countFates(sql, notice, state === 'sent' ? 'sent' : 'failed', 1);
  else sql.run(finish, ...values);
  if (state === 'given up') uncountMail(sql, messageId);
  else mailsArrived(sql, [notice], nowMs);
}

const SENT = ofMany(
  (rows) => `UPDATE outbox SET state = 'sent', held = 0, reason = NULL, finished_ms = ?, listed = NULL
    WHERE state = 'queued' AND message_id IN (${commaSeparated('?', rows)}) RETURNING message_id`,
);

/** As `finishNotice`, for many that were sent. */
export function finishSent(sql: Sql, sent: readonly OutboxRow[], nowMs: number): void {
  const told = new Map<string, number>();
  for (const some of portions(sent)) {
    const ids = some.map(({ messageId }) => messageId);
    const finished = sql.all(some.length === 1 ? SENT.one : SENT.many, nowMs, ...ids);
    const were = new Set(finished.map(({ message_id }) => String(message_id)));
    for (const row of some) {
      if (row.list !== undefined && were.has(row.messageId)) countFates(sql, row, 'sent', 1);
      else if (!were.has(row.messageId)) finishNotice(sql, row, 'sent', null, nowMs);
      else
        for (const { tellings = [] } of row.items)
          for (const telling of tellings) told.set(telling, (told.get(telling) ?? 0) + 1);
    }
  }
  for (const [telling, people] of told) countTold(sql, telling, people);
  mailsArrived(sql, sent, nowMs);
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

/** Of those that are finished, so many are looked at for who was given up: very many may have been sent since. */
const LOOKED_AT = 1000;

/** Those that were given up last, the latest first. */
export function listGivenUp(sql: Sql, limit: number): OutboxRow[] {
  const latest = `SELECT rowid FROM outbox WHERE state <> 'queued' ORDER BY finished_ms DESC LIMIT ${LOOKED_AT}`;
  const query = `SELECT ${COLUMNS} FROM outbox WHERE rowid IN (${latest}) AND state = 'given up' ORDER BY finished_ms DESC LIMIT ?`;
  return sql.all(query, limit).map(rowOf);
}

/** Those whose Message-ID begins so, angle bracket or not; at most two, to tell one from several. */
export function findNotices(sql: Sql, prefix: string): OutboxRow[] {
  const from = prefix.startsWith('<') ? prefix : `<${prefix}`;
  const query = `SELECT ${COLUMNS} FROM outbox WHERE message_id >= ? AND message_id < ? LIMIT 2`;
  return sql.all(query, from, `${from}\u{10ffff}`).map(rowOf);
}

function rowWith(sql: Sql, messageId: string): OutboxRow | undefined {
  return sql.all(`SELECT ${COLUMNS} FROM outbox WHERE message_id = ?`, messageId).map(rowOf)[0];
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

/** Whom or what notices are about: everything that goes to these mail addresses, or that tells of this server. */
export type About = { readonly mails: readonly string[] } | { readonly server: string };

/** The places of notices: all of them are below this one. */
export function endOfNotices(sql: Sql): number {
  return sql.number('SELECT coalesce(max(rowid), 0) + 1 FROM outbox');
}

/** Those of these places, from the latest on: a part of them, for there may be very many. */
export function noticesBetween(
  sql: Sql,
  from: number,
  end: number,
  about: About,
  limit: number,
): OutboxRow[] {
  const [rule, value] =
    'server' in about
      ? ['instr(coalesce(list, items), ?) > 0', `"server":${JSON.stringify(about.server)}`]
      : ['mail IN (SELECT value FROM json_each(?))', JSON.stringify(about.mails)];
  const query = `SELECT ${COLUMNS} FROM outbox WHERE rowid >= ? AND rowid < ? AND ${rule} ORDER BY rowid DESC LIMIT ?`;
  return sql.all(query, from, end, value, limit).map(rowOf);
}

/** Attempts it anew, as if it had just been entered. */
export function retryNotice(sql: Sql, messageId: string, nowMs: number): void {
  const row = rowWith(sql, messageId);
  if (row?.state === 'given up') countFates(sql, row, 'failed', -1);
  sql.run(
    `UPDATE outbox SET state = 'queued', held = CASE WHEN held < ${COLLECTING} THEN 0 ELSE held END, tries = 0,
       created_ms = ?, due_ms = ?, finished_ms = NULL
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

export interface OutboxCounts {
  readonly pending: number;
  /** Since the program was started. */
  readonly sent: number;
  /** Given up since then: refused for good, too old, or no room. */
  readonly failed: number;
}
