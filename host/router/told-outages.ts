/** Outages that were told, until the fabric has forgotten them, and who came to one of them meanwhile. */

import { nameOf, type Target } from '../net/target.ts';
import type { Outage, Waiting } from './outages.ts';
import type { Journal } from './ports.ts';

export class ToldOutages {
  readonly #journal: Pick<Journal, 'remove'>;
  readonly #outages = new Map<string, Outage>();
  readonly #held = new Set<Outage>();
  /** Who came to a chain after it was handed out, until the fabric says whether the outage goes on. */
  readonly #late = new Map<string, Map<string, Waiting>>();

  constructor(journal: Pick<Journal, 'remove'>) {
    this.#journal = journal;
  }

  /** An earlier process told it, or was about to: then it is held. */
  resume(outage: Outage, { isHeld = false }: { isHeld?: boolean } = {}): void {
    this.#outages.set(nameOf(outage), outage);
    if (isHeld) this.#held.add(outage);
  }

  /** It is held until all are told who waited; these came late. */
  add(outage: Outage, late: Map<string, Waiting>): void {
    this.resume(outage, { isHeld: true });
    this.#late.set(nameOf(outage), late);
  }

  /** Whether there are people of it who were not told yet: until then the fabric keeps them, and so does the disk. */
  isHeld(outage: Outage): boolean {
    return this.#held.has(outage);
  }

  /** All are told. Returns whether the fabric still has to forget it. */
  release(outage: Outage): boolean {
    this.#held.delete(outage);
    const isThere = this.get(outage) === outage;
    if (!isThere) this.#journal.remove(outage, null);
    return isThere;
  }

  all(): Outage[] {
    return [...this.#outages.values()];
  }

  get(target: Target): Outage | undefined {
    return this.#outages.get(nameOf(target));
  }

  late(target: Target): Map<string, Waiting> | undefined {
    return this.#late.get(nameOf(target));
  }

  /** As `late`; from now on they are somebody else's. */
  takeLate(target: Target): Map<string, Waiting> | undefined {
    const clients = this.late(target);
    this.#late.delete(nameOf(target));
    return clients;
  }

  /** The fabric has forgotten it. */
  delete(target: Target): void {
    const outage = this.get(target);
    if (outage === undefined) return;
    this.#outages.delete(nameOf(target));
    if (!this.isHeld(outage)) this.#journal.remove(outage, null);
  }

  /** The fabric knows of nothing any more. Returns those to which somebody came late, with these as its clients. */
  clear(): Outage[] {
    const goOn: Outage[] = [];
    for (const outage of this.#outages.values()) {
      const clients = this.late(outage);
      if (clients !== undefined && clients.size > 0) goOn.push({ ...outage, clients });
      if (!this.isHeld(outage)) this.#journal.remove(outage, null);
    }
    this.#outages.clear();
    this.#late.clear();
    return goOn;
  }
}
