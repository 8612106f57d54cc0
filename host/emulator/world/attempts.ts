/**
 * Connections that are being opened. An attempt is a number, the place of its record; all of a record lies side by side, as a world
 * has too many of them for a processor's cache, and looks at most of one at a time. A place is free again when nobody refers to it
 * any more, its entries in the calendar and what waits in queues among them.
 */

const FIRST_ROOM = 4096;
/** Of a record, and where its moments begin. */
const WORDS = 24;
const MOMENTS_AT = 18;
const WORD_BYTES = 4;

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
  #words = new Int32Array(FIRST_ROOM * WORDS);
  /** Words of records, by the attempt's number. */
  state = this.#column(0);
  flags = this.#column(1);
  /** Who refers to it. */
  refs = this.#column(2);
  /** The client's number; -1: the router. */
  client = this.#column(3);
  /** The server's address, by its number. */
  place = this.#column(4);
  /** -1: nobody has ever served there. */
  service = this.#column(5);
  fromPort = this.#column(6);
  toPort = this.#column(7);
  /** SYNs so far. */
  sent = this.#column(8);
  stack = this.#column(9);
  /** RSTs that it has met. */
  resets = this.#column(10);
  /** The first attempt of the same visit. */
  visit = this.#column(11);
  /** Of a visit: whether it has ended, and how many of its attempts are under way. */
  ended = this.#column(12);
  live = this.#column(13);
  /** Of a visit: how many tries may follow it; and which reload of the program's own it is. */
  left = this.#column(14);
  reload = this.#column(15);
  /** Of a visit: whose habits it follows (people's, by number; 255: a named host's). */
  habit = this.#column(16);
  sequence = this.#unsignedColumn(17);
  /** By half the attempt's number: the moment of the last SYN, the beginning of a visit, and its patience. */
  #moments = this.#momentColumn();

  /** A place with one reference to it; its columns are to be written. */
  take(): number {
    this.size++;
    const slot = this.#free.pop() ?? this.#new();
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
  *all(): Generator<number> {
    for (let slot = 0; slot < this.#used; slot += WORDS) yield slot;
  }

  /** When its last SYN was sent. */
  sentUs(slot: number): number {
    return this.#moments[slot >> 1] as number;
  }

  setSentUs(slot: number, us: number): void {
    this.#moments[slot >> 1] = us;
  }

  /** Of a visit. */
  beganUs(slot: number): number {
    return this.#moments[(slot >> 1) + 1] as number;
  }

  setBeganUs(slot: number, us: number): void {
    this.#moments[(slot >> 1) + 1] = us;
  }

  /** Of a visit. */
  patienceUs(slot: number): number {
    return this.#moments[(slot >> 1) + 2] as number;
  }

  setPatienceUs(slot: number, us: number): void {
    this.#moments[(slot >> 1) + 2] = us;
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

  #new(): number {
    const slot = this.#used;
    this.#used += WORDS;
    if (this.#used > this.#words.length) this.#grow();
    return slot;
  }

  #column(at: number): Int32Array {
    return new Int32Array(this.#words.buffer, at * WORD_BYTES);
  }

  #unsignedColumn(at: number): Uint32Array {
    return new Uint32Array(this.#words.buffer, at * WORD_BYTES);
  }

  #momentColumn(): Float64Array {
    return new Float64Array(this.#words.buffer, MOMENTS_AT * WORD_BYTES);
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.state = this.#column(0);
    this.flags = this.#column(1);
    this.refs = this.#column(2);
    this.client = this.#column(3);
    this.place = this.#column(4);
    this.service = this.#column(5);
    this.fromPort = this.#column(6);
    this.toPort = this.#column(7);
    this.sent = this.#column(8);
    this.stack = this.#column(9);
    this.resets = this.#column(10);
    this.visit = this.#column(11);
    this.ended = this.#column(12);
    this.live = this.#column(13);
    this.left = this.#column(14);
    this.reload = this.#column(15);
    this.habit = this.#column(16);
    this.sequence = this.#unsignedColumn(17);
    this.#moments = this.#momentColumn();
  }
}
