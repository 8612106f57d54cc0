/**
 * Turns a world's calendar. What the program does in answer to one entry has happened before the next one comes: after an entry
 * that has touched it, the event loop goes round until nothing is left to do at this moment.
 */
import type { Time } from '../../time.ts';
import type { Calendar } from './calendar.ts';

/** So many entries at most between two turns of the event loop: signals and keys are heard. */
const BREATH = 10_000;

export class Loop {
  readonly #calendar: Calendar;
  readonly #machine: Pick<Time, 'settled'>;
  #isStirred = false;
  /** What somebody does at this moment and has not finished. */
  #held = 0;
  #turns: (() => void)[] = [];

  /** `machine`: whose event loop it is. */
  constructor(calendar: Calendar, machine: Pick<Time, 'settled'>) {
    this.#calendar = calendar;
    this.#machine = machine;
  }

  /** It stays this moment until what is returned is called: something takes turns of the event loop that nobody can count. */
  hold(): () => void {
    let isHeld = true;
    this.#held++;
    this.stir();
    return () => {
      if (isHeld) this.#held--;
      isHeld = false;
    };
  }

  /** The program was touched: promises of its may be about to resolve. */
  stir(): void {
    this.#isStirred = true;
  }

  /** Resolves when what is on its way at this moment has arrived. */
  turn(): Promise<void> {
    this.stir();
    return new Promise((resolve) => void this.#turns.push(resolve));
  }

  /** Until it is that time, or `isOver`, which is looked at after each entry that touched the program. */
  async run(untilUs: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      // Everything that follows from this moment happens; there is no function for it, as each of its calls would leave promises.
      do {
        this.#isStirred = false;
        if (this.#turns.length > 0) for (const resolve of this.#turns.splice(0)) resolve();
        await this.#machine.settled();
      } while (this.#isStirred || this.#held > 0 || this.#turns.length > 0);
      if (isOver()) return;
      if (!this.#pass(untilUs)) {
        this.#calendar.nowUs = Math.max(this.#calendar.nowUs, untilUs);
        return;
      }
    }
  }

  /** Entries by that time until one touches the program, or it is time to breathe; false: there is none any more. */
  #pass(untilUs: number): boolean {
    const calendar = this.#calendar;
    for (let entries = 0; entries < BREATH; entries++) {
      if (!calendar.next(untilUs)) return this.#isStirred;
      if (this.#isStirred) return true;
    }
    return true;
  }
}
