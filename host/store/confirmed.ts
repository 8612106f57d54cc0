/** Who said, by the link of a notice, that he wants to be told on. */
import { mailOwner } from '../net/mail-address.ts';
import type { Sql } from './database.ts';

export function confirmAddress(sql: Sql, mail: string, nowMs: number): void {
  sql.run('INSERT OR IGNORE INTO confirmed VALUES (?, ?)', mailOwner(mail), nowMs);
}

/** Mail addresses, as `mailOwner` has them. */
export function loadConfirmed(sql: Sql): Set<string> {
  return new Set(sql.all('SELECT mail FROM confirmed').map(({ mail }) => String(mail)));
}
