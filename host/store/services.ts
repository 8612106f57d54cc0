/** Services that have answered somebody, on disk: what is silent and never answered anybody may be none. */
import type { Sql } from './database.ts';

/** Times are milliseconds of the state's clock. */
export interface ServiceRow {
  readonly server: string;
  readonly port: number;
  /** When it answered a client last, as far as it was said. */
  readonly heardMs: number;
  /** Whether it answers this machine's own connections, too; null: not known. */
  readonly admitted: boolean | null;
  /** When that was asked last. */
  readonly askedMs: number | null;
}

/** The one heard of last comes last. */
export function loadServices(sql: Sql): ServiceRow[] {
  return sql.all('SELECT * FROM services ORDER BY heard_ms').map((row) => ({
    server: String(row.server),
    port: Number(row.port),
    heardMs: Number(row.heard_ms),
    admitted: row.admitted === null ? null : row.admitted === 1,
    askedMs: row.asked_ms === null ? null : Number(row.asked_ms),
  }));
}

export function saveService(sql: Sql, { server, port, heardMs, admitted, askedMs }: ServiceRow): void {
  const isAdmitted = admitted === null ? null : admitted ? 1 : 0;
  sql.run(
    'INSERT OR REPLACE INTO services VALUES (?, ?, ?, ?, ?)',
    server,
    port,
    heardMs,
    isAdmitted,
    askedMs,
  );
}

export function removeService(sql: Sql, server: string, port: number): void {
  sql.run('DELETE FROM services WHERE server = ? AND port = ?', server, port);
}
