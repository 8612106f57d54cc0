/** What strangers can cause as often as they like is no reason to flood the log: so many lines a second, then a sum. */
import { SECOND_MS } from '../net/duration.ts';
import type { EventAt, FieldsOf } from './events.ts';
import type { Fields, Log } from './log.ts';

/** Whose lines they are; none is left out for those of others. `own`: of whom the operator knows. */
export type Share = 'own' | 'known' | 'strangers';

/** Of each share; more than any real second brings. */
const LINES_A_SECOND = 100;

export class BurstLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  #secondMs = Number.NEGATIVE_INFINITY;
  readonly #lines = new Map<Share, number>();
  #left = 0;

  constructor(log: Log, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  info<E extends EventAt<'info'>>(event: E, fields: FieldsOf<E>, share: Share = 'strangers'): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#secondMs >= SECOND_MS) {
      if (this.#left > 0) this.#log.warn('log.suppressed', { lines: this.#left });
      this.#secondMs = nowMs;
      this.#lines.clear();
      this.#left = 0;
    }
    const lines = this.#lines.get(share) ?? 0;
    this.#lines.set(share, lines + 1);
    if (lines < LINES_A_SECOND) this.#log.info(event, fields);
    else {
      this.#left++;
      this.#log.unsaid?.('info', event, fields as Fields);
    }
  }
}
