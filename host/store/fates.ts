/**
 * What became of those who were to be told of something: of the end of an outage, or of what a list says. Mails that
 * were queued have told nobody yet.
 */
import type { Sql } from './database.ts';
import type { Notice } from './notice-rows.ts';

/**
 * People whose mail the mail server has taken, and people whose mail was given up; or clients on a list of whom nobody is
 * known.
 */
export interface Fates {
  readonly sent: number;
  readonly failed: number;
}

/**
 * The latest so many are kept, of a relay's lists, too: only a router that has the key can fill these, and one that has no
 * clock gives nothing else to judge by.
 */
export const MAX_TELLINGS = 65_536;

/** The name under which is counted what became of clients that were handed over, beside that for the people. */
export function handedOverBy(telling: string): string {
  return `${telling} handed over`;
}

/** `by` people more, or fewer, of everything that a mail tells. */
export function countFates(
  sql: Sql,
  notice: Pick<Notice, 'items' | 'list'>,
  fate: keyof Fates,
  by: number,
): void {
  const { items, list } = notice;
  if (list !== undefined) {
    const { telling, clients, people = clients, handedOver = 0 } = list;
    if (telling === undefined) return;
    if (people > 0) add(sql, telling, fate, by * people);
    if (handedOver > 0) add(sql, handedOverBy(telling), fate, by * handedOver);
    return;
  }
  for (const { tellings = [] } of items) for (const telling of tellings) add(sql, telling, fate, by);
}

/** So many people more were told of that. */
export function countTold(sql: Sql, telling: string, people: number): void {
  add(sql, telling, 'sent', people);
}

function add(sql: Sql, telling: string, fate: keyof Fates, by: number): void {
  const [sent, failed] = fate === 'sent' ? [by, 0] : [0, by];
  const added = sql.run(
    'UPDATE fates SET sent = sent + ?, failed = failed + ? WHERE telling = ?',
    ...[sent, failed, telling],
  );
  if (added > 0) return;
  sql.run('INSERT INTO fates VALUES (?, ?, ?)', telling, Math.max(sent, 0), Math.max(failed, 0));
  sql.run('DELETE FROM fates WHERE rowid <= (SELECT max(rowid) FROM fates) - ?', MAX_TELLINGS);
}

/** `null` is the name of nothing. */
export function fatesOf(sql: Sql, telling: string | null): Fates {
  const row = sql.get('SELECT sent, failed FROM fates WHERE telling = ?', telling);
  return { sent: Number(row?.sent ?? 0), failed: Number(row?.failed ?? 0) };
}
