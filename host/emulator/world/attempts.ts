/**
 * Connections that are being opened, as columns: an attempt is a number, its place in them. A place is free again when nobody
 * refers to it any more, its entries in the calendar and what waits in queues among them.
 */

const FIRST_ROOM = 4096;

export const State = { free: 0, opening: 1, over: 2 } as const;

/** Bits of `flags`. */
export const Mark = {
  /** The router's own. */
  own: 1,
  /** The page answers it. */
  shown: 2,
  /** An answer is on its way: no timer is needed yet. */
  pending: 4,
  /** Its timers are set. */
  timed: 8,
  /** ICMP has said that there is no way, and the stack goes on. */
  warned: 16,
  /** It ends with the next retransmission. */
  failsNext: 32,
  /** Its client has let go of it. */
  released: 64,
} as const;

export class AttemptTable {
  /** How many there are now. */
  size = 0;
  #free: number[] = [];
  #used = 0;
  state = new Uint8Array(FIRST_ROOM);
  flags = new Uint8Array(FIRST_ROOM);
  /** Who refers to it. */
  refs = new Uint16Array(FIRST_ROOM);
  /** The client's number; -1: the router. */
  client = new Int32Array(FIRST_ROOM);
  /** The server's address, by its number. */
  place = new Int32Array(FIRST_ROOM);
  /** -1: nobody has ever served there. */
  service = new Int32Array(FIRST_ROOM);
  fromPort = new Uint16Array(FIRST_ROOM);
  toPort = new Uint16Array(FIRST_ROOM);
  sequence = new Uint32Array(FIRST_ROOM);
  /** SYNs so far. */
  sent = new Uint8Array(FIRST_ROOM);
  /** The moment of the last one. */
  sentUs = new Float64Array(FIRST_ROOM);
  beganUs = new Float64Array(FIRST_ROOM);
  stack = new Uint8Array(FIRST_ROOM);
  /** RSTs that it has met. */
  resets = new Uint8Array(FIRST_ROOM);
  /** The first attempt of the same visit. */
  visit = new Int32Array(FIRST_ROOM);
  /** Of a visit: whether it has ended, and how many of its attempts are under way. */
  ended = new Uint8Array(FIRST_ROOM);
  live = new Uint8Array(FIRST_ROOM);
  /** Of a visit: how many tries may follow it; and which reload of the program's own it is. */
  left = new Uint8Array(FIRST_ROOM);
  reload = new Uint8Array(FIRST_ROOM);
  /** Of a visit: whose habits it follows (people's, by number; 255: a named host's), and its patience. */
  habit = new Uint8Array(FIRST_ROOM);
  patienceUs = new Float64Array(FIRST_ROOM);

  /** A place with one reference to it; its columns are to be written. */
  take(): number {
    this.size++;
    const slot = this.#free.pop() ?? this.#used++;
    if (slot === this.state.length) this.#grow();
    this.state[slot] = State.opening;
    this.flags[slot] = 0;
    this.refs[slot] = 1;
    this.sent[slot] = 0;
    this.resets[slot] = 0;
    this.ended[slot] = 0;
    this.live[slot] = 0;
    return slot;
  }

  /** All places that have ever been taken. */
  get used(): number {
    return this.#used;
  }

  hold(slot: number): void {
    (this.refs[slot] as number)++;
  }

  drop(slot: number): void {
    if (--(this.refs[slot] as number) > 0) return;
    this.state[slot] = State.free;
    this.size--;
    this.#free.push(slot);
  }

  has(slot: number, mark: number): boolean {
    return ((this.flags[slot] as number) & mark) !== 0;
  }

  mark(slot: number, mark: number): void {
    this.flags[slot] = (this.flags[slot] as number) | mark;
  }

  unmark(slot: number, mark: number): void {
    this.flags[slot] = (this.flags[slot] as number) & ~mark;
  }

  #grow(): void {
    const room = this.state.length * 2;
    const bytes = (from: Uint8Array): Uint8Array<ArrayBuffer> => larger(from, new Uint8Array(room));
    const words = (from: Int32Array): Int32Array<ArrayBuffer> => larger(from, new Int32Array(room));
    const shorts = (from: Uint16Array): Uint16Array<ArrayBuffer> => larger(from, new Uint16Array(room));
    const moments = (from: Float64Array): Float64Array<ArrayBuffer> => larger(from, new Float64Array(room));
    this.state = bytes(this.state);
    this.flags = bytes(this.flags);
    this.refs = shorts(this.refs);
    this.client = words(this.client);
    this.place = words(this.place);
    this.service = words(this.service);
    this.fromPort = shorts(this.fromPort);
    this.toPort = shorts(this.toPort);
    this.sequence = larger(this.sequence, new Uint32Array(room));
    this.sent = bytes(this.sent);
    this.sentUs = moments(this.sentUs);
    this.beganUs = moments(this.beganUs);
    this.stack = bytes(this.stack);
    this.resets = bytes(this.resets);
    this.visit = words(this.visit);
    this.ended = bytes(this.ended);
    this.live = bytes(this.live);
    this.left = bytes(this.left);
    this.reload = bytes(this.reload);
    this.habit = bytes(this.habit);
    this.patienceUs = moments(this.patienceUs);
  }
}

/** A column with more room. */
function larger<T extends Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array>(
  from: { readonly length: number } & ArrayLike<number>,
  to: T,
): T {
  to.set(from);
  return to;
}
