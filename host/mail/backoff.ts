/** How long nobody tries after a failure. */
import type { Chance } from '../chance.ts';

const FIRST_WAIT_MS = 1000;
export const MAX_WAIT_MS = 600_000;
/** The server itself is asked more often than a recipient: one connection a minute is no burden, and everybody waits for it. */
export const MAX_SERVER_WAIT_MS = 60_000;
/** Servers, and what guards them, lock out who gives a wrong password several times within ten minutes. */
const FIRST_LOGIN_WAIT_MS = 240_000;
const MAX_LOGIN_WAIT_MS = 900_000;

/** Doubling from the first wait to the longest, less up to a quarter of it at random, so that nobody marches in step. */
export function waitMs(
  chance: Chance,
  failures: number,
  { maxMs, firstMs = FIRST_WAIT_MS }: { maxMs: number; firstMs?: number },
): number {
  return Math.min(firstMs * 2 ** (failures - 1), maxMs) * (1 - chance.fraction() / 4);
}

/** What kept the server from taking mails: it is not there or can't, it does not want us, or it does not take our login. */
export type ServerFailure = 'absence' | 'refusal' | 'login';

const WAITS: Readonly<Record<ServerFailure, { maxMs: number; firstMs?: number }>> = {
  absence: { maxMs: MAX_SERVER_WAIT_MS },
  refusal: { maxMs: MAX_WAIT_MS },
  login: { maxMs: MAX_LOGIN_WAIT_MS, firstMs: FIRST_LOGIN_WAIT_MS },
};

/**
 * A mail server as a whole. After a failure of its own nobody tries until the pause is over, and then only one at a time
 * until one gets an answer.
 */
export class ServerPause {
  readonly #chance: Chance;
  #failures = 0;
  #untilMs = 0;
  #epoch = 0;
  #last: ServerFailure = 'absence';

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get untilMs(): number {
    return this.#untilMs;
  }

  get isFailing(): boolean {
    return this.#failures > 0;
  }

  /** Tells apart what was sent before and after the last change: sends that fail together lengthen the pause once. */
  get epoch(): number {
    return this.#epoch;
  }

  /** A send of this epoch met a failure of the server's own. */
  failed(epoch: number, nowMs: number, failure: ServerFailure): void {
    if (epoch !== this.#epoch) return;
    // Another trouble begins anew.
    this.#failures = failure === this.#last ? this.#failures + 1 : 1;
    this.#last = failure;
    this.#untilMs = nowMs + waitMs(this.#chance, this.#failures, WAITS[failure]);
    this.#epoch++;
  }

  answered(): void {
    if (!this.isFailing) return;
    this.#failures = 0;
    this.end();
  }

  /** It may be tried at once; how often it has failed is not forgotten. */
  end(): void {
    this.#untilMs = 0;
    this.#epoch++;
  }
}
