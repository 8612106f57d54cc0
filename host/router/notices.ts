/** Who is told of a recovery, and what. */
import { viaOf } from '../config/router/via.ts';
import type { RouterConfiguration } from '../config/types.ts';
import { createNotice } from '../notify/mail.ts';
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
    const ports = outages.map(({ port }) => port).sort((a, b) => a - b);
    // Where somebody else tells people, only who gave his address to this router is this router's.
    const whose = isDirect ? 'all' : 'registered';
    return withoutRepetition(this.#awaiting(clients, whose, first.fromMs, nowMs)).map(
      ({ person, waiting }) => {
        const { address: client, mail, language } = person;
        const notice = createNotice({
          mail,
          language: language ?? notify.language,
          item: { server, serverName, client, ports, fromMs: first.fromMs, recoveredMs, ...waiting },
          outage: first.id,
          from: smtp?.from ?? '',
        });
        return { ...notice, holdMs: this.#expectsMore(person, coming) ? this.#holdMs : 0 };
      },
    );
  }

  /** Those who are told: nobody knows the address of the others (paragraph 94), or they want no notices. */
  #awaiting(clients: Ended['clients'], whose: Whose, fromMs: number, nowMs: number): Awaiting[] {
    const { freshMs } = this.#configuration.notify;
    const all: Awaiting[] = [];
    for (const [client, waiting] of clients) {
      const isFresh = nowMs - waiting.lastMs <= freshMs;
      for (const person of this.#people.at(client, whose)) {
        // Paragraph 97: the try was too long ago to matter, unless a notice of this very outage was promised.
        const isPromised = (person.registeredMs ?? Number.NEGATIVE_INFINITY) >= fromMs;
        if (isFresh || isPromised) all.push({ person, waiting });
      }
    }
    return all;
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

/** Whoever gave one address on many machines, his own or not, makes it one mail: to the plainest form of it. */
function withoutRepetition(all: readonly Awaiting[]): Awaiting[] {
  const chosen = new Map<string, Person>();
  for (const { person } of all) {
    if (person.registeredMs === undefined) continue;
    const mail = withoutTag(person.mail);
    const other = chosen.get(mail);
    if (other === undefined || person.mail.length < other.mail.length) chosen.set(mail, person);
  }
  return all.filter(
    ({ person }) => person.registeredMs === undefined || chosen.get(withoutTag(person.mail)) === person,
  );
}

/** A mail address without what follows a plus sign in it, which most mail servers ignore. */
function withoutTag(mail: string): string {
  return mail.toLowerCase().replace(/\+[^@]*@/, '@');
}
