/** Commands on their way to a daemon, in their order: of very many a piece at a time, and others have their turn in between. */
import type { Writable } from 'node:stream';
import type { Time } from '../time.ts';

export class Outgoing {
  readonly #stream: Writable;
  readonly #time: Time;
  /** What is to be written still; the first one is under way. */
  readonly #waiting: Iterator<Uint8Array>[] = [];
  #isOver = false;

  constructor(stream: Writable, time: Time) {
    this.#stream = stream;
    this.#time = time;
  }

  write(bytes: Uint8Array): void {
    if (this.#waiting.length === 0) this.#stream.write(bytes);
    else this.#waiting.push([bytes].values());
  }

  /** They are made when it is their turn. */
  writeAll(pieces: Iterator<Uint8Array>): void {
    this.#waiting.push(pieces);
    if (this.#waiting.length === 1) this.#go();
  }

  /** Nothing comes after what is waiting. */
  end(): void {
    this.#isOver = true;
    for (let piece = this.#next(); piece !== null; piece = this.#next()) this.#stream.write(piece);
    this.#stream.end();
  }

  /** One piece; the others later. */
  #go(): void {
    if (this.#isOver) return;
    const piece = this.#next();
    if (piece === null) return;
    if (this.#stream.write(piece)) void this.#time.settled().then(() => this.#go());
    else this.#stream.once('drain', () => this.#go());
  }

  #next(): Uint8Array | null {
    for (let [pieces] = this.#waiting; pieces !== undefined; [pieces] = this.#waiting) {
      const { value, done } = pieces.next();
      if (done !== true) return value;
      this.#waiting.shift();
    }
    return null;
  }
}
