/** Who said that he wants no notices any more. */
import { foldMailAddress } from '../config/mail-address.ts';
import type { Sql } from './database.ts';

/** Takes it down, until it is allowed again. */
export function stopNotices(sql: Sql, mail: string, nowMs: number): void {
  sql.run('INSERT OR IGNORE INTO stopped VALUES (?, ?)', foldMailAddress(mail), nowMs);
}

/** Its owner wants notices again. */
export function allowNotices(sql: Sql, mail: string): void {
  sql.run('DELETE FROM stopped WHERE mail = ?', foldMailAddress(mail));
}

/** Mail addresses in their folded form. */
export function loadStopped(sql: Sql): Set<string> {
  return new Set(sql.all('SELECT mail FROM stopped').map(({ mail }) => String(mail)));
}
