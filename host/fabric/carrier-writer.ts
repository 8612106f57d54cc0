/** Writes the carrier's own records (assembly/record/carrier.ts), for whoever stands in a daemon's place. */
import { macBytes } from '../net/mac-address.ts';
import type { InterfaceReport } from './link.ts';
import type { Codes } from './module.ts';
import { RecordLayout } from './record-layout.ts';

export class CarrierWriter {
  readonly #codes: Codes;
  readonly #layout: RecordLayout;

  constructor(codes: Codes) {
    this.#codes = codes;
    this.#layout = new RecordLayout(codes, 'Field', 'CarrierField');
  }

  ready(isConfigured: boolean, version: string, nowUs: number): Buffer {
    const record = this.#begin('Ready', isConfigured ? 1 : 0, nowUs);
    record.writeUInt16LE(this.#codes.number('ABI'), this.#layout.at('Abi'));
    record.write(version, this.#layout.at('Version'));
    return record;
  }

  interface(report: InterfaceReport, nowUs: number): Buffer {
    const { name, number, hardware, up, received, dropped, lost, shed } = report;
    const record = this.#begin('Interface', up ? 1 : 0, nowUs);
    const at = (field: string): number => this.#layout.at(field);
    record.writeUInt16LE(number, at('Number'));
    record.write(name, at('Name'), at('Received') - at('Name'));
    record.writeBigUInt64LE(BigInt(received), at('Received'));
    record.writeBigUInt64LE(BigInt(dropped), at('Dropped'));
    record.writeUInt32LE(lost, at('Lost'));
    record.writeUInt32LE(shed, at('Shed'));
    if (hardware === null) return record;
    record.set(macBytes(hardware), at('Hardware'));
    record.writeUInt8(1, at('HasHardware'));
    return record;
  }

  /** A command was not carried out. */
  refused(command: Uint8Array, status: number, nowUs: number): Buffer {
    return this.#about('Refused', status, command, nowUs);
  }

  /** The frame that a command has built is out. */
  sent(command: Uint8Array, nowUs: number): Buffer {
    return this.#about('Sent', this.#codes.number('Sent.Sent'), command, nowUs);
  }

  /** Which command it is about: its kind, and what it has at the places of ticket and interface. */
  #about(kind: string, code: number, command: Uint8Array, nowUs: number): Buffer {
    const record = this.#begin(kind, code, nowUs);
    record.writeUInt16LE(command[this.#codes.number('Field.Kind')] ?? 0, this.#layout.at('Command'));
    for (const field of ['Ticket', 'Interface']) {
      const from = this.#codes.number(`Field.${field}`);
      record.set(command.subarray(from, from + 2), this.#layout.at(field));
    }
    return record;
  }

  #begin(kind: string, code: number, nowUs: number): Buffer {
    const record = Buffer.alloc(this.#layout.recordBytes);
    record.writeUInt8(this.#codes.number(`Carrier.${kind}`), this.#codes.number('Field.Kind'));
    record.writeUInt8(code, this.#codes.number('Field.Code'));
    record.writeBigUInt64LE(BigInt(nowUs), this.#codes.number('Field.NowUs'));
    return record;
  }
}
