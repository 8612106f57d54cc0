/** A record, written by the names of its fields; and the commands that go as such. */
import { addressBytes } from '../net/address.ts';
import { macBytes } from '../net/mac-address.ts';
import { isOfDatagrams, numberOnWire, type Target } from '../net/target.ts';
import { pascal, type RecordLayout } from './record-layout.ts';
import { type Command, KEY_BYTES } from './records.ts';

/** Writes into zeroed bytes. */
class RecordWriter {
  readonly #layout: RecordLayout;
  readonly #bytes: Uint8Array;
  readonly #record: DataView;

  constructor(layout: RecordLayout, bytes: Uint8Array) {
    this.#layout = layout;
    this.#bytes = bytes;
    this.#record = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u8(field: string, value: number): void {
    this.#record.setUint8(this.#layout.at(field), value);
  }

  u16(field: string, value: number): void {
    this.#record.setUint16(this.#layout.at(field), value, true);
  }

  u32(field: string, value: number): void {
    this.#record.setUint32(this.#layout.at(field), value, true);
  }

  us(field: string, us: number): void {
    this.#record.setBigInt64(this.#layout.at(field), BigInt(Math.round(us)), true);
  }

  bytes(field: string, bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#layout.at(field));
  }

  address(field: string, text: string): void {
    this.bytes(field, addressBytes(text));
  }

  target({ server, port }: Target): void {
    this.address('Server', server);
    this.u16('Port', numberOnWire(port));
    if (isOfDatagrams(port))
      this.u8('Kind', this.#record.getUint8(this.#layout.at('Kind')) | this.#layout.ofDatagrams);
  }

  /** The number of `name` in an enum of the module's. */
  code(group: string, name: string): number {
    return this.#layout.number(group, name);
  }
}

type Of<K extends Command['kind'], C = Command> = C extends { readonly kind: Command['kind'] }
  ? K extends C['kind']
    ? C
    : never
  : never;
type Write<K extends Command['kind']> = (record: RecordWriter, command: Of<K>) => void;

const target = (record: RecordWriter, command: Target): void => record.target(command);
const nothing = (): void => {};

function prefix(record: RecordWriter, { address, bits }: Of<'watch'>): void {
  record.address('Server', address);
  record.u8('Code', bits);
}

function targetAt(record: RecordWriter, command: Of<'foundSilent'>): void {
  record.target(command);
  record.us('FirstUs', command.atUs);
}

function holder(record: RecordWriter, held: Of<'claim' | 'announce'>): void {
  record.address('Server', held.address);
  record.bytes('Hardware', macBytes(held.hardware));
  record.u16('Interface', held.interface);
}

function configure(record: RecordWriter, command: Of<'configure'>): void {
  const flags = Object.entries(command.options)
    .filter(([, on]) => on)
    .reduce((sum, [name]) => sum | record.code('Option', name), 0);
  record.u32('Flags', flags);
  record.us('WaitUs', command.waitUs);
  for (const [name, size] of Object.entries(command.sizes)) record.u32(pascal(name), size);
  record.u32('Everything', command.everything ?? 0);
  record.bytes('KeyLow', command.key.subarray(0, KEY_BYTES));
  record.u16('ProgramPort', command.programPorts?.first ?? 0);
  record.u16('ProgramPorts', command.programPorts?.count ?? 0);
}

function restore(record: RecordWriter, command: Of<'restore'>): void {
  record.target(command);
  record.address('Client', command.client);
  record.u8('Code', record.code('Cause', command.cause));
  record.u16('Tries', command.tries);
  record.u16('RestoredPort', numberOnWire(command.triedPort));
  if (isOfDatagrams(command.triedPort))
    record.u8('RestoredTransports', record.code('Transport', 'triedDatagrams'));
  if (command.suspected) record.u8('RestoredState', record.code('ServerState', 'suspected'));
  record.us('FirstUs', command.firstUs);
  record.us('LastUs', command.lastUs);
}

function announce(record: RecordWriter, command: Of<'announce'>): void {
  holder(record, command);
  record.u8('Code', record.code('Form', command.form));
  record.u16('Ticket', command.ticket);
  if (command.form === 'request') record.address('Client', command.target);
  if (command.form === 'neighbour') record.u8('Router', command.router ? 1 : 0);
}

const COMMANDS: { readonly [K in Command['kind']]: Write<K> } = {
  configure,
  watch: prefix,
  unwatch: prefix,
  knowService: target,
  unknowService: target,
  knowClient: (record, { client }) => record.address('Client', client),
  unknowClient: (record, { client }) => record.address('Client', client),
  own: (record, { client }) => record.address('Client', client),
  disown: (record, { client }) => record.address('Client', client),
  forward: (record, { server, port, real }) => {
    record.target({ server, port });
    record.address('Client', real.server);
    record.u16('RealPort', real.port);
  },
  unforward: target,
  answerFor: (record, { port, on }) => {
    record.u16('Port', port);
    record.u8('Code', on ? 1 : 0);
  },
  datagrams: (record, { port, on }) => {
    record.u16('Port', port);
    record.u8('Code', on ? 1 : 0);
  },
  restore,
  stillDown: target,
  release: target,
  forget: target,
  sweep: (record, { olderThanUs }) => record.us('FirstUs', olderThanUs),
  sync: nothing,
  counters: nothing,
  flush: nothing,
  learnt: nothing,
  announce,
  claim: holder,
  unclaim: (record, { address }) => record.address('Server', address),
  confirm: target,
  acquit: target,
  lives: target,
  foundSilent: targetAt,
  ask: (record, command) => {
    record.target(command);
    record.u16('ProbePort', command.localPort);
  },
  askEnd: target,
  restoreService: targetAt,
  askMet: target,
};

/** Writes a command into the zeroed bytes of a record. */
export function writeCommand(layout: RecordLayout, command: Command, bytes: Uint8Array): void {
  const record = new RecordWriter(layout, bytes);
  record.u8('Kind', record.code('Command', command.kind));
  (COMMANDS[command.kind] as (record: RecordWriter, command: Command) => void)(record, command);
}
