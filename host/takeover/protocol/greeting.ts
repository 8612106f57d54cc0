/** An active greets its standby until it is answered, ever more seldom. */

const FIRST_MS = 100;
const LONGEST_MS = 1000;
/** A knock that is sent again makes no flood of answers. */
const KNOCK_MS = 100;

/** Those that are to be answered. */
export class Knocks {
  #answeredMs = Number.NEGATIVE_INFINITY;

  admits(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#answeredMs < KNOCK_MS) return false;
    this.#answeredMs = nowMs;
    return true;
  }
}

export class Greeting {
  readonly #say: () => void;
  #timer: NodeJS.Timeout | null = null;
  #waitMs = FIRST_MS;
  #saidMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(say: () => void) {
    this.#say = say;
  }

  /** Says it at once. */
  begin(): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#saidMs = performance.now();
    this.#say();
    this.#timer = setTimeout(() => this.begin(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_MS);
  }

  /** The standby says that it is there. */
  knocked(): void {
    if (performance.now() - this.#saidMs >= KNOCK_MS) this.begin();
  }

  answered(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waitMs = FIRST_MS;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
