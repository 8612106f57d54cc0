/** Tables 71a and 72b on disk: which servers are down, and who waits for them. */
import type { Cause } from '../fabric/records.ts';
import type { Row, Sql, Value } from './database.ts';
import type { Untold } from './history.ts';

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

/** Rows in one statement: of a crowd there are many, and each statement costs about as much as two of them. */
const AT_ONCE = 32;
// Not replaced: that would look again whether there is such an outage.
const saving = (rows: number): string =>
  `INSERT INTO waiting VALUES ${Array(rows).fill('(?, ?, ?, ?, ?)').join(', ')} ON CONFLICT (outage, client)
     DO UPDATE SET first_ms = excluded.first_ms, last_ms = excluded.last_ms, tries = excluded.tries`;
const removing = (rows: number): string =>
  `DELETE FROM waiting WHERE outage = ? AND client IN (${Array(rows).fill('?').join(', ')})`;
const [SAVE_ONE, SAVE_MANY] = [saving(1), saving(AT_ONCE)];
const [REMOVE_ONE, REMOVE_MANY] = [removing(1), removing(AT_ONCE)];

export function loadOutages(sql: Sql): StoredOutage[] {
  const clients = new Map<number, Map<string, WaitingRow>>();
  for (const row of sql.all('SELECT * FROM waiting ORDER BY outage, first_ms')) {
    const outage = Number(row.outage);
    const chain = clients.get(outage) ?? new Map<string, WaitingRow>();
    clients.set(outage, chain);
    chain.set(String(row.client), {
      firstMs: Number(row.first_ms),
      lastMs: Number(row.last_ms),
      tries: Number(row.tries),
    });
  }
  return sql.all('SELECT * FROM outages ORDER BY from_ms').map((row) => {
    const outage = outageOf(row);
    return { ...outage, clients: clients.get(outage.id) ?? new Map() };
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

export function removeOutage(sql: Sql, id: number): void {
  sql.run('DELETE FROM waiting WHERE outage = ?', id);
  sql.run('DELETE FROM outages WHERE id = ?', id);
}

export function saveClient(sql: Sql, outage: number, client: string, waiting: WaitingRow): void {
  saveClients(sql, outage, [[client, waiting]]);
}

/** Many of them, in as few statements as there can be. */
export function saveClients(
  sql: Sql,
  outage: number,
  clients: readonly (readonly [client: string, waiting: WaitingRow])[],
): void {
  for (const some of portions(clients)) {
    const values: Value[] = [];
    for (const [client, { firstMs, lastMs, tries }] of some)
      values.push(outage, client, firstMs, lastMs, tries);
    sql.run(some.length === 1 ? SAVE_ONE : SAVE_MANY, ...values);
  }
}

export function removeClients(sql: Sql, outage: number, clients: readonly string[]): void {
  for (const some of portions(clients))
    sql.run(some.length === 1 ? REMOVE_ONE : REMOVE_MANY, outage, ...some);
}

export function removeClient(sql: Sql, outage: number, client: string): void {
  removeClients(sql, outage, [client]);
}

/** As many as one statement takes; what is left over, one by one. */
function portions<Item>(items: readonly Item[]): Item[][] {
  const whole = items.length - (items.length % AT_ONCE);
  const all: Item[][] = [];
  for (let from = 0; from < whole; from += AT_ONCE) all.push(items.slice(from, from + AT_ONCE));
  for (let at = whole; at < items.length; at++) all.push([items[at] as Item]);
  return all;
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
