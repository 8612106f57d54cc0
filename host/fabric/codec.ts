/** The records between fabric and host (docs/records.md): this side's codec. */
import type { Codes } from './module.ts';
import { RecordLayout } from './record-layout.ts';
import { RecordReader, readEvent } from './record-reader.ts';
import { writeCommand } from './record-writer.ts';
import type { Command, FabricEvent } from './records.ts';

export class Codec {
  readonly #layout: RecordLayout;

  constructor(codes: Codes) {
    this.#layout = new RecordLayout(codes, 'Field');
  }

  get recordBytes(): number {
    return this.#layout.recordBytes;
  }

  kind(record: DataView): number {
    return record.getUint8(this.#layout.at('Kind')) & ~this.#layout.ofDatagrams;
  }

  /** Serial number of an event: each is one more than the last, modulo 65,536. */
  serial(record: DataView): number {
    return record.getUint16(this.#layout.at('Serial'), true);
  }

  /** The record that begins there. Throws RingbackError('fabric') for what no module of this version says. */
  decode(records: DataView, at = 0): FabricEvent {
    return readEvent(new RecordReader(this.#layout, records, at));
  }

  encode(command: Command): Uint8Array {
    const bytes = new Uint8Array(this.recordBytes);
    writeCommand(this.#layout, command, bytes);
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
      writeCommand(this.#layout, command, bytes.subarray(at, at + size));
      at += size;
    }
    if (at > 0) yield bytes.subarray(0, at);
  }
}
