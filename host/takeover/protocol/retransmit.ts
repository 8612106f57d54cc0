/** An instruction over a network that may lose it: said again, ever more seldom, until it is answered. */
import type { Clock } from './clock.ts';

const FIRST_MS = 10;
const LONGEST_MS = 320;
/** Then the other side counts as not there. */
const GIVE_UP_MS = 2000;

export class Repeat {
  readonly #clock: Clock;
  readonly #send: () => void;
  readonly #onGivenUp: () => void;
  readonly #sinceMs: number;
  #waitMs = FIRST_MS;
  #cancel: (() => void) | null = null;

  /** Says it at once. */
  constructor(clock: Clock, send: () => void, onGivenUp: () => void) {
    this.#clock = clock;
    this.#send = send;
    this.#onGivenUp = onGivenUp;
    this.#sinceMs = clock.nowMs();
    this.#say();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #say(): void {
    this.#send();
    this.#cancel = this.#clock.after(this.#waitMs, () => {
      if (this.#clock.nowMs() - this.#sinceMs >= GIVE_UP_MS) this.#onGivenUp();
      else this.#say();
    });
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_MS);
  }
}
