/** Packets that wait for a neighbour: the oldest gives way to a new one when there are too many. */

/** `unres_qlen_bytes` is full of so many SYNs. */
const MAX_QUEUED = 256;

export class PacketQueue<W> {
  readonly #ring: W[];
  #first = 0;

  constructor(first: W) {
    this.#ring = [first];
  }

  /** Which one gave way. */
  push(waiting: W): W | undefined {
    if (this.#ring.length < MAX_QUEUED) {
      this.#ring.push(waiting);
      return undefined;
    }
    const oldest = this.#ring[this.#first];
    this.#ring[this.#first] = waiting;
    this.#first = (this.#first + 1) % MAX_QUEUED;
    return oldest;
  }

  /** In order. */
  all(): readonly W[] {
    return [...this.#ring.slice(this.#first), ...this.#ring.slice(0, this.#first)];
  }
}
