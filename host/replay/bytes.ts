/** The bytes of an open file, in order and from its beginning. */
import { readSync } from 'node:fs';

export const CHUNK_BYTES = 1024 * 1024;

/** Where the file is read into. */
export interface Room {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What was taken is about to be overwritten. */
  readonly onReading: () => void;
}

export class Bytes {
  readonly #file: number;
  readonly #onReading: () => void;
  #buffer: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #start = 0;
  #end = 0;
  #position = 0;

  /** What does not fit into `room` is read elsewhere, as is all that follows. */
  constructor(file: number, room: Room | null = null) {
    this.#file = file;
    this.#onReading = room?.onReading ?? (() => {});
    this.#buffer = room?.bytes ?? new Uint8Array(CHUNK_BYTES);
    this.#view = viewOf(this.#buffer);
  }

  /** How many bytes have been taken. */
  get position(): number {
    return this.#position;
  }

  /** Where what was taken last lies; another one after some `take`. */
  get buffer(): Uint8Array<ArrayBuffer> {
    return this.#buffer;
  }

  get view(): DataView {
    return this.#view;
  }

  /** Where the next `length` bytes begin in `buffer`, valid until the next call; -1 when fewer are left. */
  take(length: number): number {
    if (this.#end - this.#start < length && !this.#provide(length)) return -1;
    const start = this.#start;
    this.#start += length;
    this.#position += length;
    return start;
  }

  /** Whether the file ends here. */
  get atEnd(): boolean {
    return this.#end === this.#start && !this.#provide(1);
  }

  #provide(length: number): boolean {
    this.#onReading();
    const rest = this.#buffer.subarray(this.#start, this.#end);
    const buffer = length > this.#buffer.length ? new Uint8Array(length) : this.#buffer;
    buffer.set(rest);
    if (buffer !== this.#buffer) this.#view = viewOf(buffer);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = rest.length;
    while (this.#end < length) {
      // The place is named: what was spooled has been written to its end.
      const place = this.#position + this.#end;
      const got = readSync(this.#file, this.#buffer, this.#end, this.#buffer.length - this.#end, place);
      if (got === 0) return false;
      this.#end += got;
    }
    return true;
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
