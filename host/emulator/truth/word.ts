/** What the program says, by its log: outages as it has them, whom it noted, which notices it has entered; and when it ran. */
import type { Fields } from '../../log/log.ts';
import { mailOwner } from '../../net/mail-address.ts';

/** An outage as the program has it: from its word that it is one until its end. */
export interface Story {
  readonly server: string;
  /** 0: the host. */
  readonly port: number;
  readonly cause: string;
  readonly openedUs: number;
  closedUs: number | null;
  /** The latest of its kind. */
  signalUs: number | null;
  confirmedUs: number | null;
  /** When somebody was served there first since it answers again. */
  servedUs: number | null;
  /** Since when somebody known has been noted there; null: nobody was. */
  awaitedUs: number | null;
  /** People who were to be told, by its own word at the end. */
  people: number;
}

/** The program ran from then on; `toUs` null: it still does. */
interface Run {
  readonly fromUs: number;
  toUs: number | null;
  /** Whether it was killed. */
  isKilled: boolean;
}

/** A client that it noted at a server. */
interface Noted {
  readonly server: string;
  readonly port: number;
  readonly us: number;
}

/** A notice that it has entered and that no mail server has taken yet. */
interface Pending {
  /** Of the mail address. */
  readonly owner: string;
  readonly server: string;
  readonly sinceUs: number;
  /** Why it waits, if it was said. */
  held: boolean;
}

const MAX_NOTED = 64;

export class Word {
  readonly stories: Story[] = [];
  readonly runs: Run[] = [];
  /** When a daemon or a program was killed. */
  readonly killsUs: number[] = [];
  /** By `server port`. */
  readonly #open = new Map<string, Story>();
  readonly #byServer = new Map<string, Story[]>();
  readonly #noted = new Map<number, Noted[]>();
  /** By the mail and the server. */
  readonly #pending = new Map<string, Pending>();
  /** The same by its owner, made when somebody asks for it: after all is over, mostly. */
  #pendingOf: Map<string, Pending[]> | null = null;
  /** How often a suspicion ended how. */
  readonly outcomes = new Map<string, number>();
  /** When a client was found turned away alone at a server last: `server client`. */
  readonly #suspects = new Map<string, Set<number>>();
  readonly #alone = new Map<string, number>();
  notedClients = 0;
  /** By the mail and the server: when its notice was entered. */
  readonly #queued = new Map<string, number>();

  began(nowUs: number): void {
    this.runs.push({ fromUs: nowUs, toUs: null, isKilled: false });
  }

  ended(nowUs: number, isKilled: boolean): void {
    const run = this.runs.at(-1);
    if (run !== undefined && run.toUs === null) {
      run.toUs = nowUs;
      run.isKilled = isKilled;
    }
    if (isKilled) this.killsUs.push(nowUs);
  }

  /** Something beside the program was killed that has tables of its own. */
  killed(nowUs: number): void {
    this.killsUs.push(nowUs);
  }

  /** Outages of that server that are open now, on that port or of the whole host. */
  openAt(server: string, port: number): Story | undefined {
    return this.#open.get(`${server} ${port}`) ?? this.#open.get(`${server} 0`);
  }

  /** Somebody was served there while it is held to be down; `upUs`: since when it answers. */
  served(server: string, port: number, nowUs: number, upUs: number): void {
    const story = this.openAt(server, port);
    if (story !== undefined && (story.servedUs ?? Number.NEGATIVE_INFINITY) < upUs) story.servedUs = nowUs;
  }

  of(server: string): readonly Story[] {
    return this.#byServer.get(server) ?? [];
  }

  get openStories(): Iterable<Story> {
    return this.#open.values();
  }

  notedAt(client: number): readonly Noted[] {
    return this.#noted.get(client) ?? [];
  }

  /** When that client was last found to be turned away alone there; before all times if never. */
  aloneUs(server: string, client: number): number {
    return this.#alone.get(`${server} ${client}`) ?? Number.NEGATIVE_INFINITY;
  }

  /** When the notice of that mail about that server was entered, if it was said; asked once. */
  takeQueuedUs(messageId: string, server: string): number | null {
    const name = `${messageId} ${server}`;
    const us = this.#queued.get(name) ?? null;
    this.#queued.delete(name);
    return us;
  }

  /** Notices to him that wait. */
  pendingOf(owner: string): readonly Pending[] {
    this.#pendingOf ??= byOwner(this.#pending.values());
    return this.#pendingOf.get(owner) ?? [];
  }

  /** `client`: who is meant by the line's own client, null: nobody; `isKnown`: whether he has a mail address. */
  line(event: string, fields: Fields, nowUs: number, client: number | null, isKnown: boolean): void {
    switch (event) {
      case 'client.waiting':
        this.#note(fields, nowUs, client, isKnown);
        break;
      case 'outage.opened':
        this.#opened(fields, nowUs);
        break;
      case 'outage.closed':
        this.#closed(fields, nowUs);
        break;
      case 'recovery.signal':
      case 'recovery.confirmed':
        this.#signalled(event, fields, nowUs);
        break;
      case 'suspicion.ended':
        this.#suspicionEnded(fields, nowUs);
        break;
      default:
        if (event.startsWith('notice.')) this.#notice(event, fields, nowUs);
    }
  }

  #note(fields: Fields, us: number, client: number | null, isKnown: boolean): void {
    this.notedClients++;
    if (client === null || !isKnown) return;
    const [server, port] = [String(fields.server), Number(fields.port)];
    const noted = this.#noted.get(client);
    // A list that begins with one has room for one, and most never get another.
    if (noted === undefined) this.#noted.set(client, [{ server, port, us }]);
    else if (noted.push({ server, port, us }) > MAX_NOTED) noted.shift();
    const story = this.#open.get(`${server} ${port}`);
    if (story !== undefined) story.awaitedUs ??= us;
    else {
      const name = `${server} ${port}`;
      const suspects = this.#suspects.get(name) ?? new Set();
      this.#suspects.set(name, suspects.add(client));
    }
  }

  #opened({ server, port, cause }: Fields, nowUs: number): void {
    const story: Story = {
      ...{ server: String(server), port: Number(port), cause: String(cause), openedUs: nowUs },
      ...{ closedUs: null, signalUs: null, confirmedUs: null, servedUs: null, people: 0 },
      awaitedUs: this.#suspects.has(`${server} ${port}`) || this.#suspects.has(`${server} 0`) ? nowUs : null,
    };
    const name = `${server} ${port}`;
    this.#suspects.delete(name);
    // Its clients have moved from the machine to its service.
    this.#suspects.delete(`${server} 0`);
    this.#open.set(name, story);
    this.stories.push(story);
    const others = this.#byServer.get(story.server) ?? [];
    others.push(story);
    this.#byServer.set(story.server, others);
  }

  #closed({ server, port, people }: Fields, nowUs: number): void {
    const name = `${server} ${port}`;
    const story = this.#open.get(name);
    this.#suspects.delete(name);
    if (story === undefined) return;
    story.closedUs = nowUs;
    story.people = Number(people);
    this.#open.delete(name);
  }

  #signalled(event: string, { server, port }: Fields, nowUs: number): void {
    const story = this.#open.get(`${server} ${port}`) ?? this.#open.get(`${server} 0`);
    if (story === undefined) return;
    if (event === 'recovery.signal') story.signalUs = nowUs;
    else story.confirmedUs = nowUs;
  }

  #suspicionEnded({ server, port, outcome }: Fields, nowUs: number): void {
    const how = String(outcome);
    this.outcomes.set(how, (this.outcomes.get(how) ?? 0) + 1);
    const name = `${server} ${port}`;
    if (how === 'alone')
      for (const whose of [name, `${server} 0`])
        for (const client of this.#suspects.get(whose) ?? []) this.#alone.set(`${server} ${client}`, nowUs);
    if (how !== 'short' && how !== 'outage' && how !== 'service' && how !== 'narrowed')
      this.#suspects.delete(name);
  }

  #notice(event: string, { server, mail, messageId }: Fields, nowUs: number): void {
    const owner = mailOwner(String(mail));
    const name = `${messageId} ${server}`;
    if (event === 'notice.queued' && !this.#queued.has(name)) this.#queued.set(name, nowUs);
    this.#pendingOf = null;
    if (event === 'notice.sent') {
      this.#pending.delete(name);
      return;
    }
    const known = this.#pending.get(name);
    if (known !== undefined) known.held ||= event === 'notice.held';
    else {
      const pending = { owner, server: String(server), sinceUs: nowUs, held: event === 'notice.held' };
      this.#pending.set(name, pending);
    }
  }
}

function byOwner(all: Iterable<Pending>): Map<string, Pending[]> {
  const found = new Map<string, Pending[]>();
  for (const one of all) {
    const own = found.get(one.owner);
    if (own === undefined) found.set(one.owner, [one]);
    else own.push(one);
  }
  return found;
}
