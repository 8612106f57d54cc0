import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Codec } from '../../../host/fabric/codec.ts';
import { Engine } from '../../../host/fabric/engine.ts';
import { Codes, loadModule, tables } from '../../../host/fabric/module.ts';
import { ofDatagrams } from '../../../host/net/target.ts';
import { ENUMS, SIZES } from '../../house/records.ts';
import { configure, SATO, SERVER } from './fabric.ts';

const PAGE_BYTES = 65_536;

/** What of the JavaScript interface to WebAssembly is needed here. */
declare const WebAssembly: {
  readonly Module: {
    new (bytes: Uint8Array): object;
    imports(module: object): readonly object[];
    exports(module: object): readonly { readonly name: string; readonly kind: string }[];
  };
};

const bytes = readFileSync(fileURLToPath(new URL('../../../dist/fabric.wasm', import.meta.url)));
const compiled = new WebAssembly.Module(bytes);
const exported = WebAssembly.Module.exports(compiled);
const { codes, functions } = loadModule();

const FUNCTIONS = [
  'busy',
  'command',
  'commandBuffer',
  'drained',
  'eventBuffer',
  'frame',
  'frameBuffer',
  'frames',
  'heldAttempts',
  'heldServers',
  'outgoing',
  'outgoingBuffer',
  'resume',
  'tablesBytes',
  'tick',
  'wholeFrame',
];
/** Names that stand for a boundary, not for a code of their own. */
const BOUNDARIES = ['Verdict.LastMalformed'];

const namesOf = (kind: string): string[] =>
  exported
    .filter((entry) => entry.kind === kind)
    .map(({ name }) => name)
    .sort();

/** Where the start section would be (WebAssembly core specification 1.0, section 5.5.11). */
const START_SECTION = 8;

/** The numbers of the sections that the module consists of. */
function sections(module: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 8; at < module.length; ) {
    found.push(module[at++] ?? 0);
    let [length, shift, byte] = [0, 0, 0];
    do {
      byte = module[at++] ?? 0;
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte & 0x80);
    at += length;
  }
  return found;
}

describe('The release module', () => {
  it('needs nothing from whoever carries it', () => {
    assert.deepEqual(WebAssembly.Module.imports(compiled), []);
  });

  it('runs nothing when it is instantiated', () => {
    assert.ok(sections(bytes).length > 5, 'the sections were read');
    assert.ok(!sections(bytes).includes(START_SECTION), 'no start section');
  });

  it('exports its memory and the functions of the door, and no others', () => {
    assert.deepEqual(namesOf('memory'), ['memory']);
    assert.deepEqual(namesOf('function'), FUNCTIONS);
    assert.deepEqual(namesOf('table'), []);
  });

  it('exports its sizes and its enums as constants, and no other', () => {
    const globals = namesOf('global');
    assert.deepEqual(
      globals.filter((name) => !name.includes('.')),
      [...SIZES].sort(),
    );
    const groups = new Set(globals.filter((name) => name.includes('.')).map((name) => name.split('.')[0]));
    assert.deepEqual([...groups].sort(), [...ENUMS].sort());
  });

  it('takes as much memory for its tables as it says', () => {
    const sizes = { servers: 1024, clients: 65_536, attempts: 65_536, known: 4096, prefixes: 64 };
    const before = loadModule().functions.memory.buffer.byteLength;
    const engine = new Engine({ onEvent: () => {} });
    engine.command(configure({ sizes }));
    const needed = tables.bytes(sizes);
    assert.ok(needed > 9 << 20, `${needed} bytes`);
    const taken = engine.module.functions.memory.buffer.byteLength;
    // Static data comes before them, and memory grows by pages.
    assert.ok(taken > needed && taken <= before + needed + PAGE_BYTES, `${taken} for ${needed}`);
  });

  it('keeps within the sizes that engines count on', () => {
    assert.equal(codes.number('RECORD_BYTES'), 64);
    assert.ok(
      codes.number('EVENT_CAPACITY') > codes.number('EVENT_RESERVE'),
      'room for what one frame may cause',
    );
    // A verdict and a status share a number with the pending events: eight bits each.
    for (const group of ['Verdict', 'Status', 'Event', 'Command'])
      for (const [name, value] of codes.entries(group)) assert.ok(value < 256, `${group}.${name}`);
    // The daemon's own records are behind all of the module's.
    const own = Math.min(...codes.entries('Carrier').map(([, value]) => value));
    for (const [name, value] of codes.entries('Event')) assert.ok(value < own, name);
    for (const [name, value] of codes.entries('Command')) assert.ok(value < own, name);
  });

  it('has its buffers apart from each other, inside its memory', () => {
    const buffers = [
      [functions.frameBuffer(), codes.number('FRAME_BYTES')],
      [functions.commandBuffer(), codes.number('RECORD_BYTES')],
      [functions.outgoingBuffer(), codes.number('OUTGOING_BYTES')],
      [functions.eventBuffer(), codes.number('EVENT_CAPACITY') * codes.number('RECORD_BYTES')],
    ].sort(([a = 0], [b = 0]) => a - b);
    let end = 1;
    for (const [at = 0, length = 0] of buffers) {
      assert.ok(at >= end, 'behind the one before');
      assert.equal(at % 8, 0);
      end = at + length;
    }
    assert.ok(end <= functions.memory.buffer.byteLength, 'inside its memory');
  });

  for (const group of ENUMS.filter((name) => !name.endsWith('Field'))) {
    it(`has each number of ${group} once`, () => {
      const entries = codes.entries(group).filter(([name]) => !BOUNDARIES.includes(`${group}.${name}`));
      assert.ok(entries.length > 1, 'it is there');
      assert.equal(new Set(entries.map(([, value]) => value)).size, entries.length);
    });
  }

  for (const group of ['Option', 'Met']) {
    it(`has one bit for each ${group}`, () => {
      const bits = codes.entries(group).map(([, value]) => value);
      for (const bit of bits) assert.equal(bit & (bit - 1), 0);
      assert.equal(
        bits.reduce((sum, bit) => sum | bit, 0),
        2 ** bits.length - 1,
      );
    });
  }

  it('has a counter for every verdict, and the others behind them', () => {
    const verdicts = codes.entries('Verdict').map(([, value]) => value);
    const counters = codes.entries('Counter').filter(([name]) => name !== 'COUNT');
    const first = Math.min(...counters.map(([, value]) => value));
    assert.ok(Math.max(...verdicts) < first, 'apart from each other');
    for (const [name, value] of counters) assert.ok(value < codes.number('Counter.COUNT'), name);
  });
});

describe('The numbers of the module', () => {
  it('are found by name, and a number by its enum', () => {
    assert.equal(codes.name('Event', codes.number('Event.SyncEnd')), 'SyncEnd');
    assert.equal(codes.name('Verdict', codes.number('Verdict.TcpMalformed')), 'TcpMalformed');
    assert.equal(codes.name('Event', 255), '255');
    assert.deepEqual(codes.entries('NoEnum'), []);
  });

  it('that are not there are a mistake of this program', () => {
    assert.throws(() => codes.number('Verdict.Nonsense'), /exports no Verdict\.Nonsense/);
  });

  it('are where the codec has the places of the fields from', () => {
    const moved = new Codec(
      new Codes(new Map(allNumbers().map(([name, value]) => [name, name === 'Field.Port' ? 60 : value]))),
    );
    const target = { server: SERVER.address, port: 0xabcd };
    const record = moved.encode({ kind: 'release', ...target });
    assert.deepEqual([...record.subarray(60, 62)], [0xcd, 0xab]);
    assert.deepEqual([...record.subarray(2, 4)], [0, 0]);
    record[0] = codes.number('Event.ReleaseEnd');
    assert.deepEqual(moved.decode(record), { kind: 'releaseEnd', nowUs: 0, ...target });
  });

  it('have the two halves of the key in one piece', () => {
    assert.equal(codes.number('Field.KeyHigh'), codes.number('Field.KeyLow') + 8);
  });

  for (const [name] of codes.entries('Field').filter(([name]) => name !== 'KeyHigh')) {
    it(`are where the codec has the place of ${name} from`, () => {
      const shifted = new Map(allNumbers());
      shifted.delete(`Field.${name}`);
      // Whatever needs the field cannot work without the module's word on where it is.
      assert.throws(() => useAll(new Codec(new Codes(shifted))), new RegExp(`no field ${name}$`));
    });
  }
});

function allNumbers(): [string, number][] {
  const groups = ENUMS.flatMap((group) =>
    codes.entries(group).map(([name, value]): [string, number] => [`${group}.${name}`, value]),
  );
  return [...groups, ...SIZES.map((name): [string, number] => [name, codes.number(name)])];
}

/** Encodes and decodes what has fields of its own. */
function useAll(codec: Codec): void {
  const target = { server: SERVER.address, port: 80 };
  const times = { cause: 'refused', tries: 1, firstUs: 0, lastUs: 0 } as const;
  codec.encode({
    kind: 'restore',
    ...target,
    ...times,
    client: SATO.address,
    triedPort: ofDatagrams(53),
    suspected: true,
  });
  codec.encode({ kind: 'forward', ...target, real: target });
  codec.encode({ kind: 'ask', ...target, localPort: 20_000 });
  codec.encode({
    kind: 'configure',
    sizes: { servers: 1, clients: 1, attempts: 1, known: 1, prefixes: 1 },
    options: {
      unreachable: true,
      unanswered: true,
      refused: true,
      resolution: true,
      synAck: true,
      knownOnly: true,
      reportAttempts: true,
      ask: true,
    },
    waitUs: 1,
    key: new Uint8Array(16),
  });
  const holder = { address: SERVER.address, hardware: '02:00:00:00:00:80', interface: 1 };
  codec.encode({ kind: 'announce', form: 'request', ticket: 1, target: '172.27.178.255', ...holder });
  codec.encode({ kind: 'announce', form: 'neighbour', ticket: 1, router: true, ...holder });
  for (const [, kind] of codes.entries('Event')) {
    const record = new Uint8Array(codec.recordBytes);
    record[0] = kind;
    // A cause, an outcome, a sign: of all kinds there is a first.
    record[codes.number('Field.Code')] = 1;
    codec.decode(record);
    codec.serial(record);
  }
}
