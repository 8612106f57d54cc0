/**
 * Sessions between an active and its standby: without a clock and without a disk nothing forged, replayed or
 * sent back is believed. Each side brings a random nonce; only who has the key can put both into a message,
 * and within a session numbers go up only. A replayed hello begins nothing, for the answer to it is needed.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { type Datagram, decode, encode, isStandbys, keyOf, type Message, NONCE_BYTES } from './wire.ts';

/** The present key first, then one that is still accepted; they may change while sessions go on. */
export type Keys = () => readonly [string, ...string[]];

/** Why a datagram is not believed; each is counted. */
export const REFUSALS = ['forged', 'malformed', 'replayed', 'misdirected', 'stranger', 'excess'] as const;
export type Refused = (typeof REFUSALS)[number];

/** Sessions of which it is remembered that they were. */
const MOST_BEFORE = 4;
const NO_NONCE = new Uint8Array(NONCE_BYTES);

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** One established session of either side. */
class Session {
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

  seal(message: Message, keys: Keys): Buffer {
    const [present, ...others] = keys();
    if (!others.includes(this.key)) this.key = present;
    const { activeNonce, standbyNonce } = this;
    this.#sent += 1;
    return encode({ activeNonce, standbyNonce, number: this.#sent, seen: this.#seen, message }, this.key);
  }
}

/** Authentic, whole, and said by the right side; or why not. */
function read(
  bytes: Uint8Array,
  keys: Keys,
  byStandby: boolean,
): { datagram: Datagram; key: string } | Refused {
  const known = keys();
  const key = known[keyOf(bytes, known)];
  if (key === undefined) return 'forged';
  const datagram = decode(bytes);
  if (datagram === null) return 'malformed';
  return isStandbys(datagram.message.kind) === byStandby ? { datagram, key } : 'misdirected';
}

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
    const reading = read(bytes, this.#keys, true);
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

/** What a standby makes of a datagram. */
export type StandbyReading =
  | { readonly is: 'refused'; readonly why: Refused }
  /** Send this back to where it came from. */
  | { readonly is: 'answer'; readonly bytes: Buffer }
  | {
      readonly is: 'message';
      readonly active: string;
      readonly message: Message;
      /** The first one of a session. */
      readonly begins: boolean;
    };

/** Challenges to strangers in a second. */
const MOST_ANSWERS = 50;
const SECOND_MS = 1000;
/** Ended sessions that are remembered; then all challenges so far become void instead. */
const MOST_ENDED = 4096;

export interface StandbySessionOptions {
  readonly keys: Keys;
  /** What the standby calls itself. */
  readonly name: string;
  /** Whose datagram it is: by the name that it bears, the address it came from, and its addresses. Null: nobody's who is served. */
  readonly identify: (name: string, from: string, addresses: readonly string[]) => string | null;
  readonly nowMs: () => number;
}

/** The sessions of a standby with its actives. */
export class StandbySessions {
  readonly #options: StandbySessionOptions;
  readonly #sessions = new Map<string, Session>();
  /** By the active's nonce. */
  readonly #byNonce = new Map<string, string>();
  readonly #ended = new Set<string>();
  #secret = randomBytes(32);
  #secondMs = Number.NEGATIVE_INFINITY;
  #answers = 0;

  constructor(options: StandbySessionOptions) {
    this.#options = options;
  }

  /** The bytes of a message to an active; null while there is no session with it. */
  seal(active: string, message: Message): Buffer | null {
    return this.#sessions.get(active)?.seal(message, this.#options.keys) ?? null;
  }

  /** "Here I am": makes an active that listens greet at once. Proves nothing, and begins nothing. */
  knock(): Buffer {
    return encode(
      {
        activeNonce: NO_NONCE,
        standbyNonce: NO_NONCE,
        number: 0,
        seen: 0,
        message: { kind: 'knock', name: this.#options.name },
      },
      this.#options.keys()[0],
    );
  }

  /** `from` is the address that the datagram bears as its sender. */
  open(bytes: Uint8Array, from: string): StandbyReading {
    const { keys } = this.#options;
    const reading = read(bytes, keys, false);
    if (typeof reading === 'string') return { is: 'refused', why: reading };
    const { datagram, key } = reading;
    const { message, activeNonce } = datagram;
    if (message.kind === 'hello') {
      const standbyNonce = this.#nonceFor(activeNonce);
      return this.#answer(datagram, { kind: 'welcome', name: this.#options.name }, standbyNonce, key);
    }
    const nonce = Buffer.from(activeNonce).toString('hex');
    const active = this.#byNonce.get(nonce);
    const session = active === undefined ? undefined : this.#sessions.get(active);
    if (active !== undefined && session?.isOf(datagram)) {
      if (!session.admits(datagram.number)) return { is: 'refused', why: 'replayed' };
      session.key = key;
      return { is: 'message', active, message, begins: false };
    }
    if (this.#ended.has(nonce)) return { is: 'refused', why: 'replayed' };
    if (!same(datagram.standbyNonce, this.#nonceFor(activeNonce))) {
      return this.#answer(datagram, { kind: 'unknown' }, datagram.standbyNonce, key);
    }
    if (message.kind !== 'beat') return { is: 'refused', why: 'malformed' };
    return this.#begin(datagram, message.name, from, key, nonce);
  }

  #begin(datagram: Datagram, name: string, from: string, key: string, nonce: string): StandbyReading {
    const { message } = datagram;
    const addresses = message.kind === 'beat' ? message.entries.map(({ address }) => address) : [];
    const active = this.#options.identify(name, from, addresses);
    if (active === null) return { is: 'refused', why: 'stranger' };
    const before = this.#sessions.get(active);
    if (before !== undefined) this.#end(Buffer.from(before.activeNonce).toString('hex'));
    const session = new Session(datagram.activeNonce, datagram.standbyNonce, key);
    session.admits(datagram.number);
    this.#sessions.set(active, session);
    this.#byNonce.set(nonce, active);
    return { is: 'message', active, message, begins: true };
  }

  #end(nonce: string): void {
    this.#byNonce.delete(nonce);
    this.#ended.add(nonce);
    if (this.#ended.size <= MOST_ENDED) return;
    this.#ended.clear();
    this.#secret = randomBytes(32);
  }

  /** No memory of a greeting is needed to know its challenge again. */
  #nonceFor(activeNonce: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#secret).update(activeNonce).digest().subarray(0, NONCE_BYTES);
  }

  #answer(to: Datagram, message: Message, standbyNonce: Uint8Array, key: string): StandbyReading {
    const nowMs = this.#options.nowMs();
    if (nowMs - this.#secondMs >= SECOND_MS) {
      this.#secondMs = nowMs;
      this.#answers = 0;
    }
    if (++this.#answers > MOST_ANSWERS) return { is: 'refused', why: 'excess' };
    const { activeNonce } = to;
    return {
      is: 'answer',
      bytes: encode({ activeNonce, standbyNonce, number: 0, seen: 0, message }, key),
    };
  }
}
