/** An active's side of its session with the standby. */
import { randomBytes } from 'node:crypto';
import { type Keys, NO_NONCE, type Refused, read, Session, same } from '../session.ts';
import { encode, type Message, NONCE_BYTES } from '../wire.ts';

/** Sessions of which it is remembered that they were. */
const MOST_BEFORE = 4;

function nameOf(message: Message): string {
  return 'name' in message ? message.name : 'another';
}

/** What an active makes of a datagram. */
export type ActiveReading =
  | { readonly is: 'refused'; readonly why: Refused }
  /** Send this at once: the session began. */
  | { readonly is: 'welcome'; readonly standby: string }
  /** The standby has lost the session, or has just started: greet it anew. */
  | { readonly is: 'lost' }
  | { readonly is: 'knock'; readonly standby: string }
  /** Of the session before this one: another standby has taken its place, and it goes on all the same. */
  | { readonly is: 'second'; readonly standby: string }
  | { readonly is: 'message'; readonly message: Message; readonly seen: number };

export class ActiveSession {
  readonly #keys: Keys;
  readonly #name: string;
  #greeting: Uint8Array | null = null;
  #greetings = 0;
  #session: Session | null = null;
  /** Those before it, latest first. */
  #before: readonly Session[] = [];

  constructor(keys: Keys, name: string) {
    this.#keys = keys;
    this.#name = name;
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
    this.#greeting = randomBytes(NONCE_BYTES);
    const keys = this.#keys();
    const key = keys[this.#greetings++ % keys.length] ?? keys[0];
    return encode(
      {
        activeNonce: this.#greeting,
        standbyNonce: NO_NONCE,
        number: 0,
        seen: 0,
        message: { kind: 'hello', name: this.#name },
      },
      key,
    );
  }

  /** The bytes of a message; null while there is no session. */
  seal(message: Message): Buffer | null {
    return this.#session?.seal(message, this.#keys) ?? null;
  }

  /** Forgets the session. */
  end(): void {
    if (this.#session !== null) this.#before = [this.#session, ...this.#before].slice(0, MOST_BEFORE);
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
      if (this.#greeting === null || !same(datagram.activeNonce, this.#greeting)) {
        return { is: 'refused', why: 'replayed' };
      }
      this.#greeting = null;
      this.#greetings = Math.max(0, this.#keys().indexOf(key));
      this.end();
      this.#session = new Session(datagram.activeNonce, datagram.standbyNonce, key);
      return { is: 'welcome', standby: message.name };
    }
    if (session === null || !session.isOf(datagram)) {
      const before = message.kind === 'unknown' ? undefined : this.#before.find((one) => one.isOf(datagram));
      if (before?.admits(datagram.number)) return { is: 'second', standby: nameOf(message) };
      return { is: 'refused', why: 'replayed' };
    }
    if (message.kind === 'unknown') {
      this.end();
      return { is: 'lost' };
    }
    if (!session.admits(datagram.number)) return { is: 'refused', why: 'replayed' };
    session.key = key;
    return { is: 'message', message, seen: datagram.seen };
  }
}
