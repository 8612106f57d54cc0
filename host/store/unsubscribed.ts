/** Who said that he wants no notices any more. */
import { mailOwner } from '../net/mail-address.ts';
import type { Sql } from './database.ts';

/** Takes it down, until it is allowed again. */
export function unsubscribe(sql: Sql, mail: string, nowMs: number): void {
  sql.run('INSERT OR IGNORE INTO stopped VALUES (?, ?)', mailOwner(mail), nowMs);
}

/** Its owner wants notices again. */
export function resubscribe(sql: Sql, mail: string): void {
  sql.run('DELETE FROM stopped WHERE mail = ?', mailOwner(mail));
}

/** Mail addresses. */
export interface Unsubscribed {
  /** Of owners, as they said. */
  readonly owners: ReadonlySet<string>;
  /** In the folded form, by which an older version knew them: any who may be meant and has not said otherwise since. */
  readonly folded: ReadonlySet<string>;
}

export function loadUnsubscribed(sql: Sql): Unsubscribed {
  const mails = (query: string): Set<string> => new Set(sql.all(query).map(({ mail }) => String(mail)));
  return { owners: mails('SELECT mail FROM stopped'), folded: mails('SELECT mail FROM stopped_folded') };
}
