/** Who is told of a recovery, and what. */
import { foldMailAddress } from '../config/mail-address.ts';
import { viaOf } from '../config/router/via.ts';
import type { Language, RouterConfiguration } from '../config/types.ts';
import { createNotice } from '../notify/mail.ts';
import type { NewNotice } from '../store/outbox.ts';
import type { Outage, Waiting } from './outages.ts';

/** A client whose mail address is known. */
export interface Person {
  readonly address: string;
  readonly mail: string;
  /** null: that of `notify.language`. */
  readonly language: Language | null;
  /** When the address was given on the page; not set for the configuration's own clients. */
  readonly registeredMs?: number;
}

/** A notice, and how long it may wait for others to the same person. */
export type HeldNotice = NewNotice & { readonly holdMs: number };

/** Outages that have ended together, with everybody who waited. */
export interface Ended {
  readonly server: string;
  readonly recoveredMs: number;
  readonly outages: readonly Outage[];
  readonly clients: ReadonlyMap<string, Waiting>;
}

/** Another outage of which there is a sign that it is over. */
export interface Coming {
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly handedOut: ReadonlyMap<string, Waiting> | undefined;
}

/** With more servers on their way back nobody is asked whose they are: all notices wait for company. */
const MANY_COMING = 64;
/** Two that come back at the same moment are not confirmed at the same moment. */
const SLACK_MS = 1000;

export class Notices {
  readonly #registered: Map<string, Person>;
  #configuration: RouterConfiguration;
  #people: Map<string, Person> = new Map();
  /** All addresses of each mail address. */
  #addresses: Map<string, string[]> = new Map();
  /** Who wants no notices any more: mail addresses in their folded form. */
  readonly #stopped: Set<string>;

  /** The configuration's own clients go before those who registered. */
  constructor(
    configuration: RouterConfiguration,
    { registered, stopped }: { registered: readonly Person[]; stopped: ReadonlySet<string> },
  ) {
    this.#stopped = new Set(stopped);
    this.#registered = new Map(registered.map((person) => [person.address, person]));
    this.#configuration = configuration;
    this.reconfigure(configuration);
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
    const people = [...this.#registered.values(), ...configuration.clients];
    this.#people = new Map(people.map((person) => [person.address, person]));
    this.#addresses = new Map();
    for (const person of this.#people.values()) this.#index(person);
  }

  /** Somebody registered. */
  add(person: Person): void {
    this.#registered.set(person.address, person);
    if (this.#configuration.clients.some(({ address }) => address === person.address)) return;
    this.#people.set(person.address, person);
    this.#index(person);
  }

  /** Nothing goes to this mail address any more. */
  stop(mail: string): void {
    this.#stopped.add(foldMailAddress(mail));
  }

  isStopped(mail: string): boolean {
    return this.#stopped.has(foldMailAddress(mail));
  }

  #index({ address, mail }: Person): void {
    const others = this.#addresses.get(mail);
    if (others === undefined) this.#addresses.set(mail, [address]);
    else if (!others.includes(address)) others.push(address);
  }

  /** Whether this client's mail address is known. */
  knows(client: string): boolean {
    return this.#people.has(client);
  }

  /** Whether this client's mail address was given to the router by somebody there. */
  isRegistered(client: string): boolean {
    return this.#registered.has(client);
  }

  /** Whether this client would get a notice. */
  tells(client: string): boolean {
    const person = this.#people.get(client);
    return person !== undefined && !this.#stopped.has(foldMailAddress(person.mail));
  }

  /** The notices of a recovery; `coming` are other outages that may be over in a moment. */
  of(
    { server, recoveredMs, outages, clients }: Ended,
    coming: readonly Coming[],
    nowMs: number,
  ): HeldNotice[] {
    const { notify, servers, smtp } = this.#configuration;
    const entry = servers.find(({ address }) => address === server);
    const serverName = entry?.name ?? null;
    const isDirect = viaOf(this.#configuration, entry) === 'direct';
    const first = outages.reduce((one, other) => (other.fromMs < one.fromMs ? other : one));
    const notices: HeldNotice[] = [];
    // Where somebody else tells people, only who gave his address to this router is this router's.
    const people = isDirect ? this.#people : this.#registered;
    const mails = this.#mailsOf(clients.keys(), people);
    for (const [client, waiting] of clients) {
      const person = people.get(client);
      // Paragraph 94: nobody knows the address.
      if (person === undefined || this.#stopped.has(foldMailAddress(person.mail))) continue;
      // Paragraph 97: the try was too long ago to matter, unless a notice of this very outage was promised.
      const isPromised = (person.registeredMs ?? Number.NEGATIVE_INFINITY) >= first.fromMs;
      if (!isPromised && nowMs - waiting.lastMs > notify.freshMs) continue;
      if (person.registeredMs !== undefined && mails.get(withoutTag(person.mail)) !== client) continue;
      const notice = createNotice({
        mail: person.mail,
        language: person.language ?? notify.language,
        item: { server, serverName, client, fromMs: first.fromMs, recoveredMs, ...waiting },
        outage: first.id,
        from: smtp?.from ?? '',
      });
      notices.push({ ...notice, holdMs: this.#expectsMore(person, coming) ? this.#holdMs : 0 });
    }
    return notices;
  }

  /** Whoever gave one address on many machines, his own or not, makes it one mail: to the plainest form of it. */
  #mailsOf(clients: Iterable<string>, people: ReadonlyMap<string, Person>): Map<string, string> {
    const chosen = new Map<string, string>();
    const lengthOf = (client: string | undefined): number =>
      (client === undefined ? undefined : people.get(client)?.mail.length) ?? Number.POSITIVE_INFINITY;
    for (const client of clients) {
      const person = people.get(client);
      if (person?.registeredMs === undefined) continue;
      const mail = withoutTag(person.mail);
      if (lengthOf(client) < lengthOf(chosen.get(mail))) chosen.set(mail, client);
    }
    return chosen;
  }

  /** As long as it takes for another server that has given a sign to be found answering. */
  get #holdMs(): number {
    const { settleMs } = this.#configuration.recover;
    return settleMs + Math.min(settleMs, SLACK_MS);
  }

  /** Whether somebody is about to get a notice of another server, too: one cause, one mail. */
  #expectsMore({ address, mail }: Person, coming: readonly Coming[]): boolean {
    if (coming.length > MANY_COMING) return true;
    const addresses = this.#addresses.get(mail) ?? [address];
    return coming.some(({ waiting, handedOut }) =>
      addresses.some((one) => waiting.has(one) || handedOut?.has(one)),
    );
  }
}

/** A mail address without what follows a plus sign in it, which most mail servers ignore. */
function withoutTag(mail: string): string {
  return mail.toLowerCase().replace(/\+[^@]*@/, '@');
}
