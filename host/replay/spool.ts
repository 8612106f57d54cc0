/** A file without a name, for what can be read once only. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, RingbackError } from '../errors.ts';

/** The directory may be memory. */
export const MAX_SPOOLED_BYTES = 2 ** 30;

export class Spool {
  readonly descriptor: number;
  readonly #name: string;
  readonly #most: number;
  #length = 0;
  #cut: string | null = null;

  constructor(name: string, most: number) {
    this.#name = name;
    this.#most = most;
    this.descriptor = this.#inWords(() => {
      const place = mkdtempSync(join(tmpdir(), 'ringback-'));
      try {
        return openSync(join(place, 'capture'), 'wx+', 0o600);
      } finally {
        rmSync(place, { recursive: true });
      }
    });
  }

  /** Why not all of it was taken, or null. */
  get cut(): string | null {
    return this.#cut;
  }

  /** Takes as much as there is room for, and says whether that was all. */
  take(chunk: Uint8Array): boolean {
    const room = this.#most - this.#length;
    this.#write(chunk.subarray(0, room));
    if (chunk.length <= room) return true;
    this.#cut = `only its first ${this.#most} bytes are read of what is compressed or comes through a pipe`;
    return false;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  #write(bytes: Uint8Array): void {
    this.#inWords(() => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done);
    });
    this.#length += bytes.length;
  }

  #inWords<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      const remedy = `it is kept in ${tmpdir()} while it is read; TMPDIR can name another directory`;
      throw new RingbackError('input', `${this.#name}: ${messageOf(error)}; ${remedy}`, { cause: error });
    }
  }
}
