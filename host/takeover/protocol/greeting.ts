/** An active greets its standby until it is answered, ever more seldom. */
import type { Time, Timer } from '../../time.ts';

const FIRST_MS = 100;
const MAX_MS = 1000;
/** A knock that is sent again makes no flood of answers. */
const KNOCK_MS = 100;

/** Those that are to be answered. */
export class Knocks {
  readonly #time: Time;
  #answeredMs = Number.NEGATIVE_INFINITY;

  constructor(time: Time) {
    this.#time = time;
  }

  admits(): boolean {
    const nowMs = this.#time.nowMs();
    if (nowMs - this.#answeredMs < KNOCK_MS) return false;
    this.#answeredMs = nowMs;
    return true;
  }
}

export class Greeting {
  readonly #time: Time;
  readonly #say: () => void;
  #timer: Timer | null = null;
  #waitMs = FIRST_MS;
  #saidMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(time: Time, say: () => void) {
    this.#time = time;
    this.#say = say;
  }

  /** Says it at once. */
  begin(): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#saidMs = this.#time.nowMs();
    this.#say();
    this.#timer = this.#time.after(this.#waitMs, () => this.begin());
    this.#waitMs = Math.min(this.#waitMs * 2, MAX_MS);
  }

  /** The standby says that it is there. */
  knocked(): void {
    if (this.#time.nowMs() - this.#saidMs >= KNOCK_MS) this.begin();
  }

  answered(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#waitMs = FIRST_MS;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
