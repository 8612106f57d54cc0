/** What is not on disk yet, and which of it goes there next: what is there now before what is there no more. */
import { nameOf, type Target } from '../net/target.ts';
import type { PastOutage } from '../store/history.ts';
import type { ServiceRow } from '../store/services.ts';
import type { Outage } from './outages.ts';

/** What the history says of it; `told`: its people are told, and the row that says so stays. */
type Removal = PastOutage | null | 'told';

type OfOutage = readonly [outage: Outage, clients: readonly string[]];

/** Some of it. */
export interface UnsavedPart {
  readonly outages: readonly Outage[];
  /** Who waits, and who waits no more. */
  readonly here: readonly OfOutage[];
  readonly gone: readonly OfOutage[];
  /** Those without a time are removed. */
  readonly services: readonly (ServiceRow | Target)[];
  readonly removed: readonly (readonly [outage: Outage, how: Removal])[];
  /** How many rows of those who waited for what is removed may go with it. */
  readonly room: number;
}

class Clients {
  readonly #clients = new Map<Outage, Set<string>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(outage: Outage, client: string): void {
    const clients = this.#clients.get(outage);
    if (clients === undefined) this.#clients.set(outage, new Set([client]));
    else if (clients.has(client)) return;
    else clients.add(client);
    this.#size++;
  }

  delete(outage: Outage, client: string): void {
    const clients = this.#clients.get(outage);
    if (clients?.delete(client) !== true) return;
    this.#size--;
    if (clients.size === 0) this.#clients.delete(outage);
  }

  deleteAll(outage: Outage): void {
    this.#size -= this.#clients.get(outage)?.size ?? 0;
    this.#clients.delete(outage);
  }

  some(most: number): OfOutage[] {
    const some: OfOutage[] = [];
    let left = most;
    for (const [outage, clients] of this.#clients) {
      if (left === 0) break;
      const first = firstOf(clients, left);
      some.push([outage, first]);
      left -= first.length;
    }
    return some;
  }
}

export class Unsaved {
  readonly #outages = new Set<Outage>();
  readonly #here = new Clients();
  readonly #gone = new Clients();
  readonly #services = new Map<string, ServiceRow | Target>();
  readonly #removed = new Map<Outage, Removal>();

  get size(): number {
    return this.#outages.size + this.#here.size + this.#gone.size + this.#services.size + this.#removed.size;
  }

  outage(outage: Outage): void {
    this.#outages.add(outage);
  }

  client(outage: Outage, client: string): void {
    const [now, before] = outage.clients.has(client) ? [this.#here, this.#gone] : [this.#gone, this.#here];
    before.delete(outage, client);
    now.add(outage, client);
  }

  service(row: ServiceRow | Target): void {
    this.#services.set(nameOf(row), row);
  }

  remove(outage: Outage, how: Removal): void {
    this.forget(outage);
    this.#removed.set(outage, how);
  }

  /** There is nothing to be written of it. */
  forget(outage: Outage): void {
    this.#outages.delete(outage);
    this.#here.deleteAll(outage);
    this.#gone.deleteAll(outage);
  }

  /**
   * What is written next, so many rows of it. Whoever waits for another outage now is written there first: between two parts
   * he is at both, and never at none.
   */
  part(most: number): UnsavedPart {
    let room = most;
    const rowsOf = (all: readonly OfOutage[]): number =>
      all.reduce((rows, [, clients]) => rows + clients.length, 0);
    const outages = firstOf(this.#outages, room);
    room -= outages.length;
    const here = this.#here.some(room);
    room -= rowsOf(here);
    const services = firstOf(this.#services.values(), room);
    room -= services.length;
    const gone = this.#gone.some(room);
    room -= rowsOf(gone);
    return { outages, here, services, gone, removed: firstOf(this.#removed, room), room };
  }

  /** That is on disk, and of what was removed so many. */
  saved({ outages, here, gone, services, removed }: UnsavedPart, done: number): void {
    for (const outage of outages) this.#outages.delete(outage);
    for (const [outage, clients] of here) for (const client of clients) this.#here.delete(outage, client);
    for (const [outage, clients] of gone) for (const client of clients) this.#gone.delete(outage, client);
    for (const row of services) this.#services.delete(nameOf(row));
    for (const [outage] of removed.slice(0, done)) this.#removed.delete(outage);
  }
}

function firstOf<Item>(items: Iterable<Item>, most: number): Item[] {
  const first: Item[] = [];
  if (most === 0) return first;
  for (const item of items) if (first.push(item) === most) break;
  return first;
}
