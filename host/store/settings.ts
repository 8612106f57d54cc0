/** Single values that outlive the process. */
import type { Sql } from './database.ts';

/** What is kept, by name. Times are milliseconds of the state's clock. */
export interface Settings {
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

export function loadSetting<Name extends keyof Settings>(sql: Sql, name: Name): Settings[Name] | null {
  const row = sql.get('SELECT value FROM settings WHERE name = ?', name);
  return row === null ? null : (JSON.parse(String(row.value)) as Settings[Name]);
}

export function saveSetting<Name extends keyof Settings>(sql: Sql, name: Name, value: Settings[Name]): void {
  sql.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', name, JSON.stringify(value));
}

export function removeSetting(sql: Sql, name: keyof Settings): void {
  sql.run('DELETE FROM settings WHERE name = ?', name);
}
