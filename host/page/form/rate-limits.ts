/** How often people may register: token buckets in maps of bounded size. */

import { DAY_MS, HOUR_MS } from '../../net/duration.ts';
import { foldMailAddress } from '../../net/mail-address.ts';
import type { Origin, Shares } from '../http/origins.ts';

/**
 * One person asks for a few servers, and a repeater shows several people under one MAC address; a dozen people share a
 * household's address. A network has a quarter of all, which a router of this size is asked for in its worst hour: who
 * bombs with invented addresses keeps registrations from nobody elsewhere.
 */
export const AN_HOUR: Shares = { machine: 10, household: 60, network: 250, all: 1000 };
/** Strangers can enter somebody else's address: a bound on what that brings, beside one notice an outage. */
export const PER_MAIL_A_DAY = 5;
/** Those of an hour, and those of a day: with the limit in all, no more can be in use. */
const ORIGINS = 2 * AN_HOUR.all;
const MAILS = 25 * AN_HOUR.all;

interface BucketOptions {
  /** How many at once. */
  readonly burst: number;
  /** After how long there is room for one more. */
  readonly refillMs: number;
  /** Buckets that are not full; beyond them the one that was used longest ago is forgotten. */
  readonly most: number;
}

/**
 * One bucket for each key. What is kept is the moment when it will be full again (the generic cell rate algorithm of ITU-T
 * I.371): a full one needs no place.
 */
export class Buckets {
  readonly #burst: number;
  readonly #refillMs: number;
  readonly #most: number;
  /** In order of their last use. */
  readonly #fullMs = new Map<string, number>();

  constructor({ burst, refillMs, most }: BucketOptions) {
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#most = most;
  }

  /** How long until one more may be taken; 0: now. */
  waitMs(key: string, nowMs: number): number {
    const fullMs = this.#fullMs.get(key) ?? nowMs;
    return Math.max(0, fullMs - nowMs - (this.#burst - 1) * this.#refillMs);
  }

  /** Takes one, whether there is one or not. */
  take(key: string, nowMs: number): void {
    const fullMs = Math.max(nowMs, this.#fullMs.get(key) ?? nowMs) + this.#refillMs;
    this.#fullMs.delete(key);
    this.#makeRoom(nowMs);
    this.#fullMs.set(key, fullMs);
  }

  get size(): number {
    return this.#fullMs.size;
  }

  #makeRoom(nowMs: number): void {
    for (const [key, fullMs] of this.#fullMs) {
      if (fullMs > nowMs && this.#fullMs.size < this.#most) return;
      this.#fullMs.delete(key);
    }
  }
}

function hourly(burst: number, most: number): Buckets {
  return new Buckets({ burst, refillMs: HOUR_MS / burst, most });
}

export class RegistrationLimits {
  readonly #machine = hourly(AN_HOUR.machine, ORIGINS);
  readonly #household = hourly(AN_HOUR.household, ORIGINS);
  readonly #networks = hourly(AN_HOUR.network, ORIGINS);
  readonly #mails = new Buckets({
    burst: PER_MAIL_A_DAY,
    refillMs: DAY_MS / PER_MAIL_A_DAY,
    most: MAILS,
  });
  readonly #all = hourly(AN_HOUR.all, 1);

  /**
   * Takes one from each of the four limits, or nothing if one of them is reached: then for how many milliseconds. 0: it
   * is admitted. `mail` is canonical.
   */
  admit({ kind, one, network }: Origin, mail: string, nowMs: number): number {
    const keys = [
      [kind === 'machine' ? this.#machine : this.#household, one],
      [this.#networks, network],
      [this.#mails, foldMailAddress(mail)],
      [this.#all, ''],
    ] as const;
    const waitMs = Math.max(...keys.map(([buckets, key]) => buckets.waitMs(key, nowMs)));
    if (waitMs === 0) for (const [buckets, key] of keys) buckets.take(key, nowMs);
    return waitMs;
  }
}
