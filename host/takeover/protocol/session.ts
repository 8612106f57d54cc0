/**
 * Sessions between an active and its standby: without a clock and without a disk nothing forged, replayed or
 * sent back is believed. Each side brings a random nonce; only who has the key can put both into a message,
 * and within a session numbers go up only. A replayed hello begins nothing, for the answer to it is needed.
 *
 * Who has a key can speak for all that it is for. An active's name is in its authenticated messages, but among actives that share
 * one key it is a word of honour: one that was broken into can have the addresses of the others taken. Where that counts, each
 * has a key of its own (`actives: [{name, address, key}]`). Against who has a machine's own key there is no help.
 */
import { type Datagram, decode, encode, isStandbys, keyOf, NONCE_BYTES } from './datagram.ts';
import type { TakeoverMessage } from './messages.ts';

/** The present key first, then one that is still accepted; they may change while sessions go on. */
export type Keys = () => readonly [string, ...string[]];

/** Why a datagram is not believed; each is counted. */
export const REFUSALS = ['forged', 'malformed', 'replayed', 'misdirected', 'stranger', 'excess'] as const;
export type RefusedDatagram = (typeof REFUSALS)[number];

export const NO_NONCE = new Uint8Array(NONCE_BYTES);

export function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** One established session of either side. */
export class Session {
  readonly activeNonce: Uint8Array;
  readonly standbyNonce: Uint8Array;
  /** The key with which the other side has proved itself last. */
  key: string;
  #sent = 0;
  #seen = 0;

  constructor(activeNonce: Uint8Array, standbyNonce: Uint8Array, key: string) {
    this.activeNonce = activeNonce;
    this.standbyNonce = standbyNonce;
    this.key = key;
  }

  /** The number of the last message that was sealed. */
  get sent(): number {
    return this.#sent;
  }

  isOf({ activeNonce, standbyNonce }: Datagram): boolean {
    return same(activeNonce, this.activeNonce) && same(standbyNonce, this.standbyNonce);
  }

  /** Whether the number is new; it is old from then on. */
  admits(number: number): boolean {
    if (number <= this.#seen) return false;
    this.#seen = number;
    return true;
  }

  seal(message: TakeoverMessage, keys: Keys): Buffer {
    const [present, ...others] = keys();
    if (!others.includes(this.key)) this.key = present;
    const { activeNonce, standbyNonce } = this;
    this.#sent += 1;
    return encode({ activeNonce, standbyNonce, number: this.#sent, seen: this.#seen, message }, this.key);
  }
}

/** Authentic, whole, and said by the right side; or why not. */
export function read(
  bytes: Uint8Array,
  known: readonly string[],
  byStandby: boolean,
): { datagram: Datagram; key: string } | RefusedDatagram {
  const key = known[keyOf(bytes, known)];
  if (key === undefined) return 'forged';
  const datagram = decode(bytes);
  if (datagram === null) return 'malformed';
  return isStandbys(datagram.message.kind) === byStandby ? { datagram, key } : 'misdirected';
}
