/** What people do when a page does not come: how long they wait, and whether they try again; and what a program does by itself. */
import { Spans } from '../kernel/draw.ts';
import type { Stream } from '../kernel/streams.ts';
import type { PeoplePlan } from '../scenario/types.ts';
import type { TryEnd } from '../truth/witness.ts';
import type { Stack } from './stacks.ts';

/** Of a host with a name: it tries when the script says so. */
export const NO_HABIT = 255;

interface Habit {
  readonly patience: Spans;
  readonly after: Spans;
  readonly times: number;
  readonly chance: number;
}

/** A visit that has failed. */
interface Failed {
  readonly habit: number;
  readonly end: TryEnd;
  /** Tries of the same person that may follow, and reloads of the program that have been. */
  readonly left: number;
  readonly reload: number;
}

interface NextTry {
  readonly waitUs: number;
  readonly left: number;
  readonly reload: number;
}

export class Habits {
  readonly #habits: readonly Habit[];
  readonly #stream: Stream;

  constructor(plans: readonly PeoplePlan[], stream: Stream) {
    this.#stream = stream;
    this.#habits = plans.map(({ patience, again }) => ({
      patience: new Spans(patience),
      after: new Spans(again.after),
      times: again.times,
      chance: again.chance,
    }));
  }

  /** How long one of these waits, this time; null: it is nobody's habit. */
  patienceUs(habit: number): number | null {
    return this.#habits[habit]?.patience.draw(this.#stream) ?? null;
  }

  times(habit: number): number {
    return this.#habits[habit]?.times ?? 0;
  }

  /** Whether another try follows, by the program itself or by whoever sits before it. */
  next({ habit, end, left, reload }: Failed, { reloadsUs }: Stack): NextTry | null {
    // Whoever has closed the page gets no reload.
    const reloadUs = end === 'gaveUp' ? undefined : reloadsUs[reload];
    if (reloadUs !== undefined) return { waitUs: reloadUs, left, reload: reload + 1 };
    const own = this.#habits[habit];
    if (own === undefined || left === 0 || this.#stream.fraction() >= own.chance) return null;
    return { waitUs: own.after.draw(this.#stream), left: left - 1, reload: 0 };
  }
}
