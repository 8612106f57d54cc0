/** Single values that outlive the process. */
import type { Sql } from './database.ts';

/** What is kept, by name. Times are milliseconds of the state's clock. */
export interface StoredSettings {
  /** Signs the links by which people say that they want no more notices; hexadecimal. */
  readonly 'stop key': string;
  /** `USER at HOST:PORT`: whose messages a relay remembers. */
  readonly mailbox: string;
  /** Stands for the login that a relay's mail server took last. */
  readonly 'mailbox login': string;
  /** `HOST:PORT` of a relay's mail server that has offered TLS: it is not talked to without any more. */
  readonly 'mailbox with TLS': string;
  /** What the operator says on the page in a dead server's place. */
  readonly message: { readonly text: string; readonly untilMs: number | null };
}

export function loadSetting<Name extends keyof StoredSettings>(
  sql: Sql,
  name: Name,
): StoredSettings[Name] | null {
  const row = sql.get('SELECT value FROM settings WHERE name = ?', name);
  return row === null ? null : (JSON.parse(String(row.value)) as StoredSettings[Name]);
}

export function saveSetting<Name extends keyof StoredSettings>(
  sql: Sql,
  name: Name,
  value: StoredSettings[Name],
): void {
  sql.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', name, JSON.stringify(value));
}

export function removeSetting(sql: Sql, name: keyof StoredSettings): void {
  sql.run('DELETE FROM settings WHERE name = ?', name);
}
