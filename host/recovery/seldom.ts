/** A log of what strangers can cause as often as they like: one line a minute for each kind, with the count. */

import type { Fields, Level, Log } from '../log.ts';

const QUIET_MS = 60_000;

interface Kind {
  timer: NodeJS.Timeout;
  /** Occurrences since the last line. */
  count: number;
  fields: Fields;
}

export class SeldomLog {
  readonly #log: Log;
  readonly #kinds = new Map<string, Kind>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Logs the first occurrence at once; those of the next minute become one line when it is over. */
  note(level: Level, event: string, fields: Fields): void {
    const known = this.#kinds.get(event);
    if (known !== undefined) {
      known.count += 1;
      known.fields = fields;
      return;
    }
    this.#log[level](event, { ...fields, count: 1 });
    const timer = setInterval(() => this.#minuteOver(level, event), QUIET_MS).unref();
    this.#kinds.set(event, { timer, count: 0, fields });
  }

  #minuteOver(level: Level, event: string): void {
    const kind = this.#kinds.get(event);
    if (kind === undefined) return;
    if (kind.count === 0) {
      clearInterval(kind.timer);
      this.#kinds.delete(event);
      return;
    }
    this.#log[level](event, { ...kind.fields, count: kind.count });
    kind.count = 0;
  }

  close(): void {
    for (const kind of this.#kinds.values()) clearInterval(kind.timer);
    this.#kinds.clear();
  }
}
