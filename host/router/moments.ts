/** When something was so last, by name. Bounded, for who sends packets chooses the names: the oldest ones are forgotten. */
export class Moments {
  readonly #most: number;
  /** The one noted last comes last. */
  readonly #noted = new Map<string, number>();

  constructor(most = 4096) {
    this.#most = most;
  }

  note(name: string, ms: number): void {
    this.#noted.delete(name);
    this.#noted.set(name, ms);
    const [oldest] = this.#noted.keys();
    if (this.#noted.size > this.#most && oldest !== undefined) this.#noted.delete(oldest);
  }

  /** Before all times if it never was. */
  of(name: string): number {
    return this.#noted.get(name) ?? Number.NEGATIVE_INFINITY;
  }
}
