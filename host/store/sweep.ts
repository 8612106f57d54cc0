/** Rows that make no sense, put aside: the others go on. */
import type { Row, Sql, Value } from './database.ts';
import { pagesOf } from './pages.ts';
import { KEYS, TABLES, type Table } from './schema.ts';
import { strangeness } from './wellformed.ts';

/** A row that was put aside. */
export interface Strange {
  readonly table: Table;
  /** What it is called. */
  readonly row: string;
  readonly reason: string;
}

/** A column for the number of a row that has no other key. */
export const PLACE = 'row number';
/** Rows in memory at the same time. */
const PAGE = 500;
/** The latest so many that were put aside are kept. */
const CAPACITY = 10_000;
const ORPHAN = 'waits for no outage that is known';

/** Looks at every row. What was put aside is in the table of its name. */
export function sweep(sql: Sql): Strange[] {
  const strange: Strange[] = [];
  const remove = (table: Table, { [PLACE]: place, ...row }: Row, reason: string): void => {
    // Who waits for an outage goes before the outage does.
    if (table === 'outages') {
      const waiting = sql.all(`SELECT ${placed('waiting')} FROM waiting WHERE outage IS ?`, row.id ?? null);
      for (const one of waiting) remove('waiting', one, ORPHAN);
    }
    sql.run(`DELETE FROM ${table} WHERE ${placeOf(table)} IS ?`, place ?? null);
    strange.push({ table, row: rowName(table, row), reason });
    keepAside(sql, table, row, reason);
  };
  for (const table of TABLES) {
    for (const { row, reason } of strangeRows(sql, table)) remove(table, row, reason);
  }
  const orphans = `SELECT ${placed('waiting')} FROM waiting WHERE outage NOT IN (SELECT id FROM outages)`;
  for (const row of sql.all(orphans)) remove('waiting', row, ORPHAN);
  return strange;
}

/** One row of a table that is none of it any more, or never was. */
export function keepAside(sql: Sql, table: Table, row: Row, reason: string): void {
  const words = JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  sql.run('INSERT INTO aside VALUES (?, ?, ?)', table, words, reason);
  sql.run('DELETE FROM aside WHERE rowid <= (SELECT max(rowid) FROM aside) - ?', CAPACITY);
}

/** Where a row is. Not its key itself: bytes that are no letters are not the same when they have been read. */
function placeOf(table: Table): string {
  const keys = KEYS[table];
  return keys === null ? 'rowid' : keys.map((key) => `hex(CAST(${key} AS BLOB))`).join(" || ' ' || ");
}

function placed(table: Table): string {
  return `${placeOf(table)} AS "${PLACE}", *`;
}

/** Read page by page where that is possible; what is found may be removed meanwhile. */
function* strangeRows(sql: Sql, table: Table): Generator<{ row: Row; reason: string }> {
  const keys = KEYS[table];
  if (keys !== null) {
    const isStrange = (row: Row): boolean => strangeness(table, row) !== null;
    for (const rows of pagesOf(sql, table, keys)) {
      if (!rows.some(isStrange)) continue;
      // Behind a key that makes no sense nobody knows what comes next.
      yield* strangeOnes(table, sql.all(`SELECT ${placed(table)} FROM ${table}`));
      return;
    }
    return;
  }
  let after: Value = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows: Row[] = sql.all(
      `SELECT ${placed(table)} FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT ${PAGE}`,
      after,
    );
    yield* strangeOnes(table, rows);
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.[PLACE] ?? null;
  }
}

function* strangeOnes(table: Table, rows: readonly Row[]): Generator<{ row: Row; reason: string }> {
  for (const row of rows) {
    const reason = strangeness(table, row);
    if (reason !== null) yield { row, reason };
  }
}

/** What tells a row from the others of its table, for people. */
export function rowName(table: Table, row: Row): string {
  const keys = NAMES[table] ?? KEYS[table] ?? [];
  return keys.map((key) => String(row[key])).join(' ');
}

const NAMES: Partial<Readonly<Record<Table, readonly string[]>>> = {
  epochs: ['start_ms'],
  outages: ['server', 'port'],
  outbox: ['message_id'],
  history: ['server', 'port', 'to_ms'],
  lists: ['list', 'part'],
  fates: ['telling'],
};
