/** Somebody has set the machine's clock, as routers without a battery do when they have found a time server. */
import type { Log } from '../log/log.ts';
import { hurryFailed } from '../store/outbox.ts';
import type { Time } from '../time.ts';
import type { RecordState } from './records.ts';

interface ClockSetOptions {
  readonly store: RecordState;
  readonly outbox: { reconfigured(): void };
  readonly log: Log;
  readonly time: Pick<Time, 'wallMs'>;
}

export interface ClockAnswer {
  /** ISO 8601; null: it is certainly wrong. */
  readonly now: string | null;
}

/**
 * No decision hangs on that clock. But mail servers whose certificates were not valid yet are tried at once, and what the
 * dates of this start of the machine are made from is on disk from now on.
 */
export function clockSet({ store, outbox, log, time }: ClockSetOptions): ClockAnswer {
  store.write((sql) => hurryFailed(sql, store.clock.nowMs()));
  const now = store.clock.dateOf(store.clock.nowMs())?.toISOString() ?? null;
  log.info('clock.set', { now: now ?? new Date(time.wallMs()).toISOString(), plausible: now !== null });
  outbox.reconfigured();
  return { now };
}
