/** Outages that are over. */
import { waitingForRoom } from './collecting.ts';
import type { Sql } from './database.ts';
import { type Fates, fatesOf, handedOverBy } from './fates.ts';

/** Times are milliseconds of the state's clock. */
export interface PastOutage {
  readonly server: string;
  /** 0: the host as a whole. */
  readonly port: number;
  readonly cause: string;
  /** What showed that it was back; null when nobody was left who waited for that. */
  readonly sign: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** Clients that waited at the end, and people who are to be told: whoever has a mail address, once. */
  readonly clients: number;
  readonly people: number;
  /** The name under which is counted what became of them; null: nobody was to be told, or an older version knew. */
  readonly telling: string | null;
  /** null: an older version did not know. */
  readonly untold: Untold | null;
}

/** Why others are not told: clients of whom nobody's mail address is known, and people who are not told elsewhere. */
export interface Untold {
  readonly noAddress: number;
  /** Tried too long ago to matter; of a list also clients. */
  readonly stale: number;
  /** Said that they want no notices. */
  readonly stopped: number;
  /**
   * Clients on a list of whom nobody's mail address is known here: whoever gets it knows whether to tell them. Not set by an
   * older version, which counted all on a list as people.
   */
  readonly handedOver?: number;
}

/** With what has become of those who were to be told. */
interface ToldOutage extends PastOutage {
  /** null: nobody has counted. */
  readonly fates: Fates | null;
  /** What became of the lists with clients that were handed over; null: nobody has counted. */
  readonly handedOverFates: Fates | null;
  /** Of those who are not told yet, how many wait because they had as many mails as allowed. */
  readonly limited: number;
}

/** The latest so many are kept. */
const CAPACITY = 10_000;

export function addToHistory(sql: Sql, outage: PastOutage): void {
  const { server, port, cause, sign, fromMs, toMs, clients, people, telling, untold } = outage;
  sql.run(
    'INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[server, port, cause, sign, fromMs, toMs, clients, people],
    ...[telling, untold === null ? null : JSON.stringify(untold)],
  );
  sql.run('DELETE FROM history WHERE rowid <= (SELECT max(rowid) FROM history) - ?', CAPACITY);
}

/** The latest outage of these ports of a server that ended because it was back. */
export function latestRecovery(
  sql: Sql,
  server: string,
  ports: readonly number[],
): Pick<PastOutage, 'fromMs' | 'toMs'> | null {
  const row = sql.get(
    `SELECT from_ms, to_ms FROM history
     WHERE server = ? AND sign IS NOT NULL AND port IN (SELECT value FROM json_each(?))
     ORDER BY to_ms DESC LIMIT 1`,
    ...[server, JSON.stringify(ports)],
  );
  return row === null ? null : { fromMs: Number(row.from_ms), toMs: Number(row.to_ms) };
}

/** Those that ended after that moment, latest first. */
export function endedAfter(
  sql: Sql,
  ms: number,
  limit: number,
): Pick<PastOutage, 'server' | 'port' | 'cause' | 'fromMs' | 'toMs'>[] {
  const query =
    'SELECT server, port, cause, from_ms, to_ms FROM history WHERE to_ms > ? ORDER BY to_ms DESC LIMIT ?';
  return sql.all(query, ms, limit).map((row) => ({
    server: String(row.server),
    port: Number(row.port),
    cause: String(row.cause),
    fromMs: Number(row.from_ms),
    toMs: Number(row.to_ms),
  }));
}

/** All that ended within a time, its end with it. */
export interface EndedWithin {
  readonly outages: number;
  /** Of all together. */
  readonly downMs: number;
  readonly clients: number;
  readonly people: number;
}

export function endedBetween(sql: Sql, fromMs: number, toMs: number): EndedWithin {
  const row = sql.get(
    `SELECT count(*) AS outages, total(to_ms - from_ms) AS down, total(clients) AS clients, total(told) AS people
     FROM history WHERE to_ms > ? AND to_ms <= ?`,
    ...[fromMs, toMs],
  );
  const { outages, down, clients, people } = row ?? {};
  return {
    outages: Number(outages ?? 0),
    downMs: Number(down ?? 0),
    clients: Number(clients ?? 0),
    people: Number(people ?? 0),
  };
}

/**
 * The latest ones, latest first; of one server, or of all. `countsLimited`: how many wait for room is counted, for which all of
 * them are gone through; otherwise none are said to.
 */
export function listHistory(
  sql: Sql,
  limit: number,
  server: string | null = null,
  countsLimited = true,
): ToldOutage[] {
  const limited = countsLimited ? limitedTellings(sql) : new Map<string, number>();
  const order = 'ORDER BY to_ms DESC, rowid DESC LIMIT ?';
  const rows =
    server === null
      ? sql.all(`SELECT * FROM history ${order}`, limit)
      : sql.all(`SELECT * FROM history WHERE server = ? ${order}`, server, limit);
  return rows.map((row) => {
    const telling = row.telling === null ? null : String(row.telling);
    return {
      server: String(row.server),
      port: Number(row.port),
      cause: String(row.cause),
      sign: row.sign === null ? null : String(row.sign),
      fromMs: Number(row.from_ms),
      toMs: Number(row.to_ms),
      clients: Number(row.clients),
      people: Number(row.told),
      telling,
      untold: row.untold === null ? null : (JSON.parse(String(row.untold)) as Untold),
      fates: telling === null ? null : fatesOf(sql, telling),
      handedOverFates: telling === null ? null : fatesOf(sql, handedOverBy(telling)),
      limited: limited.get(telling ?? '') ?? 0,
    };
  });
}

/** How many wait for room, by what they are to be told. */
function limitedTellings(sql: Sql): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { items } of waitingForRoom(sql)) {
    for (const { tellings = [] } of items) {
      for (const telling of tellings) counts.set(telling, (counts.get(telling) ?? 0) + 1);
    }
  }
  return counts;
}
