/** The addresses for which the fabric listens whether somebody else says that he has them. */
import type { Command } from '../../fabric/records.ts';

interface ClaimsOptions {
  /** For how many the fabric has room. */
  readonly most: () => number;
  readonly macOf: (ifname: string) => string | null;
  readonly send: (command: Command) => void;
}

export class Claims {
  readonly #options: ClaimsOptions;
  /** The interface of each. The fabric knows of those that are here longest. */
  readonly #interfaces = new Map<string, string>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  has(address: string): boolean {
    return this.#interfaces.has(address);
  }

  /** False while there is no room for it: who has it is not heard. */
  put(ifname: string, address: string): boolean {
    this.#interfaces.set(address, ifname);
    const isKnown = this.#interfaces.size <= this.#options.most() || this.#known().includes(address);
    if (isKnown) this.#send(address, ifname);
    return isKnown;
  }

  delete(address: string): void {
    const { most, send } = this.#options;
    const wasFull = this.#interfaces.size > most();
    const isKnown = !wasFull || this.#known().includes(address);
    if (!this.#interfaces.delete(address) || !isKnown) return;
    send({ kind: 'unclaim', address });
    const next = wasFull ? this.#known().at(-1) : undefined;
    if (next !== undefined) this.#send(next, this.#interfaces.get(next) ?? '');
  }

  /** The fabric has begun anew, and knows of nothing. */
  sendAll(): void {
    for (const address of this.#known()) this.#send(address, this.#interfaces.get(address) ?? '');
  }

  #known(): string[] {
    return [...this.#interfaces.keys()].slice(0, this.#options.most());
  }

  #send(address: string, ifname: string): void {
    const mac = this.#options.macOf(ifname);
    // On each interface: whoever contradicts may be heard on another one first.
    if (mac !== null) this.#options.send({ kind: 'claim', address, hardware: mac, interface: 0 });
  }
}
