/** Who is told of a recovery, and what. */

import { notifierOf, viaOf } from '../config/router/via.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { createNotice } from '../mail/mail.ts';
import { mailOwner } from '../net/mail-address.ts';
import type { Untold } from '../store/history.ts';
import { clientsOfItem, type NewNotice } from '../store/notice-rows.ts';
import type { Forwards } from './forwards.ts';
import type { Outage, Waiting } from './outages.ts';
import type { People, Person, Whose } from './people.ts';
import { eachOf } from './portions.ts';
import { type Awaiting, type Unit, Units } from './units.ts';

export type KnownPlaces = Pick<Forwards, 'placesOf' | 'nameOfAll'>;

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
  readonly #people: People;
  readonly #forwards: KnownPlaces;
  #configuration: RouterConfiguration;

  constructor(configuration: RouterConfiguration, people: People, forwards: KnownPlaces) {
    this.#people = people;
    this.#forwards = forwards;
    this.#configuration = configuration;
  }

  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = configuration;
  }

  /** Who is not told of a recovery, and why; and how many clients somebody else has to know. */
  *untold(
    { server, outages, clients }: Ended,
    nowMs: number,
    note: (client: string, why: keyof Untold) => void,
  ): Generator<void, Untold> {
    const whose = this.#whose(server);
    const isListed = notifierOf(this.#configuration, server) !== null;
    const { fromMs } = firstOf(outages);
    const [told, stale, stopped] = [new Set<string>(), new Set<string>(), new Set<string>()];
    const counts = { noAddress: 0, handedOver: 0, stale: 0 };
    yield* eachOf(clients, ([client, waiting]) => {
      const isFresh = this.#isFresh(waiting, nowMs);
      if (this.#people.knows(client, whose)) {
        for (const person of this.#people.at(client, whose)) {
          const matters = this.#matters(person, waiting, fromMs, nowMs);
          (matters ? told : stale).add(mailOwner(person.mail));
          if (!matters) note(client, 'stale');
        }
        for (const { mail } of this.#people.stoppedAt(client, whose)) {
          stopped.add(mailOwner(mail));
          note(client, 'stopped');
        }
      } else if (isListed) {
        const owner = this.#people.ownerNamedAt(client);
        if (owner !== null) (isFresh ? told : stale).add(owner);
        else counts[isFresh ? 'handedOver' : 'stale']++;
        if (owner === null || !isFresh) note(client, isFresh ? 'handedOver' : 'stale');
      } else {
        counts.noAddress++;
        note(client, 'noAddress');
      }
    });
    const count = (owners: ReadonlySet<string>): number =>
      [...owners].filter((owner) => !told.has(owner)).length;
    return { ...counts, stale: counts.stale + count(stale), stopped: count(stopped) };
  }

  /** Where somebody else tells people, only who gave his address to this router is this router's. */
  #whose(server: string): Whose {
    const entry = this.#configuration.servers.find(({ address }) => address === server);
    return viaOf(this.#configuration, entry) === 'direct' ? 'all' : 'registered';
  }

  /** All who are told of a recovery: nobody knows the address of the others (paragraph 94), or they want no notices. */
  *units({ server, outages, clients }: Ended, nowMs: number): Generator<void, Unit[]> {
    const whose = this.#whose(server);
    const { fromMs } = firstOf(outages);
    const units = new Units();
    yield* eachOf(clients, ([client, waiting]) => {
      for (const person of this.#people.at(client, whose))
        units.add(person, waiting, this.#matters(person, waiting, fromMs, nowMs));
    });
    return yield* units.all();
  }

  /** The notices to some of them; `coming` are other outages that may be over in a moment. */
  of(
    { server, recoveredMs, outages }: Ended,
    awaiting: readonly Awaiting[],
    coming: readonly Coming[],
  ): HeldNotice[] {
    const { notify, smtp } = this.#configuration;
    const known = knownAs(this.#forwards, outages);
    const { id, fromMs } = firstOf(outages);
    const ports = outages.map(({ port }) => port).sort((a, b) => a - b);
    return awaiting.map(({ person, clients, waiting }) => {
      const { mail, language } = person;
      const notice = createNotice({
        mail,
        language: language ?? notify.language,
        item: { server, ...known, ...clientsOfItem(clients), ports, fromMs, recoveredMs, ...waiting },
        outage: id,
        from: smtp?.from ?? '',
      });
      return { ...notice, holdMs: this.#expectsMore(person, coming) ? this.#holdMs : 0 };
    });
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
  #expectsMore({ mail }: Person, coming: readonly Coming[]): boolean {
    if (coming.length > MANY_COMING) return true;
    const addresses = this.#people.addressesOf(mail);
    return coming.some(({ waiting, handedOut }) =>
      addresses.some((one) => waiting.has(one) || handedOut?.has(one)),
    );
  }
}

/** What people call what was down, and by which places they know it where that is not the server's own address. */
export function knownAs(
  forwards: KnownPlaces,
  outages: readonly Outage[],
): { readonly serverName: string | null; readonly places?: readonly string[] } {
  const places = forwards.placesOf(outages);
  const serverName = forwards.nameOfAll(outages);
  return places.length === 0 ? { serverName } : { serverName, places };
}

/** The name under which is counted who was told of them. */
export function tellingOf(outages: readonly Outage[]): string {
  return String(firstOf(outages).id);
}

/** That of outages which ended together by which they are called. */
function firstOf(outages: readonly Outage[]): Outage {
  return outages.reduce((one, other) => (other.fromMs < one.fromMs ? other : one));
}
