/**
 * What was true in a world: since when each service answers, who was turned away and by what, who was told of what; and beside it
 * what the program said. It hears all that happens, judges nothing, and costs a served try two additions.
 */
import type { Level } from '../../log/catalogue/kinds.ts';
import type { Fields } from '../../log/log.ts';
import { mailOwner } from '../../net/mail-address.ts';
import { Acquaintances } from './acquaintances.ts';
import { HeldDown } from './held-down.ts';
import { fieldsText, Recent, sinceBeginning } from './recent.ts';
import { Spells } from './spells.ts';
import { type Telling, ToldPeople } from './tellings.ts';
import { type VainTry, Waits } from './waits.ts';
import type { Directory, TakenMail, TryEnd, Witness } from './witness.ts';
import { Word } from './word.ts';

/** Somebody with a mail address who was turned away or told. */
export interface PersonStory {
  readonly mail: string;
  readonly waits: readonly VainTry[];
  readonly tellings: readonly Telling[];
}

export interface LedgerOptions {
  readonly directory: Directory;
  /** Microseconds since the beginning. */
  readonly nowUs: () => number;
}

/** Who hears of it as soon as the ledger has taken note. */
interface Listener {
  outageOpened?(server: string, port: number, cause: string): void;
  steered?(service: number, isSteered: boolean): void;
  mailed?(mail: TakenMail, servers: readonly string[], isKnown: boolean): void;
  ended?(client: number, service: number, end: TryEnd, sinceUs: number): void;
  line?(by: string, event: string, fields: Fields): void;
}

/** Rings of recent events: of so many services, and of so many clients. */
const SERVICE_RINGS = 8192;
const CLIENT_RINGS = 8192;
/** What a server has sent reaches its client within this time. */
const ON_ITS_WAY_US = 200_000;
const MAX_LOST = 16;

export class Ledger implements Witness {
  readonly directory: Directory;
  readonly spells: Spells;
  readonly word = new Word();
  readonly counts = { tries: 0, noted: 0, mails: 0, lists: 0 };
  /** How tries ended. */
  readonly ends: Record<TryEnd, number> = {
    served: 0,
    shown: 0,
    refused: 0,
    unreachable: 0,
    gaveUp: 0,
    cut: 0,
  };
  /** Of those that were not served: while the service did not answer anybody, from beginning to end. */
  turnedAway = 0;
  readonly frame = null;
  /** When chance lost a packet between the router and that service: the last times. */
  readonly lostUs = new Map<number, number[]>();
  /** By the service: when somebody was first served there; NaN: nobody was. */
  readonly servedFirstUs: Float64Array;
  /** And when anybody was served last. */
  readonly servedLastUs: Float64Array;
  readonly steps: (readonly [us: number, text: string])[] = [];
  readonly #options: LedgerOptions;
  readonly #waits = new Waits();
  readonly #tellings = new ToldPeople();
  readonly #acquaintances: Acquaintances;
  readonly #held: HeldDown;
  readonly #services = new Recent(SERVICE_RINGS);
  readonly #clients = new Recent(CLIENT_RINGS, 60);
  readonly #listeners: Listener[] = [];

  constructor(options: LedgerOptions) {
    this.#options = options;
    const { services } = options.directory;
    this.directory = options.directory;
    this.spells = new Spells(services);
    this.#acquaintances = new Acquaintances(options.directory);
    this.#held = new HeldDown(options.directory, this.word);
    this.servedFirstUs = new Float64Array(services).fill(Number.NaN);
    this.servedLastUs = new Float64Array(services).fill(Number.NEGATIVE_INFINITY);
  }

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  get nowUs(): number {
    return this.#options.nowUs();
  }

  tried(_client: number, _service: number): void {
    this.counts.tries++;
  }

  tryEnded(client: number, service: number, end: TryEnd, sinceUs: number): void {
    this.ends[end]++;
    const nowUs = this.nowUs;
    if (end === 'served') {
      if (Number.isNaN(this.servedFirstUs[service])) this.servedFirstUs[service] = nowUs;
      this.servedLastUs[service] = nowUs;
    }
    for (const listener of this.#listeners) listener.ended?.(client, service, end, sinceUs);
    if (end === 'served' && this.#isQuiet(service, sinceUs)) return;
    this.#troubled(client, service, end, sinceUs, nowUs);
  }

  service(service: number, answers: boolean): void {
    const isChanged = this.spells.answers(service, answers, this.nowUs);
    if (isChanged)
      this.#services.note(service, this.nowUs, () => (answers ? 'answers' : 'does not answer any more'));
  }

  path(service: number, isOpen: boolean): void {
    const isChanged = this.spells.path(service, isOpen, this.nowUs);
    if (isChanged)
      this.#services.note(service, this.nowUs, () => (isOpen ? 'can be reached' : 'can’t be reached'));
  }

  lost(service: number): void {
    const times = this.lostUs.get(service) ?? [];
    times.push(this.nowUs);
    if (times.length > MAX_LOST) times.shift();
    this.lostUs.set(service, times);
  }

  line(by: string, _level: Level, event: string, fields: Fields): void {
    if (by === 'router' || event.startsWith('notice.')) this.#said(event, fields);
    for (const listener of this.#listeners) listener.line?.(by, event, fields);
  }

  mail(mail: TakenMail): void {
    const owner = mailOwner(mail.to);
    const isKnown = this.#acquaintances.has(owner);
    const servers = this.#tellings.add(this.#acquaintances.number(owner), mail, this.nowUs, (server) =>
      this.word.takeQueuedUs(mail.messageId, server),
    );
    if (servers.length === 0) this.counts.lists++;
    else this.counts.mails++;
    for (const server of servers) this.#noteServer(server, 0, () => `mail to ${mail.to}, by ${mail.by}`);
    for (const listener of this.#listeners) listener.mailed?.(mail, servers, isKnown);
  }

  steered(service: number, isSteered: boolean): void {
    this.#services.note(service, this.nowUs, () =>
      isSteered ? 'the page answers in its place' : 'the page is gone',
    );
    for (const listener of this.#listeners) listener.steered?.(service, isSteered);
  }

  program(by: string, state: 'begun' | 'stopped' | 'killed'): void {
    const { nowUs } = this;
    if (by === 'router' || by === 'ringback') {
      if (state === 'begun') this.word.began(nowUs);
      else this.word.ended(nowUs, state === 'killed');
    } else if (by === 'fabricd' && state !== 'begun') this.word.killed(nowUs);
    this.steps.push([nowUs, `${by} ${state}`]);
  }

  step(text: string): void {
    this.steps.push([this.nowUs, text]);
  }

  /** Of whom anything is known here, by the owner of the mail address. */
  get people(): Iterable<string> {
    return this.#acquaintances.owners;
  }

  person(mail: string): PersonStory {
    const number = this.#acquaintances.numberOf(mail);
    if (number === null) return { mail, waits: [], tellings: [] };
    return { mail, waits: this.#waits.of(number), tellings: this.#tellings.of(number) };
  }

  get waits(): number {
    return this.#waits.size;
  }

  /** As the configuration has it, or as it was given on the page. */
  mailOf(client: number): string | null {
    return this.#acquaintances.mailOf(client);
  }

  /** What happened last at that service and to that client, in order. */
  recent(services: readonly number[], clients: readonly number[]): string[] {
    const all = [
      ...services.flatMap((service) => {
        const { name, port } = this.directory.service(service);
        return this.#services.of(service).map(([us, text]) => [us, `${name}:${port} ${text}`] as const);
      }),
      ...clients.flatMap((client) => this.#clients.of(client)),
      ...this.steps.slice(-100),
    ];
    const sorted = all.map((one, at) => ({ one, at })).sort((a, b) => a.one[0] - b.one[0] || a.at - b.at);
    return sorted.slice(-200).map(({ one: [us, text] }) => `${sinceBeginning(us)}  ${text}`);
  }

  #isQuiet(service: number, sinceUs: number): boolean {
    if (!this.spells.isUp(service) || this.spells.sinceUs(service) > sinceUs) return false;
    return !this.#held.isDown(service) && this.#held.closedUs(service) < sinceUs;
  }

  #troubled(client: number, service: number, end: TryEnd, sinceUs: number, nowUs: number): void {
    const spell = this.spells.at(service, sinceUs);
    const isWhole = spell >= 0 && spell === this.#lastUntil(service, nowUs);
    const isFailed = end !== 'served' && end !== 'cut';
    if (isFailed && isWhole) this.turnedAway++;
    if (end === 'served' && this.#held.isDown(service)) {
      const { address, port } = this.directory.service(service);
      this.word.served(address, port, nowUs, this.spells.sinceUs(service));
    }
    if (isFailed && this.#services.has(service)) {
      const text = (): string =>
        `${this.directory.client(client).name} ${end}, began at ${sinceBeginning(sinceUs)}`;
      this.#services.note(service, nowUs, text);
    }
    const person = this.#acquaintances.at(client);
    if (person === null) return;
    const times = { firstUs: sinceUs, lastUs: sinceUs, endUs: nowUs };
    const wait = { client, service, ...times, end, spell: isFailed && isWhole ? spell : -1 };
    this.#waits.add(person, wait, this.word.killsUs.length);
    if (!this.#clients.has(client)) return;
    this.#clients.note(client, nowUs, () => {
      const { name, port } = this.directory.service(service);
      return `${this.directory.client(client).name} tried ${name}:${port} at ${sinceBeginning(sinceUs)}: ${end}`;
    });
  }

  /** Its spell a moment ago: what a server says is on its way for a while. */
  #lastUntil(service: number, nowUs: number): number {
    const now = this.spells.at(service, nowUs);
    return now >= 0 ? now : this.spells.at(service, nowUs - ON_ITS_WAY_US);
  }

  #said(event: string, fields: Fields): void {
    const { nowUs, word, directory } = this;
    if (event === 'page.registered') this.#register(fields);
    const isWaiting = event === 'client.waiting';
    const client = isWaiting ? directory.clientAt(String(fields.client)) : null;
    const isKnown = client !== null && this.#acquaintances.knows(client);
    word.line(event, fields, nowUs, client, isKnown);
    if (isWaiting) this.counts.noted++;
    if (client !== null && isKnown && this.#clients.has(client))
      this.#clients.note(
        client,
        nowUs,
        () => `client.waiting ${fields.client} at ${fields.server}:${fields.port}`,
      );
    if (typeof fields.server === 'string' && !isWaiting)
      this.#noteServer(fields.server, Number(fields.port ?? 0), () => `${event} ${fieldsText(fields)}`);
    if (event !== 'outage.opened' && event !== 'outage.closed') return;
    this.#held.changed(String(fields.server), nowUs);
    if (event !== 'outage.opened') return;
    const { server, port, cause } = fields;
    for (const listener of this.#listeners)
      listener.outageOpened?.(String(server), Number(port), String(cause));
  }

  /** Somebody gave his mail address on the page: what he met there, he met as somebody known. */
  #register({ server, port, client: address, mail }: Fields): void {
    const { directory, nowUs, spells } = this;
    const client = directory.clientAt(String(address));
    const services = directory.servicesAt(String(server));
    const service = services.find((one) => directory.service(one).port === Number(port));
    if (client === null || service === undefined) return;
    this.#acquaintances.register(client, String(mail));
    const times = { firstUs: nowUs, lastUs: nowUs, endUs: nowUs };
    const wait = { client, service, ...times, end: 'shown' as const, spell: spells.at(service, nowUs) };
    this.#waits.add(this.#acquaintances.number(mailOwner(String(mail))), wait, this.word.killsUs.length);
  }

  #noteServer(server: string, port: number, text: () => string): void {
    for (const service of this.directory.servicesAt(server)) {
      if (port !== 0 && this.directory.service(service).port !== port) continue;
      if (this.#services.has(service)) this.#services.note(service, this.nowUs, text);
    }
  }
}
