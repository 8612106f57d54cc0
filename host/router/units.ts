/** People who wait: each once, wherever he tried, and together with those with whom he shares a machine. */
import { mailOwner } from '../net/mail-address.ts';
import { bothTries, type Waiting } from './outages.ts';
import type { Person } from './people.ts';
import { eachOf } from './portions.ts';

/** Somebody who is to be told. */
export interface Awaiting {
  /** As the operator names him, or as he registered. */
  readonly person: Person;
  /** Where he tried, that of `person` first. */
  readonly clients: readonly string[];
  /** All these tries. */
  readonly waiting: Waiting;
}

/** Clients whose people must be told at the same time, and who that is. */
export interface Unit {
  readonly clients: readonly string[];
  readonly awaiting: readonly Awaiting[];
}

/** What is known of somebody. */
interface Found {
  /** null: none of his tries matters. */
  person: Person | null;
  /** Where one does. */
  readonly told: string[];
  readonly clients: string[];
  waiting: Waiting;
}

export class Units {
  /** By the owners of their mail addresses. */
  readonly #found = new Map<string, Found>();

  /** He waits at that address. `matters`: whether his try there is one to be told of. */
  add(person: Person, waiting: Waiting, matters: boolean): void {
    const owner = mailOwner(person.mail);
    const found = this.#found.get(owner) ?? { person: null, told: [], clients: [], waiting };
    this.#found.set(owner, found);
    found.clients.push(person.address);
    if (!matters) return;
    found.waiting = found.person === null ? waiting : bothTries(found.waiting, waiting);
    // The operator's word goes before that of whoever registered, and the first before those that follow.
    if (found.person === null || isBetter(person, found.person)) found.person = person;
    found.told.push(person.address);
  }

  /**
   * Those who are told, in the order in which they came. Their clients include those at which a try did not matter: whoever
   * was told must not be found there later.
   */
  *all(): Generator<void, Unit[]> {
    const machines = new Machines();
    const people: { readonly person: Person; readonly found: Found }[] = [];
    yield* eachOf(this.#found.values(), (found) => {
      const { person, clients } = found;
      if (person === null) return;
      people.push({ person, found });
      machines.join(clients);
    });
    const units = new Map<string, { clients: string[] | Set<string>; readonly awaiting: Awaiting[] }>();
    yield* eachOf(people, ({ person, found: { told, clients, waiting } }) => {
      const others = told.filter((client) => client !== person.address);
      const awaiting = { person, clients: [person.address, ...others], waiting };
      const name = machines.nameOf(person.address);
      const unit = units.get(name);
      // Most are alone at their machine, and of a crowd each set would cost as much as all else.
      if (unit === undefined) units.set(name, { clients, awaiting: [awaiting] });
      else {
        unit.awaiting.push(awaiting);
        const all = unit.clients instanceof Set ? unit.clients : new Set(unit.clients);
        for (const client of clients) all.add(client);
        unit.clients = all;
      }
    });
    const all: Unit[] = [];
    yield* eachOf(units.values(), ({ clients, awaiting }) => {
      all.push({ clients: [...new Set(clients)], awaiting });
    });
    return all;
  }
}

function isBetter(person: Person, other: Person): boolean {
  return person.registeredMs === undefined && other.registeredMs !== undefined;
}

/** Which clients belong together (disjoint sets, the path to a name halved whenever it is gone). */
class Machines {
  readonly #above = new Map<string, string>();

  join([first, ...others]: readonly string[]): void {
    if (first === undefined) return;
    for (const other of others) this.#above.set(this.nameOf(other), this.nameOf(first));
  }

  /** One of them, the same for all of them. */
  nameOf(client: string): string {
    let at = client;
    for (;;) {
      const above = this.#above.get(at) ?? at;
      if (above === at) return at;
      const next = this.#above.get(above) ?? above;
      this.#above.set(at, next);
      at = next;
    }
  }
}
