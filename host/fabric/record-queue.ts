/** Events on their way in this process, as records: a crowd that is let go has hundreds of thousands of them in one moment. */
import type { Codec } from './codec.ts';
import type { FabricEvent } from './records.ts';

const FIRST_ROOM = 100;
/** A queue that was longer gives its memory back. */
const KEPT_ROOM = 4096;

export class RecordQueue {
  readonly #codec: Codec;
  #bytes: Uint8Array<ArrayBuffer>;
  #from = 0;
  #to = 0;

  constructor(codec: Codec) {
    this.#codec = codec;
    this.#bytes = new Uint8Array(FIRST_ROOM * codec.recordBytes);
  }

  /** Copies records that lie in that memory from there to there. */
  add(memory: Uint8Array, from: number, to: number): void {
    const end = this.#to + to - from;
    if (end > this.#bytes.length) this.#resize(Math.max(end, 2 * this.#bytes.length));
    this.#bytes.set(memory.subarray(from, to), this.#to);
    this.#to = end;
  }

  /** The oldest. Throws RingbackError('fabric') for what no module of this version says. */
  take(): FabricEvent {
    const event = this.#codec.decode(this.#bytes, this.#from);
    this.#from += this.#codec.recordBytes;
    return event;
  }

  clear(): void {
    this.#from = 0;
    this.#to = 0;
    const kept = KEPT_ROOM * this.#codec.recordBytes;
    if (this.#bytes.length > kept) this.#resize(kept);
  }

  #resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes.subarray(0, this.#to));
    this.#bytes = bytes;
  }
}
