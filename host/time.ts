/**
 * Time, for rooms that look at no clock of the machine's and set no timer of Node's themselves: they are given one of these, and
 * with another one the whole program runs on another clock.
 */
import { readFileSync } from 'node:fs';

export interface Timer {
  /** It does not come any more. */
  cancel(): void;
  /** The program may end without it. */
  unref(): this;
}

export interface Time {
  /** Monotonic: milliseconds since the machine was started. */
  nowMs(): number;
  /** Milliseconds since 1970 by the wall clock, which may be wrong, and jump. */
  wallMs(): number;
  /** Another one after every start of the machine. */
  boot(): string;
  /** Calls once, after that time, however long it is. */
  after(waitMs: number, action: () => void): Timer;
  /** Calls again and again; not for more than 24 days. */
  every(periodMs: number, action: () => void): Timer;
  /** Resolves a turn of the event loop later: what has arrived by now has been heard. */
  settled(): Promise<void>;
}

/** What is asked of an AbortSignal. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', action: () => void): void;
  removeEventListener(type: 'abort', action: () => void): void;
}

/** An AbortController without events: where there are thousands in a minute, those cost more than what is stopped. */
export class Stop implements StopSignal {
  #isAborted = false;
  readonly #actions = new Set<() => void>();

  get aborted(): boolean {
    return this.#isAborted;
  }

  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    for (const action of this.#actions) action();
    this.#actions.clear();
  }

  addEventListener(_type: 'abort', action: () => void): void {
    if (!this.#isAborted) this.#actions.add(action);
  }

  removeEventListener(_type: 'abort', action: () => void): void {
    this.#actions.delete(action);
  }
}

/** Waits, or returns early when aborted. */
export function pause(time: Time, waitMs: number, signal?: StopSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = time.after(waitMs, end);
    if (signal?.aborted) end();
    else signal?.addEventListener('abort', end);
  });
}

/** Node's timers take no more: a longer wait comes at once. */
const MAX_MS = 2 ** 31 - 1;

class MachineTimer implements Timer {
  #timeout: NodeJS.Timeout;
  #isNeeded = true;

  constructor(waitMs: number, action: () => void) {
    this.#timeout = this.#set(waitMs, action);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }

  unref(): this {
    this.#isNeeded = false;
    this.#timeout.unref();
    return this;
  }

  #set(waitMs: number, action: () => void): NodeJS.Timeout {
    if (waitMs <= MAX_MS) return setTimeout(action, waitMs);
    return setTimeout(() => {
      this.#timeout = this.#set(waitMs - MAX_MS, action);
      if (!this.#isNeeded) this.#timeout.unref();
    }, MAX_MS);
  }
}

class MachineInterval implements Timer {
  readonly #interval: NodeJS.Timeout;

  constructor(periodMs: number, action: () => void) {
    this.#interval = setInterval(action, periodMs);
  }

  cancel(): void {
    clearInterval(this.#interval);
  }

  unref(): this {
    this.#interval.unref();
    return this;
  }
}

/** The machine's. */
export const machineTime: Time = {
  nowMs: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  wallMs: () => Date.now(),
  boot: () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
  after: (waitMs, action) => new MachineTimer(waitMs, action),
  every: (periodMs, action) => new MachineInterval(periodMs, action),
  settled: () => new Promise((resolve) => void setImmediate(resolve)),
};

/** So many turns are taken before it is looked whether something has come from outside. */
const TURNS_AT_ONCE = 16;

/**
 * `settled` for whoever takes one turn after the other and awaits little from outside: what promises wait for has happened after each
 * turn, and what comes from outside is heard after some.
 */
export function quickTurns(): () => Promise<void> {
  let left = 0;
  let go: (() => void) | null = null;
  const turn = (): void => {
    left--;
    const resolve = go;
    go = null;
    resolve?.();
  };
  return () =>
    new Promise((resolve) => {
      const before = go;
      go =
        before === null
          ? resolve
          : () => {
              before();
              resolve();
            };
      for (; left < 1; left += TURNS_AT_ONCE) for (let at = 0; at < TURNS_AT_ONCE; at++) setImmediate(turn);
    });
}
