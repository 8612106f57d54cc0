/** Mails that people get, for as long as they count: a day. A person is a mail address in its folded form. */

import type { Most } from '../config/most.ts';
import { DAY_MS, HOUR_MS } from '../net/duration.ts';
import { foldMailAddress } from '../net/mail-address.ts';
import type { Sql } from './database.ts';
import { commaSeparated, ofMany, portions, runForMany } from './many.ts';

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

interface Addressed {
  readonly mail: string;
  readonly messageId: string;
}

interface Sent {
  readonly messageId: string;
  readonly atMs: number;
}

const HAD = ofMany(
  (people) => `SELECT person, message_id, at_ms FROM mailed
    WHERE at_ms > ? AND person IN (${commaSeparated('?', people)}) ORDER BY at_ms DESC`,
);
const COUNT = ofMany((rows) => `INSERT OR REPLACE INTO mailed VALUES ${commaSeparated('(?, ?, ?)', rows)}`);

/** Who had which mails, of people whose notices are looked at together; and those that they are about to get. */
export class Mailed {
  readonly #sql: Sql;
  readonly #nowMs: number;
  /** By the person: the latest first. */
  readonly #had = new Map<string, Sent[]>();
  readonly #counted = new Map<string, string>();

  constructor(sql: Sql, mails: Iterable<string>, nowMs: number) {
    this.#sql = sql;
    this.#nowMs = nowMs;
    for (const mail of mails) this.#had.set(foldMailAddress(mail), []);
    for (const people of portions([...this.#had.keys()])) {
      const rows = sql.all(people.length === 1 ? HAD.one : HAD.many, nowMs - DAY_MS, ...people);
      for (const { person, message_id, at_ms } of rows)
        this.#had.get(String(person))?.push({ messageId: String(message_id), atMs: Number(at_ms) });
    }
  }

  /** Whether a person had as many mails as allowed, other than this one; null: there is room for it. */
  fullFor({ mail, messageId }: Addressed, { hour, day }: Most): Full | null {
    const had = this.#had.get(foldMailAddress(mail)) ?? [];
    const times = had.filter((one) => one.messageId !== messageId).map(({ atMs }) => atMs);
    const ofHour = (times[hour - 1] ?? Number.NEGATIVE_INFINITY) + HOUR_MS;
    const ofDay = (times[day - 1] ?? Number.NEGATIVE_INFINITY) + DAY_MS;
    const untilMs = Math.max(ofHour, ofDay);
    if (untilMs <= this.#nowMs) return null;
    const [most, span] = ofDay >= ofHour ? [day, 'a day'] : [hour, 'an hour'];
    return { reason: `${most} ${most === 1 ? 'mail' : 'mails'} within ${span}: waits for room`, untilMs };
  }

  /** It is about to be sent, or sent again: one mail counts once. On disk after `write`. */
  count({ mail, messageId }: Addressed): void {
    const person = foldMailAddress(mail);
    const others = (this.#had.get(person) ?? []).filter((one) => one.messageId !== messageId);
    this.#had.set(person, [{ messageId, atMs: this.#nowMs }, ...others]);
    this.#counted.set(messageId, person);
  }

  write(): void {
    runForMany(this.#sql, COUNT, [...this.#counted], ([id, person]) => [id, person, this.#nowMs]);
    this.#counted.clear();
  }
}

/** Most mails arrive as soon as they are sent: that is no news. */
const SOON_MS = 1000;

const ARRIVED = ofMany(
  (rows) => `UPDATE mailed SET at_ms = ? WHERE at_ms < ? AND message_id IN (${commaSeparated('?', rows)})`,
);

/** They arrived now, however long ago that began. */
export function mailsArrived(sql: Sql, mails: readonly Pick<Addressed, 'messageId'>[], nowMs: number): void {
  runForMany(sql, ARRIVED, mails, ({ messageId }) => [messageId], [nowMs, nowMs - SOON_MS]);
}

/** Nobody gets it. */
export function uncountMail(sql: Sql, messageId: string): void {
  sql.run('DELETE FROM mailed WHERE message_id = ?', messageId);
}
