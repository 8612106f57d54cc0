/** What strangers can cause as often as they like is no reason to flood the log: so many lines a second, then a sum. */
import type { Fields, Log } from './log.ts';

/** More than any real second brings. */
const LINES_A_SECOND = 100;
const SECOND_MS = 1000;

export class BurstLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  #secondMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #left = 0;

  constructor(log: Log, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  info(event: string, fields: Fields): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#secondMs >= SECOND_MS) {
      if (this.#left > 0) this.#log.warn('log.suppressed', { lines: this.#left });
      this.#secondMs = nowMs;
      this.#lines = 0;
      this.#left = 0;
    }
    if (++this.#lines <= LINES_A_SECOND) this.#log.info(event, fields);
    else this.#left++;
  }
}
