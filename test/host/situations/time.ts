/**
 * Time that the test turns, for the whole program: its timers, the promises that wait for them, and the kernel's clock. What
 * follows from one moment has happened before the next one comes.
 */
import type { TestContext } from 'node:test';
import timersPromises from 'node:timers/promises';
import { replace } from './replace.ts';

const { setImmediate: turn } = globalThis;
const START_MS = 10_000_000;

interface Timer {
  dueMs: number;
  readonly waitMs: number;
  readonly action: () => void;
  readonly isRepeated: boolean;
  isGone: boolean;
  /** Whether it ends with the program. */
  readonly isPrograms: boolean;
}

/** What Node gives out for a timer. */
interface Handle {
  timer: Timer;
  refresh(): Handle;
  ref(): Handle;
  unref(): Handle;
}

export class Time {
  nowMs = START_MS;
  /** By when they are due: those that are gone, too, until it is their turn. */
  #timers: Timer[] = [];
  #immediates: (() => void)[] = [];

  constructor(test: TestContext) {
    const repeat = (action: () => void, waitMs = 0): Handle => this.#handle(action, waitMs, true);
    const after = (action: () => void, waitMs = 0): Handle => this.#handle(action, waitMs, false);
    const stop = (handle: Handle | undefined | null): void => {
      if (handle) handle.timer.isGone = true;
    };
    const replaced = { setTimeout: after, setInterval: repeat, clearTimeout: stop, clearInterval: stop };
    const immediate = (action: () => void): void => void this.#immediates.push(action);
    replace(test, globalThis, { ...replaced, setImmediate: immediate });
    replace(test, timersPromises, { setTimeout: this.#sleep.bind(this) });
    replace(test, process.hrtime, { bigint: () => BigInt(Math.round(this.nowMs * 1_000_000)) });
  }

  /** In so many milliseconds, whatever becomes of the program. */
  after(waitMs: number, action: () => void): void {
    this.#add({
      dueMs: this.nowMs + waitMs,
      waitMs,
      action,
      isRepeated: false,
      isPrograms: false,
      isGone: false,
    });
  }

  every(waitMs: number, action: () => void): void {
    this.#add({
      dueMs: this.nowMs + waitMs,
      waitMs,
      action,
      isRepeated: true,
      isPrograms: false,
      isGone: false,
    });
  }

  /** The program was killed: nothing that it waits for comes any more. */
  forget(): void {
    this.#timers = this.#timers.filter(({ isPrograms }) => !isPrograms);
    this.#immediates = [];
  }

  async pass(seconds: number): Promise<void> {
    const endMs = this.nowMs + seconds * 1000;
    await this.settle();
    for (let next = this.#timers[0]; next !== undefined && next.dueMs <= endMs; next = this.#timers[0]) {
      this.#timers.shift();
      if (next.isGone) continue;
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      if (next.isRepeated) this.#add(Object.assign(next, { dueMs: this.nowMs + next.waitMs }));
      next.action();
      await this.settle();
    }
    this.nowMs = endMs;
  }

  /** Everything that follows from what has happened has happened, too. */
  async settle(): Promise<void> {
    do {
      for (const action of this.#immediates.splice(0)) action();
      await new Promise<void>((resolve) => turn(resolve));
    } while (this.#immediates.length > 0);
  }

  #handle(action: () => void, waitMs: number, isRepeated: boolean): Handle {
    const add = (): Timer => {
      const dueMs = this.nowMs + waitMs;
      return this.#add({ dueMs, waitMs, action, isRepeated, isPrograms: true, isGone: false });
    };
    const handle: Handle = {
      timer: add(),
      ref: () => handle,
      unref: () => handle,
      refresh: () => {
        handle.timer.isGone = true;
        handle.timer = add();
        return handle;
      },
    };
    return handle;
  }

  #sleep<T>(waitMs: number, value: T, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
    return new Promise((resolve, reject) => {
      const { timer } = this.#handle(
        () => {
          signal?.removeEventListener('abort', abort);
          resolve(value);
        },
        waitMs,
        false,
      );
      const abort = (): void => {
        timer.isGone = true;
        reject(signal?.reason);
      };
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Behind those that are due at the same time. */
  #add(timer: Timer): Timer {
    let [from, to] = [0, this.#timers.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#timers[middle]?.dueMs ?? 0) <= timer.dueMs) from = middle + 1;
      else to = middle;
    }
    this.#timers.splice(from, 0, timer);
    return timer;
  }
}
