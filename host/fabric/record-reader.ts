/** A record, read by the names of its fields; and the events that come as such. */
import { ADDRESS_BYTES, addressText } from '../net/address.ts';
import { macText } from '../net/mac-address.ts';
import { ofDatagrams } from '../net/target.ts';
import { type RecordLayout, strange } from './record-layout.ts';
import type { AttemptOutcome, Cause, FabricEvent, Form, Met, ServerState, Sign } from './records.ts';

/** The module's word for never lies far before any time. */
const EARLIEST_US = -(2 ** 60);
/** A word of 64 bits is two of 32. */
const HIGH = 0x1_0000_0000;

/** The one that is being read. */
const ADDRESS = new Uint8Array(ADDRESS_BYTES);

export class RecordReader {
  readonly #layout: RecordLayout;
  readonly #record: DataView;
  /** Where it begins. */
  readonly #from: number;

  constructor(layout: RecordLayout, record: DataView, from = 0) {
    this.#layout = layout;
    this.#record = record;
    this.#from = from;
  }

  get kind(): number {
    return this.u8('Kind') & ~this.#layout.ofDatagrams;
  }

  /** Which service it is about. */
  get port(): number {
    return numbered(this.u16('Port'), (this.u8('Kind') & this.#layout.ofDatagrams) !== 0);
  }

  /** Another port that it names; `transport`: which bit says that it is one of UDP. */
  otherPort(field: string, transport: string): number {
    const bit = this.#layout.codes.number(`Transport.${transport}`);
    return numbered(this.u16(field), (this.u8('Transports') & bit) !== 0);
  }

  get code(): number {
    return this.u8('Code');
  }

  /** When it was made. */
  get nowUs(): number {
    return this.us('NowUs');
  }

  u8(field: string): number {
    return this.#record.getUint8(this.#at(field));
  }

  u16(field: string): number {
    return this.#record.getUint16(this.#at(field), true);
  }

  u32(field: string): number {
    return this.#record.getUint32(this.#at(field), true);
  }

  /** The number in place `index` of a row of them. */
  u64(field: string, index = 0): number {
    const at = this.#at(field) + index * 8;
    return this.#record.getUint32(at + 4, true) * HIGH + this.#record.getUint32(at, true);
  }

  us(field: string): number {
    const at = this.#at(field);
    return this.#record.getInt32(at + 4, true) * HIGH + this.#record.getUint32(at, true);
  }

  /** A moment that somebody may have lived to see. */
  pastUs(field: string): number {
    const us = this.us(field);
    if (!Number.isSafeInteger(us)) throw strange(field, us);
    return us;
  }

  address(field: string): string {
    const at = this.#at(field);
    for (let byte = 0; byte < ADDRESS_BYTES; byte++) ADDRESS[byte] = this.#record.getUint8(at + byte);
    return addressText(ADDRESS);
  }

  hardware(field: string): string {
    return macText(this.#bytes(field));
  }

  /** NUL padded text of so many bytes, or up to the end of the record. */
  text(field: string, length?: number): string {
    const bytes = this.#bytes(field, length);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  get countersInRecord(): number {
    return this.#layout.codes.number('COUNTERS_IN_RECORD');
  }

  /** What the record's code is called in that enum, or the code at `field`. */
  name(group: string, field = 'Code'): string {
    return this.#layout.name(group, this.u8(field)).plain;
  }

  /** The same as the program has it: `syn-ack`. */
  dashed(group: string, field = 'Code'): string {
    return this.#layout.name(group, this.u8(field)).dashed;
  }

  /** What the record is called in that enum: `releaseEnd`. */
  kindName(group: string): string {
    return this.#layout.name(group, this.kind).camel;
  }

  /** The bits of the code, by their names; the same set for the same bits. */
  bits(group: string): ReadonlySet<string> {
    return this.#layout.bits(group, this.code);
  }

  #bytes(field: string, length = this.#layout.recordBytes - this.#layout.at(field)): Uint8Array {
    return new Uint8Array(this.#record.buffer, this.#record.byteOffset + this.#at(field), length);
  }

  #at(field: string): number {
    return this.#from + this.#layout.at(field);
  }
}

function numbered(port: number, isOfUdp: boolean): number {
  return isOfUdp ? ofDatagrams(port) : port;
}

type Kind = FabricEvent['kind'];
type Read<K extends Kind> = (record: RecordReader, kind: K) => FabricEvent;

const bare = <K extends Kind>({ nowUs }: RecordReader, kind: K) => ({ kind, nowUs });

const target = <K extends Kind>(record: RecordReader, kind: K) => ({
  kind,
  nowUs: record.nowUs,
  server: record.address('Server'),
  port: record.port,
});

const cause = (record: RecordReader): Cause => record.dashed('Cause') as Cause;

/** Of a crowd there are hundreds of thousands of these: each is one object, made at once. */
const client = <K extends Kind>(record: RecordReader, kind: K) => ({
  kind,
  nowUs: record.nowUs,
  server: record.address('Server'),
  port: record.port,
  client: record.address('Client'),
  cause: cause(record),
  tries: record.u16('Tries'),
  firstUs: record.pastUs('FirstUs'),
  lastUs: record.pastUs('LastUs'),
});

const heardUs = (us: number): number | null => (us < EARLIEST_US ? null : us);

const EVENTS: { readonly [K in Kind]: Read<K> } = {
  attempt: (record, kind) => ({
    ...bare(record, kind),
    outcome: record.dashed('Outcome') as AttemptOutcome,
    client: record.address('Client'),
    clientPort: record.u16('ClientPort'),
    server: record.address('Server'),
    port: record.port,
    sequence: record.u32('Sequence'),
    tries: record.u16('Tries'),
    firstUs: record.pastUs('FirstUs'),
  }),
  outage: (record, kind) => ({
    ...target(record, kind),
    cause: cause(record),
    triedPort: record.otherPort('TriedPort', 'TriedDatagrams'),
    firstUs: record.pastUs('FirstUs'),
    state: record.dashed('ServerState', 'State') as ServerState,
  }),
  waiting: client,
  released: client,
  swept: client,
  answered: (record, kind) => ({ ...target(record, kind), client: record.address('Client') }),
  signal: (record, kind) => ({
    ...target(record, kind),
    sign: record.dashed('Sign') as Sign,
    triedPort: record.otherPort('TriedPort', 'TriedDatagrams'),
    answeredPort: record.otherPort('AnsweredPort', 'AnsweredDatagrams'),
  }),
  releaseEnd: target,
  dropped: target,
  acquitted: target,
  answers: target,
  look: (record, kind) => ({ ...target(record, kind), waitUs: record.us('FirstUs') || null }),
  asking: target,
  asked: (record, kind) => ({
    ...target(record, kind),
    met: record.bits('Met') as ReadonlySet<Met>,
    heardUs: heardUs(record.us('FirstUs')),
    hostHeardUs: heardUs(record.us('LastUs')),
  }),
  forgotten: (record, kind) => ({ ...target(record, kind), goesOn: record.code !== 0 }),
  syncEnd: bare,
  sweepEnd: bare,
  flushEnd: bare,
  learntEnd: bare,
  learnt: (record, kind) => ({
    ...target(record, kind),
    answers: record.code,
    withinUs: record.us('FirstUs'),
    waitUs: record.us('LastUs'),
  }),
  counters: (record, kind) => ({
    ...bare(record, kind),
    first: record.code,
    values: Array.from({ length: record.countersInRecord }, (_, i) => record.u64('Counters', i)),
  }),
  conflict: (record, kind) => ({
    ...bare(record, kind),
    form: record.dashed('Form') as Form,
    address: record.address('Server'),
    hardware: record.hardware('Hardware'),
    interface: record.u16('Interface'),
  }),
};

/** Throws RingbackError('fabric') for what no module of this version says. */
export function readEvent(record: RecordReader): FabricEvent {
  const kind = record.kindName('Event') as Kind;
  return (EVENTS[kind] as Read<Kind>)(record, kind);
}
