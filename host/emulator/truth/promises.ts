/** All promises of a run. */
import type { RouterConfiguration } from '../../config/types.ts';
import type { Ledger } from './ledger.ts';
import { OutagePromises } from './outage-promises.ts';
import { PeoplePromises } from './people-promises.ts';
import { type Breach, PROMISE_NAMES, type PromiseName, type PromiseResult, tallies } from './promise.ts';
import { Rules } from './rules.ts';

interface PromisesOptions {
  readonly ledger: Ledger;
  readonly configuration: RouterConfiguration;
  readonly isLossy: boolean;
  /** How often relays look into their mailboxes, in microseconds; 0: there are none. */
  readonly mailboxUs: number;
}

/** What is known at the end beside what was heard. */
export interface Measures {
  /** Frames that were given to the fabric, and what it counts of them by their verdicts, since it runs. null: it was restarted, or nobody asked. */
  readonly frames: number | null;
  readonly verdicts: Readonly<Record<string, number>> | null;
  /** Bytes of the module's memory after the configuration, and at the end. */
  readonly memory: readonly [first: number, last: number] | null;
  /** The most records of the clients' table that were taken, and how many there are. */
  readonly clients: readonly [most: number, size: number] | null;
}

/** A verdict of this kind is a frame that no kernel sends. */
const MALFORMED = /Malformed$|^LinkCutShort$|^TooManyTags$|BadChecksum$|^OtherLink$/;
/** What clients may take of their table when all of them are known. */
const FULL = 0.9;
/** And what those may who wait for servers that answered nobody yet, of which half is left to known ones. */
const STRANGERS_SHARE = 1 / 4;

export class Promises {
  readonly #options: PromisesOptions;
  readonly #rules: Rules;
  readonly #tallies = tallies();
  readonly #outages: OutagePromises;

  constructor(options: PromisesOptions) {
    this.#options = options;
    this.#rules = new Rules(options);
    this.#outages = new OutagePromises(options.ledger, this.#rules, this.#tallies);
  }

  /** How many have been broken so far. */
  get broken(): number {
    return PROMISE_NAMES.reduce((sum, name) => sum + this.#tallies[name].broken, 0);
  }

  /** Somebody else watches over it, and has seen that it was kept, or (a sentence) that it was not. */
  judged(
    promise: PromiseName,
    breach: (Partial<Omit<Breach, 'promise'>> & { sentence: string }) | null,
  ): void {
    const tally = this.#tallies[promise];
    tally.checked++;
    const { nowUs } = this.#options.ledger;
    if (breach !== null)
      tally.breach(() => ({ services: [], clients: [], fromUs: nowUs, toUs: nowUs, events: [], ...breach }));
  }

  finish(endUs: number, measures: Measures): PromiseResult[] {
    const { ledger } = this.#options;
    const [most = 0, size = 1] = measures.clients ?? [];
    this.#outages.finish(endUs);
    const rooms = {
      isTableFull: most / size > FULL,
      isShareFull: most / size >= STRANGERS_SHARE && ledger.waits / size >= STRANGERS_SHARE / 2,
    };
    new PeoplePromises(ledger, this.#rules, this.#tallies, rooms).finish(endUs);
    this.#count(measures);
    const { memory } = measures;
    if (memory !== null) {
      const [first, last] = memory;
      this.judged(
        'tables',
        first === last ? null : { sentence: `The tables had ${first} bytes, and have ${last}.` },
      );
    }
    return PROMISE_NAMES.map((name) => this.#tallies[name].result);
  }

  #count({ frames, verdicts }: Measures): void {
    if (verdicts === null) return;
    const malformed = Object.entries(verdicts).filter(([name, count]) => count > 0 && MALFORMED.test(name));
    for (const [name, count] of malformed)
      this.judged('counters', { sentence: `${count} frames were ${name} to the program.` });
    if (frames === null) return;
    const counted = Object.values(verdicts).reduce((sum, count) => sum + count, 0);
    this.judged(
      'counters',
      counted === frames ? null : { sentence: `${frames} frames were seen, and ${counted} have a verdict.` },
    );
  }
}
