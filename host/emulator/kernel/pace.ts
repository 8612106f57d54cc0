/** How fast a world goes by beside the machine's clock: as fast as it can, so many times as fast as that, or not at all. */
import { pause, type Time } from '../../time.ts';
import type { Calendar } from './calendar.ts';
import type { Loop } from './loop.ts';

interface PaceOptions {
  /** The machine's. */
  readonly time: Time;
  readonly calendar: Calendar;
  readonly loop: Loop;
  /** Seconds of the world in one of the machine's; null: as fast as it can. */
  readonly speed: number | null;
}

/** So often it is looked how late it is. */
const STEP_MS = 20;
/** Faster than that is as fast as it can. */
export const MAX_SPEED = 100_000;
const MIN_SPEED = 1 / 16;

export class Pace {
  readonly #options: PaceOptions;
  #speed: number | null;
  #isPaused = false;
  /** Which moment of the machine's which moment of the world is. */
  #sinceMs: number;
  #sinceUs: number;
  isOver = false;

  constructor(options: PaceOptions) {
    const { time, calendar, speed } = options;
    this.#options = options;
    this.#speed = speed;
    this.#sinceMs = time.nowMs();
    this.#sinceUs = calendar.nowUs;
  }

  /** null: as fast as it can. */
  get speed(): number | null {
    return this.#speed;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#anew();
  }

  faster(): void {
    if (this.#speed !== null) this.#set(this.#speed * 2);
  }

  slower(): void {
    this.#set(this.#speed === null ? MAX_SPEED : this.#speed / 2);
  }

  /** Until it is that time in the world, or over. */
  async run(endUs: number): Promise<void> {
    const { time, calendar, loop } = this.#options;
    this.#anew();
    while (!this.isOver && calendar.nowUs < endUs) {
      const untilUs = Math.min(endUs, this.#dueUs());
      await loop.run(untilUs, () => this.isOver || this.#isPaused);
      if (this.isOver || calendar.nowUs >= endUs) break;
      if (this.#isPaused || this.#speed !== null) await pause(time, STEP_MS);
    }
  }

  /** How far the world may be by now. */
  #dueUs(): number {
    const { time, calendar } = this.#options;
    if (this.#isPaused) return calendar.nowUs;
    if (this.#speed === null) return Number.POSITIVE_INFINITY;
    return this.#sinceUs + Math.floor((time.nowMs() - this.#sinceMs) * 1000 * this.#speed);
  }

  #set(speed: number): void {
    this.#speed = speed >= MAX_SPEED * 2 ? null : Math.max(MIN_SPEED, speed);
    this.#anew();
  }

  #anew(): void {
    const { time, calendar } = this.#options;
    this.#sinceMs = time.nowMs();
    this.#sinceUs = calendar.nowUs;
  }
}
