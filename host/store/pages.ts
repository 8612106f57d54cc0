/** Very many rows, page by page: all of them together would be in memory twice. */
import type { Row, Sql, Value } from './database.ts';

const ROWS = 500;

/** All rows of a table in the order of its key, whose values must make sense. */
export function* pagesOf(sql: Sql, table: string, keys: readonly string[]): Generator<readonly Row[]> {
  const order = keys.join(', ');
  const after = `WHERE (${order}) > (${keys.map(() => '?').join(', ')})`;
  for (let last: readonly Value[] | null = null; ; ) {
    const rows: Row[] = sql.all(
      `SELECT * FROM ${table} ${last === null ? '' : after} ORDER BY ${order} LIMIT ${ROWS}`,
      ...(last ?? []),
    );
    yield rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < ROWS) return;
    last = keys.map((key) => end[key] ?? null);
  }
}
