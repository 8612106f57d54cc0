/**
 * Since when each service answers or does not, path included: the truth. A time in which nobody gets an answer is a spell of it.
 */

/** Microseconds; `toUs` null: it is not over. */
export interface Spell {
  readonly fromUs: number;
  toUs: number | null;
}

const NONE: readonly Spell[] = [];

export class Spells {
  readonly #answers: Uint8Array;
  readonly #isOpen: Uint8Array;
  /** Since when it has been as it is. */
  readonly #sinceUs: Float64Array;
  readonly #spells = new Map<number, Spell[]>();

  /** At the beginning every path is open and nothing answers, until that is said. */
  constructor(services: number) {
    this.#answers = new Uint8Array(services);
    this.#isOpen = new Uint8Array(services).fill(1);
    this.#sinceUs = new Float64Array(services);
  }

  answers(service: number, answers: boolean, nowUs: number): boolean {
    return this.#change(service, this.#answers, answers, nowUs);
  }

  path(service: number, isOpen: boolean, nowUs: number): boolean {
    return this.#change(service, this.#isOpen, isOpen, nowUs);
  }

  /** Whether who gets there is answered. */
  isUp(service: number): boolean {
    return this.#answers[service] === 1 && this.#isOpen[service] === 1;
  }

  /** Since when it answers, or does not. */
  sinceUs(service: number): number {
    return this.#sinceUs[service] ?? 0;
  }

  /** In order; the last one may go on. A service that has never answered is in one since the beginning. */
  of(service: number): readonly Spell[] {
    const spells = this.#spells.get(service);
    if (spells !== undefined) return spells;
    return this.isUp(service) ? NONE : [{ fromUs: 0, toUs: null }];
  }

  get services(): number {
    return this.#answers.length;
  }

  /** Those that were ever down after they had been up, or came up late. */
  get troubled(): Iterable<number> {
    return this.#spells.keys();
  }

  /** The place of the spell in which that moment lies; -1: it answered then. */
  at(service: number, us: number): number {
    const spells = this.of(service);
    for (let at = spells.length - 1; at >= 0; at--) {
      const { fromUs, toUs } = spells[at] as Spell;
      if (fromUs > us) continue;
      return toUs === null || us < toUs ? at : -1;
    }
    return -1;
  }

  /** Whether it answered all of that time. */
  wasUp(service: number, fromUs: number, toUs: number): boolean {
    return this.first(service, fromUs, toUs) < 0;
  }

  /** The place of the first spell of which a part lies in that time; -1: none does. */
  first(service: number, fromUs: number, toUs: number): number {
    const spells = this.of(service);
    let found = -1;
    for (let at = spells.length - 1; at >= 0; at--) {
      const spell = spells[at] as Spell;
      if (spell.toUs !== null && spell.toUs <= fromUs) break;
      if (spell.fromUs <= toUs) found = at;
    }
    return found;
  }

  #change(service: number, column: Uint8Array, is: boolean, nowUs: number): boolean {
    const wasUp = this.isUp(service);
    column[service] = is ? 1 : 0;
    if (this.isUp(service) === wasUp) return false;
    const spells = this.#spells.get(service) ?? [];
    if (!wasUp) this.#end(service, spells, nowUs);
    else {
      spells.push({ fromUs: nowUs, toUs: null });
      this.#spells.set(service, spells);
    }
    this.#sinceUs[service] = nowUs;
    return true;
  }

  #end(service: number, spells: Spell[], nowUs: number): void {
    const last = spells.at(-1);
    // What answers from the beginning was never down.
    if (last !== undefined) last.toUs = nowUs;
    else if (nowUs > 0) this.#spells.set(service, [{ fromUs: 0, toUs: nowUs }]);
    // What changes for no time at all has not changed.
    if (last !== undefined && last.fromUs === nowUs) spells.pop();
  }
}
