/** Time that the test turns, for the whole program. What follows from one moment has happened before the next one comes. */
import type { Time } from '../../../host/time.ts';
import { FakeTime } from '../fake-time.ts';

const START_MS = 10_000_000;

export class TownTime extends FakeTime {
  /** How often the program was killed. */
  #kills = 0;
  #immediates: (() => void)[] = [];

  /** What the program is given: nothing that it waits for comes after it was killed. */
  readonly port: Time = {
    nowMs: () => this.nowMs(),
    wallMs: () => this.wallMs(),
    boot: () => this.boot(),
    after: (waitMs, action) => this.after(waitMs, this.#unlessKilled(action)),
    every: (periodMs, action) => this.every(periodMs, this.#unlessKilled(action)),
    settled: () => new Promise((resolve) => void this.#immediates.push(resolve)),
  };

  constructor() {
    super(START_MS);
  }

  /** The program was killed. */
  forget(): void {
    this.#kills++;
    this.#immediates = [];
  }

  protected override async settle(): Promise<void> {
    do {
      for (const action of this.#immediates.splice(0)) action();
      await new Promise<void>((resolve) => void setImmediate(resolve));
    } while (this.#immediates.length > 0);
  }

  #unlessKilled(action: () => void): () => void {
    const kills = this.#kills;
    return () => {
      if (kills === this.#kills) action();
    };
  }
}
