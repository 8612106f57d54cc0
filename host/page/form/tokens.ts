/**
 * Tokens in the form, against forged posts from other sites: who posts one has been sent the page of that server, as that
 * client, a short time ago. HMAC-SHA-256 (RFC 2104) with a key of this process; after a restart people are asked again.
 *
 * A token says which port and which client it is for, so that a form that goes to the router's own address (embodiment 4)
 * works for a browser that comes there over the other IP version.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Chance } from '../../chance.ts';
import { MINUTE_MS } from '../../net/duration.ts';
import type { Target } from '../../net/target.ts';

const KEY_BYTES = 32;
/** As long as a page may lie open before its question is answered. */
export const TOKEN_MINUTES = 120;
/** port, minute (base 36), client (canonical address), and 32 bytes in base64url. */
const TOKEN = /^((\d{1,5})\/([\da-z]{1,9})\/([\da-f.:]{2,45}))\/([\w-]{43})$/;
/** One client's page, its icon and its script's looks ask for the same one; more clients a minute are only slower. */
const REMEMBERED = 1024;

/** What a genuine token says. */
interface Claim {
  readonly client: string;
  readonly port: number;
  /** Not older than two hours. */
  readonly isFresh: boolean;
}

export class Tokens {
  readonly #key: Buffer;
  readonly #nowMs: () => number;
  readonly #issued = new Map<string, string>();

  constructor(nowMs: () => number, chance: Chance) {
    this.#key = chance.bytes(KEY_BYTES);
    this.#nowMs = nowMs;
  }

  /** A token for the page of `target` as `client` gets it; fit for an attribute and for a URL. */
  issue(client: string, { server, port }: Target): string {
    const text = `${port}/${this.#minute().toString(36)}/${client}`;
    const signed = `${server}/${text}`;
    const known = this.#issued.get(signed);
    if (known !== undefined) return known;
    const token = `${text}/${this.#codeOf(signed)}`;
    if (this.#issued.size >= REMEMBERED) this.#issued.clear();
    this.#issued.set(signed, token);
    return token;
  }

  /** What the token says if it was issued here for this server, else null. */
  read(token: string, server: string): Claim | null {
    const [, text = '', port = '', minute = '', client = '', code = ''] = TOKEN.exec(token) ?? [];
    // Compared even when there is nothing to compare: the time must not tell how far a guess came.
    const isOurs = timingSafeEqual(Buffer.from(this.#codeOf(`${server}/${text}`)), padded(code));
    if (!isOurs) return null;
    const isFresh = this.#minute() - Number.parseInt(minute, 36) <= TOKEN_MINUTES;
    return { client, port: Number(port), isFresh };
  }

  #minute(): number {
    return Math.floor(this.#nowMs() / MINUTE_MS);
  }

  #codeOf(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url');
  }
}

const CODE_LENGTH = 43;

function padded(code: string): Buffer {
  return Buffer.from(code.padEnd(CODE_LENGTH));
}
