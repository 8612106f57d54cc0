/** Many rows in one statement: each costs about as much as two of its rows. */
import type { Sql, Value } from './database.ts';

const AT_ONCE = 32;

/** A statement, by how many rows it takes. */
interface OfMany {
  readonly one: string;
  readonly many: string;
}

export function ofMany(statement: (rows: number) => string): OfMany {
  return { one: statement(1), many: statement(AT_ONCE) };
}

/** `row`, as often as there are rows, with commas between. */
export function commaSeparated(row: string, rows: number): string {
  return Array(rows).fill(row).join(', ');
}

/** For all items in as few statements as there can be; each gets the values of the items that it is for behind the `first` ones. */
export function runForMany<Item>(
  sql: Sql,
  { one, many }: OfMany,
  items: readonly Item[],
  valuesOf: (item: Item) => readonly Value[],
  first: readonly Value[] = [],
): void {
  for (const some of portions(items))
    sql.run(some.length === 1 ? one : many, ...first, ...some.flatMap(valuesOf));
}

/** As many as one statement takes; what is left over, one by one. */
export function portions<Item>(items: readonly Item[]): Item[][] {
  const whole = items.length - (items.length % AT_ONCE);
  const all: Item[][] = [];
  for (let from = 0; from < whole; from += AT_ONCE) all.push(items.slice(from, from + AT_ONCE));
  for (let at = whole; at < items.length; at++) all.push([items[at] as Item]);
  return all;
}
