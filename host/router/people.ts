/** Whose mail address is known: those that the operator names and those who registered; and who wants no notices. */
import { notifierOf } from '../config/router/via.ts';
import type { Language, RouterConfiguration } from '../config/types.ts';
import { foldMailAddress, mailOwner } from '../net/mail-address.ts';
import type { Unsubscribed } from '../store/unsubscribed.ts';
import type { Outage } from './outages.ts';
import { atOnce, eachOf } from './portions.ts';

/** A client whose mail address is known. */
export interface Person {
  readonly address: string;
  readonly mail: string;
  /** null: that of `notify.language`. */
  readonly language: Language | null;
  /** When the address was given on the page; not set for the configuration's own clients. */
  readonly registeredMs?: number;
}

/** Somebody who registered. */
export interface Registered extends Person {
  readonly registeredMs: number;
}

/** All that are known at a client, or only those who registered there. */
export type Whose = 'all' | 'registered';

type Named = Pick<Person, 'address' | 'mail'>;

/** Lists by a name; empty ones take no place. */
class Lists<Item> {
  readonly #lists = new Map<string, Item[]>();

  of(name: string): readonly Item[] {
    return this.#lists.get(name) ?? [];
  }

  get names(): Iterable<string> {
    return this.#lists.keys();
  }

  add(name: string, item: Item): void {
    const list = this.#lists.get(name);
    if (list === undefined) this.#lists.set(name, [item]);
    else list.push(item);
  }

  /** Takes out the first that is meant. */
  remove(name: string, isMeant: (item: Item) => boolean): void {
    const list = this.#lists.get(name);
    const at = list?.findIndex(isMeant) ?? -1;
    if (at < 0) return;
    if (list?.length === 1) this.#lists.delete(name);
    else list?.splice(at, 1);
  }
}

/** Whom the operator names. */
export class NamedPeople {
  readonly #people = new Map<string, Person>();
  readonly #addresses = new Lists<string>();

  /** Very many of them, in parts. */
  static *of(clients: readonly Person[]): Generator<void, NamedPeople> {
    const named = new NamedPeople();
    yield* eachOf(clients, (person) => {
      named.#people.set(person.address, person);
      named.#addresses.add(mailOwner(person.mail), person.address);
    });
    return named;
  }

  at(client: string): Person | undefined {
    return this.#people.get(client);
  }

  /** Where he is by his owner's name; nowhere if he is not named. */
  addressesOf(owner: string): readonly string[] {
    return this.#addresses.of(owner);
  }
}

/**
 * Several people may share an address (NAT): each has a registration of his own there. The operator's word goes before
 * that of whoever registered the same mail address.
 */
export class People {
  #configuration: RouterConfiguration;
  #named: NamedPeople;
  readonly #registered = new Lists<Registered>();
  /** Where each owner of a mail address registered. */
  readonly #addresses = new Lists<string>();
  /** Owners of mail addresses who want no notices any more; and those whom an older version knew. */
  readonly #stopped: Set<string>;
  readonly #stoppedFolded: ReadonlySet<string>;
  /** Who said that he wants to be told on. */
  readonly #confirmed: Set<string>;

  constructor(
    configuration: RouterConfiguration,
    {
      registered,
      stopped,
      confirmed,
    }: {
      /** The oldest first. */
      registered: readonly Registered[];
      stopped: Unsubscribed;
      confirmed: ReadonlySet<string>;
    },
  ) {
    this.#configuration = configuration;
    this.#stopped = new Set(stopped.owners);
    this.#stoppedFolded = stopped.folded;
    this.#confirmed = new Set(confirmed);
    for (const person of registered) this.add(person);
    this.#named = atOnce(NamedPeople.of(configuration.clients));
  }

  /** `named` are those of this configuration. */
  reconfigure(configuration: RouterConfiguration, named: NamedPeople): void {
    this.#configuration = configuration;
    this.#named = named;
  }

  /** Somebody registered, later than all others. */
  add(person: Registered): void {
    this.#registered.add(person.address, person);
    this.#addresses.add(mailOwner(person.mail), person.address);
  }

  /** A registration that another one has displaced. */
  remove({ address, mail }: Named): void {
    this.#registered.remove(address, (one) => one.mail === mail);
    this.#addresses.remove(mailOwner(mail), (one) => one === address);
  }

  /** Everybody who is to be told when this client was turned away, but for those who want no notices. */
  at(client: string, whose: Whose = 'all'): readonly Person[] {
    return this.#all(client, whose).filter(({ mail }) => !this.isStopped(mail));
  }

  /** Who is not to be told there because he wants no notices. */
  stoppedAt(client: string, whose: Whose): readonly Person[] {
    return this.#all(client, whose).filter(({ mail }) => this.isStopped(mail));
  }

  #all(client: string, whose: Whose): readonly Person[] {
    const named = whose === 'all' ? this.#named.at(client) : undefined;
    const registered = this.#registered.of(client);
    if (registered.length === 0) return named === undefined ? [] : [named];
    const own = named === undefined ? null : mailOwner(named.mail);
    const all = [...(named === undefined ? [] : [named]), ...registered];
    return all.filter((person) => person === named || mailOwner(person.mail) !== own);
  }

  /** Whether a mail address of this client is known, wanted or not. */
  knows(client: string, whose: Whose = 'all'): boolean {
    return (whose === 'all' && this.isNamed(client)) || this.isRegistered(client);
  }

  /** Whose client it is by the operator's word; null: he names nobody there. */
  ownerNamedAt(client: string): string | null {
    const person = this.#named.at(client);
    return person === undefined ? null : mailOwner(person.mail);
  }

  /** Whether somebody waits for it who can be told. */
  isAwaited({ server, clients }: Pick<Outage, 'server' | 'clients'>): boolean {
    // Whether its notifier knows their addresses is not known here.
    if (clients.size > 0 && notifierOf(this.#configuration, server) !== null) return true;
    for (const client of clients.keys()) if (this.knows(client)) return true;
    return false;
  }

  /** Whether the operator names it. */
  isNamed(client: string): boolean {
    return this.#named.at(client) !== undefined;
  }

  /** Whether somebody there gave his mail address to this router. */
  isRegistered(client: string): boolean {
    return this.#registered.of(client).length > 0;
  }

  /** When somebody registered there last; before all times if nobody did. */
  lastRegisteredMs(client: string): number {
    return this.#registered.of(client).at(-1)?.registeredMs ?? Number.NEGATIVE_INFINITY;
  }

  /** Clients at which somebody registered. */
  get registeredClients(): Iterable<string> {
    return this.#registered.names;
  }

  /** All clients of a mail address, however it is written there. */
  addressesOf(mail: string): readonly string[] {
    const owner = mailOwner(mail);
    return [...this.#named.addressesOf(owner), ...this.#addresses.of(owner)];
  }

  /** Nothing goes to this mail address any more. */
  stop(mail: string): void {
    this.#stopped.add(mailOwner(mail));
  }

  /** Its owner wants notices, again or on. */
  allow(mail: string): void {
    this.#stopped.delete(mailOwner(mail));
    this.#confirmed.add(mailOwner(mail));
  }

  /** Whether it is its owner, or the operator, who wants notices there. */
  isConfirmed(mail: string): boolean {
    const owner = mailOwner(mail);
    return this.#confirmed.has(owner) || this.#named.addressesOf(owner).length > 0;
  }

  isStopped(mail: string): boolean {
    const owner = mailOwner(mail);
    if (this.#stopped.has(owner)) return true;
    return this.#stoppedFolded.has(foldMailAddress(mail)) && !this.#confirmed.has(owner);
  }
}
