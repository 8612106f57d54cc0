/** What was noted last by name, and no more than so much: whoever sends packets chooses the names. */
export class Latest<Value> {
  readonly #most: number;
  /** The one noted last comes last. */
  readonly #values = new Map<string, Value>();

  constructor(most = 4096) {
    this.#most = most;
  }

  get(name: string): Value | undefined {
    return this.#values.get(name);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  note(name: string, value: Value): void {
    this.#values.delete(name);
    this.#values.set(name, value);
    if (this.#values.size <= this.#most) return;
    const [oldest] = this.#values.keys();
    if (oldest !== undefined) this.#values.delete(oldest);
  }
}
