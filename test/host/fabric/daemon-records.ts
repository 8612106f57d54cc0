/** Records of the daemon's own, as assembly/record/carrier.ts lays them out, and of the module. */

import { Codec } from '../../../host/fabric/codec.ts';
import { loadModule } from '../../../host/fabric/module.ts';
import { macBytes } from '../../../host/net/mac-address.ts';

export const { codes } = loadModule();
export const codec = new Codec(codes);
const SIZE = codes.number('RECORD_BYTES');

const field = (name: string): number => codes.number(`CarrierField.${name}`);

/** A record of the carrier's with nothing but its kind and code. */
function carrierRecord(kind: string, code: number): Buffer {
  const record = Buffer.alloc(SIZE);
  record.writeUInt8(codes.number(`Carrier.${kind}`), codes.number('Field.Kind'));
  record.writeUInt8(code, codes.number('Field.Code'));
  return record;
}

interface Ready {
  readonly configured?: boolean;
  readonly abi?: number;
  readonly version?: string;
  readonly nowUs?: bigint;
}

export function readyRecord(ready: Ready = {}): Buffer {
  const { configured = false, abi = codes.number('ABI'), version = '1.2.3', nowUs = 5_000_000n } = ready;
  const record = carrierRecord('Ready', configured ? 1 : 0);
  record.writeUInt16LE(abi, field('Abi'));
  record.writeBigUInt64LE(nowUs, codes.number('Field.NowUs'));
  record.write(version, field('Version'));
  return record;
}

export interface Interface {
  readonly name: string;
  readonly up?: boolean;
  readonly number?: number;
  readonly hardware?: string | null;
  readonly received?: number;
  readonly dropped?: number;
  readonly lost?: number;
  readonly shed?: number;
}

export function interfaceRecord(report: Interface): Buffer {
  const { name, up = true, number = 1, hardware = null, received = 0, dropped = 0 } = report;
  const { lost = 0, shed = 0 } = report;
  const record = carrierRecord('Interface', up ? 1 : 0);
  record.writeUInt16LE(number, field('Number'));
  record.write(name, field('Name'), field('Received') - field('Name'));
  for (const [place, count] of Object.entries({ Received: received, Dropped: dropped }))
    record.writeBigUInt64LE(BigInt(count), field(place));
  record.writeUInt32LE(lost, field('Lost'));
  record.writeUInt32LE(shed, field('Shed'));
  if (hardware !== null) {
    record.set(macBytes(hardware), field('Hardware'));
    record.writeUInt8(1, field('HasHardware'));
  }
  return record;
}

/** Which of several commands of a kind: what it had in its fields 4 and 2. */
interface Which {
  readonly ticket?: number;
  readonly iface?: number;
}

export function refusedRecord(command: number, status: number, which: Which = {}): Buffer {
  return aboutCommand(carrierRecord('Refused', status), command, which);
}

export function sentRecord(outcome: number, which: Which = {}, reason = ''): Buffer {
  const record = aboutCommand(carrierRecord('Sent', outcome), codes.number('Command.Announce'), which);
  record.write(reason, field('Reason'), SIZE - field('Reason') - 1);
  return record;
}

function aboutCommand(record: Buffer, command: number, { ticket = 0, iface = 0 }: Which): Buffer {
  for (const [place, value] of Object.entries({ Command: command, Ticket: ticket, Interface: iface }))
    record.writeUInt16LE(value, field(place));
  return record;
}

/** An event of the module that says nothing but which it is. */
export function eventRecord(kind: string, serial: number): Buffer {
  const record = Buffer.alloc(SIZE);
  record[codes.number('Field.Kind')] = codes.number(`Event.${kind}`);
  record.writeUInt16LE(serial, codes.number('Field.Serial'));
  return record;
}
