/**
 * What report, terminal and machines are told of a run, gathered while it plays: numbers by pieces of time, servers that were down,
 * delays, the first mails, one story frame by frame. Its memory has a bound that does not depend on how many people there are.
 */
import type { Level } from '../../log/catalogue/kinds.ts';
import type { Fields } from '../../log/log.ts';
import type { Directory, Gauges, TakenMail, TryEnd, Witness } from '../truth/witness.ts';
import { Downtime, type Stretch } from './downtime.ts';
import { Histogram } from './histogram.ts';
import { OutagesSeen } from './outages-seen.ts';
import { Series } from './series.ts';
import { WireStory } from './story.ts';
import { TurnedAway } from './turned-away.ts';

const MAX_MAILS = 200;
const MAX_MAIL_CHARACTERS = 4000;
const MAX_LINES = 400;
const MAX_STEPS = 2000;
/** Of these there is one for each person. */
const OF_PEOPLE: ReadonlySet<string> = new Set(['client.waiting', 'notice.queued', 'notice.sent']);
const MAX_LINES_OF_PEOPLE = 100;

interface ChronicleOptions {
  readonly directory: Directory;
  readonly nowUs: () => number;
  readonly endUs: number;
  /** The router's own addresses. */
  readonly router: readonly string[];
  /** How long a server must have answered (`recover.settle`). */
  readonly settleUs: number;
  /** Of which frames it tells one story: all of them; those that are made in any case, where there are many; none. */
  readonly frames: 'all' | 'passed' | 'none';
}

export interface SeenLine {
  readonly us: number;
  readonly by: string;
  readonly level: Level;
  readonly event: string;
  readonly fields: Fields;
}

/** When another machine had an address. */
interface TakenStretch extends Stretch {
  readonly by: string;
  readonly cause: string;
}

type Ends = Readonly<Record<TryEnd, { readonly over: Series; readonly took: Histogram }>>;

export class Chronicle implements Witness {
  readonly #options: ChronicleOptions;
  readonly downtime: Downtime;
  readonly outages: OutagesSeen;
  readonly story: WireStory;
  readonly turnedAway: TurnedAway;
  readonly ends: Ends;
  readonly waiting: Series;
  /** Servers that the program holds to be down. */
  readonly down: Series;
  readonly told: Series;
  readonly tables: Readonly<Record<keyof Gauges['tables'], { readonly used: Series; size: number }>>;
  readonly mails: (TakenMail & { readonly us: number })[] = [];
  mailCount = 0;
  readonly steps: { readonly us: number; readonly text: string }[] = [];
  stepCount = 0;
  readonly lines: SeenLine[] = [];
  /** How often each event was logged. */
  readonly events = new Map<string, number>();
  /** When the page answered in a server's place, by address. */
  readonly shown = new Map<string, Stretch[]>();
  /** When another machine had an address, by address. */
  readonly taken = new Map<string, TakenStretch[]>();
  tries = 0;
  #linesOfPeople = 0;
  #isGauged = false;
  /** By target, as the log has them: where nobody looks at the program. */
  readonly #waitingOf = new Map<string, number>();
  #waitingNow = 0;
  readonly frame: Witness['frame'];
  readonly passed: Witness['frame'];

  constructor(options: ChronicleOptions) {
    const { directory, nowUs, endUs, router, settleUs, frames } = options;
    this.#options = options;
    this.downtime = new Downtime(directory, nowUs);
    this.outages = new OutagesSeen(this.downtime, nowUs, settleUs);
    this.turnedAway = new TurnedAway(directory);
    this.story = new WireStory({ directory, nowUs, router });
    const end = () => ({ over: new Series(endUs), took: new Histogram() });
    this.ends = {
      ...{ served: end(), shown: end(), refused: end(), unreachable: end(), gaveUp: end(), cut: end() },
    };
    this.waiting = new Series(endUs);
    this.down = new Series(endUs);
    this.told = new Series(endUs);
    const table = () => ({ used: new Series(endUs), size: 0 });
    this.tables = { clients: table(), attempts: table(), servers: table() };
    const tell = (iface: number, isOut: boolean, bytes: Uint8Array): void =>
      this.story.frame(iface, isOut, bytes);
    this.frame = frames === 'all' ? tell : null;
    this.passed = frames === 'passed' ? tell : null;
  }

  tried(client: number, service: number): void {
    this.tries++;
    if (!this.downtime.isDown(service)) return;
    this.downtime.tried(service);
    this.story.tried(client, service);
  }

  tryEnded(client: number, service: number, end: TryEnd, sinceUs: number): void {
    const nowUs = this.#options.nowUs();
    this.ends[end].over.add(nowUs);
    this.ends[end].took.add(nowUs - sinceUs);
    if (end === 'served') this.downtime.served(service);
    if (end === 'served' || end === 'cut' || !this.downtime.wasDown(service, sinceUs)) return;
    this.turnedAway.add(client, service, sinceUs);
  }

  service(service: number, answers: boolean): void {
    this.downtime.turn(service, 'answers', answers);
    this.story.service(this.#options.directory.service(service).address, answers);
  }

  path(service: number, isOpen: boolean): void {
    this.downtime.turn(service, 'path', isOpen);
    this.story.path(this.#options.directory.service(service).address, isOpen);
  }

  line(by: string, level: Level, event: string, fields: Fields): void {
    this.events.set(event, (this.events.get(event) ?? 0) + 1);
    this.outages.line(event, fields);
    this.story.line(event, fields);
    if (!this.#isGauged) this.#count(event, fields);
    if (event === 'takeover.taken' || event === 'takeover.returned') this.#moved(by, event, fields);
    if (event === 'notice.sent') this.told.add(this.#options.nowUs());
    if (level === 'debug' || this.lines.length === MAX_LINES) return;
    if (OF_PEOPLE.has(event) && ++this.#linesOfPeople > MAX_LINES_OF_PEOPLE) return;
    this.lines.push({ us: this.#options.nowUs(), by, level, event, fields });
  }

  mail(mail: TakenMail): void {
    this.mailCount++;
    this.story.mail(mail.to);
    if (this.mails.length === MAX_MAILS) return;
    const text = mail.text.slice(0, MAX_MAIL_CHARACTERS);
    this.mails.push({ ...mail, text, us: this.#options.nowUs() });
  }

  steered(service: number, isSteered: boolean): void {
    const { address } = this.#options.directory.service(service);
    this.story.steered(address, isSteered);
    const spans = this.shown.get(address) ?? [];
    this.shown.set(address, spans);
    const nowUs = this.#options.nowUs();
    const last = spans.at(-1);
    if (isSteered && (last === undefined || last.toUs !== null)) spans.push({ fromUs: nowUs, toUs: null });
    else if (!isSteered && last?.toUs === null) last.toUs = nowUs;
  }

  program(by: string, state: 'begun' | 'stopped' | 'killed'): void {
    const nowUs = this.#options.nowUs();
    // That it begins is no news at the beginning, nor that it stops at the end.
    if (nowUs > 0 && nowUs < this.#options.endUs) this.step(`${by} ${state}`);
  }

  step(text: string): void {
    this.stepCount++;
    if (this.steps.length < MAX_STEPS) this.steps.push({ us: this.#options.nowUs(), text });
  }

  /** What there is now, a few hundred times in a run. */
  gauge({ waiting, down, tables }: Gauges): void {
    this.#isGauged = true;
    const nowUs = this.#options.nowUs();
    this.waiting.level(nowUs, waiting);
    this.down.level(nowUs, down);
    for (const name of ['clients', 'attempts', 'servers'] as const) {
      const [used, size] = tables[name];
      this.tables[name].used.level(nowUs, used);
      this.tables[name].size = size;
    }
  }

  /** The world is over. */
  finish(): void {
    const { clients, attempts, servers } = this.tables;
    for (const series of [this.waiting, this.down, clients.used, attempts.used, servers.used])
      series.finish(this.#options.nowUs());
  }

  #moved(by: string, event: string, { address, cause }: Fields): void {
    const nowUs = this.#options.nowUs();
    const stretches = this.taken.get(String(address)) ?? [];
    this.taken.set(String(address), stretches);
    const last = stretches.at(-1);
    if (last?.toUs === null) last.toUs = nowUs;
    if (event === 'takeover.taken') stretches.push({ fromUs: nowUs, toUs: null, by, cause: String(cause) });
  }

  #count(event: string, { server, port }: Fields): void {
    if (event !== 'client.waiting' && event !== 'outage.closed') return;
    const key = `${server} ${port}`;
    const before = this.#waitingOf.get(key) ?? 0;
    if (event === 'client.waiting') this.#waitingOf.set(key, before + 1);
    else this.#waitingOf.delete(key);
    this.#waitingNow += event === 'client.waiting' ? 1 : -before;
    this.waiting.level(this.#options.nowUs(), this.#waitingNow);
  }
}
