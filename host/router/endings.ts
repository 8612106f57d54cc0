/** Outages that were told, until the fabric has forgotten them, and who came to one of them meanwhile. */
import type { Target } from '../fabric/records.ts';
import { nameOf, type Outage, type Waiting } from './outages.ts';
import type { Journal } from './ports.ts';

export class Endings {
  readonly #journal: Pick<Journal, 'remove'>;
  readonly #outages = new Map<string, Outage>();
  /** Who came to a chain after it was handed out, until the fabric says whether the outage goes on. */
  readonly #late = new Map<string, Map<string, Waiting>>();
  /** Of the outages, those for which the fabric was asked to say everything again. */
  #owed: ReadonlyMap<string, Outage> = new Map();

  constructor(journal: Pick<Journal, 'remove'>) {
    this.#journal = journal;
  }

  /** An earlier process told it. */
  resume(outage: Outage): void {
    this.#outages.set(nameOf(outage), outage);
  }

  /** It was told just now; who still is in it came late. */
  add(outage: Outage): void {
    this.resume(outage);
    this.#late.set(nameOf(outage), outage.clients);
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
    this.#journal.remove(outage, null);
  }

  /** The fabric knows of nothing any more. Returns those to which somebody came late, with these as its clients. */
  clear(): Outage[] {
    const goOn: Outage[] = [];
    for (const outage of this.#outages.values()) {
      const clients = this.late(outage);
      if (clients !== undefined && clients.size > 0) goOn.push({ ...outage, clients });
      this.#journal.remove(outage, null);
    }
    this.#outages.clear();
    this.#late.clear();
    return goOn;
  }

  /** The fabric will say everything again. */
  beginSync(): void {
    this.#owed = new Map(this.#outages);
  }

  /** Those that the fabric should have mentioned if it has not forgotten them. */
  owed(): Outage[] {
    return [...this.#owed.values()].filter((outage) => this.get(outage) === outage);
  }
}
