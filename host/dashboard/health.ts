/** Whether all is well, for monitors and for whoever balances load. */

import type { Meter } from './meter.ts';
import type { Readings } from './watched.ts';

/** As the draft of `application/health+json` has them. */
type Verdict = 'pass' | 'warn' | 'fail';

interface Health {
  readonly status: Verdict;
  readonly checks: Readonly<Record<string, Verdict>>;
}

/** Of the outbox, before somebody should look after it. */
const FULL = 0.8;

export function healthOf(readings: Readings, { isRefused }: Pick<Meter, 'isRefused'>): Health {
  const { counters, state, notices, outboxCapacity, interfaces } = readings;
  const checks: Record<string, Verdict> = {
    dataPlane: counters === null ? 'fail' : 'pass',
    interfaces: interfaces.every(({ up }) => up) ? 'pass' : 'warn',
    state: state.reason === null ? 'pass' : 'warn',
    mailServer: isRefused ? 'warn' : 'pass',
    outbox: notices.pending > FULL * outboxCapacity ? 'warn' : 'pass',
  };
  const found = Object.values(checks);
  const status = found.includes('fail') ? 'fail' : found.includes('warn') ? 'warn' : 'pass';
  return { status, checks };
}
