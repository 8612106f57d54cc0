/** Records of the carrier's own, the daemon's: assembly/record/carrier.ts. */
import type { Reached } from './errands.ts';
import type { Announced, InterfaceReport, LinkReady } from './link.ts';
import type { Codes } from './module.ts';
import { camel, RecordLayout } from './record-layout.ts';
import { RecordReader } from './record-reader.ts';

type CarrierRecord =
  | { readonly kind: 'ready'; readonly abi: number; readonly ready: LinkReady }
  | { readonly kind: 'interface'; readonly report: InterfaceReport }
  | { readonly kind: 'announced'; readonly answer: Announced }
  | { readonly kind: 'reached'; readonly reached: Reached }
  /** Any other command that was not carried out. */
  | { readonly kind: 'refused'; readonly command: string; readonly status: string };

export class CarrierReader {
  readonly #codes: Codes;
  readonly #layout: RecordLayout;
  readonly #nameBytes: number;
  readonly #first: number;

  constructor(codes: Codes) {
    this.#codes = codes;
    this.#layout = new RecordLayout(codes, 'Field', 'CarrierField');
    this.#nameBytes = this.#layout.at('Received') - this.#layout.at('Name');
    this.#first = codes.number('Carrier.Ready');
  }

  /** Whether it begins a connection: nothing else comes before it. */
  isReady(kind: number): boolean {
    return kind === this.#first;
  }

  /** Null for a record that is none of the carrier's. */
  read(data: DataView): CarrierRecord | null {
    const record = new RecordReader(this.#layout, data);
    if (record.kind < this.#first) return null;
    switch (this.#codes.name('Carrier', record.kind)) {
      case 'Ready':
        return { kind: 'ready', abi: record.u16('Abi'), ready: readyOf(record) };
      case 'Interface':
        return { kind: 'interface', report: this.#reportOf(record) };
      case 'Refused':
        return this.#refusalOf(record);
      case 'Sent': {
        const sent = this.#codes.entries('Sent').find(([, code]) => code === record.code)?.[0] ?? 'Failed';
        const outcome = camel(sent) as Announced['outcome'];
        return { kind: 'announced', answer: answerOf(record, outcome, record.text('Reason')) };
      }
      case 'Reached': {
        const name = this.#codes.entries('Reached').find(([, code]) => code === record.code)?.[0];
        const outcome = camel(name ?? 'Impossible') as Reached['outcome'];
        return { kind: 'reached', reached: { ticket: record.u16('Ticket'), outcome } };
      }
      default:
        return null;
    }
  }

  #reportOf(record: RecordReader): InterfaceReport {
    return {
      name: record.text('Name', this.#nameBytes),
      number: record.u16('Number'),
      hardware: record.u8('HasHardware') === 0 ? null : record.hardware('Hardware'),
      up: record.code !== 0,
      received: record.u64('Received'),
      dropped: record.u64('Dropped'),
      lost: record.u32('Lost'),
      shed: record.u32('Shed'),
    };
  }

  #refusalOf(record: RecordReader): CarrierRecord {
    const command = this.#codes.name('Command', record.u16('Command') & ~this.#layout.ofDatagrams);
    const status = this.#codes.name('Status', record.code);
    if (command !== 'Announce') return { kind: 'refused', command, status };
    return { kind: 'announced', answer: answerOf(record, 'refused', status) };
  }
}

function readyOf(record: RecordReader): LinkReady {
  return {
    configured: record.code !== 0,
    connections: record.u32('Connections'),
    version: record.text('Version'),
    nowUs: record.us('NowUs'),
  };
}

function answerOf(record: RecordReader, outcome: Announced['outcome'], reason: string): Announced {
  return { ticket: record.u16('Ticket'), interface: record.u16('Interface'), outcome, reason };
}
