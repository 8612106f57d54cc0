/** What this program knows of the fabric's tables: enough to say it to people, and to refill a fabric that was restarted. */
import type { Chance } from '../chance.ts';
import type { Cause } from '../fabric/records.ts';
import { nameOf, type Target } from '../net/target.ts';

/** Times are milliseconds of the state's clock. */
export interface Waiting {
  firstMs: number;
  lastMs: number;
  tries: number;
}

/** The tries of one and of another client, or at two outages, as those of one. */
export function bothTries(one: Readonly<Waiting>, other: Readonly<Waiting>): Waiting {
  return {
    firstMs: Math.min(one.firstMs, other.firstMs),
    lastMs: Math.max(one.lastMs, other.lastMs),
    tries: one.tries + other.tries,
  };
}

/**
 * `suspected`: somebody failed there, and the server is being asked. `short`: it is over, and was before it could be
 * decided; its people are told once it has settled. Neither is answered for.
 */
export type OutageState = 'suspected' | 'short' | 'down';

export interface Outage extends Target {
  /** The same as long as it lasts, in every process; never used again. */
  readonly id: number;
  state: OutageState;
  cause: Cause;
  /** The TCP port that was tried last, 0 when none was. */
  triedPort: number;
  /** The first try that failed. */
  fromMs: number;
  readonly clients: Map<string, Waiting>;
}

/** Numbers of outages are drawn below this. */
export const MAX_IDS = 2 ** 48 - 1;

/** A number for an outage that has just begun. */
export function newId(chance: Chance): number {
  return chance.below(MAX_IDS);
}

export class Outages {
  readonly #outages = new Map<string, Outage>();

  get(target: Target): Outage | undefined {
    return this.#outages.get(nameOf(target));
  }

  add(outage: Outage): void {
    this.#outages.set(nameOf(outage), outage);
  }

  delete(target: Target): void {
    this.#outages.delete(nameOf(target));
  }

  /** Suspicions, too. */
  all(): Outage[] {
    return [...this.#outages.values()];
  }

  down(): Outage[] {
    return this.all().filter(({ state }) => state === 'down');
  }

  /** Those of one server: of the host as a whole, and of its services. */
  of(server: string): Outage[] {
    return this.all().filter((outage) => outage.server === server);
  }
}
