/** Who waits for what the fabric says of a probe. */
import type { FabricEvent } from '../fabric/records.ts';
import { nameOf, type Target } from '../net/target.ts';
import type { Time } from '../time.ts';

type ProbeEvent = Extract<FabricEvent, { kind: 'asking' | 'asked' }>;

/** How long the fabric may take. */
const ANSWER_MS = 3000;

export class ProbeAnswers {
  readonly #time: Time;
  /** Whether there is a fabric to say anything. */
  #isThere = false;
  /** By what they wait for, and its target. */
  readonly #waiting = new Map<string, (event: ProbeEvent | null) => void>();

  constructor(time: Time) {
    this.#time = time;
  }

  /** The next event of that kind about the target; null when it does not come, at once without a fabric. */
  next<Kind extends ProbeEvent['kind']>(
    kind: Kind,
    target: Target,
  ): Promise<Extract<ProbeEvent, { kind: Kind }> | null> {
    if (!this.#isThere) return Promise.resolve(null);
    const name = `${kind} ${nameOf(target)}`;
    return new Promise((resolve) => {
      const timer = this.#time.after(ANSWER_MS, () => answer(null));
      const answer = (event: ProbeEvent | null): void => {
        timer.cancel();
        this.#waiting.delete(name);
        resolve(event as Extract<ProbeEvent, { kind: Kind }> | null);
      };
      this.#waiting.set(name, answer);
    });
  }

  take(event: ProbeEvent): void {
    this.#waiting.get(`${event.kind} ${nameOf(event)}`)?.(event);
  }

  /** A probe was refused: the first one that waits, for those before it have been answered. */
  refuse(): void {
    const first = [...this.#waiting].find(([name]) => name.startsWith('asking '));
    first?.[1](null);
  }

  /** There is a fabric. */
  begin(): void {
    this.#isThere = true;
  }

  /** There is none any more. */
  drop(): void {
    this.#isThere = false;
    for (const answer of [...this.#waiting.values()]) answer(null);
  }
}
