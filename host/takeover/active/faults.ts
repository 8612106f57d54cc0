/** What is wrong with an active at the moment. */
import type { Ports } from '../ports/ports.ts';
import type { MoveCause } from '../protocol/messages.ts';

export interface Fault {
  readonly reason: string;
  readonly cause: MoveCause;
  /** null: all addresses. */
  readonly addresses: readonly string[] | null;
}

export class Faults {
  readonly #tell: Ports['tell'];
  readonly #known = new Map<string, Fault>();

  constructor(tell: Ports['tell']) {
    this.#tell = tell;
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  get reasons(): string[] {
    return [...this.#known.values()].map(({ reason }) => reason);
  }

  /** Something is wrong, or (null) not any more. `key` tells one thing from another. Returns whether it is a new fault. */
  set(key: string, fault: Fault | null): boolean {
    const before = this.#known.get(key);
    if (fault === null) {
      if (this.#known.delete(key)) {
        this.#tell('info', 'takeover.healthy', { reason: before?.reason, faults: this.#known.size });
      }
      return false;
    }
    this.#known.set(key, fault);
    if (before !== undefined) return false;
    this.#tell('warn', 'takeover.fault', { reason: fault.reason });
    return true;
  }

  /** The fault that an address suffers from, if it does. */
  of(address: string): Fault | null {
    for (const fault of this.#known.values()) {
      if (fault.addresses === null || fault.addresses.includes(address)) return fault;
    }
    return null;
  }
}
