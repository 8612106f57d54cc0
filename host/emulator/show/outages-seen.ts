/** What a program said of outages, beside what was true: from the first who was turned away to the last who was told. */
import type { Cause } from '../../fabric/records.ts';
import type { Fields } from '../../log/log.ts';
import type { Downtime } from './downtime.ts';
import { Histogram } from './histogram.ts';

export interface OutageSeen {
  readonly server: string;
  /** 0: the host. */
  readonly port: number;
  readonly cause: Cause;
  /** When it went out of reach, and who first tried it then; null: it was not out of reach. */
  readonly downUs: number | null;
  readonly firstTryUs: number | null;
  readonly suspectedUs: number | null;
  readonly openedUs: number;
  /** What was seen of it meanwhile: signs of life, and that it did not answer after all. */
  readonly signs: { readonly us: number; readonly sign: string | null }[];
  backUs: number | null;
  confirmedUs: number | null;
  closedUs: number | null;
  /** As `outage.closed` counts them. */
  counts: Readonly<Record<string, number>>;
  mails: number;
  firstMailUs: number | null;
  lastMailUs: number | null;
}

/** Delays that have a name, each in parts that follow each other. */
export interface Delay {
  /** A cause, or a sign of life. */
  readonly of: string;
  readonly parts: readonly Histogram[];
  readonly total: Histogram;
}

/** How an outage is called of which nobody is to be told. */
const NOBODY = 'nobody to tell';
const MAX_OUTAGES = 20_000;
const MAX_SUSPECTED = 4096;
const MAX_SIGNS = 32;
const COUNTS = [
  ...['clients', 'people', 'queued', 'told', 'failed'],
  ...['noAddress', 'stale', 'stopped', 'handedOver'],
] as const;

const keyOf = (server: string, port: number): string => `${server} ${port}`;

export class OutagesSeen {
  readonly #downtime: Downtime;
  readonly #nowUs: () => number;
  readonly #settleUs: number;
  readonly #suspected = new Map<string, number>();
  readonly #open = new Map<string, OutageSeen>();
  /** The latest of each server whose people may still be told. */
  readonly #latest = new Map<string, OutageSeen>();
  readonly all: OutageSeen[] = [];
  /** Those that were left out. */
  left = 0;
  /** Turned away, suspected, noticed: by cause. */
  readonly noticing = new Map<string, Delay>();
  /** Back, sign of life, first answer, confirmed: by sign, or `nobody to tell`. */
  readonly confirming = new Map<string, Delay>();
  /** From the confirmation to the mail, and from the truth to the mail: a person each. */
  readonly sending = new Histogram();
  readonly telling = new Histogram();

  constructor(downtime: Downtime, nowUs: () => number, settleUs: number) {
    this.#downtime = downtime;
    this.#settleUs = settleUs;
    this.#nowUs = nowUs;
  }

  /** Those that are not over. */
  get open(): IterableIterator<OutageSeen> {
    return this.#open.values();
  }

  line(event: string, fields: Fields): void {
    const { server, port } = fields;
    if (typeof server !== 'string') return;
    const number = typeof port === 'number' ? port : 0;
    switch (event) {
      case 'suspicion.opened':
        this.#suspect(keyOf(server, number));
        break;
      case 'suspicion.ended':
        // An outage of the machine follows in the same moment, or none does.
        if (fields.outcome !== 'outage' && fields.outcome !== 'service')
          this.#suspected.delete(keyOf(server, number));
        break;
      case 'outage.opened':
        this.#opened(server, number, String(fields.cause) as Cause);
        break;
      case 'recovery.signal':
        this.#signed(server, number, typeof fields.sign === 'string' ? fields.sign : 'trap');
        break;
      case 'recovery.denied':
        this.#signed(server, number, null);
        break;
      case 'recovery.confirmed':
        this.#confirmed(server, number);
        break;
      case 'outage.closed':
        this.#closed(server, number, fields);
        break;
      case 'notice.sent':
        this.#sent(server);
    }
  }

  #opened(server: string, port: number, cause: Cause): void {
    const nowUs = this.#nowUs();
    const suspectedUs = this.#suspicionOf(server, port);
    const firstTryUs = this.#downtime.firstTryUs(server, port);
    const outage: OutageSeen = {
      ...{ server, port, cause, firstTryUs, suspectedUs, openedUs: nowUs, signs: [], counts: {} },
      ...{ downUs: this.#downtime.downUs(server, port), backUs: null, confirmedUs: null, closedUs: null },
      ...{ mails: 0, firstMailUs: null, lastMailUs: null },
    };
    this.#open.set(keyOf(server, port), outage);
    if (this.all.length < MAX_OUTAGES) this.all.push(outage);
    else this.left++;
    if (firstTryUs === null) return;
    const middleUs = Math.min(Math.max(suspectedUs ?? nowUs, firstTryUs), nowUs);
    addTo(this.noticing, cause, [middleUs - firstTryUs, nowUs - middleUs]);
  }

  /** In a flood the log leaves out how some of them ended. */
  #suspect(key: string): void {
    this.#suspected.set(key, this.#nowUs());
    if (this.#suspected.size <= MAX_SUSPECTED) return;
    for (const oldest of this.#suspected.keys()) {
      this.#suspected.delete(oldest);
      break;
    }
  }

  /** Of the machine: that of any of its ports, whichever was first. */
  #suspicionOf(server: string, port: number): number | null {
    let first: number | null = null;
    for (const [key, us] of this.#suspected) {
      const isIts = port === 0 ? key.startsWith(`${server} `) : key === keyOf(server, port);
      if (!isIts) continue;
      first = Math.min(first ?? us, us);
      this.#suspected.delete(key);
    }
    return first;
  }

  /** Signs of the machine are signs of its services. */
  #signed(server: string, port: number, sign: string | null): void {
    for (const outage of this.#open.values()) {
      if (outage.server !== server || outage.confirmedUs !== null) continue;
      if (port !== 0 && outage.port !== port && outage.port !== 0) continue;
      if (outage.signs.length < MAX_SIGNS) outage.signs.push({ us: this.#nowUs(), sign });
    }
  }

  #confirmed(server: string, port: number): void {
    // A service's answer is its machine's.
    const outage = this.#open.get(keyOf(server, port)) ?? this.#open.get(keyOf(server, 0));
    if (outage === undefined || outage.confirmedUs !== null) return;
    const nowUs = this.#nowUs();
    outage.confirmedUs = nowUs;
    this.#latest.set(server, outage);
    const backUs = this.#downtime.backUs(server, port);
    if (backUs === null || backUs < (outage.downUs ?? outage.openedUs)) return;
    outage.backUs = backUs;
  }

  #closed(server: string, port: number, fields: Fields): void {
    const outage = this.#open.get(keyOf(server, port));
    if (outage === undefined) return;
    outage.closedUs = this.#nowUs();
    this.#downtime.over(server, port);
    outage.counts = Object.fromEntries(
      COUNTS.map((name) => [name, Number(fields[name] ?? 0)] as const).filter(([, count]) => count > 0),
    );
    this.#open.delete(keyOf(server, port));
    this.#latest.set(server, outage);
    this.#measure(outage);
  }

  /** Where nobody is to be told, nobody asks: the next who is served shows that it is back. */
  #measure({ backUs, confirmedUs, signs, counts }: OutageSeen): void {
    if (backUs === null || confirmedUs === null) return;
    // The last one that was not denied: what came before has settled nothing.
    const denied = signs.findLastIndex(({ sign }) => sign === null);
    const sign = signs[denied + 1];
    const signUs = Math.min(Math.max(sign?.us ?? confirmedUs, backUs), confirmedUs);
    const answeredUs = Math.max(signUs, confirmedUs - this.#settleUs);
    const parts = [signUs - backUs, answeredUs - signUs, confirmedUs - answeredUs];
    const isForSomebody = (counts.people ?? 0) + (counts.handedOver ?? 0) > 0;
    addTo(this.confirming, isForSomebody ? (sign?.sign ?? 'none') : NOBODY, parts);
  }

  #sent(server: string): void {
    const outage = this.#latest.get(server);
    if (outage === undefined) return;
    const nowUs = this.#nowUs();
    outage.mails++;
    outage.firstMailUs ??= nowUs;
    outage.lastMailUs = nowUs;
    if (outage.confirmedUs !== null) this.sending.add(nowUs - outage.confirmedUs);
    if (outage.backUs !== null) this.telling.add(nowUs - outage.backUs);
  }
}

function addTo(delays: Map<string, Delay>, of: string, parts: readonly number[]): void {
  const known = delays.get(of) ?? {
    of,
    parts: parts.map(() => new Histogram()),
    total: new Histogram(),
  };
  delays.set(of, known);
  parts.forEach((us, i) => void known.parts[i]?.add(us));
  known.total.add(parts.reduce((sum, us) => sum + us, 0));
}
