/** Who is told of a recovery, and what. */

import { notifierOf, viaOf } from '../config/router/via.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { createNotice } from '../mail/mail.ts';
import { mailOwner } from '../net/mail-address.ts';
import type { Untold } from '../store/history.ts';
import type { NewNotice } from '../store/outbox.ts';
import type { Outage, Waiting } from './outages.ts';
import type { People, Person, Whose } from './people.ts';

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

/** Clients whose people must be told at the same time, and who that is. */
export interface Unit {
  readonly clients: readonly string[];
  readonly awaiting: readonly Awaiting[];
}

/** Somebody who waits, at one of his machines. */
interface Awaiting {
  readonly person: Person;
  readonly waiting: Waiting;
}

export class Notices {
  readonly #people: People;
  #configuration: RouterConfiguration;

  constructor(configuration: RouterConfiguration, people: People) {
    this.#people = people;
    this.#configuration = configuration;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
  }

  /** Who is not told of a recovery, and why. */
  untold({ server, outages, clients }: Ended, nowMs: number): Untold {
    const whose = this.#whose(server);
    const isListed = notifierOf(this.#configuration, server) !== null;
    const { fromMs } = firstOf(outages);
    const untold = { noAddress: 0, stale: 0, stopped: 0 };
    for (const [client, waiting] of clients) {
      if (this.#people.knows(client, whose)) {
        const all = this.#people.at(client, whose);
        untold.stale += all.filter((person) => !this.#matters(person, waiting, fromMs, nowMs)).length;
        untold.stopped += this.#people.stoppedAt(client, whose);
      } else if (!isListed) untold.noAddress++;
      else if (!this.#isFresh(waiting, nowMs)) untold.stale++;
    }
    return untold;
  }

  /** Where somebody else tells people, only who gave his address to this router is this router's. */
  #whose(server: string): Whose {
    const entry = this.#configuration.servers.find(({ address }) => address === server);
    return viaOf(this.#configuration, entry) === 'direct' ? 'all' : 'registered';
  }

  /** All who are told of a recovery. Whoever is known at several clients is in one unit with all who are, too. */
  units({ server, outages, clients }: Ended, nowMs: number): Unit[] {
    const all = this.#awaiting(clients, this.#whose(server), firstOf(outages).fromMs, nowMs);
    const told = new Set(withoutRepetition(all));
    const repeated = new Set(all.filter((one) => !told.has(one)).map(({ person }) => mailOwner(person.mail)));
    const together = new Set(
      all.filter(({ person }) => repeated.has(mailOwner(person.mail))).map(({ person }) => person.address),
    );
    const units = new Map<string, Awaiting[]>();
    for (const one of told) {
      const { address } = one.person;
      const name = together.has(address) ? '' : address;
      const unit = units.get(name);
      if (unit === undefined) units.set(name, [one]);
      else unit.push(one);
    }
    return [...units].map(([name, awaiting]) => ({
      clients: name === '' ? [...together] : [name],
      awaiting,
    }));
  }

  /** The notices to some of them; `coming` are other outages that may be over in a moment. */
  of(
    { server, recoveredMs, outages }: Ended,
    awaiting: readonly Awaiting[],
    coming: readonly Coming[],
  ): HeldNotice[] {
    const { notify, servers, smtp } = this.#configuration;
    const serverName = servers.find(({ address }) => address === server)?.name ?? null;
    const { id, fromMs } = firstOf(outages);
    const ports = outages.map(({ port }) => port).sort((a, b) => a - b);
    return awaiting.map(({ person, waiting }) => {
      const { address: client, mail, language } = person;
      const notice = createNotice({
        mail,
        language: language ?? notify.language,
        item: { server, serverName, client, ports, fromMs, recoveredMs, ...waiting },
        outage: id,
        from: smtp?.from ?? '',
      });
      return { ...notice, holdMs: this.#expectsMore(person, coming) ? this.#holdMs : 0 };
    });
  }

  /** Those who are told: nobody knows the address of the others (paragraph 94), or they want no notices. */
  #awaiting(clients: Ended['clients'], whose: Whose, fromMs: number, nowMs: number): Awaiting[] {
    const all: Awaiting[] = [];
    for (const [client, waiting] of clients) {
      for (const person of this.#people.at(client, whose)) {
        if (this.#matters(person, waiting, fromMs, nowMs)) all.push({ person, waiting });
      }
    }
    return all;
  }

  /** Paragraph 97: whether the try was not too long ago to matter, or a notice of this very outage was promised. */
  #matters({ registeredMs }: Person, waiting: Waiting, fromMs: number, nowMs: number): boolean {
    return this.#isFresh(waiting, nowMs) || (registeredMs ?? Number.NEGATIVE_INFINITY) >= fromMs;
  }

  #isFresh({ lastMs }: Waiting, nowMs: number): boolean {
    return nowMs - lastMs <= this.#configuration.notify.freshMs;
  }

  /** As long as it takes for another server that has given a sign to be found answering. */
  get #holdMs(): number {
    const { settleMs } = this.#configuration.recover;
    return settleMs + Math.min(settleMs, SLACK_MS);
  }

  /** Whether somebody is about to get a notice of another server, too: one cause, one mail. */
  #expectsMore({ address, mail }: Person, coming: readonly Coming[]): boolean {
    if (coming.length > MANY_COMING) return true;
    const addresses = [address, ...this.#people.addressesOf(mail)];
    return coming.some(({ waiting, handedOut }) =>
      addresses.some((one) => waiting.has(one) || handedOut?.has(one)),
    );
  }
}

/** The name under which is counted who was told of them. */
export function tellingOf(outages: readonly Outage[]): string {
  return String(firstOf(outages).id);
}

/** That of outages which ended together by which they are called. */
function firstOf(outages: readonly Outage[]): Outage {
  return outages.reduce((one, other) => (other.fromMs < one.fromMs ? other : one));
}

/** Whoever gave one address on many machines, his own or not, makes it one mail. */
function withoutRepetition(all: readonly Awaiting[]): Awaiting[] {
  const chosen = new Map<string, Person>();
  for (const { person } of all) {
    const owner = mailOwner(person.mail);
    if (person.registeredMs !== undefined && !chosen.has(owner)) chosen.set(owner, person);
  }
  return all.filter(
    ({ person }) => person.registeredMs === undefined || chosen.get(mailOwner(person.mail)) === person,
  );
}
