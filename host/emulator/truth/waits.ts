/**
 * Tries of people whose mail address is known and that did not just go well: columns, for there may be half a million of them.
 * Tries alike in one spell are one entry.
 */
import type { TryEnd } from './witness.ts';

/** One of them as it is read. */
export interface VainTry {
  readonly client: number;
  readonly service: number;
  /** When the first and the last of its tries began, and when the last ended. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly endUs: number;
  readonly tries: number;
  readonly end: TryEnd;
  /** The spell of the service in which all of it lies; -1: none does from its beginning to its end. */
  readonly spell: number;
}

const NONE = -1;

export class Waits {
  readonly #client: number[] = [];
  readonly #service: number[] = [];
  readonly #firstUs: number[] = [];
  readonly #lastUs: number[] = [];
  readonly #endUs: number[] = [];
  readonly #tries: number[] = [];
  readonly #end: TryEnd[] = [];
  readonly #spell: number[] = [];
  /** How often the program had ended by then. */
  readonly #ends: number[] = [];
  /** The one before of the same person. */
  readonly #before: number[] = [];
  /** By the person's number: his latest. */
  readonly #latest: number[] = [];

  get size(): number {
    return this.#client.length;
  }

  /** `person`: whose it is, numbered from 0 without gaps. `ends`: how often the program has ended so far. */
  add(person: number, wait: Omit<VainTry, 'tries'>, ends: number): void {
    while (this.#latest.length <= person) this.#latest.push(NONE);
    const latest = this.#latest[person] as number;
    if (latest !== NONE && this.#isAlike(latest, wait, ends)) {
      this.#lastUs[latest] = Math.max(this.#lastUs[latest] as number, wait.lastUs);
      this.#endUs[latest] = Math.max(this.#endUs[latest] as number, wait.endUs);
      this.#firstUs[latest] = Math.min(this.#firstUs[latest] as number, wait.firstUs);
      this.#tries[latest] = (this.#tries[latest] as number) + 1;
      return;
    }
    this.#latest[person] = this.#client.length;
    this.#client.push(wait.client);
    this.#service.push(wait.service);
    this.#firstUs.push(wait.firstUs);
    this.#lastUs.push(wait.lastUs);
    this.#endUs.push(wait.endUs);
    this.#tries.push(1);
    this.#end.push(wait.end);
    this.#spell.push(wait.spell);
    this.#ends.push(ends);
    this.#before.push(latest);
  }

  /** In the order in which they ended. */
  of(person: number): VainTry[] {
    const found: VainTry[] = [];
    for (let at = this.#latest[person] ?? NONE; at !== NONE; at = this.#before[at] as number)
      found.push(this.#at(at));
    return found.reverse();
  }

  #isAlike(at: number, { client, service, spell, end }: Omit<VainTry, 'tries'>, ends: number): boolean {
    return (
      spell >= 0 &&
      this.#client[at] === client &&
      this.#service[at] === service &&
      this.#spell[at] === spell &&
      this.#end[at] === end &&
      this.#ends[at] === ends
    );
  }

  #at(at: number): VainTry {
    return {
      client: this.#client[at] as number,
      service: this.#service[at] as number,
      firstUs: this.#firstUs[at] as number,
      lastUs: this.#lastUs[at] as number,
      endUs: this.#endUs[at] as number,
      tries: this.#tries[at] as number,
      end: this.#end[at] as TryEnd,
      spell: this.#spell[at] as number,
    };
  }
}
