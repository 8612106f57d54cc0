/**
 * Keeps a long run small: V8 lets what is dead lie as long as it finds memory, which in a day of half a million people doubles what
 * is needed. What a world does hangs on none of it.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Actor, Calendar } from './calendar.ts';

/** So often in a run it is looked at. */
const LOOKS = 400;
/** What may have come since the last time. */
const MAX_BYTES = 128 << 20;

export class Sweeper implements Actor {
  readonly #calendar: Calendar;
  readonly #actor: number;
  readonly #everyUs: number;
  readonly #endUs: number;
  #keptBytes = getHeapStatistics().used_heap_size;
  #sweep: (() => void) | null = null;

  constructor(calendar: Calendar, endUs: number) {
    this.#calendar = calendar;
    this.#actor = calendar.admit(this);
    this.#endUs = endUs;
    this.#everyUs = Math.ceil(endUs / LOOKS);
    this.#wait();
  }

  happens(): void {
    if (getHeapStatistics().used_heap_size - this.#keptBytes > MAX_BYTES) {
      this.#sweep ??= collector();
      this.#sweep();
      this.#keptBytes = getHeapStatistics().used_heap_size;
    }
    this.#wait();
  }

  #wait(): void {
    const nextUs = this.#calendar.nowUs + this.#everyUs;
    if (nextUs <= this.#endUs) this.#calendar.enter(nextUs, this.#actor, 0, 0);
  }
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return typeof collect === 'function' ? () => void collect() : () => {};
}
