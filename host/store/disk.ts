/** The database of the state on disk: its directory, its lock, its file, and what is saved of one that is damaged. */
import { copyFileSync, existsSync, mkdtempSync, rmSync, type Stats, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { isDamage, Sql } from './database.ts';
import { isSameFile, makeDirectory, putAside, SUFFIXES } from './files.ts';
import { type Lock, takeLock } from './lock.ts';
import { copy, type Salvaged, salvage } from './salvage.ts';
import { TABLES } from './schema.ts';
import { type Strange, sweep } from './sweep.ts';
import type { Library } from './version.ts';

const FILE = 'ringback.db';
/** Rows of which the log tells each by itself. */
const MAX_NAMED = 20;

export class Disk {
  readonly #library: Library;
  readonly #directory: string;
  readonly #log: Log;
  #lock: Lock | null = null;
  /** The files that are in use. */
  readonly #files = new Map<string, Stats>();
  /** Why the file that is there is not to be used; null: it may be. */
  #distrust: string | null = null;

  constructor(library: Library, directory: string, log: Log) {
    this.#library = library;
    this.#directory = directory;
    this.#log = log;
  }

  get #path(): string {
    return `${this.#directory}/${FILE}`;
  }

  /** Opens or makes the database. One that is damaged is put aside, and another one begun with what can be read of it. */
  open(): Sql {
    makeDirectory(this.#directory);
    if (this.#lock?.isThere() === false) this.release();
    this.#lock ??= takeLock(this.#directory);
    const sql = this.#openOrBegin();
    this.#files.clear();
    // Those that are there now are ours.
    this.absence();
    return sql;
  }

  /** Only what is there already. Throws RingbackError('unavailable'). */
  openExisting(): Sql {
    try {
      statSync(this.#path);
      this.#lock = takeLock(this.#directory);
      return this.swept(new Sql(this.#library, this.#path));
    } catch (error) {
      this.release();
      if (error instanceof RingbackError) throw error;
      const reason = systemCodeOf(error) === 'ENOENT' ? 'there is no database yet' : messageOf(error);
      throw new RingbackError('unavailable', `state ${this.#directory}: ${reason}`, { cause: error });
    }
  }

  #openOrBegin(): Sql {
    try {
      if (this.#distrust === null) return this.swept(new Sql(this.#library, this.#path));
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#distrust = messageOf(error);
    }
    const reason = this.#distrust;
    if (!existsSync(this.#path)) {
      this.#distrust = null;
      return new Sql(this.#library, this.#path);
    }
    const kept = putAside(this.#path);
    this.#distrust = null;
    const sql = new Sql(this.#library, this.#path);
    const { rows, unreadable, strange } = this.#salvage(kept, sql);
    const message = 'a new database is begun, with what could be read of this one';
    this.#log.error('state.damaged', { kept, reason, rows, message });
    for (const [table, why] of unreadable) this.#log.error('state.unreadable', { table, reason: why });
    this.#tell(strange);
    return this.swept(sql);
  }

  #salvage(kept: string, sql: Sql): Salvaged {
    try {
      return salvage(this.#library, kept, sql);
    } catch {
      return { rows: 0, unreadable: new Map(), strange: [] };
    }
  }

  /** What is on a disk that can be read but not written, in memory; null: nothing is. */
  readAside(): Sql | null {
    if (!existsSync(this.#path)) return null;
    let scratch: string | null = null;
    const memory = new Sql(this.#library, null);
    try {
      scratch = mkdtempSync(`${tmpdir()}/ringback-`);
      for (const suffix of SUFFIXES) {
        if (existsSync(this.#path + suffix)) copyFileSync(this.#path + suffix, `${scratch}/${FILE}${suffix}`);
      }
      const disk = new Sql(this.#library, `${scratch}/${FILE}`);
      memory.transaction(() => {
        for (const table of TABLES) copy(disk, memory, table);
      });
      disk.close();
      return this.swept(memory);
    } catch (error) {
      this.#log.error('state.unreadable', { reason: messageOf(error) });
      memory.close();
      return null;
    } finally {
      if (scratch !== null) rmSync(scratch, { recursive: true });
    }
  }

  /** Without the rows that make no sense. */
  swept(sql: Sql): Sql {
    this.sweep(sql);
    return sql;
  }

  /** Puts rows aside that make no sense; returns whether there were any. */
  sweep(sql: Sql): boolean {
    const strange = sql.transaction(() => sweep(sql));
    this.#tell(strange);
    return strange.length > 0;
  }

  #tell(strange: readonly Strange[]): void {
    for (const { table, row, reason } of strange.slice(0, MAX_NAMED)) {
      this.#log.error('state.strange', { table, row, reason, message: 'this row is put aside' });
    }
    const more = strange.length - MAX_NAMED;
    if (more > 0) this.#log.error('state.strange', { rows: more, message: 'so many more are put aside' });
  }

  /** Why what is written gets nowhere: the files are not where they were. null: they are. */
  absence(): string | null {
    for (const suffix of SUFFIXES) {
      const path = this.#path + suffix;
      const known = this.#files.get(path);
      if (known !== undefined && isSameFile(path, known)) continue;
      const now = statSync(path, { throwIfNoEntry: false });
      if (known === undefined && now !== undefined) this.#files.set(path, now);
      else if (now !== undefined) return `${path} is another file now`;
      else if (known !== undefined || suffix === '') return `${path} was deleted`;
    }
    return null;
  }

  /** The file that is there is not to be used. */
  distrust(reason: string): void {
    this.#distrust = reason;
  }

  release(): void {
    this.#lock?.release();
    this.#lock = null;
  }
}
