/** What the program is held to in every run, and what comes of it. */

/** In the order in which they are said. */
export const PROMISES = {
  told: 'Everybody known who was turned away is told after the recovery',
  nobodyElse: 'Nobody else is told',
  once: 'Nobody is told twice of one outage',
  living: 'No outage opens, and no page stands in, while the service answers',
  closed: 'An outage ends within the settle time and a step of the truth',
  lastRecovery: 'The last recovery of a server that flaps is told',
  floods: 'Who was promised a notice gets it through a flood',
  kills: 'Nobody is lost by a kill but those of its last second',
  twins: 'Never have two machines the same address and the same MAC address',
  counters: 'Every frame has one verdict, and none is malformed',
  tables: 'The tables keep their size',
} as const;

export type PromiseName = keyof typeof PROMISES;
export const PROMISE_NAMES = Object.keys(PROMISES) as readonly PromiseName[];

/** One that was broken. */
export interface Breach {
  readonly promise: PromiseName;
  /** One sentence, with its full stop. */
  readonly sentence: string;
  /** Whom it is about: what a capture of it shows. */
  readonly services: readonly number[];
  readonly clients: readonly number[];
  readonly fromUs: number;
  readonly toUs: number;
  /** What happened last there and to them. */
  readonly events: readonly string[];
}

/** Why something that looks like a breach is none; the same reason of the same promise is one of these. */
interface Excuse {
  readonly why: string;
  times: number;
  /** One of them. */
  readonly first: string;
}

export interface PromiseResult {
  readonly promise: PromiseName;
  readonly title: string;
  /** How often it was looked at. */
  readonly checked: number;
  readonly broken: number;
  /** The first ones. */
  readonly breaches: readonly Breach[];
  readonly excuses: readonly Excuse[];
}

/** So many are kept of each promise. */
const MAX_BREACHES = 20;

/** What has come of one promise so far. */
export class Tally {
  readonly promise: PromiseName;
  checked = 0;
  broken = 0;
  readonly breaches: Breach[] = [];
  readonly #excuses = new Map<string, Excuse>();

  constructor(promise: PromiseName) {
    this.promise = promise;
  }

  /** `make`: called only if it is kept, for what happened last is long. */
  breach(make: () => Omit<Breach, 'promise'>): void {
    this.broken++;
    if (this.breaches.length < MAX_BREACHES) this.breaches.push({ promise: this.promise, ...make() });
  }

  excuse(why: string, first: () => string): void {
    const excuse = this.#excuses.get(why) ?? { why, times: 0, first: first() };
    excuse.times++;
    this.#excuses.set(why, excuse);
  }

  get result(): PromiseResult {
    const { promise, checked, broken, breaches } = this;
    return {
      ...{ promise, title: PROMISES[promise], checked, broken, breaches },
      excuses: [...this.#excuses.values()],
    };
  }
}

export type Tallies = Readonly<Record<PromiseName, Tally>>;

export function tallies(): Tallies {
  return Object.fromEntries(PROMISE_NAMES.map((name) => [name, new Tally(name)])) as Record<
    PromiseName,
    Tally
  >;
}
