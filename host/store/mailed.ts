/** Mails that people get, for as long as they count: a day. A person is a mail address in its folded form. */

import type { Most } from '../config/most.ts';
import { DAY_MS, HOUR_MS } from '../net/duration.ts';
import { foldMailAddress } from '../net/mail-address.ts';
import type { Sql } from './database.ts';

/** Why a person gets no further mail now, and when there is room again, in milliseconds of the state's clock. */
export interface Full {
  readonly reason: string;
  readonly untilMs: number;
}

/** Forgets what counts no more. A moment in the future is none of this clock's: it counts as now. */
export function pruneMailed(sql: Sql, nowMs: number): void {
  sql.run('DELETE FROM mailed WHERE at_ms <= ?', nowMs - DAY_MS);
  sql.run('UPDATE mailed SET at_ms = ? WHERE at_ms > ?', nowMs, nowMs);
}

/** Whether a person had as many mails as allowed, other than this one; null: there is room for it. */
export function fullFor(
  sql: Sql,
  { mail, messageId }: { readonly mail: string; readonly messageId: string },
  { hour, day }: Most,
  nowMs: number,
): Full | null {
  const times = sql
    .all(
      'SELECT at_ms FROM mailed WHERE person = ? AND message_id <> ? AND at_ms > ? ORDER BY at_ms DESC LIMIT ?',
      ...[foldMailAddress(mail), messageId, nowMs - DAY_MS, day],
    )
    .map((row) => Number(row.at_ms));
  const ofHour = (times[hour - 1] ?? Number.NEGATIVE_INFINITY) + HOUR_MS;
  const ofDay = (times[day - 1] ?? Number.NEGATIVE_INFINITY) + DAY_MS;
  const untilMs = Math.max(ofHour, ofDay);
  if (untilMs <= nowMs) return null;
  const [most, span] = ofDay >= ofHour ? [day, 'a day'] : [hour, 'an hour'];
  return { reason: `${most} ${most === 1 ? 'mail' : 'mails'} within ${span}: waits for room`, untilMs };
}

/** It is about to be sent, or sent again: one mail counts once. */
export function countMail(
  sql: Sql,
  { mail, messageId }: { readonly mail: string; readonly messageId: string },
  nowMs: number,
): void {
  sql.run('INSERT OR REPLACE INTO mailed VALUES (?, ?, ?)', messageId, foldMailAddress(mail), nowMs);
}

/** Most mails arrive as soon as they are sent: that is no news. */
const SOON_MS = 1000;

/** It arrived now, however long ago that began. */
export function mailArrived(sql: Sql, messageId: string, nowMs: number): void {
  sql.run(
    'UPDATE mailed SET at_ms = ? WHERE message_id = ? AND at_ms < ?',
    nowMs,
    messageId,
    nowMs - SOON_MS,
  );
}

/** Nobody gets it. */
export function uncountMail(sql: Sql, messageId: string): void {
  sql.run('DELETE FROM mailed WHERE message_id = ?', messageId);
}
