/** What the fabric has learnt of services, when somebody asks. */
import type { FabricEvent } from '../fabric/records.ts';
import type { Target } from '../net/target.ts';
import type { Time } from '../time.ts';

/** How long answers of a service take, and for how long it is waited. */
export interface Learnt extends Target {
  /** Of so many of its latest answers. */
  readonly answers: number;
  /** 99 in 100 of them took no longer. */
  readonly withinMs: number;
  readonly waitMs: number;
}

/** How long the fabric may take. */
const ANSWER_MS = 2000;

export class LearntAnswers {
  readonly #time: Time;
  /** What has come of the answer under way; null: there is none. */
  #said: Learnt[] | null = null;
  /** Those who have asked, and the fabric has not come to the end. */
  #waiting: ((learnt: readonly Learnt[] | null) => void)[] = [];

  constructor(time: Time) {
    this.#time = time;
  }

  /** All of it; null: it does not come. `ask` is called if no answer is under way. */
  next(ask: () => void): Promise<readonly Learnt[] | null> {
    return new Promise((resolve) => {
      const timer = this.#time.after(ANSWER_MS, () => {
        this.#waiting = this.#waiting.filter((one) => one !== answer);
        resolve(null);
      });
      const answer = (learnt: readonly Learnt[] | null): void => {
        timer.cancel();
        resolve(learnt);
      };
      this.#waiting.push(answer);
      if (this.#said !== null) return;
      this.#said = [];
      ask();
    });
  }

  take(event: Extract<FabricEvent, { kind: 'learnt' | 'learntEnd' }>): void {
    if (event.kind === 'learntEnd') {
      this.#answer(this.#said);
      return;
    }
    const { server, port, answers, withinUs, waitUs } = event;
    this.#said?.push({ server, port, answers, withinMs: withinUs / 1000, waitMs: waitUs / 1000 });
  }

  /** There is no fabric any more, or some of what it said is lost. */
  drop(): void {
    this.#answer(null);
  }

  #answer(learnt: readonly Learnt[] | null): void {
    this.#said = null;
    for (const answer of this.#waiting.splice(0)) answer(learnt);
  }
}
