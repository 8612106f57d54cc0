/** The times that machines were up, on disk: what the state's clock goes on from. */
import type { Epoch } from './clock.ts';
import type { Row, Sql } from './database.ts';

/** Moments that were the present when they were written. */
const WRITTEN = [
  ['outages', 'from_ms'],
  ['waiting', 'last_ms'],
  ['registrations', 'registered_ms'],
  ['outbox', 'finished_ms'],
  ['history', 'to_ms'],
  ['stopped', 'stopped_ms'],
  ['lists', 'received_ms'],
  ['mailed', 'at_ms'],
  ['confirmed', 'confirmed_ms'],
  ['services', 'heard_ms'],
] as const;

/** Oldest first. */
export function loadEpochs(sql: Sql): Epoch[] {
  const epochs = sql.all('SELECT * FROM epochs ORDER BY start_ms').map(epochOf);
  if (epochs.length > 0 && sql.get("SELECT 1 FROM aside WHERE place = 'epochs'") === null) return epochs;
  // One was lost: all that is known happened before now.
  const times = WRITTEN.map(([table, column]) => sql.number(`SELECT max(${column}) FROM ${table}`));
  const lastMs = Math.max(0, ...times);
  const known = epochs.at(-1);
  if (lastMs <= (known?.lastMs ?? 0)) return epochs;
  const startMs = known?.lastMs ?? 0;
  return [...epochs, { boot: '-', startMs, baseMs: startMs, lastMs, wallMs: null }];
}

export function saveEpochs(sql: Sql, epochs: readonly Epoch[]): void {
  const [oldest] = epochs;
  const current = epochs.at(-1);
  if (oldest === undefined || current === undefined) return;
  const { startMs, boot, baseMs, lastMs, wallMs } = current;
  sql.run('INSERT OR REPLACE INTO epochs VALUES (?, ?, ?, ?, ?)', startMs, boot, baseMs, lastMs, wallMs);
  sql.run('DELETE FROM epochs WHERE start_ms < ?', oldest.startMs);
}

function epochOf(row: Row): Epoch {
  return {
    boot: String(row.boot),
    startMs: Number(row.start_ms),
    baseMs: Number(row.base_ms),
    lastMs: Number(row.last_ms),
    wallMs: row.wall_ms === null ? null : Number(row.wall_ms),
  };
}
