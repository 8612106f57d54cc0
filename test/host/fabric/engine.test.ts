import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RingbackError } from '../../../host/errors.ts';
import { Engine } from '../../../host/fabric/engine.ts';
import { loadModule } from '../../../host/fabric/module.ts';
import type { Command, FabricEvent } from '../../../host/fabric/records.ts';
import {
  client,
  clientsIn,
  configure,
  Fabric,
  refusal,
  restored,
  SATO,
  SECOND_US,
  SERVER,
  syn,
  synAck,
  TANAKA,
} from './fabric.ts';

const MANY = 10_000;
const host = { server: SERVER.address, port: 0 } as const;
const WATCH: Command = { kind: 'watch', address: '172.27.178.0', bits: 120 };
const LARGE = { sizes: { clients: 2 * MANY } };

/** A fabric in which so many clients wait for the server. */
function crowded(count: number): Fabric {
  const fabric = new Fabric(LARGE);
  for (let n = 1; n <= count; n++) fabric.command(restored(client(n), { firstUs: n, lastUs: n }));
  return fabric;
}

const everybody = (count: number): string[] => Array.from({ length: count }, (_, i) => client(i + 1));

describe('A long answer', () => {
  it('hands out a chain that is longer than the event buffer, each client once and in order', () => {
    const events = crowded(MANY).command({ kind: 'release', ...host });
    assert.deepEqual(clientsIn(events, 'released'), everybody(MANY));
    assert.equal(events.length, MANY + 1);
    assert.equal(events.at(-1)?.kind, 'releaseEnd');
  });

  it('says everybody who waits again, each client once', () => {
    const fabric = crowded(MANY);
    for (let again = 0; again < 2; again++) {
      const events = fabric.command({ kind: 'sync' });
      assert.deepEqual(clientsIn(events, 'waiting'), everybody(MANY));
      assert.deepEqual(
        [events[0]?.kind, events.length, events.at(-1)?.kind],
        ['outage', MANY + 2, 'syncEnd'],
      );
    }
  });

  it('sweeps more clients than the event buffer holds', () => {
    const events = crowded(MANY).command({ kind: 'sweep', olderThanUs: MANY });
    assert.deepEqual(clientsIn(events, 'swept'), everybody(MANY - 1));
  });

  it('loses no serial number', () => {
    const serials: number[] = [];
    const { codec } = new Engine({ onEvent: () => {} });
    const engine = new Engine({
      onEvent: () => {},
      onRecord: (record) => {
        serials.push(codec.serial(record));
      },
    });
    engine.command(configure(LARGE));
    for (let n = 1; n <= MANY; n++) engine.command(restored(client(n)));
    for (let round = 0; round < 7; round++) engine.command({ kind: 'sync' });
    assert.ok(serials.length > 0x10000, 'they have come round');
    assert.ok(
      serials.every((serial, i) => i === 0 || serial === (((serials[i - 1] ?? 0) + 1) & 0xffff)),
      'each is one more than the one before',
    );
  });
});

describe('Frames', () => {
  it('that nobody drains after lose nothing', () => {
    const fabric = crowded(1);
    for (let n = 2; n <= 1000; n++) fabric.frame(syn({ address: client(n), port: n }, SERVER, n), n);
    assert.deepEqual(clientsIn(fabric.events(), 'waiting'), everybody(1000).slice(1));
  });

  it('longer than the module looks at write nothing behind their place', () => {
    const module = loadModule();
    const engine = new Engine({ onEvent: () => {}, module });
    engine.command(configure());
    const memory = new Uint8Array(module.functions.memory.buffer);
    const end = module.functions.frameBuffer() + module.codes.number('FRAME_BYTES');
    const [ethernet, way] = [module.codes.number('Link.Ethernet'), module.codes.number('Direction.In')];
    // 0xff: a frame of no protocol that anybody knows, so nothing but the copying happens.
    const before = memory.slice(end, end + 4096);
    engine.frame(ethernet, 1, way, new Uint8Array(65_536).fill(0xff), 1);
    assert.equal(memory[end - 1], 0xff);
    assert.deepEqual(memory.slice(end, end + 4096), before);
  });

  it('of no bytes at all have a verdict', () => {
    assert.equal(new Fabric().frame(Buffer.alloc(0), 1), 'LinkCutShort');
  });

  it('before the module is configured have a verdict too', () => {
    assert.equal(new Fabric(null).frame(syn(SATO, SERVER, 1), 1), 'NotConfigured');
  });

  for (const [what, baseUs] of [
    ['around zero', 0],
    ['before zero', -3600 * SECOND_US],
    ['at the 32nd bit', 2 ** 31 - SECOND_US],
    ['at the 33rd bit', 2 ** 32 - SECOND_US],
    ['of a wall clock', 1_790_000_000_123_456],
  ] as const) {
    it(`keep their times ${what}`, () => {
      const fabric = new Fabric();
      fabric.frame(syn(SATO, SERVER, 1), baseUs);
      fabric.frame(syn(SATO, SERVER, 1), baseUs + 2 * SECOND_US);
      assert.deepEqual(fabric.events(baseUs + 29 * SECOND_US), []);
      const [outage, waiting] = fabric.events(baseUs + 31 * SECOND_US);
      assert.equal(outage?.kind === 'outage' && outage.firstUs, baseUs);
      assert.deepEqual(waiting?.kind === 'waiting' && [waiting.firstUs, waiting.lastUs, waiting.nowUs], [
        baseUs,
        baseUs + 2 * SECOND_US,
        baseUs + 31 * SECOND_US,
      ]);
    });
  }
});

describe('Whoever gets an event', () => {
  it('may answer it with commands, whose own events come at once', () => {
    const seen: string[] = [];
    const engine: Engine = new Engine({
      onEvent: (event) => {
        seen.push(event.kind === 'released' ? event.client : event.kind);
        if (event.kind !== 'signal') return;
        const { server, port } = event;
        engine.command({ kind: 'release', server, port });
        engine.command({ kind: 'forget', server, port });
        seen.push(`end of port ${port}`);
      },
    });
    const { codes } = engine.module;
    const frame = (bytes: Buffer): number =>
      engine.frame(codes.number('Link.Ethernet'), 1, codes.number('Direction.In'), bytes, SECOND_US);
    engine.command(configure(LARGE));
    engine.command(WATCH);
    // An outage of the host and one of its service: one SYN-ACK signals both, in one batch of events.
    for (const port of [0, 80]) for (let n = 1; n <= 500; n++) engine.command(restored(client(n), { port }));
    seen.length = 0;
    frame(syn(SATO, SERVER, 1));
    frame(synAck(SERVER, SATO, 1));
    engine.drain();
    const chain = [...everybody(500), 'releaseEnd', 'forgotten'];
    assert.deepEqual(seen.slice(0, 3), ['waiting', 'answered', 'answers']);
    assert.deepEqual(seen.slice(3), [
      'signal',
      ...chain,
      'end of port 0',
      'signal',
      ...chain,
      'end of port 80',
    ]);
  });

  it('gets all of them although the first of them makes it ask for everything', () => {
    const seen: FabricEvent[] = [];
    const engine: Engine = new Engine({
      onEvent: (event) => {
        seen.push(event);
        if (event.kind === 'outage' && seen.length === 1) engine.command({ kind: 'sync' });
      },
    });
    engine.command(configure());
    engine.command(restored(SATO.address));
    const kinds = seen.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['outage', 'outage', 'waiting', 'syncEnd', 'waiting']);
  });

  it('may get records instead, as they are', () => {
    const records: Uint8Array[] = [];
    const engine = new Engine({
      onEvent: () => assert.fail('not both'),
      onRecord: (record) => records.push(record.slice()),
    });
    engine.command(configure());
    engine.command(restored(SATO.address));
    const kinds = records.map((record) => engine.module.codes.name('Event', record[0] ?? 0));
    assert.deepEqual(kinds, ['Outage', 'Waiting']);
    assert.ok(records.every(({ length }) => length === engine.codec.recordBytes));
  });
});

describe('Memory that grows with the tables', () => {
  it('moves no buffer out of the engine’s sight', () => {
    const module = loadModule();
    const events: FabricEvent[] = [];
    const engine = new Engine({ onEvent: (event) => events.push(event), module });
    const small = module.functions.memory.buffer;
    for (const clients of [100, 100_000, 1_000_000]) {
      engine.command(configure({ sizes: { clients } }));
      engine.command(WATCH);
      engine.command({ kind: 'knowService', server: SERVER.address, port: SERVER.port });
      events.length = 0;
      const { codes } = module;
      for (const [bytes, way] of [
        [syn(SATO, SERVER, clients), 'Direction.In'],
        [refusal(SERVER, SATO, clients), 'Direction.Out'],
      ] as const)
        engine.frame(codes.number('Link.Ethernet'), 1, codes.number(way), bytes, clients);
      engine.drain();
      assert.deepEqual(
        events.map((event) => (event.kind === 'waiting' ? [event.client, event.firstUs] : event.kind)),
        ['outage', [SATO.address, clients]],
      );
    }
    assert.notEqual(module.functions.memory.buffer, small, 'it has grown');
  });

  it('forgets all with other sizes, and nothing with the same', () => {
    const fabric = new Fabric();
    fabric.command(restored(SATO.address));
    fabric.command(configure());
    assert.equal(fabric.sync().length, 2);
    fabric.command(configure({ sizes: { clients: 255 } }));
    assert.equal(fabric.sync().length, 0);
  });
});

describe('A command that the module refuses', () => {
  for (const [command, message] of [
    [{ kind: 'release', ...host }, 'the fabric refuses release: NotFound'],
    [{ kind: 'watch', address: '::', bits: 129 }, 'the fabric refuses watch: BadValue'],
    [configure({ sizes: { servers: 65_536 } }), 'the fabric refuses configure: BadSize'],
    [
      configure({ sizes: { clients: 1 << 24, attempts: 1 << 24 } }),
      'the fabric refuses configure: OutOfMemory',
    ],
  ] as const) {
    it(`says so: ${message}`, () => {
      assert.throws(
        () => new Fabric().command(command),
        (error) => error instanceof RingbackError && error.code === 'fabric' && error.message === message,
      );
    });
  }

  it('before it is configured says so too', () => {
    assert.throws(() => new Fabric(null).command({ kind: 'sync' }), /refuses sync: NotConfigured/);
  });

  it('changes nothing', () => {
    const fabric = new Fabric();
    fabric.command(restored(TANAKA.address));
    assert.equal(fabric.status({ kind: 'forget', ...host }), 'NotFound');
    assert.equal(fabric.status(configure({ sizes: { servers: 0 } })), 'BadSize');
    assert.deepEqual(clientsIn(fabric.sync(), 'waiting'), [TANAKA.address]);
  });

  it('makes an error of this program’s when the module itself fails', () => {
    const real = loadModule();
    const functions = {
      ...real.functions,
      command: () => {
        throw new Error('unreachable');
      },
    };
    const engine = new Engine({ onEvent: () => {}, module: { ...real, functions } });
    assert.throws(
      () => engine.command({ kind: 'sync' }),
      (error) => error instanceof RingbackError && error.message === 'the fabric failed: unreachable',
    );
  });
});
