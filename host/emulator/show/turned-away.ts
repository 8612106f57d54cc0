/** Clients that tried a server out of reach, and failed: the first ones one by one, the others counted. */
import type { Directory } from '../truth/witness.ts';

interface TurnedAwayClient {
  readonly client: number;
  readonly service: number;
  /** When his first try began. */
  readonly firstUs: number;
  tries: number;
}

const MAX_ROWS = 200;

export class TurnedAway {
  #isOne: Uint8Array;
  /** Different clients. */
  count = 0;
  readonly #rows = new Map<string, TurnedAwayClient>();

  constructor(directory: Directory) {
    this.#isOne = new Uint8Array(Math.max(1, directory.clients));
  }

  get rows(): readonly TurnedAwayClient[] {
    return [...this.#rows.values()];
  }

  /** All of them, by their numbers. */
  *clients(): Iterable<number> {
    for (let client = 0; client < this.#isOne.length; client++) if (this.#isOne[client] === 1) yield client;
  }

  add(client: number, service: number, sinceUs: number): void {
    if (this.#isOne[client] !== 1) this.#first(client);
    // Once it is full, nobody is looked for.
    if (this.#rows.size === MAX_ROWS && this.count > MAX_ROWS) return;
    const key = `${client} ${service}`;
    const known = this.#rows.get(key);
    if (known !== undefined) known.tries++;
    else if (this.#rows.size < MAX_ROWS) this.#rows.set(key, { client, service, firstUs: sinceUs, tries: 1 });
  }

  #first(client: number): void {
    if (client >= this.#isOne.length) {
      const larger = new Uint8Array(client * 2 + 1);
      larger.set(this.#isOne);
      this.#isOne = larger;
    }
    this.#isOne[client] = 1;
    this.count++;
  }
}
