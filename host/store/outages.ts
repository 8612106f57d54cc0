/** Tables 71a and 72b on disk: which servers are down, and who waits for them. */
import type { Cause } from '../fabric/records.ts';
import type { Row, Sql } from './database.ts';
import type { Untold } from './history.ts';
import { commaSeparated, ofMany, runForMany } from './many.ts';
import { pagesOf } from './pages.ts';

/** How far people have been told of the end of an outage. Times are milliseconds of the state's clock. */
export interface TellingState {
  readonly recoveredMs: number;
  /** What showed that it was back. */
  readonly sign: string;
  /** Clients that waited, people whose notices have been entered, and who gets none. */
  readonly clients: number;
  readonly people: number;
  readonly untold: Untold | null;
  /** How far the list for the one who tells them has been entered; not set where there is none, or no more of it. */
  readonly list?: { readonly id: string; readonly part: number; readonly parts: number };
}

/** Times are milliseconds of the state's clock. */
export interface WaitingRow {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly tries: number;
}

export interface OutageRow {
  /** The same as long as the outage lasts, in every process; never used again. */
  readonly id: number;
  readonly server: string;
  readonly port: number;
  /** Whether it may be none: the server is being asked. */
  readonly suspected: boolean;
  readonly cause: Cause;
  readonly triedPort: number;
  readonly fromMs: number;
  /** Its clients' notices are in the outbox; what is left to do is to free the fabric's chain. */
  readonly told: boolean;
  /** Set while they are told in portions: its clients are those who are left. */
  readonly telling: TellingState | null;
}

export interface StoredOutage extends OutageRow {
  /** In order of registration. */
  readonly clients: Map<string, WaitingRow>;
}

// Not replaced: that would look again whether there is such an outage.
const SAVE = ofMany(
  (rows) =>
    `INSERT INTO waiting VALUES ${commaSeparated('(?, ?, ?, ?, ?)', rows)} ON CONFLICT (outage, client)
       DO UPDATE SET first_ms = excluded.first_ms, last_ms = excluded.last_ms, tries = excluded.tries`,
);
const REMOVE = ofMany(
  (rows) => `DELETE FROM waiting WHERE outage = ? AND client IN (${commaSeparated('?', rows)})`,
);

export function loadOutages(sql: Sql): StoredOutage[] {
  const chains = new Map<number, [string, WaitingRow][]>();
  for (const rows of pagesOf(sql, 'waiting', ['outage', 'client'])) {
    for (const { outage, client, first_ms, last_ms, tries } of rows) {
      const waiting = { firstMs: Number(first_ms), lastMs: Number(last_ms), tries: Number(tries) };
      const chain = chains.get(Number(outage));
      if (chain === undefined) chains.set(Number(outage), [[String(client), waiting]]);
      else chain.push([String(client), waiting]);
    }
  }
  return sql.all('SELECT * FROM outages ORDER BY from_ms').map((row) => {
    const outage = outageOf(row);
    const chain = chains.get(outage.id) ?? [];
    return { ...outage, clients: new Map(chain.sort(([, one], [, other]) => one.firstMs - other.firstMs)) };
  });
}

export function saveOutage(sql: Sql, outage: OutageRow): void {
  const { id, server, port, cause, triedPort, fromMs, told, telling, suspected } = outage;
  const progress = telling && JSON.stringify(telling);
  // Not replaced: that would look for its clients, however many wait.
  sql.run(
    `INSERT INTO outages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
       server = excluded.server, port = excluded.port, cause = excluded.cause, tried_port = excluded.tried_port,
       from_ms = excluded.from_ms, told = excluded.told, telling = excluded.telling, suspected = excluded.suspected`,
    ...[id, server, port, cause, triedPort, fromMs, told ? 1 : 0, progress, suspected ? 1 : 0],
  );
}

/** So many of those who waited for it wait no more; returns how many there were. */
export function emptyOutage(sql: Sql, id: number, most: number): number {
  return sql.run(
    `DELETE FROM waiting WHERE outage = ?1 AND client IN (SELECT client FROM waiting WHERE outage = ?1 LIMIT ?2)`,
    ...[id, most],
  );
}

export function removeOutage(sql: Sql, id: number): void {
  sql.run('DELETE FROM waiting WHERE outage = ?', id);
  sql.run('DELETE FROM outages WHERE id = ?', id);
}

/** Who waits for that outage, or waits there still. */
export function saveClients(
  sql: Sql,
  outage: number,
  clients: readonly (readonly [client: string, waiting: WaitingRow])[],
): void {
  runForMany(sql, SAVE, clients, ([client, waiting]) => [outage, client, ...valuesOf(waiting)]);
}

function valuesOf({ firstMs, lastMs, tries }: WaitingRow) {
  return [firstMs, lastMs, tries];
}

export function removeClients(sql: Sql, outage: number, clients: readonly string[]): void {
  runForMany(sql, REMOVE, clients, (client) => [client], [outage]);
}

function outageOf(row: Row): OutageRow {
  return {
    id: Number(row.id),
    server: String(row.server),
    port: Number(row.port),
    cause: String(row.cause) as Cause,
    triedPort: Number(row.tried_port),
    fromMs: Number(row.from_ms),
    told: row.told === 1,
    suspected: row.suspected === 1,
    telling: row.telling === null ? null : tellingOf(JSON.parse(String(row.telling))),
  };
}

/** An older version called people "told", and did not know who was not. */
function tellingOf(
  json: Omit<TellingState, 'people' | 'untold'> & Partial<TellingState> & { told?: number },
): TellingState {
  const { told = 0, people = told, untold = null, ...rest } = json;
  return { ...rest, people, untold };
}
