/** Who may look: whoever has the token, as a bearer (RFC 6750), or by a session that a browser got for it. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Chance } from '../chance.ts';
import { canonicalAddress } from '../net/address.ts';
import { HOUR_MS, SECOND_MS } from '../net/duration.ts';
import { canonicalDomain } from '../net/mail-address.ts';
import { Buckets } from '../page/form/rate-limits.ts';
import type { Origin } from '../page/http/origins.ts';

const SESSION_KEY_BYTES = 32;
/** A day's work. */
const SESSION_MS = 12 * HOUR_MS;
const COOKIE = 'ringback_dashboard';
/** Whoever mistypes has so many tries; who guesses has one in that time. */
const FAILURES = { burst: 10, refillMs: 10 * SECOND_MS, most: 1024 };
const MAX_COOKIES = 4096;
const SESSION = /^(\d{1,15})\.([\w-]{43})$/;

export type TokenVerdict = 'right' | 'wrong' | 'limited' | 'none';

interface AccessOptions {
  readonly token: string;
  /** Canonical names by which browsers may ask. */
  readonly names: readonly string[];
  readonly nowMs: () => number;
  readonly chance: Chance;
}

export class Access {
  readonly #options: AccessOptions;
  readonly #names: ReadonlySet<string>;
  readonly #failures = new Buckets(FAILURES);
  /** Of sessions; another one ends all of them. */
  #key: Buffer;
  readonly #compareKey: Buffer;
  readonly #token: Buffer;

  constructor(options: AccessOptions) {
    this.#options = options;
    this.#names = new Set(['localhost', ...options.names]);
    this.#key = options.chance.bytes(SESSION_KEY_BYTES);
    this.#compareKey = options.chance.bytes(SESSION_KEY_BYTES);
    this.#token = this.#sumOf(options.token);
  }

  /**
   * Another site's page can have a name of its own lead here (DNS rebinding), but its browser says that name; an address is
   * nobody's name.
   */
  isNamed(host: string | null): boolean {
    const [, bracketed, plain] = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(host ?? '') ?? [];
    if (bracketed !== undefined) return canonicalAddress(bracketed) !== null;
    if (plain === undefined) return false;
    const name = canonicalDomain(plain.replace(/\.$/, ''));
    return canonicalAddress(plain) !== null || (name !== null && this.#names.has(name));
  }

  /** Whether what a request brings lets it in. A session that has ended is no guess. */
  ofRequest(authorization: string | undefined, cookie: string | undefined, origin: Origin): TokenVerdict {
    const [, bearer] = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '') ?? [];
    if (bearer !== undefined) return this.ofToken(bearer, origin);
    if (authorization !== undefined) return this.ofToken('', origin);
    return this.sessionMs(cookie) > 0 ? 'right' : 'none';
  }

  /**
   * Compares in a time that says nothing of how much is right. However many wrong ones there were, the right one is taken: who
   * shares its address, as all behind one proxy do, locks nobody out.
   */
  ofToken(given: string, { one }: Pick<Origin, 'one'>): TokenVerdict {
    if (timingSafeEqual(this.#sumOf(given), this.#token)) return 'right';
    const nowMs = this.#options.nowMs();
    if (this.#failures.waitMs(one, nowMs) > 0) return 'limited';
    this.#failures.take(one, nowMs);
    return 'wrong';
  }

  /** In seconds, how long whoever is limited has to wait. */
  waitSeconds({ one }: Pick<Origin, 'one'>): number {
    return Math.max(1, Math.ceil(this.#failures.waitMs(one, this.#options.nowMs()) / SECOND_MS));
  }

  /** The value of a Set-Cookie field for who had the right token. */
  begin(): string {
    const untilMs = Math.floor(this.#options.nowMs() + SESSION_MS);
    return cookieText(`${untilMs}.${this.#signed(String(untilMs))}`, SESSION_MS / SECOND_MS);
  }

  /** Ends all sessions. */
  end(): string {
    this.#key = this.#options.chance.bytes(SESSION_KEY_BYTES);
    return cookieText('', 0);
  }

  /** How much longer a session lasts; 0: there is none. */
  sessionMs(cookie: string | undefined): number {
    const nowMs = this.#options.nowMs();
    for (const part of (cookie ?? '').slice(0, MAX_COOKIES).split(';')) {
      const [name, value = ''] = part.trim().split('=', 2);
      if (name !== COOKIE) continue;
      const [, until, signature] = SESSION.exec(value) ?? [];
      if (until === undefined || signature === undefined) continue;
      const isOurs = timingSafeEqual(Buffer.from(signature), Buffer.from(this.#signed(until)));
      if (isOurs && Number(until) > nowMs) return Number(until) - nowMs;
    }
    return 0;
  }

  #signed(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }

  /** Of the same length, whatever it is of. */
  #sumOf(text: string): Buffer {
    return createHmac('sha256', this.#compareKey).update(text).digest();
  }
}

function cookieText(value: string, seconds: number): string {
  return `${COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict`;
}
