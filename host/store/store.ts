/**
 * The state that outlives the process (`state:`). What `write` did is on disk when it returns. When the disk can't be
 * used, work goes on in memory, which is said loudly, and the disk is tried again.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Clock, type Epoch, StateClock } from './clock.ts';
import { DamagedError, isDamage, loadLibrary, makeDirectory, putAside, type Row, Sql } from './database.ts';
import { takeLock } from './guard.ts';
import { TABLES } from './schema.ts';

/** How often a disk that failed is tried again. */
const RETRY_MS = 30_000;
const FILE = 'ringback.db';

export interface StoreHealth {
  /** Where the state is kept now. */
  readonly place: 'disk' | 'memory';
  /** Why it is not where it should be. */
  readonly reason: string | null;
}

export interface StoreOptions {
  /** null: memory, on purpose. */
  readonly directory: string | null;
  readonly log: Log;
  /** Only what is there already: nothing is made or put aside, and whatever is wrong with the disk is thrown. */
  readonly existing?: boolean;
  readonly retryMs?: number;
}

export class Store {
  readonly #library: Awaited<ReturnType<typeof loadLibrary>>;
  readonly #options: StoreOptions;
  #sql: Sql;
  #lock: { release(): void } | null = null;
  #reason: string | null = null;
  /** Whether the file's content was read: what is in memory is all there is then. */
  #wasRead = false;
  #damaged = false;
  #retry: NodeJS.Timeout | null = null;
  #onLost: () => void = () => {};
  #clock: StateClock;

  /**
   * Opens or makes the database. Throws RingbackError('unavailable') when another process has it or it was written by a
   * newer version; whatever else is wrong with the disk is logged, or thrown alike if only what exists is asked for.
   */
  static async open(options: StoreOptions): Promise<Store> {
    return new Store(await loadLibrary(), options);
  }

  private constructor(library: Awaited<ReturnType<typeof loadLibrary>>, options: StoreOptions) {
    this.#library = library;
    this.#options = options;
    this.#sql = this.#openFirst();
    const epochs = this.read((sql) => sql.all('SELECT * FROM epochs ORDER BY start_ms'));
    this.#clock = new StateClock(epochs.map(epochOf));
    if (this.#reason !== null) this.#retryLater();
  }

  get clock(): Clock {
    return this.#clock;
  }

  get health(): StoreHealth {
    const onDisk = this.#options.directory !== null && this.#reason === null;
    return { place: onDisk ? 'disk' : 'memory', reason: this.#reason };
  }

  read<T>(f: (sql: Sql) => T): T {
    try {
      return f(this.#sql);
    } catch (error) {
      return this.#inMemory(error, f);
    }
  }

  /** One transaction. `f` may be run again, on another database, when the first one fails; it must change nothing else. */
  write<T>(f: (sql: Sql) => T): T {
    try {
      return this.#commit(this.#sql, f);
    } catch (error) {
      return this.#inMemory(error, (memory) => this.#commit(memory, f));
    }
  }

  /** What to do when something that was on disk can't be read any more: whoever knows it better writes it again. */
  whenLost(f: () => void): void {
    this.#onLost = f;
  }

  close(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#reason !== null) this.#return();
    this.#sql.close();
    this.#lock?.release();
    this.#lock = null;
  }

  #commit<T>(sql: Sql, f: (sql: Sql) => T): T {
    return sql.transaction(() => {
      const result = f(sql);
      writeEpochs(sql, this.#clock.toStore());
      return result;
    });
  }

  get #path(): string {
    return `${this.#options.directory}/${FILE}`;
  }

  #openFirst(): Sql {
    const { directory, existing } = this.#options;
    if (directory === null) return new Sql(this.#library, null);
    if (existing) return this.#openExisting(directory);
    try {
      const sql = this.#openFile();
      this.#wasRead = true;
      return sql;
    } catch (error) {
      if (error instanceof RingbackError) {
        this.#lock?.release();
        throw error;
      }
      this.#failed(error);
      return this.#readAside();
    }
  }

  /** What is on a disk that can be read but not written, in memory. */
  #readAside(): Sql {
    const memory = new Sql(this.#library, null);
    let scratch: string | null = null;
    try {
      if (!existsSync(this.#path)) return memory;
      scratch = mkdtempSync(`${tmpdir()}/ringback-`);
      for (const suffix of ['', '-wal']) {
        if (existsSync(this.#path + suffix)) copyFileSync(this.#path + suffix, `${scratch}/${FILE}${suffix}`);
      }
      const disk = new Sql(this.#library, `${scratch}/${FILE}`);
      memory.transaction(() => {
        for (const table of TABLES) copy(disk, memory, table);
      });
      disk.close();
      this.#wasRead = true;
    } catch (error) {
      this.#options.log.error('state.unreadable', { reason: messageOf(error) });
    } finally {
      if (scratch !== null) rmSync(scratch, { recursive: true });
    }
    return memory;
  }

  #openExisting(directory: string): Sql {
    try {
      statSync(this.#path);
      this.#lock = takeLock(directory);
      return new Sql(this.#library, this.#path);
    } catch (error) {
      this.#lock?.release();
      if (error instanceof RingbackError) throw error;
      const reason = systemCodeOf(error) === 'ENOENT' ? 'there is no database yet' : messageOf(error);
      throw new RingbackError('unavailable', `state ${directory}: ${reason}`, { cause: error });
    }
  }

  #openFile(): Sql {
    const { directory, log } = this.#options;
    if (directory !== null) makeDirectory(directory);
    this.#lock ??= takeLock(String(directory));
    try {
      if (this.#damaged) throw new DamagedError('found while it was in use');
      return new Sql(this.#library, this.#path);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      const kept = putAside(this.#path);
      this.#damaged = false;
      log.error('state.damaged', { kept, reason: error.message, message: 'a new database is begun' });
      return new Sql(this.#library, this.#path);
    }
  }

  #failed(error: unknown): void {
    this.#reason = messageOf(error);
    this.#options.log.error('state.failed', {
      directory: this.#options.directory,
      reason: this.#reason,
      message:
        'going on in memory: what happens from now on is lost if the program ends before the disk is back',
    });
  }

  /** Does in memory what failed on disk, and stays there. Throws the error again when it is not the disk's. */
  #inMemory<T>(error: unknown, f: (sql: Sql) => T): T {
    const { SQLite3Error } = this.#library;
    if (!(error instanceof SQLite3Error) || this.health.place === 'memory') throw error;
    if (this.#options.existing) {
      const message = `state ${this.#options.directory}: ${error.message}`;
      throw new RingbackError('unavailable', message, { cause: error });
    }
    const memory = new Sql(this.#library, null);
    const unreadable = new Map<string, unknown>();
    for (const table of TABLES) {
      try {
        copy(this.#sql, memory, table);
      } catch (reason) {
        unreadable.set(table, reason);
      }
    }
    let result: T;
    try {
      result = f(memory);
    } catch {
      // What memory refuses, too, is our own mistake.
      memory.close();
      throw error;
    }
    this.#failed(error);
    this.#damaged = isDamage(error) || unreadable.size > 0;
    for (const [table, reason] of unreadable) {
      this.#options.log.error('state.unreadable', { table, reason: messageOf(reason) });
    }
    // Closing may want to write, too.
    try {
      this.#sql.close();
    } catch {
      // The file stays as it is.
    }
    this.#sql = memory;
    this.#retryLater();
    // Not in the middle of what somebody writes.
    if (unreadable.size > 0) setImmediate(() => this.#onLost());
    return result;
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#return();
      if (this.#reason !== null) this.#retryLater();
    }, this.#options.retryMs ?? RETRY_MS).unref();
  }

  /** From memory to the disk, if that works again. */
  #return(): void {
    let disk: Sql | null = null;
    try {
      const opened = this.#openFile();
      disk = opened;
      // Mails of a file that could not even be read before are still owed; who waits is known better now.
      const replaced = TABLES.filter(
        (table) => this.#wasRead || table === 'epochs' || table === 'outages' || table === 'waiting',
      );
      opened.transaction(() => {
        // From the other end: rows that others refer to go last.
        for (const table of replaced.toReversed()) opened.run(`DELETE FROM ${table}`);
        for (const table of TABLES) copy(this.#sql, opened, table);
      });
      this.#sql.close();
      this.#sql = opened;
      this.#wasRead = true;
      this.#reason = null;
      this.#options.log.info('state.back', { directory: this.#options.directory });
    } catch (error) {
      this.#reason = messageOf(error);
      try {
        disk?.close();
      } catch {
        // The next attempt opens it anew.
      }
    }
  }
}

/** Adds all rows of a table to those of another database. */
function copy(from: Sql, to: Sql, table: string): void {
  const rows = from.all(`SELECT * FROM ${table}`);
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const insert = `INSERT OR IGNORE INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`;
  for (const row of rows) to.run(insert, ...Object.values(row));
}

function writeEpochs(sql: Sql, epochs: readonly Epoch[]): void {
  const [oldest] = epochs;
  const current = epochs.at(-1);
  if (oldest === undefined || current === undefined) return;
  const { startMs, boot, baseMs, lastMs, wallMs } = current;
  sql.run('INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?)', startMs, boot, baseMs, lastMs, wallMs);
  sql.run('DELETE FROM epochs WHERE start_ms < ?', oldest.startMs);
}

function epochOf(row: Row): Epoch {
  return {
    boot: String(row.boot),
    startMs: Number(row.start_ms),
    baseMs: Number(row.base_ms),
    lastMs: Number(row.last_ms),
    wallMs: row.wall_ms === null ? null : Number(row.wall_ms),
  };
}
