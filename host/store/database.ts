/** SQLite as this program uses it: one file, one process, one mode that survives a kill, statements prepared once. */
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Database as DatabaseType, Statement } from 'node-sqlite3-wasm';
import { RingbackError } from '../errors.ts';
import { MIGRATIONS } from './schema.ts';
import { type Library, schemaOf, schemasOf, versionOf } from './version.ts';

export type Value = number | string | null;
export type Row = Readonly<Record<string, Value>>;

/**
 * Loaded when it is first needed: most commands never do, and it takes a few megabytes. `isBusy`: it will be at work all the
 * time, in memory.
 */
export async function loadLibrary(isBusy = false): Promise<Library> {
  // The compiler that optimises would take 45 MB for code that waits for the disk most of the time.
  if (!isBusy) setFlagsFromString('--liftoff-only');
  const module = await import('node-sqlite3-wasm');
  return 'default' in module ? (module.default as Library) : module;
}

/** The file is there and is no database of ours any more. */
class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

/** An open database. Everything throws the library's SQLite3Error. */
export class Sql {
  readonly #database: DatabaseType;
  readonly #statements = new Map<string, Statement>();

  /** In memory, or the database in `path`, which must be ours alone; made or migrated if need be. */
  constructor(library: Library, path: string | null, migrations: readonly string[] = MIGRATIONS) {
    if (path !== null) rmSync(`${path}.lock`, { recursive: true, force: true });
    this.#database = new library.Database(path ?? ':memory:');
    try {
      // In this order: the library has no shared memory, and corrupts a database in any other mode when it is killed.
      this.#database.exec('PRAGMA locking_mode = exclusive; PRAGMA temp_store = memory');
      this.#database.get('PRAGMA journal_mode = wal');
      this.#database.exec('PRAGMA synchronous = full; PRAGMA journal_size_limit = 1048576');
      // Indexes, too: what is not found in one would be sent again and again.
      const [check] = this.#database.all('PRAGMA integrity_check(1)');
      const said = String(check?.integrity_check);
      if (said !== 'ok') throw new DamagedError(said.split('\n').at(-1));
      this.#migrate(library, path ?? 'memory', migrations);
    } catch (error) {
      const isDamaged = isDamage(error) || (path !== null && hasStrangeHead(path));
      this.close();
      throw isDamaged ? new DamagedError((error as Error).message) : error;
    }
  }

  /** Makes the tables that older migrations have made those of all. */
  migrate(library: Library): void {
    this.#migrate(library, 'memory', MIGRATIONS);
  }

  /** Keeps no copies of what a transaction changes: none can be undone. */
  withoutJournal(): void {
    this.#database.get('PRAGMA journal_mode = off');
  }

  /** Changes rows; returns how many. */
  run(sql: string, ...values: readonly Value[]): number {
    return this.#use(sql, (statement) => statement.run([...values]).changes);
  }

  all(sql: string, ...values: readonly Value[]): Row[] {
    return this.#use(sql, (statement) => statement.all([...values]) as Row[]);
  }

  /** The first row. */
  get(sql: string, ...values: readonly Value[]): Row | null {
    // The library's own would leave the query open, and while one is, the write-ahead log only grows.
    return this.all(sql, ...values)[0] ?? null;
  }

  /** The single number that a query asks for. */
  number(sql: string, ...values: readonly Value[]): number {
    return Number(Object.values(this.get(sql, ...values) ?? {})[0] ?? 0);
  }

  /** All or nothing, on disk when it returns. */
  transaction<T>(f: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = f();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // After some failures SQLite has rolled back already.
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize();
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #use<T>(sql: string, f: (statement: Statement) => T): T {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    try {
      return f(statement);
    } catch (error) {
      this.#statements.delete(sql);
      try {
        statement.finalize();
      } catch {
        // It repeats its failure, as its next use would have done.
      }
      throw error;
    }
  }

  #migrate(library: Library, name: string, migrations: readonly string[]): void {
    const said = Number(this.#database.get('PRAGMA user_version')?.user_version ?? 0);
    const version = versionOf(schemaOf(this.#database), said, schemasOf(library, migrations));
    if (version === null && said > migrations.length) {
      const message = `${name} was written by a newer ringback (version ${said}, this one knows ${migrations.length})`;
      throw new RingbackError('unavailable', `${message}; upgrade, or move the file away`);
    }
    if (version === null) throw new DamagedError(`the tables are not those of version ${said}`);
    if (version !== said) this.#database.exec(`PRAGMA user_version = ${version}`);
    for (const [i, migration] of migrations.slice(version).entries()) {
      this.transaction(() => {
        this.#database.exec(migration);
        this.#database.exec(`PRAGMA user_version = ${version + i + 1}`);
      });
    }
  }
}

/** What SQLite says about a file whose content makes no sense. */
const DAMAGE =
  /malformed|not a database|unsupported file format|no such (table|column)|has no column|SQL logic error/;

export function isDamage(error: unknown): boolean {
  return error instanceof DamagedError || DAMAGE.test(String(error));
}

/** Where the head of a file says which versions of the format may read and write it, and what they are in ours. */
const FORMATS_AT = 18;
const FORMATS = [1, 2];

/** What no version of SQLite may write is not a disk that can't be written. */
function hasStrangeHead(path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const formats = Buffer.alloc(2);
      const length = readSync(file, formats, 0, 2, FORMATS_AT);
      return length === 2 && formats.some((format) => !FORMATS.includes(format));
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}
