/** Outages that are over. */
import type { Sql } from './database.ts';

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
  /** Who waited at the end, and who of them was told. */
  readonly clients: number;
  readonly told: number;
}

/** The latest so many are kept. */
const CAPACITY = 10_000;

export function addToHistory(sql: Sql, outage: PastOutage): void {
  const { server, port, cause, sign, fromMs, toMs, clients, told } = outage;
  sql.run(
    'INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ...[server, port, cause, sign, fromMs, toMs, clients, told],
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

/** The latest ones, latest first. */
export function listHistory(sql: Sql, limit: number): PastOutage[] {
  return sql.all('SELECT * FROM history ORDER BY to_ms DESC, rowid DESC LIMIT ?', limit).map((row) => ({
    server: String(row.server),
    port: Number(row.port),
    cause: String(row.cause),
    sign: row.sign === null ? null : String(row.sign),
    fromMs: Number(row.from_ms),
    toMs: Number(row.to_ms),
    clients: Number(row.clients),
    told: Number(row.told),
  }));
}
