/** What can still be read of a damaged database, for the one that is begun in its place. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import type { Database, Statement } from 'node-sqlite3-wasm';
import { messageOf } from '../errors.ts';
import { type Row, Sql, type Value } from './database.ts';
import { SUFFIXES } from './files.ts';
import { KEYS, MIGRATIONS, TABLES, type Table } from './schema.ts';
import { keepAside, PLACE, rowName, type Strange } from './sweep.ts';
import { type Library, type SchemaObject, schemaOf, schemasOf, wordsOf } from './version.ts';

export interface Salvaged {
  readonly rows: number;
  /** Tables of which something could not be read, and why. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Rows that could be read and not be entered. */
  readonly strange: readonly Strange[];
}

/**
 * Copies what can be read of the database at `path`, of whatever version, into an empty one of this version. The file
 * itself stays as it is. Throws when nothing can be read at all.
 */
export function salvage(library: Library, path: string, target: Sql): Salvaged {
  const scratch = mkdtempSync(`${tmpdir()}/ringback-`);
  try {
    const copy = `${scratch}/state.db`;
    for (const suffix of SUFFIXES) {
      if (existsSync(path + suffix)) copyFileSync(path + suffix, copy + suffix);
    }
    mendHead(copy);
    const version = mendSchema(library, copy);
    const database = openAsItIs(library, copy);
    try {
      return rescue(library, database, version, target);
    } finally {
      database.close();
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Nothing is checked before something is read. */
function openAsItIs(library: Library, path: string): Database {
  const database = new library.Database(path);
  try {
    database.exec('PRAGMA locking_mode = exclusive; PRAGMA writable_schema = on');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The first bytes of every database of ours: https://sqlite.org/fileformat2.html#the_database_header. */
const MAGIC = 'SQLite format 3\0';
const PAGE_BYTES = 4096;
const PAGES_AT = 28;

function mendHead(path: string): void {
  const file = openSync(path, 'r+');
  try {
    const head = Buffer.alloc(100);
    if (readSync(file, head, 0, head.length, 0) < head.length) return;
    const pages = Math.floor(fstatSync(file).size / PAGE_BYTES);
    head.write(MAGIC, 0, 'latin1');
    head.writeUInt16BE(PAGE_BYTES, 16);
    // Written and read by a write-ahead log, no bytes left free, the fractions of a page that records may take.
    head.set([2, 2, 0, 64, 32, 32], 18);
    if (head.readUInt32BE(PAGES_AT) > pages || head.readUInt32BE(PAGES_AT) === 0)
      head.writeUInt32BE(pages, PAGES_AT);
    // The schema's format, pages in memory, no vacuum by itself, UTF-8.
    for (const [at, value] of [
      [44, 4],
      [48, 0],
      [52, 0],
      [56, 1],
      [64, 0],
    ] as const)
      head.writeUInt32BE(value, at);
    head.fill(0, 68, 92);
    writeSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
}

/** Puts right what the database says of its tables, by what the most similar version has; returns that. */
function mendSchema(library: Library, path: string): number {
  const schemas = schemasOf(library, MIGRATIONS);
  const database = openAsItIs(library, path);
  try {
    const actual = schemaOf(database);
    const words = new Set(actual.map(wordsOf));
    const same = schemas.map(
      (schema) => schema.filter((one) => words.has(wordsOf(one))).length - schema.length,
    );
    const version = same.lastIndexOf(Math.max(...same.slice(1)));
    const wanted = schemas[version] ?? [];
    const expected = new Set(wanted.map(wordsOf));
    const strange = actual.filter((one) => !expected.has(wordsOf(one)));
    for (const missing of wanted.filter((one) => !words.has(wordsOf(one)))) {
      const [best] = strange.toSorted((a, b) => likeness(b, missing) - likeness(a, missing));
      if (best === undefined) break;
      strange.splice(strange.indexOf(best), 1);
      const { type, name, tbl_name, sql } = missing;
      const change = 'UPDATE sqlite_schema SET type = ?, name = ?, tbl_name = ?, sql = ? WHERE rowid = ?';
      database.run(change, [type, name, tbl_name, sql, best.place]);
    }
    return version;
  } finally {
    database.close();
  }
}

function likeness(one: SchemaObject, other: SchemaObject): number {
  const keys = ['type', 'name', 'tbl_name', 'sql'] as const;
  return keys.filter((key) => one[key] === other[key]).length;
}

function rescue(library: Library, database: Database, version: number, target: Sql): Salvaged {
  const isCurrent = version === MIGRATIONS.length;
  const into = isCurrent ? target : new Sql(library, null, MIGRATIONS.slice(0, version));
  const unreadable = new Map<string, string>();
  const refused: { table: Table; row: Row; reason: string }[] = [];
  let rows = 0;
  const names = new Set(schemaOf(database).map(({ name }) => name));
  target.transaction(() => {
    for (const table of TABLES) {
      if (!names.has(table)) continue;
      const read = readable(database, table);
      if (read.reason !== null) unreadable.set(table, read.reason);
      for (const row of read.rows) {
        const reason = enter(into, table, row);
        if (reason === null) rows++;
        else refused.push({ table, row, reason });
      }
    }
    if (!isCurrent) {
      into.migrate(library);
      for (const table of TABLES) copy(into, target, table);
      into.close();
    }
    for (const { table, row, reason } of refused) keepAside(target, table, row, reason);
  });
  const strange = refused.map(({ table, row, reason }) => ({ table, row: rowName(table, row), reason }));
  return { rows, unreadable, strange };
}

/** From the beginning up to what can't be read, and from the end back to it. */
function readable(database: Database, table: Table): { rows: Row[]; reason: string | null } {
  const rows: Row[] = [];
  const known = new Set<string>();
  const reason = readInto({ rows, known }, database, table, 'ASC');
  if (reason !== null) readInto({ rows, known }, database, table, 'DESC');
  return { rows, reason };
}

/** Up to what can't be read: why; null: all of it. On the way back only up to a row that is known. */
function readInto(
  { rows, known }: { rows: Row[]; known: Set<string> },
  database: Database,
  table: Table,
  direction: 'ASC' | 'DESC',
): string | null {
  const keys = KEYS[table];
  const order = (keys ?? ['rowid']).map((key) => `${key} ${direction}`).join(', ');
  const place = keys === null ? `rowid AS "${PLACE}", ` : '';
  const hint = keys === null ? 'NOT INDEXED' : '';
  let statement: Statement | null = null;
  try {
    statement = database.prepare(`SELECT ${place}* FROM ${table} ${hint} ORDER BY ${order}`);
    for (const { [PLACE]: number, ...columns } of statement.iterate()) {
      const row = columns as Row;
      const name = keys === null ? String(number) : keys.map((key) => String(row[key])).join(' ');
      if (direction === 'DESC' && known.has(name)) return null;
      known.add(name);
      rows.push(row);
    }
    return null;
  } catch (error) {
    return messageOf(error);
  } finally {
    try {
      statement?.finalize();
    } catch {
      // It repeats its failure.
    }
  }
}

/** Why it can't be; null: it is there. */
function enter(into: Sql, table: Table, row: Row): string | null {
  try {
    return insert(into, table, row) > 0 ? null : 'a value is missing, or it is there twice';
  } catch (error) {
    return messageOf(error);
  }
}

/** Adds all rows of a table to those of another database. */
export function copy(from: Sql, to: Sql, table: string): void {
  for (const row of from.all(`SELECT * FROM ${table}`)) insert(to, table, row);
}

function insert(to: Sql, table: string, row: Row): number {
  const columns = Object.keys(row);
  const values: Value[] = Object.values(row);
  const sql = `INSERT OR IGNORE INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`;
  return to.run(sql, ...values);
}
