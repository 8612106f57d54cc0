/** Counts what happens, as the log tells of it, whether it is written or left out: the same work for each event, whoever waits. */

import { type Fields, type Log, logTo, type Say } from '../log/log.ts';
import { nameOf, ofDatagrams, type Target } from '../net/target.ts';
import { OUTAGE_S, REACTION_S, SecondsHistogram } from './histogram.ts';

/** Outages whose times are kept; of more the oldest are not measured. */
const MAX_TIMED = 16_384;

/** How often, by a word of the catalogue of events. */
export type Counts = ReadonlyMap<string, number>;

interface Timed {
  /** null: nobody here knew it. */
  readonly sinceMs: number | null;
  signMs: number | null;
  confirmedMs: number | null;
}

interface MeterOptions {
  readonly nowMs: () => number;
  /** Since when somebody was turned away there; null: of no outage that is known. */
  readonly sinceOf: (target: Target) => number | null;
  /** That there is something new to see. */
  readonly onNews: (what: News) => void;
}

/** What has to be looked up anew. */
export type News = 'outages' | 'history' | 'notices';

const NEWS: Readonly<Record<string, News>> = {
  'outage.opened': 'outages',
  'outage.closed': 'history',
  'suspicion.opened': 'outages',
  'suspicion.ended': 'outages',
  'client.waiting': 'outages',
  'recovery.signal': 'outages',
  'recovery.confirmed': 'outages',
  'recovery.denied': 'outages',
  'notice.queued': 'notices',
  'notice.sent': 'notices',
  'notice.held': 'notices',
  'notice.failed': 'notices',
  'notice.retried': 'notices',
  'list.queued': 'notices',
  'list.sent': 'notices',
  'list.failed': 'notices',
  'smtp.refused': 'notices',
  'smtp.back': 'notices',
  'interface.up': 'outages',
  'interface.down': 'outages',
  'fabric.lost': 'outages',
  'fabric.back': 'outages',
};

export class Meter {
  readonly #options: MeterOptions;
  readonly #lines = new Map<string, number>();
  readonly #opened = new Map<string, number>();
  readonly #closed = new Map<string, number>();
  readonly #suspicions = new Map<string, number>();
  readonly #probes = new Map<string, number>();
  readonly #signs = new Map<string, number>();
  readonly #notices = new Map<string, number>();
  readonly #hooks = new Map<string, number>();
  /** From being turned away to being believed. */
  readonly detection = new SecondsHistogram(REACTION_S);
  /** From a sign of life to being found true. */
  readonly confirmation = new SecondsHistogram(REACTION_S);
  /** From there to the notices being in the outbox. */
  readonly entering = new SecondsHistogram(REACTION_S);
  /** From the return to a mail that a mail server has taken. */
  readonly telling = new SecondsHistogram(REACTION_S);
  readonly duration = new SecondsHistogram(OUTAGE_S);
  denied = 0;
  /** Whether the mail server refuses us. */
  isRefused = false;
  readonly #timed = new Map<string, Timed>();
  /** A mail has a line for each server that it tells of. */
  #lastMail = '';

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  get lines(): Counts {
    return this.#lines;
  }

  get opened(): Counts {
    return this.#opened;
  }

  get closed(): Counts {
    return this.#closed;
  }

  get suspicions(): Counts {
    return this.#suspicions;
  }

  get probes(): Counts {
    return this.#probes;
  }

  get signs(): Counts {
    return this.#signs;
  }

  get notices(): Counts {
    return this.#notices;
  }

  get hooks(): Counts {
    return this.#hooks;
  }

  /** Hears all that this log is told. */
  listening(log: Log): Log {
    const say = log.at as Say;
    return logTo(
      (level, event, fields) => {
        say(level, event, fields);
        add(this.#lines, level);
        this.#note(event, fields);
      },
      (level, event, fields) => {
        log.unsaid?.(level, event, fields);
        this.#note(event, fields);
      },
    );
  }

  /** A mail server has taken a mail about what was back at that moment; null: it tells of nothing any more. */
  sent(recoveredMs: number | null): void {
    if (recoveredMs !== null) this.telling.observe(this.#options.nowMs() - recoveredMs);
  }

  #note(event: string, fields: Fields): void {
    switch (event) {
      case 'outage.opened':
        this.#open(fields);
        break;
      case 'outage.closed':
        this.#close(fields);
        break;
      case 'suspicion.ended':
        add(this.#suspicions, fields.outcome);
        // What it was is another outage, or none.
        this.#timed.delete(nameOf(targetOf(fields)));
        break;
      case 'suspicion.asked':
      case 'service.asked':
        add(this.#probes, fields.verdict);
        break;
      case 'recovery.signal':
        this.#sign(fields);
        break;
      case 'recovery.confirmed':
        this.#confirm(fields);
        break;
      case 'recovery.denied':
        this.#deny(fields);
        break;
      case 'notice.queued':
      case 'notice.held':
      case 'notice.retried':
      case 'list.queued':
        this.#mail(event.slice(event.indexOf('.') + 1), fields);
        break;
      case 'notice.failed':
      case 'list.failed':
        // What is final the outbox counts itself.
        if (fields.final === false) this.#mail('failed', fields);
        break;
      case 'hook.failed':
      case 'hook.dropped':
        add(this.#hooks, event.slice(event.indexOf('.') + 1));
        break;
      case 'smtp.refused':
        this.isRefused = true;
        break;
      case 'smtp.back':
        this.isRefused = false;
        break;
      default:
    }
    const news = NEWS[event];
    if (news !== undefined) this.#options.onNews(news);
  }

  #open(fields: Fields): void {
    add(this.#opened, fields.cause);
    const { sinceMs } = this.#timedOf(targetOf(fields));
    if (sinceMs !== null) this.detection.observe(this.#options.nowMs() - sinceMs);
  }

  #close(fields: Fields): void {
    add(this.#closed, fields.cause);
    const name = nameOf(targetOf(fields));
    const { sinceMs = null, confirmedMs = null } = this.#timed.get(name) ?? {};
    this.#timed.delete(name);
    const nowMs = this.#options.nowMs();
    if (sinceMs !== null) this.duration.observe(nowMs - sinceMs);
    if (confirmedMs !== null) this.entering.observe(nowMs - confirmedMs);
  }

  #sign(fields: Fields): void {
    add(this.#signs, fields.sign);
    this.#timedOf(targetOf(fields)).signMs ??= this.#options.nowMs();
  }

  #confirm(fields: Fields): void {
    const { server, port } = targetOf(fields);
    // It is the port that has answered, and the whole machine may have been down.
    const own = this.#timed.get(nameOf({ server, port }));
    const timed = own?.signMs == null ? this.#timed.get(nameOf({ server, port: 0 })) : own;
    if (timed?.signMs == null) return;
    timed.confirmedMs = this.#options.nowMs();
    this.confirmation.observe(timed.confirmedMs - timed.signMs);
  }

  #deny(fields: Fields): void {
    this.denied++;
    const timed = this.#timed.get(nameOf(targetOf(fields)));
    if (timed !== undefined) timed.signMs = null;
  }

  #timedOf(target: Target): Timed {
    const name = nameOf(target);
    const known = this.#timed.get(name);
    if (known !== undefined) return known;
    const [oldest] = this.#timed.keys();
    if (this.#timed.size >= MAX_TIMED && oldest !== undefined) this.#timed.delete(oldest);
    const timed: Timed = { sinceMs: this.#options.sinceOf(target), signMs: null, confirmedMs: null };
    this.#timed.set(name, timed);
    return timed;
  }

  #mail(fate: string, { messageId }: Fields): void {
    const mail = `${fate} ${messageId}`;
    if (mail === this.#lastMail) return;
    this.#lastMail = mail;
    add(this.#notices, fate);
  }
}

function targetOf({ server, port, protocol }: Fields): Target {
  const number = Number(port ?? 0);
  return { server: String(server), port: protocol === 'udp' ? ofDatagrams(number) : number };
}

function add(counts: Map<string, number>, word: Fields[string]): void {
  const name = String(word ?? 'none');
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
