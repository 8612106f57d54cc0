/** What the terminal shows of a run while it plays: who waits where, what has just happened, how fast it goes. */
import type { Fields } from '../../log/log.ts';
import { type Directory, type Gauges, NO_GAUGES, type TryEnd } from '../truth/witness.ts';
import type { Chronicle } from './chronicle.ts';
import type { OutageSeen } from './outages-seen.ts';
import type { Painted } from './screen.ts';
import { counted, delayText, type Moments } from './spoken.ts';

const MAX_EVENTS = 100;
const BARS = 20;
const SPARK_PIECES = 10;
const SPARKS = ' ▁▂▃▄▅▆▇█';
/** Of the last ten minutes, or of the last tenth of a run. */
const SPARK_US = 600_000_000;

/** What is known of the run at the moment of drawing. */
interface LiveState {
  readonly title: string;
  readonly nowUs: number;
  readonly endUs: number;
  /** Seconds of the world in one of the machine's; how many tries in one. */
  readonly speed: number;
  readonly triesEach: number;
  readonly isPaused: boolean;
  readonly broken: number;
  /** What is being typed; null: nothing. */
  readonly prompt: string | null;
  /** What was wrong with what was typed. */
  readonly problem: string | null;
  readonly showsAll: boolean;
  /** Where something is to be found on this machine. */
  readonly notes: readonly string[];
}

interface LiveEvent {
  readonly us: number;
  readonly event: string;
  readonly fields: Fields;
}

interface Turned {
  count: number;
  readonly pieces: number[];
  piece: number;
}

export interface LiveViewOptions {
  readonly chronicle: Chronicle;
  readonly directory: Directory;
  readonly moments: Moments;
  readonly nowUs: () => number;
  readonly endUs: number;
}

export class LiveView {
  readonly #options: LiveViewOptions;
  readonly #events: LiveEvent[] = [];
  #at = 0;
  /** Of the servers that are down, by service. */
  readonly #turned: (Turned | undefined)[] = [];
  readonly #pieceUs: number;
  #gauges: Gauges | null = null;

  constructor(options: LiveViewOptions) {
    this.#options = options;
    this.#pieceUs = Math.max(1, Math.floor(Math.min(SPARK_US, options.endUs / 10) / SPARK_PIECES));
  }

  gauged(gauges: Gauges): void {
    this.#gauges = gauges;
  }

  line(event: string, fields: Fields): void {
    const one = { us: this.#options.nowUs(), event, fields };
    if (this.#events.length < MAX_EVENTS) this.#events.push(one);
    else this.#events[this.#at] = one;
    this.#at = (this.#at + 1) % MAX_EVENTS;
  }

  tryEnded(service: number, end: TryEnd): void {
    if (end === 'served' || end === 'cut') return;
    let turned = this.#turned[service];
    if (turned === undefined) {
      turned = { count: 0, pieces: [], piece: 0 };
      this.#turned[service] = turned;
    }
    turned.count++;
    const piece = Math.floor(this.#options.nowUs() / this.#pieceUs);
    if (piece - turned.piece >= SPARK_PIECES) turned.pieces.fill(0);
    else for (let at = turned.piece + 1; at <= piece; at++) turned.pieces[at % SPARK_PIECES] = 0;
    turned.piece = piece;
    turned.pieces[piece % SPARK_PIECES] = (turned.pieces[piece % SPARK_PIECES] ?? 0) + 1;
  }

  /** Somebody answers again: what comes later is another outage. */
  back(service: number): void {
    this.#turned[service] = undefined;
  }

  lines(state: LiveState, columns: number, rows: number): Painted[] {
    const head = [...this.#head(state, columns), []];
    const foot = [...state.notes.map((note): Painted => [[` ${note}`, 'accent']]), footOf(state)];
    const down = state.showsAll
      ? []
      : this.#down(state.nowUs, columns, Math.max(3, Math.floor((rows - 6) / 2)));
    const room = Math.max(0, rows - head.length - down.length - foot.length - 1);
    const events = this.#latest(room);
    return [
      ...head,
      ...down,
      ...events.map((one) => this.#event(one)),
      ...Array<Painted>(room - events.length).fill([]),
      [],
      ...foot,
    ].slice(0, rows);
  }

  #head(state: LiveState, columns: number): Painted[] {
    const { title, nowUs, endUs, speed, triesEach, isPaused, broken } = state;
    const { chronicle, moments } = this.#options;
    const share = Math.min(1, nowUs / endUs);
    const full = Math.round(share * BARS);
    const bar = '█'.repeat(full) + '░'.repeat(BARS - full);
    const pace = isPaused ? 'paused' : `×${counted(Math.round(speed))}`;
    const right = `${moments.text(nowUs)}   ${pace}   ${bar} ${String(Math.floor(share * 100)).padStart(3)} %   ${counted(Math.round(triesEach))} tries/s `;
    const left = ` ${title}`;
    const gap = ' '.repeat(Math.max(2, columns - left.length - right.length));
    const { waiting, down, outbox, tables } = this.#gauges ?? NO_GAUGES;
    const ofAll = tables.clients[1] === 0 ? '' : ` of ${counted(tables.clients[1])}`;
    const kept: Painted = [[`broken promises ${broken}`, broken === 0 ? 'plain' : 'alert']];
    return [
      [
        [left, 'bold'],
        [`${gap}${right}`, isPaused ? 'accent' : 'plain'],
      ],
      [
        [` waiting ${counted(waiting)}`, 'accent'],
        [
          `${ofAll}   down ${counted(down)}   told ${counted(chronicle.mailCount)}   outbox ${counted(outbox)}   `,
          'plain',
        ],
        ...kept,
      ],
    ];
  }

  #down(nowUs: number, columns: number, most: number): Painted[] {
    const open = [...this.#options.chronicle.outages.open];
    if (open.length === 0) return [[[' all servers answer, as far as is known', 'dim']], []];
    const rows = open
      .map((outage) => ({ outage, ...this.#turnedOf(outage) }))
      .sort((a, b) => b.count - a.count || a.outage.openedUs - b.outage.openedUs)
      .slice(0, most);
    const title = [
      ' server'.padEnd(36),
      'since'.padStart(10),
      '  cause'.padEnd(15),
      'turned away'.padStart(11),
      '  lately',
    ];
    const left = open.length - rows.length;
    const lines = rows.map(({ outage, count, spark }): Painted => {
      const sign = outage.signs.at(-1);
      const next =
        outage.confirmedUs !== null ? 'confirmed' : sign?.sign != null ? `settling: ${sign.sign}` : '';
      return [
        [` ${this.#nameOf(outage)}`.slice(0, 35).padEnd(36), 'bold'],
        [delayText(nowUs - outage.openedUs).padStart(10), 'plain'],
        [`  ${outage.cause}`.padEnd(15), 'plain'],
        [counted(count).padStart(11), 'plain'],
        [`  ${spark}  `, 'accent'],
        [next, 'accent'],
      ];
    });
    return [
      [[title.join('').slice(0, columns), 'dim']],
      ...lines,
      ...(left > 0 ? [[[` and ${counted(left)} more`, 'dim']] as Painted] : []),
      [],
    ];
  }

  #nameOf({ server, port }: OutageSeen): string {
    const { directory } = this.#options;
    const [service] = directory.servicesAt(server);
    const name = service === undefined ? '' : `${directory.service(service).name}  `;
    return `${name}${server}${port === 0 ? '' : ` :${port}`}`;
  }

  #turnedOf({ server, port }: OutageSeen): { readonly count: number; readonly spark: string } {
    const { directory } = this.#options;
    let count = 0;
    const pieces = Array<number>(SPARK_PIECES).fill(0);
    for (const service of directory.servicesAt(server)) {
      const turned = this.#turned[service];
      if (turned === undefined || (port !== 0 && directory.service(service).port !== port)) continue;
      count += turned.count;
      for (let back = 0; back < SPARK_PIECES; back++) {
        const at = SPARK_PIECES - 1 - back;
        pieces[at] = (pieces[at] as number) + (turned.pieces[(turned.piece - back) % SPARK_PIECES] ?? 0);
      }
    }
    const most = Math.max(1, ...pieces);
    const spark = pieces.map((piece) => SPARKS[Math.ceil((piece / most) * (SPARKS.length - 1))]).join('');
    return { count, spark };
  }

  #latest(room: number): LiveEvent[] {
    const all = [...this.#events.slice(this.#at), ...this.#events.slice(0, this.#at)];
    const inOrder = this.#events.length < MAX_EVENTS ? this.#events : all;
    return room === 0 ? [] : inOrder.slice(-room);
  }

  #event({ us, event, fields }: LiveEvent): Painted {
    const details = Object.entries(fields)
      .filter(([name, value]) => value !== undefined && value !== null && name !== 'messageId')
      .map(([, value]) => String(value));
    return [
      [` ${this.#options.moments.text(us)}  `, 'dim'],
      [event.padEnd(20), event.startsWith('outage') || event.startsWith('recovery') ? 'accent' : 'plain'],
      [` ${details.join('  ')}`, 'plain'],
    ];
  }
}

function footOf({ prompt, problem, isPaused }: LiveState): Painted {
  if (prompt !== null)
    return [
      [` ${prompt}`, 'bold'],
      [' ', 'inverse'],
      [
        problem === null ? '   enter: do it · escape: not' : `   ${problem}`,
        problem === null ? 'dim' : 'alert',
      ],
    ];
  const keys = `space ${isPaused ? 'goes on' : 'pause'} · + - speed · u unplug · p plug · t try · enter events · q end with report`;
  return [[` ${keys}`, 'dim']];
}
