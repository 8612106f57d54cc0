/** Which version a database is, by what is in it: the number in its head is four bytes of a disk that may forget one. */
import type { Database } from 'node-sqlite3-wasm';

/** SQLite, compiled to WebAssembly. */
export type Library = typeof import('node-sqlite3-wasm');

/** A table or an index, as `sqlite_schema` has it. */
export interface SchemaObject {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

const QUERY = 'SELECT rowid AS place, type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid';

export function schemaOf(database: Database): (SchemaObject & { readonly place: number })[] {
  return database.all(QUERY) as unknown as (SchemaObject & { readonly place: number })[];
}

/** The same for the same object. */
export function wordsOf({ type, name, tbl_name, sql }: SchemaObject): string {
  return JSON.stringify([type, name, tbl_name, sql]);
}

/** The schemas of all versions from 0 on, as far as the steps between them succeed. */
export function schemasOf(library: Library, migrations: readonly string[]): SchemaObject[][] {
  const database = new library.Database(':memory:');
  try {
    const schemas: SchemaObject[][] = [[]];
    for (const migration of migrations) {
      try {
        database.exec(migration);
      } catch {
        break;
      }
      schemas.push(schemaOf(database));
    }
    return schemas;
  } finally {
    database.close();
  }
}

/** Which of the schemas this is; `said` by its number. null: none of them. */
export function versionOf(
  actual: readonly SchemaObject[],
  said: number,
  schemas: readonly (readonly SchemaObject[])[],
): number | null {
  const words = new Set(actual.map(wordsOf));
  const isWithin = (schema: readonly SchemaObject[]): boolean =>
    schema.every((one) => words.has(wordsOf(one)));
  const same = schemas.findLastIndex((schema) => schema.length === words.size && isWithin(schema));
  // What its number says, unless it is exactly another one.
  const own = schemas[said];
  if (own !== undefined && isWithin(own) && (same === said || same <= 0)) return said;
  return same > 0 ? same : null;
}
