import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Codec } from '../../../host/fabric/codec.ts';
import { loadModule } from '../../../host/fabric/module.ts';
import type {
  AttemptOutcome,
  Cause,
  Command,
  FabricEvent,
  Form,
  Met,
  Options,
  ServerState,
  Sign,
  Sizes,
  WaitingClient,
} from '../../../host/fabric/records.ts';
import { ofDatagrams } from '../../../host/net/target.ts';
import { client, configure, Fabric, restored, SATO, SERVER, SERVER6 } from './fabric.ts';

const { codes } = loadModule();
const codec = new Codec(codes);
const HOLDER = { address: SERVER.address, hardware: '02:00:00:00:00:80', interface: 1 } as const;

// Complete by their types: what the host gains or loses must be gained or lost here, and then in the module.
const COMMANDS: Readonly<Record<Command['kind'], true>> = {
  configure: true,
  watch: true,
  unwatch: true,
  knowService: true,
  unknowService: true,
  knowClient: true,
  unknowClient: true,
  answerFor: true,
  restore: true,
  stillDown: true,
  release: true,
  forget: true,
  sweep: true,
  sync: true,
  counters: true,
  flush: true,
  announce: true,
  claim: true,
  unclaim: true,
  confirm: true,
  acquit: true,
  lives: true,
  foundSilent: true,
  ask: true,
  askMet: true,
  askEnd: true,
  restoreService: true,
  own: true,
  disown: true,
  learnt: true,
  datagrams: true,
  forward: true,
  unforward: true,
};
const EVENTS: Readonly<Record<FabricEvent['kind'], true>> = {
  attempt: true,
  outage: true,
  waiting: true,
  answered: true,
  signal: true,
  released: true,
  releaseEnd: true,
  forgotten: true,
  dropped: true,
  swept: true,
  syncEnd: true,
  sweepEnd: true,
  flushEnd: true,
  counters: true,
  conflict: true,
  acquitted: true,
  answers: true,
  look: true,
  asking: true,
  asked: true,
  learnt: true,
  learntEnd: true,
};
const CAUSES: Readonly<Record<Cause, true>> = { unreachable: true, unanswered: true, refused: true };
const SIGNS: Readonly<Record<Sign, true>> = {
  arp: true,
  announcement: true,
  'syn-ack': true,
  neighbour: true,
  acknowledged: true,
};
const FORMS: Readonly<Record<Form, true>> = {
  request: true,
  reply: true,
  neighbour: true,
  probe: true,
  solicitation: true,
};
const OUTCOMES: Readonly<Record<AttemptOutcome, true>> = {
  open: true,
  answered: true,
  refused: true,
  unanswered: true,
  unreachable: true,
};
const STATES: Readonly<Record<ServerState, true>> = {
  alive: true,
  down: true,
  signalled: true,
  released: true,
  suspected: true,
  settling: true,
};
const OPTIONS: Readonly<Record<keyof Options, true>> = {
  unreachable: true,
  unanswered: true,
  refused: true,
  resolution: true,
  synAck: true,
  knownOnly: true,
  reportAttempts: true,
  ask: true,
  learnWait: true,
  own: true,
};
const MET: Readonly<Record<Met, true>> = {
  left: true,
  leftElsewhere: true,
  answer: true,
  reset: true,
  unreachable: true,
  resolved: true,
  unresolved: true,
};
const SIZES: Readonly<Record<keyof Sizes, true>> = {
  servers: true,
  clients: true,
  attempts: true,
  known: true,
  prefixes: true,
};

/** Words of this program without regard to how they are joined: `syn-ack` and `synAck` are `SynAck`. */
const plain = (name: string): string => name.replaceAll('-', '').toLowerCase();
const sorted = (names: readonly string[]): string[] => names.map(plain).sort();

describe('The kinds on both sides', () => {
  for (const [group, names] of [
    ['Command', COMMANDS],
    ['Event', EVENTS],
    ['Cause', CAUSES],
    ['Sign', SIGNS],
    ['Form', FORMS],
    ['Outcome', OUTCOMES],
    ['ServerState', STATES],
    ['Option', OPTIONS],
    ['Met', MET],
  ] as const) {
    it(`are the same for ${group}`, () => {
      const module = codes.entries(group).map(([name]) => name);
      assert.deepEqual(sorted(Object.keys(names)), sorted(module));
    });
  }

  it('have a field for each size', () => {
    const fields = new Set(codes.entries('Field').map(([name]) => plain(name)));
    for (const name of Object.keys(SIZES)) assert.ok(fields.has(name), name);
  });
});

/** The records that the module makes of the commands, decoded. */
function told(...commands: Command[]): FabricEvent[] {
  return new Fabric().command(...commands);
}

describe('What a client is, there and back', () => {
  for (const [what, waiting] of [
    ['in IPv4', restored(SATO.address)],
    ['in IPv6', restored('2001:db8:179::151', { server: SERVER6.address })],
    ['of a service', restored(SATO.address, { port: 65_535, cause: 'refused' })],
    ['of a service of UDP', restored(SATO.address, { port: ofDatagrams(53), triedPort: ofDatagrams(443) })],
    ['that got no answer', restored(SATO.address, { cause: 'unanswered' })],
    ['with more tries than most', restored(SATO.address, { tries: 32_767 })],
    [
      'that waited before this machine started',
      restored(SATO.address, { firstUs: -7_200_000_001, lastUs: -5 }),
    ],
    ['whose tries lie on both sides of zero', restored(SATO.address, { firstUs: -1, lastUs: 1 })],
    [
      'at a time beyond 32 bits',
      restored(SATO.address, { firstUs: 2 ** 33 + 1, lastUs: 2 ** 45 + 2 ** 33 + 3 }),
    ],
    [
      'at a wall time',
      restored(SATO.address, { firstUs: 1_790_000_000_123_456, lastUs: 1_790_000_009_999_999 }),
    ],
  ] as const) {
    it(`is the same ${what}`, () => {
      const { kind: _, triedPort, ...same } = waiting;
      const { server, port, cause, firstUs } = waiting;
      const fabric = new Fabric();
      fabric.command(waiting);
      const [outage, ...others] = fabric.sync();
      assert.ok(outage !== undefined, 'there is an outage');
      const { nowUs } = outage;
      assert.deepEqual(outage, {
        kind: 'outage',
        nowUs,
        server,
        port,
        cause,
        triedPort,
        firstUs,
        state: 'down',
      });
      assert.deepEqual(others, [{ kind: 'waiting', nowUs, ...same }]);
    });
  }

  it('is the same for clients of several servers at once', () => {
    const all = [SERVER.address, SERVER6.address].flatMap((server) =>
      [0, 80].flatMap((port) =>
        [1, 2].map((n) => restored(client(n), { server, port, firstUs: n, lastUs: n })),
      ),
    );
    const fabric = new Fabric();
    fabric.command(...all);
    const name = (one: WaitingClient): string => `${one.server} ${one.port} ${one.client}`;
    const said = fabric.sync().flatMap((event) => (event.kind === 'waiting' ? [name(event)] : []));
    assert.deepEqual(said.sort(), all.map(name).sort());
  });
});

describe('A record', () => {
  it('carries fractions of a microsecond rounded', () => {
    const waiting = restored(SATO.address, { firstUs: 10.6, lastUs: 20.4 });
    const [, event] = told(waiting);
    assert.ok(event?.kind === 'waiting', 'somebody waits');
    assert.deepEqual([event.firstUs, event.lastUs], [11, 20]);
  });

  it('that says what no module says is refused, whatever kind it is of', () => {
    const record = (event: string, change: (view: DataView) => void): DataView => {
      const view = new DataView(new ArrayBuffer(codec.recordBytes));
      view.setUint8(codes.number('Field.Kind'), codes.number(`Event.${event}`));
      change(view);
      return view;
    };
    const code = (view: DataView): void => view.setUint8(codes.number('Field.Code'), 200);
    const refused = (view: DataView, reason: RegExp): void => {
      const bytes = new Uint8Array(view.buffer);
      assert.throws(() => codec.decode(bytes), { name: 'RingbackError', code: 'fabric', message: reason });
    };
    refused(
      record('Outage', (view) => view.setUint8(codes.number('Field.Kind'), 63)),
      /Event 63, which does not/,
    );
    for (const event of ['Outage', 'Waiting', 'Released', 'Swept']) refused(record(event, code), /Cause 200/);
    refused(record('Attempt', code), /Outcome 200/);
    refused(record('Signal', code), /Sign 200/);
    refused(record('Conflict', code), /Form 200/);
    refused(record('Asked', code), /Met 200/);
    refused(
      record('Outage', (view) => {
        view.setUint8(codes.number('Field.Code'), codes.number('Cause.Refused'));
        view.setUint8(codes.number('Field.State'), 99);
      }),
      /ServerState 99/,
    );
    for (const [event, field] of [
      ['Outage', 'FirstUs'],
      ['Waiting', 'FirstUs'],
      ['Waiting', 'LastUs'],
    ] as const) {
      refused(
        record(event, (view) => {
          view.setUint8(codes.number('Field.Code'), codes.number('Cause.Refused'));
          view.setBigInt64(codes.number(`Field.${field}`), -(2n ** 62n), true);
        }),
        new RegExp(`${field} -4611686018427`),
      );
    }
  });

  it('is read wherever it lies', () => {
    const record = codec.encode({ kind: 'release', server: SERVER.address, port: 80 });
    record[0] = codes.number('Event.ReleaseEnd');
    const bytes = new Uint8Array(200);
    bytes.set(record, 99);
    const event = codec.decode(bytes, 99);
    assert.deepEqual(event, { kind: 'releaseEnd', nowUs: 0, server: SERVER.address, port: 80 });
  });

  it('has its serial number and its kind', () => {
    const record = new DataView(new ArrayBuffer(codec.recordBytes));
    record.setUint8(codes.number('Field.Kind'), 7);
    record.setUint16(codes.number('Field.Serial'), 65_535, true);
    const bytes = new Uint8Array(record.buffer);
    assert.deepEqual([codec.kind(bytes), codec.serial(bytes)], [7, 65_535]);
  });

  it('cannot be made of what is no address', () => {
    assert.throws(() => codec.encode({ kind: 'knowClient', client: 'www.example.jp' }), RangeError);
  });

  it('is as long as the module wants it, whatever the command', () => {
    const target = { server: SERVER.address, port: 80 };
    const all: Readonly<Record<Command['kind'], Command>> = {
      configure: configure(),
      watch: { kind: 'watch', address: '172.27.178.0', bits: 120 },
      unwatch: { kind: 'unwatch', address: '172.27.178.0', bits: 120 },
      knowService: { kind: 'knowService', ...target },
      unknowService: { kind: 'unknowService', ...target },
      knowClient: { kind: 'knowClient', client: SATO.address },
      unknowClient: { kind: 'unknowClient', client: SATO.address },
      answerFor: { kind: 'answerFor', port: 80, on: true },
      restore: restored(SATO.address),
      stillDown: { kind: 'stillDown', ...target },
      release: { kind: 'release', ...target },
      forget: { kind: 'forget', ...target },
      sweep: { kind: 'sweep', olderThanUs: 0 },
      sync: { kind: 'sync' },
      counters: { kind: 'counters' },
      flush: { kind: 'flush' },
      announce: { kind: 'announce', form: 'request', ticket: 1, target: '172.27.178.255', ...HOLDER },
      claim: { kind: 'claim', ...HOLDER },
      unclaim: { kind: 'unclaim', address: SERVER.address },
      confirm: { kind: 'confirm', ...target },
      acquit: { kind: 'acquit', ...target },
      lives: { kind: 'lives', ...target },
      foundSilent: { kind: 'foundSilent', ...target, atUs: -1 },
      ask: { kind: 'ask', ...target, localPort: 20_000 },
      askMet: { kind: 'askMet', ...target },
      askEnd: { kind: 'askEnd', ...target },
      restoreService: { kind: 'restoreService', ...target, atUs: -1 },
      own: { kind: 'own', client: SATO.address },
      disown: { kind: 'disown', client: SATO.address },
      learnt: { kind: 'learnt' },
      datagrams: { kind: 'datagrams', port: 53, on: true },
      forward: { kind: 'forward', ...target, real: target },
      unforward: { kind: 'unforward', ...target },
    };
    const kinds = Object.values(all).map((command) => {
      const record = codec.encode(command);
      assert.equal(record.length, codes.number('RECORD_BYTES'));
      return codes.name('Command', record[0] ?? 0);
    });
    assert.deepEqual(sorted(kinds), sorted(Object.keys(all)));
  });
});
