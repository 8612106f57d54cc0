/**
 * The frames of a capture, worked on many at a time where they lie: a file is read into room in the module's memory, and a list there
 * says what in it is a frame (assembly/record/queued.ts).
 */
import type { Engine } from './engine.ts';
import { TWO_TO_32 } from './record-bytes.ts';

/** About as many as there are in the room, where they are short. */
const MAX_QUEUED = 8192;

export class FrameBatch {
  readonly #engine: Engine;
  /** For what is read. */
  readonly room: Uint8Array<ArrayBuffer>;
  /** For the first bytes of a frame that was read elsewhere. */
  readonly #frame: Uint8Array;
  readonly #roomAt: number;
  readonly #frameAt: number;
  readonly #list: Uint32Array;
  readonly #listAt: number;
  readonly #words: number;
  readonly #places: Readonly<Record<'at' | 'captured' | 'length' | 'link' | 'iface' | 'time', number>>;
  #queued = 0;

  /** After `configure`, which lays its tables over all that is behind them. */
  constructor(engine: Engine, roomBytes: number) {
    const { codes, functions } = engine.module;
    const queuedBytes = codes.number('QUEUED_BYTES');
    const frameBytes = codes.number('FRAME_BYTES');
    const listBytes = MAX_QUEUED * queuedBytes;
    this.#engine = engine;
    this.#listAt = engine.provide(listBytes + frameBytes + roomBytes);
    this.#frameAt = this.#listAt + listBytes;
    this.#roomAt = this.#frameAt + frameBytes;
    const { buffer } = functions.memory;
    this.#list = new Uint32Array(buffer, this.#listAt, listBytes / Uint32Array.BYTES_PER_ELEMENT);
    this.#frame = new Uint8Array(buffer, this.#frameAt, frameBytes);
    this.room = new Uint8Array(buffer, this.#roomAt, roomBytes);
    this.#words = queuedBytes / Uint32Array.BYTES_PER_ELEMENT;
    const wordOf = (field: string): number =>
      codes.number(`QueuedField.${field}`) / Uint32Array.BYTES_PER_ELEMENT;
    this.#places = {
      at: wordOf('At'),
      captured: wordOf('Captured'),
      length: wordOf('Length'),
      link: wordOf('Link'),
      iface: wordOf('Interface'),
      time: wordOf('Time'),
    };
  }

  /** A frame of `length` bytes at `start` of `buffer`, with what `Engine.frame` is told of one. What lies in the room stays there until `run`. */
  add(
    buffer: Uint8Array,
    start: number,
    length: number,
    link: number,
    iface: number,
    wireLength: number,
    timeUs: number,
  ): void {
    if (buffer === this.room) {
      this.#queue(this.#roomAt + start, length, link, iface, wireLength, timeUs);
      if (this.#queued === MAX_QUEUED) this.run();
      return;
    }
    const captured = Math.min(length, this.#frame.length);
    this.#frame.set(buffer.subarray(start, start + captured));
    this.#queue(this.#frameAt, captured, link, iface, wireLength, timeUs);
    this.run();
  }

  /** Works on those that were added, and delivers all events: those of a signal before the frame behind it. */
  run(): void {
    for (let done = 0; done < this.#queued; )
      done += this.#engine.frames(
        this.#listAt + done * this.#words * Uint32Array.BYTES_PER_ELEMENT,
        this.#queued - done,
      );
    this.#queued = 0;
  }

  #queue(
    at: number,
    captured: number,
    link: number,
    iface: number,
    wireLength: number,
    timeUs: number,
  ): void {
    const [list, places] = [this.#list, this.#places];
    const first = this.#queued++ * this.#words;
    const high = Math.floor(timeUs / TWO_TO_32);
    list[first + places.at] = at;
    list[first + places.captured] = captured;
    list[first + places.length] = wireLength;
    list[first + places.link] = link;
    list[first + places.iface] = iface;
    list[first + places.time] = timeUs - high * TWO_TO_32;
    list[first + places.time + 1] = high;
  }
}
