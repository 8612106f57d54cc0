/** A standby's side of the sessions with its actives. */
import { createHmac } from 'node:crypto';
import type { Chance } from '../../chance.ts';
import { SECOND_MS } from '../../net/duration.ts';
import type { Time } from '../../time.ts';
import { type Datagram, encode, NONCE_BYTES } from './datagram.ts';
import type { TakeoverMessage } from './messages.ts';
import { type Keys, NO_NONCE, type RefusedDatagram, read, Session, same } from './session.ts';

/** What a standby makes of a datagram. */
type StandbyReading =
  | { readonly is: 'refused'; readonly why: RefusedDatagram }
  /** Send this back to where it came from. */
  | { readonly is: 'answer'; readonly bytes: Buffer }
  | {
      readonly is: 'message';
      readonly active: string;
      readonly message: TakeoverMessage;
      /** The first one of a session. */
      readonly begins: boolean;
    };

/** Challenges to strangers in a second. */
const MAX_ANSWERS = 50;
const SECRET_BYTES = 32;
/** Ended sessions that are remembered; then all challenges so far become void instead. */
const MAX_ENDED = 4096;

interface StandbySessionOptions {
  readonly keys: Keys;
  /** By name, those of actives that have keys of their own: nothing else is believed of them, and they speak for nobody else. */
  readonly ownKeys?: () => ReadonlyMap<string, readonly [string, ...string[]]>;
  /** What the standby calls itself. */
  readonly name: string;
  /** Whose datagram it is: by the name that it bears, the address it came from, and its addresses. Null: nobody's who is served. */
  readonly identify: (name: string, from: string, addresses: readonly string[]) => string | null;
  readonly time: Pick<Time, 'nowMs'>;
  readonly chance: Chance;
}

/** The sessions of a standby with its actives. */
export class StandbySessions {
  readonly #options: StandbySessionOptions;
  readonly #sessions = new Map<string, Session>();
  /** By the active's nonce. */
  readonly #byNonce = new Map<string, string>();
  readonly #ended = new Set<string>();
  #secret: Buffer;
  #secondMs = Number.NEGATIVE_INFINITY;
  #answers = 0;

  constructor(options: StandbySessionOptions) {
    this.#options = options;
    this.#secret = options.chance.bytes(SECRET_BYTES);
  }

  /** The bytes of a message to an active; null while there is no session with it. */
  seal(active: string, message: TakeoverMessage): Buffer | null {
    return this.#sessions.get(active)?.seal(message, () => this.#keysOf(active)) ?? null;
  }

  /** "Here I am": makes an active that listens greet at once. Proves nothing, and begins nothing. */
  knock(active: string): Buffer {
    return encode(
      {
        activeNonce: NO_NONCE,
        standbyNonce: NO_NONCE,
        number: 0,
        seen: 0,
        message: { kind: 'knock', name: this.#options.name },
      },
      this.#keysOf(active)[0],
    );
  }

  /** `from` is the address that the datagram bears as its sender. */
  open(bytes: Uint8Array, from: string): StandbyReading {
    const { keys, ownKeys } = this.#options;
    const own = [...(ownKeys?.().values() ?? [])].flat();
    const reading = read(bytes, [...keys(), ...own], false);
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
      if (!this.#keysOf(active).includes(key)) return { is: 'refused', why: 'forged' };
      if (!session.admits(datagram.number)) return { is: 'refused', why: 'replayed' };
      session.key = key;
      return { is: 'message', active, message, begins: false };
    }
    if (this.#ended.has(nonce)) return { is: 'refused', why: 'replayed' };
    if (!same(datagram.standbyNonce, this.#nonceFor(activeNonce))) {
      return this.#answer(datagram, { kind: 'unknown' }, datagram.standbyNonce, key);
    }
    if (message.kind !== 'heartbeat') return { is: 'refused', why: 'malformed' };
    return this.#begin(datagram, message.name, from, key, nonce);
  }

  #begin(datagram: Datagram, name: string, from: string, key: string, nonce: string): StandbyReading {
    const { message } = datagram;
    const addresses = message.kind === 'heartbeat' ? message.entries.map(({ address }) => address) : [];
    const active = this.#options.identify(name, from, addresses);
    if (active === null) return { is: 'refused', why: 'stranger' };
    if (!this.#keysOf(active).includes(key)) return { is: 'refused', why: 'forged' };
    const before = this.#sessions.get(active);
    if (before !== undefined) this.#end(Buffer.from(before.activeNonce).toString('hex'));
    const session = new Session(datagram.activeNonce, datagram.standbyNonce, key);
    session.admits(datagram.number);
    this.#sessions.set(active, session);
    this.#byNonce.set(nonce, active);
    return { is: 'message', active, message, begins: true };
  }

  #keysOf(active: string): readonly [string, ...string[]] {
    return this.#options.ownKeys?.().get(active) ?? this.#options.keys();
  }

  #end(nonce: string): void {
    this.#byNonce.delete(nonce);
    this.#ended.add(nonce);
    if (this.#ended.size <= MAX_ENDED) return;
    this.#ended.clear();
    this.#secret = this.#options.chance.bytes(SECRET_BYTES);
  }

  /** No memory of a greeting is needed to know its challenge again. */
  #nonceFor(activeNonce: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#secret).update(activeNonce).digest().subarray(0, NONCE_BYTES);
  }

  #answer(to: Datagram, message: TakeoverMessage, standbyNonce: Uint8Array, key: string): StandbyReading {
    const nowMs = this.#options.time.nowMs();
    if (nowMs - this.#secondMs >= SECOND_MS) {
      this.#secondMs = nowMs;
      this.#answers = 0;
    }
    if (++this.#answers > MAX_ANSWERS) return { is: 'refused', why: 'excess' };
    const { activeNonce } = to;
    return {
      is: 'answer',
      bytes: encode({ activeNonce, standbyNonce, number: 0, seen: 0, message }, key),
    };
  }
}
