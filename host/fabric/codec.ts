/** The records between fabric and host (docs/records.md): this side's codec. */
import type { Codes } from './module.ts';
import { u16At } from './record-bytes.ts';
import { RecordLayout } from './record-layout.ts';
import { EventReader } from './record-reader.ts';
import { CommandWriter } from './record-writer.ts';
import type { Command, FabricEvent } from './records.ts';

export class Codec {
  readonly recordBytes: number;
  readonly #kindAt: number;
  readonly #serialAt: number;
  readonly #ofDatagrams: number;
  readonly #reader: EventReader;
  readonly #writer: CommandWriter;

  constructor(codes: Codes) {
    const layout = new RecordLayout(codes, 'Field');
    this.recordBytes = layout.recordBytes;
    this.#kindAt = layout.at('Kind');
    this.#serialAt = layout.at('Serial');
    this.#ofDatagrams = layout.ofDatagrams;
    this.#reader = new EventReader(codes, layout);
    this.#writer = new CommandWriter(codes, layout);
  }

  /** Of the record that begins there, as are those below. */
  kind(records: Uint8Array, at = 0): number {
    return (records[at + this.#kindAt] ?? 0) & ~this.#ofDatagrams;
  }

  /** Serial number of an event: each is one more than the last, modulo 65,536. */
  serial(records: Uint8Array, at = 0): number {
    return u16At(records, at + this.#serialAt);
  }

  /** Throws RingbackError('fabric') for what no module of this version says. */
  decode(records: Uint8Array, at = 0): FabricEvent {
    return this.#reader.read(records, at);
  }

  encode(command: Command): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.recordBytes);
    this.#writer.write(command, bytes, 0);
    return bytes;
  }

  /** Many of them, in pieces of `records` at the most. */
  *encodeAll(commands: Iterable<Command>, records: number): Generator<Uint8Array> {
    const size = this.recordBytes;
    let bytes = new Uint8Array(0);
    let at = 0;
    for (const command of commands) {
      if (at === bytes.length) {
        if (at > 0) yield bytes;
        bytes = new Uint8Array(records * size);
        at = 0;
      }
      this.#writer.write(command, bytes, at);
      at += size;
    }
    if (at > 0) yield bytes.subarray(0, at);
  }
}
