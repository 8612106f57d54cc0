/** Records of the daemon's own, as board/fabricd/record.h lays them out, and of the module. */

import { loadModule } from '../../../host/fabric/module.ts';
import { Codec } from '../../../host/fabric/records.ts';
import { hardwareBytes } from '../../../host/net/mac-address.ts';

export const { codes } = loadModule();
export const codec = new Codec(codes);
const SIZE = codes.number('RECORD_BYTES');

interface Ready {
  readonly configured?: boolean;
  readonly abi?: number;
  readonly version?: string;
  readonly nowUs?: bigint;
}

export function readyRecord(ready: Ready = {}): Buffer {
  const { configured = false, abi = codes.number('ABI'), version = '1.2.3', nowUs = 5_000_000n } = ready;
  const record = Buffer.alloc(SIZE);
  record.set([64, configured ? 1 : 0]);
  record.writeUInt16LE(abi, 2);
  record.writeBigUInt64LE(nowUs, 8);
  record.write(version, 16, 48);
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
}

export function interfaceRecord(report: Interface): Buffer {
  const { name, up = true, number = 1, hardware = null, received = 0, dropped = 0, lost = 0 } = report;
  const record = Buffer.alloc(SIZE);
  record.set([65, up ? 1 : 0]);
  record.writeUInt16LE(number, 2);
  record.write(name, 16, 16);
  for (const [i, count] of [received, dropped, lost].entries())
    record.writeBigUInt64LE(BigInt(count), 32 + i * 8);
  if (hardware !== null) record.set([...hardwareBytes(hardware), 1], 56);
  return record;
}

/** Which of several commands of a kind: what it had in its fields 4 and 2. */
interface Which {
  readonly ticket?: number;
  readonly iface?: number;
}

export function refusedRecord(command: number, status: number, which: Which = {}): Buffer {
  return aboutCommand([66, status], command, which);
}

export function sentRecord(outcome: number, which: Which = {}, reason = ''): Buffer {
  const record = aboutCommand([67, outcome], codes.number('Command.Announce'), which);
  record.write(reason, 16, 47);
  return record;
}

function aboutCommand(head: readonly number[], command: number, { ticket = 0, iface = 0 }: Which): Buffer {
  const record = Buffer.alloc(SIZE);
  record.set(head);
  for (const [i, value] of [command, ticket, iface].entries()) record.writeUInt16LE(value, 2 + i * 2);
  return record;
}

/** An event of the module that says nothing but which it is. */
export function eventRecord(kind: string, serial: number): Buffer {
  const record = Buffer.alloc(SIZE);
  record[codes.number('Field.Kind')] = codes.number(`Event.${kind}`);
  record.writeUInt16LE(serial, codes.number('Field.Serial'));
  return record;
}
