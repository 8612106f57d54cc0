/** Table 74: mail addresses that people gave themselves, with the time when they did. */

import type { Language } from '../config/types.ts';
import { mailOwner } from '../net/mail-address.ts';
import type { Row, Sql } from './database.ts';

export interface Registration {
  readonly client: string;
  readonly mail: string;
  readonly language: Language;
  /** Milliseconds of the state's clock. */
  readonly registeredMs: number;
}

/** The latest so many are kept. */
const CAPACITY = 65_536;
/** People behind one address. */
const MAX_OF_CLIENT = 32;

const OLDEST = 'SELECT * FROM registrations ORDER BY registered_ms LIMIT 1';

/**
 * Enters it, in the place of an earlier one of the same person at the same client; where there are too many, of this client
 * or in all, in the place of the oldest. Which ones it has displaced.
 */
export function register(sql: Sql, registration: Registration): Registration[] {
  const { client, mail, language, registeredMs } = registration;
  const person = mailOwner(mail);
  const neighbours = sql
    .all('SELECT * FROM registrations WHERE client = ? ORDER BY registered_ms', client)
    .map(registrationOf);
  const own = neighbours.filter((other) => mailOwner(other.mail) === person);
  const displaced = own.length > 0 || neighbours.length < MAX_OF_CLIENT ? own : neighbours.slice(0, 1);
  if (displaced.length === 0 && sql.number('SELECT count(*) FROM registrations') >= CAPACITY) {
    displaced.push(...sql.all(OLDEST).map(registrationOf));
  }
  for (const other of displaced) {
    sql.run('DELETE FROM registrations WHERE client = ? AND mail = ?', other.client, other.mail);
  }
  sql.run('INSERT INTO registrations VALUES (?, ?, ?, ?)', client, mail, language, registeredMs);
  return displaced;
}

/** The oldest first. */
export function loadRegistrations(sql: Sql): Registration[] {
  return sql.all('SELECT * FROM registrations ORDER BY registered_ms').map(registrationOf);
}

function registrationOf(row: Row): Registration {
  return {
    client: String(row.client),
    mail: String(row.mail),
    language: row.language === 'ja' ? 'ja' : 'en',
    registeredMs: Number(row.registered_ms),
  };
}
