/** Events, read of their records. Of a crowd there are hundreds of thousands: each is one object, and the reader is always the same. */
import { addressTextAt } from '../net/address.ts';
import { AddressTexts } from '../net/address-cache.ts';
import { ofDatagrams } from '../net/target.ts';
import type { Codes } from './module.ts';
import { hardwareAt, u16At, u32At, u64At, usAt } from './record-bytes.ts';
import { FieldPlaces, type RecordLayout } from './record-layout.ts';
import { CodeNames, camel, dashed, strange } from './record-names.ts';
import type { AttemptOutcome, Cause, FabricEvent, Form, Met, ServerState, Sign } from './records.ts';

/** The module's word for never lies far before any time. */
const EARLIEST_US = -(2 ** 60);

type Kind = FabricEvent['kind'];
type Of<K extends Kind> = Extract<FabricEvent, { readonly kind: K }>;

export class EventReader {
  readonly #at: FieldPlaces;
  readonly #ofDatagrams: number;
  readonly #triedDatagrams: number;
  readonly #answeredDatagrams: number;
  readonly #countersInRecord: number;
  readonly #kinds: CodeNames<Kind>;
  readonly #causes: CodeNames<Cause>;
  readonly #outcomes: CodeNames<AttemptOutcome>;
  readonly #states: CodeNames<ServerState>;
  readonly #signs: CodeNames<Sign>;
  readonly #mets: CodeNames<Met>;
  readonly #forms: CodeNames<Form>;
  readonly #servers = new AddressTexts();
  /** The record that is being read begins there. */
  #bytes: Uint8Array = new Uint8Array(0);
  #from = 0;

  constructor(codes: Codes, layout: RecordLayout) {
    this.#at = new FieldPlaces(layout);
    this.#ofDatagrams = layout.ofDatagrams;
    this.#triedDatagrams = codes.number('Transport.TriedDatagrams');
    this.#answeredDatagrams = codes.number('Transport.AnsweredDatagrams');
    this.#countersInRecord = codes.number('COUNTERS_IN_RECORD');
    this.#kinds = new CodeNames(codes, 'Event', camel);
    this.#causes = new CodeNames(codes, 'Cause', dashed);
    this.#outcomes = new CodeNames(codes, 'Outcome', dashed);
    this.#states = new CodeNames(codes, 'ServerState', dashed);
    this.#signs = new CodeNames(codes, 'Sign', dashed);
    this.#mets = new CodeNames(codes, 'Met', camel);
    this.#forms = new CodeNames(codes, 'Form', dashed);
  }

  /** The event of the record that begins there. Throws RingbackError('fabric') for what no module of this version says. */
  read(bytes: Uint8Array, from: number): FabricEvent {
    this.#bytes = bytes;
    this.#from = from;
    return this.#event(this.#kinds.name(this.#u8(this.#at.kind) & ~this.#ofDatagrams));
  }

  #event(kind: Kind): FabricEvent {
    switch (kind) {
      case 'waiting':
      case 'released':
      case 'swept':
        return this.#client(kind);
      case 'attempt':
        return this.#attempt(kind);
      case 'outage':
        return this.#outage(kind);
      case 'answered':
        return { kind, nowUs: this.#nowUs, server: this.#server, port: this.#port, client: this.#clientText };
      case 'signal':
        return this.#signal(kind);
      case 'releaseEnd':
      case 'dropped':
      case 'acquitted':
      case 'answers':
      case 'asking':
        return { kind, nowUs: this.#nowUs, server: this.#server, port: this.#port };
      case 'look': {
        const waitUs = this.#us(this.#at.firstUs) || null;
        return { kind, nowUs: this.#nowUs, server: this.#server, port: this.#port, waitUs };
      }
      case 'learnt':
        return this.#learnt(kind);
      case 'asked':
        return this.#asked(kind);
      case 'forgotten': {
        const goesOn = this.#code !== 0;
        return { kind, nowUs: this.#nowUs, server: this.#server, port: this.#port, goesOn };
      }
      case 'syncEnd':
      case 'sweepEnd':
      case 'flushEnd':
      case 'learntEnd':
        return { kind, nowUs: this.#nowUs };
      case 'counters':
        return this.#counters(kind);
      case 'conflict':
        return this.#conflict(kind);
    }
  }

  #client<K extends 'waiting' | 'released' | 'swept'>(kind: K) {
    return {
      kind,
      nowUs: this.#nowUs,
      server: this.#server,
      port: this.#port,
      client: this.#clientText,
      cause: this.#causes.name(this.#code),
      tries: this.#u16(this.#at.tries),
      firstUs: this.#pastUs(this.#at.firstUs, 'FirstUs'),
      lastUs: this.#pastUs(this.#at.lastUs, 'LastUs'),
    };
  }

  #attempt(kind: 'attempt'): Of<'attempt'> {
    return {
      kind,
      nowUs: this.#nowUs,
      outcome: this.#outcomes.name(this.#code),
      client: this.#clientText,
      clientPort: this.#u16(this.#at.clientPort),
      server: this.#server,
      port: this.#port,
      sequence: u32At(this.#bytes, this.#from + this.#at.sequence),
      tries: this.#u16(this.#at.tries),
      firstUs: this.#pastUs(this.#at.firstUs, 'FirstUs'),
    };
  }

  #outage(kind: 'outage'): Of<'outage'> {
    return {
      kind,
      nowUs: this.#nowUs,
      server: this.#server,
      port: this.#port,
      cause: this.#causes.name(this.#code),
      triedPort: this.#otherPort(this.#at.triedPort, this.#triedDatagrams),
      firstUs: this.#pastUs(this.#at.firstUs, 'FirstUs'),
      state: this.#states.name(this.#u8(this.#at.state)),
    };
  }

  #signal(kind: 'signal'): Of<'signal'> {
    return {
      kind,
      nowUs: this.#nowUs,
      server: this.#server,
      port: this.#port,
      sign: this.#signs.name(this.#code),
      triedPort: this.#otherPort(this.#at.triedPort, this.#triedDatagrams),
      answeredPort: this.#otherPort(this.#at.answeredPort, this.#answeredDatagrams),
    };
  }

  #learnt(kind: 'learnt'): Of<'learnt'> {
    return {
      kind,
      nowUs: this.#nowUs,
      server: this.#server,
      port: this.#port,
      answers: this.#code,
      withinUs: this.#us(this.#at.firstUs),
      waitUs: this.#us(this.#at.lastUs),
    };
  }

  #asked(kind: 'asked'): Of<'asked'> {
    return {
      kind,
      nowUs: this.#nowUs,
      server: this.#server,
      port: this.#port,
      met: this.#mets.bits(this.#code),
      heardUs: heardUs(this.#us(this.#at.firstUs)),
      hostHeardUs: heardUs(this.#us(this.#at.lastUs)),
    };
  }

  #counters(kind: 'counters'): Of<'counters'> {
    const at = this.#from + this.#at.counters;
    const values = Array.from({ length: this.#countersInRecord }, (_, i) => u64At(this.#bytes, at + i * 8));
    return { kind, nowUs: this.#nowUs, first: this.#code, values };
  }

  #conflict(kind: 'conflict'): Of<'conflict'> {
    return {
      kind,
      nowUs: this.#nowUs,
      form: this.#forms.name(this.#code),
      address: this.#server,
      hardware: hardwareAt(this.#bytes, this.#from + this.#at.hardware),
      interface: this.#u16(this.#at.interface),
    };
  }

  get #nowUs(): number {
    return this.#us(this.#at.nowUs);
  }

  get #code(): number {
    return this.#u8(this.#at.code);
  }

  get #server(): string {
    return this.#servers.textAt(this.#bytes, this.#from + this.#at.server);
  }

  get #clientText(): string {
    return addressTextAt(this.#bytes, this.#from + this.#at.client);
  }

  /** Which service it is about. */
  get #port(): number {
    const isOfUdp = (this.#u8(this.#at.kind) & this.#ofDatagrams) !== 0;
    return numbered(this.#u16(this.#at.port), isOfUdp);
  }

  /** Another port that it names; `bit` says that it is one of UDP. */
  #otherPort(at: number, bit: number): number {
    return numbered(this.#u16(at), (this.#u8(this.#at.transports) & bit) !== 0);
  }

  #u8(at: number): number {
    return this.#bytes[this.#from + at] ?? 0;
  }

  #u16(at: number): number {
    return u16At(this.#bytes, this.#from + at);
  }

  #us(at: number): number {
    return usAt(this.#bytes, this.#from + at);
  }

  /** A moment that somebody may have lived to see. */
  #pastUs(at: number, field: string): number {
    const us = this.#us(at);
    if (!Number.isSafeInteger(us)) throw strange(field, us);
    return us;
  }
}

function numbered(port: number, isOfUdp: boolean): number {
  return isOfUdp ? ofDatagrams(port) : port;
}

const heardUs = (us: number): number | null => (us < EARLIEST_US ? null : us);
