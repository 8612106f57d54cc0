import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarrierReader } from '../../host/fabric/carrier-records.ts';
import { type Errand, ErrandWriter } from '../../host/fabric/errands.ts';
import { loadModule } from '../../host/fabric/module.ts';
import type { Command } from '../../host/fabric/records.ts';
import { ofDatagrams } from '../../host/net/target.ts';
import { codec, codes } from '../host/fabric/daemon-records.ts';
import { configure } from '../host/fabric/fabric.ts';
import { assertPage } from './golden.ts';
import { ENUMS, fieldsOfKind, page, SIZES } from './records.ts';
import { enums, type Member, sizes } from './sources.ts';

const SIZE = codes.number('RECORD_BYTES');
const carrier = new CarrierReader(codes);
const errands = new ErrandWriter(codes);
const membersOf = (group: string): readonly Member[] => enums.get(group)?.members ?? [];

/** The places of a record's bytes that its kind has fields at. */
function placesOf(group: 'Command' | 'Event' | 'Carrier' | 'Errand', member: Member): number[] {
  return fieldsOfKind(group, member).flatMap(({ offset, bytes }) =>
    Array.from({ length: bytes }, (_, i) => offset + i),
  );
}

/** The places of the bytes that change what is read of a record, beside its kind and its time. */
function placesRead(record: Uint8Array, read: (record: Uint8Array) => unknown): number[] {
  const said = (): unknown => {
    try {
      const { nowUs: _, ...rest } = read(record) as { nowUs?: number };
      return rest;
    } catch (error) {
      return String(error);
    }
  };
  const before = said();
  return Array.from(record.keys()).filter((at) => {
    if (at === codes.number('Field.Kind')) return false;
    const byte = record[at] ?? 0;
    // What is there or not has one bit.
    const isRead = [1, 2].some((bit) => {
      record[at] = byte ^ bit;
      return !isSame(said(), before);
    });
    record[at] = byte;
    return isRead;
  });
}

function isSame(one: unknown, other: unknown): boolean {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
}

const TARGET = { server: '1111:2222:3333:4444:5555:6666:7777:8888', port: 0x0101 };
const CLIENT = '1112:2222:3333:4444:5555:6666:7777:8888';
/** Below 0, no byte of a time is 0. */
const US = -0x01020304050607;
const HOLDER = { address: TARGET.server, hardware: '02:01:01:01:01:80', interface: 0x0101 } as const;
const FULL = 0x01010101;
/** With no byte of a field 0, but of the flags. */
const SAMPLES: Readonly<Record<Command['kind'], readonly Command[]>> = {
  configure: [
    {
      ...(configure() as Extract<Command, { kind: 'configure' }>),
      sizes: { servers: FULL, clients: FULL, attempts: FULL, known: FULL, prefixes: FULL },
      waitUs: US,
      everything: FULL,
      programPorts: { first: 0x1111, count: 0x1111 },
      key: new Uint8Array(16).fill(1),
    },
  ],
  watch: [{ kind: 'watch', address: TARGET.server, bits: 1 }],
  unwatch: [{ kind: 'unwatch', address: TARGET.server, bits: 1 }],
  knowService: [{ kind: 'knowService', ...TARGET }],
  unknowService: [{ kind: 'unknowService', ...TARGET }],
  knowClient: [{ kind: 'knowClient', client: CLIENT }],
  unknowClient: [{ kind: 'unknowClient', client: CLIENT }],
  answerFor: [{ kind: 'answerFor', port: TARGET.port, on: true }],
  restore: [
    {
      ...{ kind: 'restore', ...TARGET, client: CLIENT, cause: 'refused', tries: 0x0101 },
      triedPort: ofDatagrams(0x0101),
      ...{ suspected: true, firstUs: US, lastUs: US },
    },
  ],
  stillDown: [{ kind: 'stillDown', ...TARGET }],
  release: [{ kind: 'release', ...TARGET }],
  forget: [{ kind: 'forget', ...TARGET }],
  sweep: [{ kind: 'sweep', olderThanUs: US }],
  sync: [{ kind: 'sync' }],
  counters: [{ kind: 'counters' }],
  flush: [{ kind: 'flush' }],
  announce: [
    { kind: 'announce', form: 'request', ticket: 0x0101, target: CLIENT, ...HOLDER },
    { kind: 'announce', form: 'neighbour', ticket: 0x0101, router: true, ...HOLDER },
  ],
  claim: [{ kind: 'claim', ...HOLDER }],
  unclaim: [{ kind: 'unclaim', address: TARGET.server }],
  confirm: [{ kind: 'confirm', ...TARGET }],
  acquit: [{ kind: 'acquit', ...TARGET }],
  lives: [{ kind: 'lives', ...TARGET }],
  foundSilent: [{ kind: 'foundSilent', ...TARGET, atUs: US }],
  ask: [{ kind: 'ask', ...TARGET, localPort: 0x0101 }],
  askEnd: [{ kind: 'askEnd', ...TARGET }],
  restoreService: [{ kind: 'restoreService', ...TARGET, atUs: US }],
  askMet: [{ kind: 'askMet', ...TARGET }],
  own: [{ kind: 'own', client: CLIENT }],
  disown: [{ kind: 'disown', client: CLIENT }],
  learnt: [{ kind: 'learnt' }],
  datagrams: [{ kind: 'datagrams', port: 0x0101, on: true }],
  forward: [{ kind: 'forward', ...TARGET, real: { server: CLIENT, port: 0x0101 } }],
  unforward: [{ kind: 'unforward', ...TARGET }],
};

const ERRANDS: Readonly<Record<Errand['kind'], Errand>> = {
  connect: { kind: 'connect', ticket: 0x0101, localPort: 0x0101, ...TARGET },
  datagram: { kind: 'datagram', ticket: 0x0101, localPort: 0x0101, ...TARGET },
  close: { kind: 'close', ticket: 0x0101 },
  seek: { kind: 'seek', server: TARGET.server },
  listen: { kind: 'listen', number: 0x0101, name: 'sixteen-letters-' },
};

describe('The page of records', () => {
  it('is what the sources of the module say', () => {
    assertPage('records.md', page());
  });

  it('has every number that the module exports, as it exports it', () => {
    const said = [
      ...ENUMS.flatMap((group) => membersOf(group).map(({ name, number }) => [`${group}.${name}`, number])),
      ...SIZES.map((name) => [name, codes.number(name)]),
    ];
    const { functions } = loadModule();
    const exported = Object.entries(functions).flatMap(([name, value]) =>
      typeof value === 'object' && 'value' in value ? [[name, Number(value.value)]] : [],
    );
    assert.deepEqual(said.sort(), exported.sort());
  });

  it('says something of each', () => {
    for (const group of ENUMS)
      for (const { name, text } of membersOf(group)) assert.match(text, /\w.*\.$/, `${group}.${name}`);
    for (const name of SIZES) assert.match(sizes.get(name)?.text ?? '', /\w.*\.$/, name);
  });

  for (const member of membersOf('Event')) {
    it(`has the fields of the event ${member.name} where the program reads them`, () => {
      const record = new Uint8Array(SIZE);
      record[codes.number('Field.Kind')] = member.number;
      // Of all that have numbers there is a first one.
      record[codes.number('Field.Code')] = 1;
      if (member.name === 'Outage') record[codes.number('Field.State')] = 1;
      const read = placesRead(record, (bytes) => codec.decode(bytes));
      assert.deepEqual(placesOf('Event', member), read);
    });
  }

  for (const member of membersOf('Command')) {
    it(`has the fields of the command ${member.name} where the program writes them`, () => {
      const kind = `${member.name.charAt(0).toLowerCase()}${member.name.slice(1)}` as Command['kind'];
      const records = SAMPLES[kind].map((command) => codec.encode(command));
      const isWritten = (_: unknown, at: number): boolean => records.some((record) => record[at] !== 0);
      const written = Array.from({ length: SIZE }, (_, at) => at).filter(
        (at) => at > 0 && isWritten(null, at),
      );
      // Of the bits that are set there are less than a byte.
      const flags = kind === 'configure' ? codes.number('Field.Flags') : SIZE;
      const said = placesOf('Command', member).filter((at) => at <= flags || at >= flags + 4);
      assert.deepEqual(said, written);
    });
  }

  for (const member of membersOf('Errand')) {
    it(`has the fields of the errand ${member.name} where the program writes them`, () => {
      const kind = `${member.name.charAt(0).toLowerCase()}${member.name.slice(1)}` as Errand['kind'];
      const record = errands.encode(ERRANDS[kind]);
      const written = Array.from(record.keys()).filter((at) => at > 0 && record[at] !== 0);
      assert.deepEqual(placesOf('Errand', member), written);
    });
  }

  for (const member of membersOf('Carrier')) {
    it(`has the fields of the daemon's record ${member.name} where the program reads them`, () => {
      const record = new Uint8Array(SIZE).fill(0x41, codes.number('CarrierField.Name'));
      record.fill(0, codes.number('CarrierField.Received'), member.name === 'Interface' ? SIZE : 0);
      record[codes.number('Field.Kind')] = member.number;
      record[codes.number('Field.Code')] = 1;
      const command = codes.number('CarrierField.Command');
      if (member.name === 'Refused') record[command] = codes.number('Command.Announce');
      if (member.name === 'Interface') record[codes.number('CarrierField.HasHardware')] = 1;
      const clock = codes.number('Field.NowUs');
      const read = placesRead(record, (bytes) => carrier.read(bytes, 0) as object);
      // Frames are sent for one command only.
      if (member.name === 'Sent') read.push(command, command + 1);
      assert.deepEqual(
        placesOf('Carrier', member),
        read.filter((at) => at < clock || at >= clock + 8).sort((a, b) => a - b),
      );
    });
  }
});
