/** How long a neighbour is believed after it has been heard of: one time for all of an interface and an IP version, drawn now and then. */
import type { Calendar } from '../kernel/calendar.ts';
import type { Stream } from '../kernel/streams.ts';

/** Half and one and a half of `base_reachable_time`. */
const MIN_US = 15_000_000;
const RANGE_US = 30_000_000;
const REDRAW_US = 300_000_000;

export class ReachableTimes {
  readonly #calendar: Calendar;
  readonly #stream: Stream;
  readonly #us: number[] = [];
  readonly #drawnUs: number[] = [];

  constructor(calendar: Calendar, stream: Stream) {
    this.#calendar = calendar;
    this.#stream = stream;
  }

  us(group: number): number {
    const { nowUs } = this.#calendar;
    const known = this.#us[group];
    if (known !== undefined && nowUs - (this.#drawnUs[group] as number) < REDRAW_US) return known;
    const us = MIN_US + this.#stream.below(RANGE_US);
    this.#us[group] = us;
    this.#drawnUs[group] = nowUs;
    return us;
  }
}
