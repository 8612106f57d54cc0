/** The addresses for which the fabric listens whether somebody else says that he has them. */
import type { Command } from '../../fabric/records.ts';

interface ClaimsOptions {
  /** For how many the fabric has room. */
  readonly most: () => number;
  readonly hardwareOf: (adapter: string) => string | null;
  readonly send: (command: Command) => void;
}

export class Claims {
  readonly #options: ClaimsOptions;
  /** The adapter of each. The fabric knows of those that are here longest. */
  readonly #adapters = new Map<string, string>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  has(address: string): boolean {
    return this.#adapters.has(address);
  }

  /** False while there is no room for it: who has it is not heard. */
  put(adapter: string, address: string): boolean {
    this.#adapters.set(address, adapter);
    const isKnown = this.#adapters.size <= this.#options.most() || this.#known().includes(address);
    if (isKnown) this.#send(address, adapter);
    return isKnown;
  }

  delete(address: string): void {
    const { most, send } = this.#options;
    const wasFull = this.#adapters.size > most();
    const isKnown = !wasFull || this.#known().includes(address);
    if (!this.#adapters.delete(address) || !isKnown) return;
    send({ kind: 'unclaim', address });
    const next = wasFull ? this.#known().at(-1) : undefined;
    if (next !== undefined) this.#send(next, this.#adapters.get(next) ?? '');
  }

  /** The fabric has begun anew, and knows of nothing. */
  sendAll(): void {
    for (const address of this.#known()) this.#send(address, this.#adapters.get(address) ?? '');
  }

  #known(): string[] {
    return [...this.#adapters.keys()].slice(0, this.#options.most());
  }

  #send(address: string, adapter: string): void {
    const hardware = this.#options.hardwareOf(adapter);
    // On each adapter: whoever contradicts may be heard on another one first.
    if (hardware !== null) this.#options.send({ kind: 'claim', address, hardware, interface: 0 });
  }
}
