/** The bytes of an open file, in order and from its beginning. */
import { readSync } from 'node:fs';

const CHUNK_BYTES = 1024 * 1024;

export class Bytes {
  readonly #file: number;
  #buffer = Buffer.alloc(CHUNK_BYTES);
  #start = 0;
  #end = 0;
  #position = 0;

  constructor(file: number) {
    this.#file = file;
  }

  /** How many bytes have been taken. */
  get position(): number {
    return this.#position;
  }

  /** The next `length` bytes, valid until the next call; null when fewer are left. */
  take(length: number): DataView | null {
    if (!this.#provide(length)) return null;
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset + this.#start, length);
    this.#start += length;
    this.#position += length;
    return view;
  }

  /** Whether the file ends here. */
  get atEnd(): boolean {
    return !this.#provide(1);
  }

  #provide(length: number): boolean {
    if (this.#end - this.#start >= length) return true;
    const rest = this.#buffer.subarray(this.#start, this.#end);
    const buffer = length > this.#buffer.length ? Buffer.alloc(length) : this.#buffer;
    buffer.set(rest);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = rest.length;
    while (this.#end < length) {
      // The place is named: a file is read more than once.
      const place = this.#position + this.#end;
      const got = readSync(this.#file, this.#buffer, this.#end, this.#buffer.length - this.#end, place);
      if (got === 0) return false;
      this.#end += got;
    }
    return true;
  }
}

/** The bytes of a view, where they lie. */
export function bytesOf(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}
