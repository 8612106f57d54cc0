/** Records of the carrier's own, the daemon's: assembly/record/carrier.ts. */
import type { Reached } from './errands.ts';
import type { Announced, InterfaceReport, LinkReady } from './link.ts';
import type { Codes } from './module.ts';
import { hardwareAt, textAt, u16At, u32At, u64At, usAt } from './record-bytes.ts';
import { RecordLayout } from './record-layout.ts';
import { camel } from './record-names.ts';

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
  readonly #kindAt: number;
  readonly #nameBytes: number;
  readonly #first: number;

  constructor(codes: Codes) {
    this.#codes = codes;
    this.#layout = new RecordLayout(codes, 'Field', 'CarrierField');
    this.#kindAt = this.#layout.at('Kind');
    this.#nameBytes = this.#layout.at('Received') - this.#layout.at('Name');
    this.#first = codes.number('Carrier.Ready');
  }

  /** Whether it begins a connection: nothing else comes before it. */
  isReady(kind: number): boolean {
    return kind === this.#first;
  }

  /** What the record that begins there says; null for one that is none of the carrier's. */
  read(records: Uint8Array, at: number): CarrierRecord | null {
    const kind = (records[at + this.#kindAt] ?? 0) & ~this.#layout.ofDatagrams;
    if (kind < this.#first) return null;
    const record = records.subarray(at, at + this.#layout.recordBytes);
    const code = record[this.#layout.at('Code')] ?? 0;
    switch (this.#codes.name('Carrier', kind)) {
      case 'Ready':
        return {
          kind: 'ready',
          abi: u16At(record, this.#layout.at('Abi')),
          ready: this.#readyOf(record, code),
        };
      case 'Interface':
        return { kind: 'interface', report: this.#reportOf(record, code) };
      case 'Refused':
        return this.#refusalOf(record, code);
      case 'Sent': {
        const outcome = camel(this.#named('Sent', code) ?? 'Failed') as Announced['outcome'];
        return { kind: 'announced', answer: this.#answerOf(record, outcome, this.#text(record, 'Reason')) };
      }
      case 'Reached': {
        const outcome = camel(this.#named('Reached', code) ?? 'Impossible') as Reached['outcome'];
        return {
          kind: 'reached',
          reached: { ticket: u16At(record, this.#layout.at('Ticket')), outcome },
        };
      }
      default:
        return null;
    }
  }

  #named(group: string, code: number): string | undefined {
    return this.#codes.entries(group).find(([, other]) => other === code)?.[0];
  }

  #readyOf(record: Uint8Array, code: number): LinkReady {
    return {
      configured: code !== 0,
      connections: u32At(record, this.#layout.at('Connections')),
      version: this.#text(record, 'Version'),
      nowUs: usAt(record, this.#layout.at('NowUs')),
    };
  }

  #reportOf(record: Uint8Array, code: number): InterfaceReport {
    const layout = this.#layout;
    const hasHardware = record[layout.at('HasHardware')] !== 0;
    return {
      name: textAt(record, layout.at('Name'), this.#nameBytes),
      number: u16At(record, layout.at('Number')),
      hardware: hasHardware ? hardwareAt(record, layout.at('Hardware')) : null,
      up: code !== 0,
      received: u64At(record, layout.at('Received')),
      dropped: u64At(record, layout.at('Dropped')),
      lost: u64At(record, layout.at('Lost')),
    };
  }

  #refusalOf(record: Uint8Array, code: number): CarrierRecord {
    const of = u16At(record, this.#layout.at('Command')) & ~this.#layout.ofDatagrams;
    const [command, status] = [this.#codes.name('Command', of), this.#codes.name('Status', code)];
    if (command !== 'Announce') return { kind: 'refused', command, status };
    return { kind: 'announced', answer: this.#answerOf(record, 'refused', status) };
  }

  #answerOf(record: Uint8Array, outcome: Announced['outcome'], reason: string): Announced {
    const [ticket, iface] = [this.#layout.at('Ticket'), this.#layout.at('Interface')];
    return { ticket: u16At(record, ticket), interface: u16At(record, iface), outcome, reason };
  }

  /** Up to the end of the record. */
  #text(record: Uint8Array, field: string): string {
    return textAt(record, this.#layout.at(field), this.#layout.recordBytes);
  }
}
