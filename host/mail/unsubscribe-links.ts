/** The links by which people say, with one click, that they want no more notices (RFC 8058). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Chance } from '../chance.ts';
import { canonicalMailAddress, foldMailAddress, mailOwner } from '../net/mail-address.ts';

/** Long enough that nobody guesses it, short enough for a line of mail. */
const PROOF_BYTES = 16;

export function newStopKey(chance: Chance): string {
  return chance.bytes(32).toString('hex');
}

export class StopLinks {
  readonly #key: Buffer;

  /** `key` is hexadecimal, and the same for as long as notices may lie in mailboxes. */
  constructor(key: string) {
    this.#key = Buffer.from(key, 'hex');
  }

  /** What only who got a notice at this address can know. */
  tokenFor(mail: string): string {
    return `${Buffer.from(mail).toString('base64url')}.${this.#proof(mail).toString('base64url')}`;
  }

  /** The mail address of a token; null if it is none of ours. */
  mailOf(token: string): string | null {
    const [encoded, proof, ...more] = token.split('.');
    if (encoded === undefined || proof === undefined || more.length > 0) return null;
    const mail = Buffer.from(encoded, 'base64url').toString();
    const given = Buffer.from(proof, 'base64url');
    // What is no mail address may fold to what proves another one.
    if (given.length !== PROOF_BYTES || canonicalMailAddress(mail) !== mail) return null;
    return timingSafeEqual(given, this.#proof(mail)) || timingSafeEqual(given, this.#foldedProof(mail))
      ? mail
      : null;
  }

  /** NUL is in no mail address: what proves one form is no proof of the other. */
  #proof(mail: string): Buffer {
    return this.#proofOf(`\0${mailOwner(mail)}`);
  }

  /** Of links in mails that an older version has sent. */
  #foldedProof(mail: string): Buffer {
    return this.#proofOf(foldMailAddress(mail));
  }

  #proofOf(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest().subarray(0, PROOF_BYTES);
  }
}
