import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../host/fabric/records.ts';
import {
  clientsIn,
  configure,
  Fabric,
  NAKAMURA6,
  refusal,
  restored,
  SATO,
  SECOND_US,
  SERVER,
  SERVER6,
  syn,
  synAck,
  TANAKA,
} from './fabric.ts';

const target = { server: SERVER.address, port: 80 } as const;
const host = { server: SERVER.address, port: 0 } as const;

/** Whether a refusal of the service turns its client into one who waits. */
function refusalCounts(fabric: Fabric): boolean {
  fabric.frame(syn(SATO, SERVER, 1), SECOND_US);
  fabric.frame(refusal(SERVER, SATO, 1), SECOND_US, 'Out');
  return fabric.events().some(({ kind }) => kind === 'waiting');
}

/** The module's view of a client that got no answer within 30 s. */
function afterSilence(fabric: Fabric, from = SATO): string[] {
  fabric.frame(syn(from, SERVER, 1), SECOND_US);
  return fabric.events(32 * SECOND_US).map(({ kind }) => kind);
}

describe('Each command reaches the module as what it is', () => {
  it('watch: what is under the prefix is a server, and nothing else', () => {
    const fabric = new Fabric(null);
    fabric.command(configure(), { kind: 'watch', address: '172.27.178.0', bits: 121 });
    assert.equal(fabric.frame(syn(SATO, SERVER, 1), 1), 'SynNoted');
    assert.equal(fabric.frame(syn(SATO, { ...SERVER, address: '172.27.178.128' }, 1), 1), 'NotWatched');
    assert.equal(fabric.frame(syn(NAKAMURA6, SERVER6, 1), 1), 'NotWatched');
  });

  it('unwatch: it is a server no longer', () => {
    const fabric = new Fabric();
    fabric.command({ kind: 'unwatch', address: '172.27.178.0', bits: 120 });
    assert.equal(fabric.frame(syn(SATO, SERVER, 1), 1), 'NotWatched');
    assert.equal(fabric.status({ kind: 'unwatch', address: '172.27.178.0', bits: 120 }), 'NotFound');
  });

  it('knowService: its refusal counts', () => {
    const fabric = new Fabric();
    fabric.command({ kind: 'knowService', ...target });
    assert.equal(refusalCounts(fabric), true);
    assert.equal(refusalCounts(new Fabric()), false);
  });

  it('unknowService: its refusal counts no longer', () => {
    const fabric = new Fabric();
    fabric.command({ kind: 'knowService', ...target }, { kind: 'unknowService', ...target });
    assert.equal(refusalCounts(fabric), false);
    assert.equal(fabric.status({ kind: 'unknowService', server: '172.27.178.99', port: 1 }), 'NotFound');
  });

  it('knowClient and unknowClient: only known ones wait where that is asked for', () => {
    const fabric = new Fabric({ options: { knownOnly: true } });
    fabric.command(
      { kind: 'knowClient', client: SATO.address },
      { kind: 'knowClient', client: TANAKA.address },
    );
    fabric.command({ kind: 'unknowClient', client: TANAKA.address });
    fabric.frame(syn(TANAKA, SERVER, 1), SECOND_US);
    fabric.frame(syn(SATO, SERVER, 2), SECOND_US);
    assert.deepEqual(clientsIn(fabric.events(32 * SECOND_US), 'waiting'), [SATO.address]);
  });

  it('answerFor: an answer of ours in a dead server’s place is no sign of life', () => {
    for (const [ports, verdict] of [
      [[], 'SynAckAnswers'],
      [[[80, true]], 'SynAckOwn'],
      [[[81, true]], 'SynAckAnswers'],
      [[[80, true], [80, false]], 'SynAckAnswers'], // biome-ignore format: one case a line
    ] as const) {
      const fabric = new Fabric();
      fabric.command(restored(TANAKA.address));
      for (const [port, on] of ports) fabric.command({ kind: 'answerFor', port, on });
      fabric.frame(syn(SATO, SERVER, 1), SECOND_US);
      assert.equal(fabric.frame(synAck(SERVER, SATO, 1), SECOND_US, 'Out'), verdict, JSON.stringify(ports));
    }
  });

  it('stillDown: the next sign is news again', () => {
    const fabric = new Fabric();
    fabric.command(restored(TANAKA.address));
    const sign = (sequence: number): number => {
      fabric.frame(syn(SATO, SERVER, sequence), SECOND_US);
      fabric.frame(synAck(SERVER, SATO, sequence), SECOND_US);
      return fabric.events().filter(({ kind }) => kind === 'signal').length;
    };
    assert.deepEqual([sign(1), sign(2)], [1, 0]);
    fabric.command({ kind: 'stillDown', ...host });
    assert.equal(sign(3), 1);
  });

  it('release, then forget: the chain is handed out, kept until then, and gone', () => {
    const fabric = new Fabric();
    fabric.command(restored(SATO.address), restored(TANAKA.address, { port: 80 }));
    assert.deepEqual(
      fabric.command({ kind: 'release', ...host }).map(({ kind }) => kind),
      ['released', 'releaseEnd'],
    );
    assert.deepEqual(
      fabric.sync().map((event) => (event.kind === 'outage' ? event.state : event.kind)),
      ['released', 'waiting', 'down', 'waiting'],
    );
    assert.deepEqual(
      fabric.command({ kind: 'forget', ...host }).map(({ kind }) => kind),
      ['forgotten'],
    );
    assert.deepEqual(
      fabric.sync().map(({ kind }) => kind),
      ['outage', 'waiting'],
    );
  });

  it('sweep: who last tried before the time is given up, to the microsecond', () => {
    const fabric = new Fabric();
    fabric.command(
      restored(SATO.address, { firstUs: -500, lastUs: -101 }),
      restored(TANAKA.address, { firstUs: -500, lastUs: -100 }),
    );
    const events = fabric.command({ kind: 'sweep', olderThanUs: -100 });
    assert.deepEqual(
      events.map((event) => (event.kind === 'swept' ? event.client : event.kind)),
      [SATO.address, 'sweepEnd'],
    );
  });

  it('flush: every attempt is reported', () => {
    const fabric = new Fabric({ options: { reportAttempts: true } });
    fabric.frame(syn(SATO, SERVER, 7), SECOND_US);
    assert.deepEqual(fabric.command({ kind: 'flush' }), [
      {
        kind: 'attempt',
        nowUs: SECOND_US,
        outcome: 'open',
        client: SATO.address,
        clientPort: SATO.port,
        server: SERVER.address,
        port: SERVER.port,
        sequence: 7,
        tries: 1,
        firstUs: SECOND_US,
      },
      { kind: 'flushEnd', nowUs: SECOND_US },
    ]);
  });
});

describe('What is configured reaches the module as what it is', () => {
  it('the wait', () => {
    for (const [waitUs, untilUs, kinds] of [
      [10 * SECOND_US, 10.5 * SECOND_US, []],
      [10 * SECOND_US, 11 * SECOND_US, ['outage', 'waiting']],
      [3650 * 86_400 * SECOND_US, 3650 * 86_400 * SECOND_US, []],
      [3650 * 86_400 * SECOND_US, 3650 * 86_400 * SECOND_US + SECOND_US, ['outage', 'waiting']],
    ] as const) {
      const fabric = new Fabric({ waitUs });
      fabric.frame(syn(SATO, SERVER, 1), SECOND_US);
      assert.deepEqual(
        fabric.events(untilUs).map(({ kind }) => kind),
        kinds,
      );
    }
  });

  it('each size: one more than fits is not taken', () => {
    const { sizes } = configure();
    for (const name of ['servers', 'clients', 'attempts', 'known', 'prefixes'] as const)
      assert.equal(new Fabric(null).status(configure({ sizes: { ...sizes, [name]: 0 } })), 'BadSize', name);
    const servers = new Fabric({ sizes: { servers: 2 } });
    servers.command({ kind: 'knowService', ...target });
    assert.equal(servers.status({ kind: 'knowService', ...target, port: 81 }), 'Full');
    const known = new Fabric({ sizes: { known: 2 } });
    const know = (n: number): Command => ({ kind: 'knowClient', client: `10.0.0.${n}` });
    assert.deepEqual(
      [1, 2, 3].map((n) => known.status(know(n))),
      ['Ok', 'Ok', 'Full'],
    );
    const prefixes = new Fabric({ sizes: { prefixes: 2 } });
    assert.equal(prefixes.status({ kind: 'watch', address: '10.0.0.0', bits: 104 }), 'Full');
    const clients = new Fabric({ sizes: { clients: 4 } });
    const wait = (n: number): string => clients.status(restored(`10.0.0.${n}`));
    assert.deepEqual([1, 2, 3, 4, 5].map(wait), ['Ok', 'Ok', 'Ok', 'Ok', 'Full']);
    const attempts = new Fabric({ sizes: { attempts: 2 }, options: { reportAttempts: true } });
    for (let n = 1; n <= 3; n++) attempts.frame(syn(SATO, SERVER, n), n);
    assert.equal(attempts.events().filter(({ kind }) => kind === 'attempt').length, 1);
  });

  it('each option', () => {
    assert.deepEqual(afterSilence(new Fabric()), ['outage', 'waiting']);
    assert.deepEqual(afterSilence(new Fabric({ options: { unanswered: false } })), []);
    assert.deepEqual(afterSilence(new Fabric({ options: { knownOnly: true } })), ['outage']);
    assert.deepEqual(afterSilence(new Fabric({ options: { reportAttempts: true } })), [
      'outage',
      'waiting',
      'attempt',
    ]);
    const deaf = new Fabric({ options: { refused: false } });
    deaf.command({ kind: 'knowService', ...target });
    assert.equal(refusalCounts(deaf), false);
    for (const synAckCounts of [true, false]) {
      const fabric = new Fabric({ options: { synAck: synAckCounts } });
      fabric.command(restored(TANAKA.address));
      fabric.frame(syn(SATO, SERVER, 1), SECOND_US);
      fabric.frame(synAck(SERVER, SATO, 1), SECOND_US);
      assert.equal(
        fabric.events().some(({ kind }) => kind === 'signal'),
        synAckCounts,
      );
    }
  });
});
