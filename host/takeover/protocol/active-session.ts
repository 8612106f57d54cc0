/** An active's side of its session with the standby. */

import type { Chance } from '../../chance.ts';
import type { Time } from '../../time.ts';
import { encode, NONCE_BYTES } from './datagram.ts';
import type { TakeoverMessage } from './messages.ts';
import { type Keys, NO_NONCE, type RefusedDatagram, read, Session, same } from './session.ts';

/** Sessions of which it is remembered that they were. */
const MAX_BEFORE = 4;
/** Questions that are remembered. */
const MAX_ASKED = 10;
/** What was on its way when a session took another one's place has arrived by then. */
const ON_ITS_WAY_MS = 1000;

function nameOf(message: TakeoverMessage): string {
  return 'name' in message ? message.name : 'another';
}

/** What an active makes of a datagram. */
type ActiveReading =
  | { readonly is: 'refused'; readonly why: RefusedDatagram }
  /** Send this at once: the session began. */
  | { readonly is: 'welcome'; readonly standby: string }
  /** The standby has lost the session, or has just started: greet it anew. */
  | { readonly is: 'lost' }
  /** May have been recorded: it proves nothing. */
  | { readonly is: 'knock'; readonly standby: string }
  /** There is another standby now: it has answered a question, or goes on with the session before this one. */
  | { readonly is: 'second'; readonly standby: string }
  | { readonly is: 'message'; readonly message: TakeoverMessage; readonly seen: number };

export class ActiveSession {
  readonly #keys: Keys;
  readonly #name: string;
  #greeting: Uint8Array | null = null;
  #greetings = 0;
  #session: Session | null = null;
  /** Those before it, latest first. */
  #before: readonly Session[] = [];
  /** Nonces of questions that nobody has answered yet. */
  #asked: readonly Uint8Array[] = [];
  /** When the standby was first heard in this session, and said nothing more in another one. */
  #heardMs = Number.POSITIVE_INFINITY;
  readonly #time: Pick<Time, 'nowMs'>;
  readonly #chance: Chance;

  constructor(keys: Keys, name: string, { time, chance }: { time: Pick<Time, 'nowMs'>; chance: Chance }) {
    this.#keys = keys;
    this.#name = name;
    this.#time = time;
    this.#chance = chance;
  }

  get isUp(): boolean {
    return this.#session !== null;
  }

  /** The number of the last message of this session. */
  get sent(): number {
    return this.#session?.sent ?? 0;
  }

  /** Begins a session. Sent again, it is another one; keys take turns until one is answered. */
  hello(): Buffer {
    this.#greeting = this.#chance.bytes(NONCE_BYTES);
    const keys = this.#keys();
    return this.#greet(this.#greeting, keys[this.#greetings++ % keys.length] ?? keys[0]);
  }

  /** Who answers this is a standby, and is there now. It begins no session. */
  question(): Buffer {
    const nonce = this.#chance.bytes(NONCE_BYTES);
    this.#asked = [nonce, ...this.#asked].slice(0, MAX_ASKED);
    return this.#greet(nonce, this.#keys()[0]);
  }

  #greet(activeNonce: Uint8Array, key: string): Buffer {
    const message = { kind: 'hello', name: this.#name } as const;
    return encode({ activeNonce, standbyNonce: NO_NONCE, number: 0, seen: 0, message }, key);
  }

  /** The bytes of a message; null while there is no session. */
  seal(message: TakeoverMessage): Buffer | null {
    return this.#session?.seal(message, this.#keys) ?? null;
  }

  /** Forgets the session. */
  end(): void {
    if (this.#session !== null) this.#before = [this.#session, ...this.#before].slice(0, MAX_BEFORE);
    this.#session = null;
  }

  open(bytes: Uint8Array): ActiveReading {
    const reading = read(bytes, this.#keys(), true);
    if (typeof reading === 'string') return { is: 'refused', why: reading };
    const { datagram, key } = reading;
    const { message } = datagram;
    const session = this.#session;
    if (message.kind === 'knock') return { is: 'knock', standby: message.name };
    if (message.kind === 'welcome') {
      const asked = this.#asked.find((nonce) => same(nonce, datagram.activeNonce));
      if (asked !== undefined) {
        this.#asked = this.#asked.filter((nonce) => nonce !== asked);
        return { is: 'second', standby: message.name };
      }
      if (this.#greeting === null || !same(datagram.activeNonce, this.#greeting)) {
        return { is: 'refused', why: 'replayed' };
      }
      this.#greeting = null;
      this.#greetings = Math.max(0, this.#keys().indexOf(key));
      this.end();
      this.#heardMs = Number.POSITIVE_INFINITY;
      this.#session = new Session(datagram.activeNonce, datagram.standbyNonce, key);
      return { is: 'welcome', standby: message.name };
    }
    if (session === null || !session.isOf(datagram)) {
      const before = message.kind === 'unknown' ? undefined : this.#before.find((one) => one.isOf(datagram));
      const isNew = before?.admits(datagram.number) === true;
      // The standby of this session has left that one, whatever of it arrives late.
      const isOther = session !== null && this.#time.nowMs() - this.#heardMs >= ON_ITS_WAY_MS;
      if (isNew && isOther) return { is: 'second', standby: nameOf(message) };
      return { is: 'refused', why: 'replayed' };
    }
    if (message.kind === 'unknown') {
      this.end();
      return { is: 'lost' };
    }
    if (!session.admits(datagram.number)) return { is: 'refused', why: 'replayed' };
    session.key = key;
    this.#heardMs = Math.min(this.#heardMs, this.#time.nowMs());
    return { is: 'message', message, seen: datagram.seen };
  }
}
