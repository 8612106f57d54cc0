/** A log of what strangers can cause as often as they like: one line a minute for each kind, with the count. */

import type { Time, Timer } from '../time.ts';
import type { Event, FieldsOf, LevelOf } from './events.ts';
import type { Log } from './log.ts';

const QUIET_MS = 60_000;

interface Kind {
  timer: Timer;
  /** Occurrences since the last line. */
  count: number;
  say: (count: number) => void;
}

export class RateLimitedLog {
  readonly #log: Log;
  readonly #time: Time;
  readonly #kinds = new Map<Event, Kind>();

  constructor(log: Log, time: Time) {
    this.#log = log;
    this.#time = time;
  }

  /** Logs the first occurrence at once; those of the next minute become one line when it is over. */
  note<E extends Event>(level: LevelOf<E>, event: E, fields: FieldsOf<E>): void {
    const say = (count: number): void => this.#log.at(level, event, { ...fields, count });
    const known = this.#kinds.get(event);
    if (known !== undefined) {
      known.count += 1;
      known.say = say;
      return;
    }
    say(1);
    const timer = this.#time.every(QUIET_MS, () => this.#minuteOver(event)).unref();
    this.#kinds.set(event, { timer, count: 0, say });
  }

  #minuteOver(event: Event): void {
    const kind = this.#kinds.get(event);
    if (kind === undefined) return;
    if (kind.count === 0) {
      kind.timer.cancel();
      this.#kinds.delete(event);
      return;
    }
    kind.say(kind.count);
    kind.count = 0;
  }

  close(): void {
    for (const kind of this.#kinds.values()) kind.timer.cancel();
    this.#kinds.clear();
  }
}
