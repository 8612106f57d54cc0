/** An instruction over a network that may lose it: said again, ever more seldom, until it is answered. */
import type { Time, Timer } from '../../time.ts';

const FIRST_MS = 10;
const MAX_MS = 320;
/** Then the other side counts as not there. */
const GIVE_UP_MS = 2000;

export class Retransmission {
  readonly #time: Time;
  readonly #send: () => void;
  readonly #onGivenUp: () => void;
  readonly #sinceMs: number;
  #waitMs = FIRST_MS;
  #timer: Timer | null = null;

  /** Says it at once. */
  constructor(time: Time, send: () => void, onGivenUp: () => void) {
    this.#time = time;
    this.#send = send;
    this.#onGivenUp = onGivenUp;
    this.#sinceMs = time.nowMs();
    this.#say();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #say(): void {
    this.#send();
    this.#timer = this.#time.after(this.#waitMs, () => {
      if (this.#time.nowMs() - this.#sinceMs >= GIVE_UP_MS) this.#onGivenUp();
      else this.#say();
    });
    this.#waitMs = Math.min(this.#waitMs * 2, MAX_MS);
  }
}
