import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_LEARNT_MS, MIN_LEARNT_MS } from '../../../host/config/unanswered.ts';
import { loadModule } from '../../../host/fabric/module.ts';
import { type Command, KEY_BYTES } from '../../../host/fabric/records.ts';
import { commandsFor, restoreCommands } from '../../../host/router/fabric-commands.ts';
import { Fabric } from '../fabric/fabric.ts';
import { configuration, OTHER, SATO, SERVER, TANAKA } from './world.ts';

const KEY = Buffer.alloc(KEY_BYTES);

type Configure = Extract<Command, { kind: 'configure' }>;

function configure(more: string): Configure {
  const [first] = commandsFor(configuration(more), [], KEY);
  assert.ok(first?.kind === 'configure', 'it comes first');
  return first;
}

describe('What the fabric is fed with', () => {
  it('is all that the operator names', () => {
    const servers = `servers: [{address: ${SERVER}, ports: [80, 443]}, {address: ${OTHER}}, {address: "2001:db8:178::80", ports: [22]}]`;
    const [, ...named] = commandsFor(configuration(servers), [], KEY);
    assert.deepEqual(named, [
      { kind: 'watch', address: '172.27.178.0', bits: 120 },
      { kind: 'watch', address: '2001:db8:178::', bits: 64 },
      { kind: 'knowService', server: SERVER, port: 80 },
      { kind: 'knowService', server: SERVER, port: 443 },
      { kind: 'knowService', server: OTHER, port: 0 },
      { kind: 'knowService', server: '2001:db8:178::80', port: 22 },
      { kind: 'knowClient', client: SATO },
      { kind: 'knowClient', client: TANAKA },
      { kind: 'knowClient', client: '2001:db8:179::152' },
    ]);
  });

  it('has every option of the configuration', () => {
    const off = `recover: {arp: false, syn_ack: false, traps: {listen: false}}`;
    const { options, waitUs } = configure(off);
    const rest = { knownOnly: false, reportAttempts: false, learnWait: false, ask: true, own: false };
    const on = { unreachable: true, unanswered: true, refused: true };
    assert.deepEqual(options, { ...on, ...rest, resolution: false, synAck: false });
    assert.equal(waitUs, 30_000_000);
    const detect = {
      unreachable: false,
      unansweredMs: null,
      learnsWait: false,
      refused: false,
      knownClientsOnly: true,
      own: true,
      ask: 'none',
    } as const;
    const given = configuration();
    const [first] = commandsFor({ ...given, detect: { ...given.detect, ...detect } }, [], KEY);
    assert.deepEqual(first?.kind === 'configure' && first.options, {
      ...{ unreachable: false, unanswered: false, refused: false },
      ...{ resolution: true, synAck: true, knownOnly: true, reportAttempts: false, ask: false, own: true },
      learnWait: false,
    });
    assert.ok(first?.kind === 'configure' && first.waitUs > 0, 'attempts are remembered all the same');
    assert.deepEqual(first?.kind === 'configure' && first.programPorts, { first: 20_000, count: 12_164 });
    const waiting = { ...given, detect: { ...given.detect, unansweredMs: 500 } };
    const [second] = commandsFor(waiting, [], KEY);
    assert.equal(second?.kind === 'configure' && second.waitUs, 500_000);
    assert.equal(
      MIN_LEARNT_MS * loadModule().codes.number('WAITS'),
      MAX_LEARNT_MS,
      'what people are told of it',
    );
    const learning = { ...given, detect: { ...given.detect, learnsWait: true } };
    const [third] = commandsFor(learning, [], KEY);
    assert.equal(third?.kind === 'configure' && third.options.learnWait, true);
  });

  it('has the interfaces that see everything, by their places', () => {
    const fabric = { ...configuration().fabric, interfaces: ['lan0', 't1', 'wan0', 't2'] };
    const bits = (...seesEverything: readonly string[]) => {
      const [first] = commandsFor({ ...configuration(), fabric: { ...fabric, seesEverything } }, [], KEY);
      return first?.kind === 'configure' && first.everything;
    };
    assert.equal(bits(), 0);
    assert.equal(bits('t2', 't1'), 0b1010);
    const many = Array.from({ length: 33 }, (_, i) => `t${i}`);
    const last = { ...fabric, interfaces: many, seesEverything: ['t31'] };
    const [first] = commandsFor({ ...configuration(), fabric: last }, [], KEY);
    assert.ok(first?.kind === 'configure');
    const { codec } = new Fabric().engine;
    assert.deepEqual([...codec.encode(first).subarray(36, 40)], [0, 0, 0, 0x80], 'the 32nd');
  });

  it('has the tables’ sizes, with room for people to come', () => {
    const { sizes } = configure('');
    const { servers, clients, attempts } = configuration().fabric.capacity;
    assert.deepEqual([sizes.servers, sizes.clients, sizes.attempts], [servers, clients, attempts]);
    assert.ok(sizes.known > configuration().clients.length, 'known clients');
    assert.ok(sizes.prefixes > configuration().detect.watch.length, 'networks');
  });

  it('has its key and the same sizes each time, so that the tables stay as they are', () => {
    const [one, other] = [configure(''), configure(`servers: [{address: ${SERVER}, ports: [80]}]`)];
    assert.deepEqual([one.key, one.sizes], [KEY, other.sizes]);
  });

  it('is accepted by the module, as large as a configuration may be', () => {
    const given = configuration();
    const clients = Array.from({ length: 5000 }, (_, i) => {
      return { address: `10.1.${i >> 8}.${i & 255}`, mail: 'sato@example.jp', language: null };
    });
    const watch = Array.from({ length: 200 }, (_, i) => ({ address: `10.2.${i}.0`, length: 24 }));
    const fabric = new Fabric(null);
    for (const command of commandsFor({ ...given, clients, detect: { ...given.detect, watch } }, [], KEY))
      assert.equal(fabric.status(command), 'Ok', command.kind);
  });
});

describe('What a fabric that knows of nobody is refilled with', () => {
  const nowUs = 900_000_000;
  const nowMs = 5_000_000;
  const times = (ago: number) => ({ firstMs: nowMs - ago - 1000, lastMs: nowMs - ago, tries: 2 });
  const about = { state: 'down', cause: 'unanswered', triedPort: 443, fromMs: 0, id: 1 } as const;

  it('is everybody who waits, by the fabric’s clock', () => {
    const outages = [
      { server: SERVER, port: 0, ...about, clients: new Map([[SATO, times(10)], [TANAKA, times(7_200_000)]]) }, // biome-ignore format: one a line
      { server: SERVER, port: 80, ...about, clients: new Map() },
    ];
    const same = {
      kind: 'restore',
      server: SERVER,
      port: 0,
      suspected: false,
      cause: 'unanswered',
      triedPort: 443,
      tries: 2,
    } as const;
    const expected: Command[] = [
      { ...same, client: SATO, firstUs: nowUs - 1_010_000, lastUs: nowUs - 10_000 },
      { ...same, client: TANAKA, firstUs: nowUs - 7_201_000_000, lastUs: nowUs - 7_200_000_000 },
    ];
    const commands = [...restoreCommands(outages, nowUs, nowMs, () => [])];
    const isAlone = (command: Command) => command.kind === 'restore' && command.client === '::';
    assert.deepEqual(
      commands.filter((command) => !isAlone(command)),
      expected,
    );
    // An outage stays although nobody waits.
    assert.deepEqual(
      commands.filter(isAlone).map((command) => 'port' in command && command.port),
      [0, 80],
    );
    const fabric = new Fabric();
    fabric.command(...expected);
    const said = fabric
      .sync()
      .flatMap((event) => (event.kind === 'waiting' ? [[event.client, event.lastUs]] : []));
    assert.deepEqual(said, [
      [SATO, nowUs - 10_000],
      [TANAKA, nowUs - 7_200_000_000],
    ]);
  });
});
