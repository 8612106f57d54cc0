/**
 * The state that outlives the process (`state:`). What `write` did is on disk when it returns. When the disk can't be
 * used, work goes on in memory, which is said loudly, and the disk is tried again.
 */
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import type { Time, Timer } from '../time.ts';
import { type Clock, StateClock } from './clock.ts';
import { isDamage, loadLibrary, Sql } from './database.ts';
import { Disk } from './disk.ts';
import { loadEpochs, saveEpochs } from './epochs.ts';
import { copy } from './salvage.ts';
import { TABLES } from './schema.ts';
import type { Library } from './version.ts';

/** How often a disk that failed is tried again. */
const RETRY_MS = 30_000;

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
  readonly time: Time;
  /** Only what is there already: nothing is made or put aside, and whatever is wrong with the disk is thrown. */
  readonly existing?: boolean;
  readonly retryMs?: number;
  /** As `loadLibrary` has it, and in memory without a way back: what fails in the middle of a transaction is over anyway. */
  readonly isBusy?: boolean;
}

/** What is known better by whoever lives through it than by a file that could not be read. */
const KNOWN_BETTER: readonly string[] = ['epochs', 'outages', 'waiting'];

/** The files are not where they were. */
class GoneError extends Error {
  override readonly name = 'GoneError';
}

export class Store {
  readonly #library: Library;
  readonly #options: StoreOptions;
  readonly #disk: Disk | null;
  #sql: Sql;
  #reason: string | null = null;
  /** Tables of which there may be more in the file than in memory. */
  #unread: ReadonlySet<string> = new Set();
  #timer: Timer | null = null;
  #onLost: () => void = () => {};
  #onBack: () => void = () => {};
  #clock: StateClock;

  /**
   * Opens or makes the database. Throws RingbackError('unavailable') when another process has it or it was written by a
   * newer version; whatever else is wrong with the disk is logged, or thrown alike if only what exists is asked for.
   */
  static async open(options: StoreOptions): Promise<Store> {
    return new Store(await loadLibrary(options.isBusy), options);
  }

  private constructor(library: Library, options: StoreOptions) {
    this.#library = library;
    this.#options = options;
    const { directory, log, time } = options;
    this.#disk = directory === null ? null : new Disk(library, directory, log);
    this.#sql = this.#openFirst();
    this.#clock = new StateClock(this.read(loadEpochs), time);
    if (this.#disk !== null && !options.existing) this.#lookLater();
  }

  get clock(): Clock {
    return this.#clock;
  }

  get health(): StoreHealth {
    const onDisk = this.#disk !== null && this.#reason === null;
    return { place: onDisk ? 'disk' : 'memory', reason: this.#reason };
  }

  read<T>(f: (sql: Sql) => T): T {
    return this.#try(f);
  }

  /** One transaction. `f` may be run again, on another database, when the first one fails; it must change nothing else. */
  write<T>(f: (sql: Sql) => T): T {
    const commit = (sql: Sql): T => this.#commit(sql, f);
    const absence = this.#absence();
    return absence === null ? this.#try(commit) : this.#inMemory(absence, commit);
  }

  /** What to do when something that was on disk can't be read any more: whoever knows it better writes it again. */
  whenLost(f: () => void): void {
    this.#onLost = f;
  }

  /** What to do when the state is on disk again: there may be more of it than there was in memory. */
  whenBack(f: () => void): void {
    this.#onBack = f;
  }

  close(): void {
    this.#timer?.cancel();
    this.#onBack = () => {};
    this.#look();
    this.#timer?.cancel();
    this.#sql.close();
    this.#disk?.release();
  }

  #try<T>(f: (sql: Sql) => T): T {
    try {
      return f(this.#sql);
    } catch (error) {
      if (error instanceof this.#library.SQLite3Error) return this.#inMemory(error, f);
      // What made sense when it was written may make none now.
      if (error instanceof RingbackError || this.#disk?.sweep(this.#sql) !== true) throw error;
      return f(this.#sql);
    }
  }

  #commit<T>(sql: Sql, f: (sql: Sql) => T): T {
    return sql.transaction(() => {
      const result = f(sql);
      saveEpochs(sql, this.#clock.toStore());
      return result;
    });
  }

  #openFirst(): Sql {
    const disk = this.#disk;
    if (disk === null) {
      const memory = new Sql(this.#library, null);
      if (this.#options.isBusy) memory.withoutJournal();
      return memory;
    }
    if (this.#options.existing) return disk.openExisting();
    try {
      return disk.open();
    } catch (error) {
      if (error instanceof RingbackError) {
        disk.release();
        throw error;
      }
      this.#failed(error);
      const read = disk.readAside();
      if (read === null) this.#unread = new Set(TABLES);
      return read ?? new Sql(this.#library, null);
    }
  }

  #failed(error: unknown): void {
    this.#reason = messageOf(error);
    this.#options.log.error('state.failed', {
      directory: this.#options.directory,
      reason: this.#reason,
      code: systemCodeOf(error) ?? null,
      message:
        'going on in memory: what happens from now on is lost if the program ends before the disk is back',
    });
  }

  /** Does in memory what failed on disk, and stays there. Throws the error again when it is not the disk's. */
  #inMemory<T>(error: Error, f: (sql: Sql) => T): T {
    const disk = this.#disk;
    if (disk === null || this.health.place === 'memory') throw error;
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
      disk.sweep(memory);
      result = f(memory);
    } catch {
      // What memory refuses, too, is our own mistake.
      memory.close();
      throw error;
    }
    this.#failed(error);
    if (isDamage(error) || unreadable.size > 0) disk.distrust('found while it was in use');
    // If there is another in its place, that is somebody's, too.
    if (error instanceof GoneError) disk.distrust(error.message);
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
    this.#unread = new Set(unreadable.keys());
    // What is only gone can be made anew at once.
    this.#lookLater(error instanceof GoneError ? 0 : this.#retryMs);
    // Not in the middle of what somebody writes.
    if (unreadable.size > 0) void this.#options.time.settled().then(() => this.#onLost());
    return result;
  }

  get #retryMs(): number {
    return this.#options.retryMs ?? RETRY_MS;
  }

  #lookLater(waitMs = this.#retryMs): void {
    this.#timer?.cancel();
    this.#timer = this.#options.time
      .after(waitMs, () => {
        this.#timer = null;
        this.#look();
        if (this.#timer === null) this.#lookLater();
      })
      .unref();
  }

  /** Whether the disk is still, or again, what it should be. */
  #look(): void {
    if (this.#reason !== null) {
      this.#return();
      return;
    }
    const absence = this.#absence();
    if (absence === null) return;
    this.#inMemory(absence, () => {});
    this.#return();
  }

  #absence(): GoneError | null {
    if (this.#disk === null || this.#options.existing || this.#reason !== null) return null;
    const reason = this.#disk.absence();
    return reason === null ? null : new GoneError(reason);
  }

  /** From memory to the disk, if that works again. */
  #return(): void {
    let opened: Sql | null = null;
    const disk = this.#disk;
    if (disk === null) return;
    try {
      const sql = disk.open();
      opened = sql;
      // Mails of a file that could not even be read before are still owed; who waits is known better now.
      const replaced = TABLES.filter((table) => !this.#unread.has(table) || KNOWN_BETTER.includes(table));
      sql.transaction(() => {
        // From the other end: rows that others refer to go last.
        for (const table of replaced.toReversed()) sql.run(`DELETE FROM ${table}`);
        for (const table of TABLES) copy(this.#sql, sql, table);
      });
      this.#sql.close();
      this.#sql = sql;
      this.#unread = new Set();
      this.#reason = null;
    } catch (error) {
      this.#reason = messageOf(error);
      try {
        opened?.close();
      } catch {
        // The next attempt opens it anew.
      }
      return;
    }
    this.#options.log.info('state.back', { directory: this.#options.directory });
    this.#onBack();
  }
}
