/** What SQLite says of a database that was left behind. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import sqlite from 'node-sqlite3-wasm';

const FILE = 'ringback.db';

/** `ok`, or what is wrong. The program must not run. */
export function integrityOf(state: string): string {
  if (!existsSync(`${state}/${FILE}`)) return `there is no ${FILE}`;
  try {
    const database = new sqlite.Database(`${state}/${FILE}`);
    try {
      // Without shared memory a write-ahead log can be read in this mode only, and only if it comes first.
      database.exec('PRAGMA locking_mode = exclusive');
      return database
        .all('PRAGMA integrity_check')
        .flatMap((row) => Object.values(row))
        .join('; ');
    } finally {
      database.close();
    }
  } catch (error) {
    return String(error);
  }
}

/** The same of a copy, which leaves the next start of the program everything to repair. */
export function integrityOfCopy(state: string): string {
  const copy = `${state}.copy`;
  cpSync(state, copy, { recursive: true });
  rmSync(`${copy}/${FILE}.lock`, { recursive: true, force: true });
  try {
    return integrityOf(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}
