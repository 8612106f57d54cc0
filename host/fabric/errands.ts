/** What the program asks of the carrier itself, and hears of it: `Errand` and `Reached` of assembly/record/carrier.ts. */
import { addressBytes } from '../net/address.ts';
import type { Target } from '../net/target.ts';
import type { Codes } from './module.ts';
import { RecordLayout } from './record-layout.ts';
import { pascal } from './record-names.ts';

/** `ticket`: from 0 to 65,535, and nobody else's until the carrier says that it is closed. */
export type Errand =
  /** From that port of the carrier's machine; 0: any that is free. */
  | ({ readonly kind: 'connect'; readonly ticket: number; readonly localPort: number } & Target)
  /** An empty datagram; from that port, or with 0 from any that is free. */
  | ({ readonly kind: 'datagram'; readonly ticket: number; readonly localPort: number } & Target)
  | { readonly kind: 'close'; readonly ticket: number }
  /** The kernel there looks for that neighbour anew. */
  | { readonly kind: 'seek'; readonly server: string }
  /** On that interface in the place of the one that had the number. */
  | { readonly kind: 'listen'; readonly number: number; readonly name: string };

export interface Reached {
  readonly ticket: number;
  /** The last one for each is `closed`. */
  readonly outcome: 'answered' | 'refused' | 'unreachable' | 'silent' | 'impossible' | 'closed';
}

export class ErrandWriter {
  readonly #codes: Codes;
  readonly #layout: RecordLayout;

  constructor(codes: Codes) {
    this.#codes = codes;
    this.#layout = new RecordLayout(codes, 'Field', 'CarrierField');
  }

  encode(errand: Errand): Uint8Array {
    const record = Buffer.alloc(this.#layout.recordBytes);
    record.writeUInt8(this.#codes.number(`Errand.${pascal(errand.kind)}`), this.#layout.at('Kind'));
    if (errand.kind === 'listen') {
      record.writeUInt16LE(errand.number, this.#layout.at('Number'));
      record.write(errand.name, this.#layout.at('Name'), 'latin1');
      return record;
    }
    if (errand.kind === 'seek') {
      record.set(addressBytes(errand.server), this.#layout.at('Server'));
      return record;
    }
    record.writeUInt16LE(errand.ticket, this.#layout.at('Ticket'));
    if (errand.kind === 'close') return record;
    record.set(addressBytes(errand.server), this.#layout.at('Server'));
    record.writeUInt16LE(errand.port, this.#layout.at('Port'));
    record.writeUInt16LE(errand.localPort, this.#layout.at('LocalPort'));
    return record;
  }
}
