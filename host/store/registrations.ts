/** Table 74: mail addresses that people gave themselves, with the time when they did. */
import type { Language } from '../config/types.ts';
import type { Sql } from './database.ts';

export interface Registration {
  readonly client: string;
  readonly mail: string;
  readonly language: Language;
  /** Milliseconds of the state's clock. */
  readonly registeredMs: number;
}

/** The latest so many are kept. */
const CAPACITY = 65_536;

/** Enters it, in the place of an earlier one of the same client. */
export function register(sql: Sql, { client, mail, language, registeredMs }: Registration): void {
  const isNew = sql.get('SELECT 1 FROM registrations WHERE client = ?', client) === null;
  if (isNew && sql.number('SELECT count(*) FROM registrations') >= CAPACITY) {
    sql.run(
      'DELETE FROM registrations WHERE client = (SELECT client FROM registrations ORDER BY registered_ms LIMIT 1)',
    );
  }
  sql.run('INSERT OR REPLACE INTO registrations VALUES (?, ?, ?, ?)', client, mail, language, registeredMs);
}

export function loadRegistrations(sql: Sql): Registration[] {
  return sql.all('SELECT * FROM registrations ORDER BY registered_ms').map((row) => ({
    client: String(row.client),
    mail: String(row.mail),
    language: row.language === 'ja' ? 'ja' : 'en',
    registeredMs: Number(row.registered_ms),
  }));
}
