import assert from 'node:assert/strict';
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import { setImmediate as turnEnded } from 'node:timers/promises';
import { systemCodeOf } from '../../../host/errors.ts';
import { loadModule } from '../../../host/fabric/module.ts';
import type { Met } from '../../../host/fabric/records.ts';
import { OWN_PORTS } from '../../../host/net/local-ports.ts';
import type { AskedAnswer } from '../../../host/recovery/asking.ts';
import type { Dialled } from '../../../host/recovery/dial.ts';
import { kernelSockets, type Sockets } from '../../../host/recovery/sockets.ts';
import { verdictOf } from '../../../host/recovery/verdicts.ts';
import { FakeTime } from '../fake-time.ts';
import { until } from '../tools.ts';
import { AskedFabric, askingOf } from './asked.ts';
import { answering, LOOPBACK, refusing, silent, trying } from './services.ts';

const verdicts = (answers: readonly AskedAnswer[]): string[] => answers.map(({ verdict }) => verdict);

/** Every set of what a probe can meet. */
function* everything(): Generator<Set<Met>> {
  const all = loadModule()
    .codes.entries('Met')
    .map(([name]) => (name.charAt(0).toLowerCase() + name.slice(1)) as Met);
  for (let bits = 0; bits < 2 ** all.length; bits++) yield new Set(all.filter((_, i) => bits & (1 << i)));
}

const ALL: readonly (readonly Dialled[])[] = [
  ['answered'],
  ['refused', 'answered'],
  ['silent', 'answered'],
  ['refused', 'refused', 'refused'],
  ['refused', 'silent', 'silent'],
  ['silent', 'silent', 'silent'],
  ['unreachable', 'unreachable', 'unreachable'],
  ['refused', 'unreachable', 'silent'],
];

/** The kernel's sockets, and when a connection of theirs was refused. */
function refusals(): { readonly sockets: Sockets; readonly refused: Promise<void> } {
  let wasRefused: () => void = () => {};
  const refused = new Promise<void>((resolve) => {
    wasRefused = resolve;
  });
  const connect: Sockets['connect'] = (ends) => {
    const connection = kernelSockets.connect(ends);
    connection.on('error', (error) => {
      if (systemCodeOf(error) === 'ECONNREFUSED') wasRefused();
    });
    return connection;
  };
  return { sockets: { ...kernelSockets, connect }, refused };
}

describe('What a probe says', () => {
  const left = (...more: readonly Met[]): Set<Met> => new Set<Met>(['left', ...more]);

  for (const [what, outcomes, met, verdict] of [
    ['an answer that came in', ['answered'], left('answer'), 'answered'],
    ['an answer after a reset', ['refused', 'answered'], left('reset', 'answer'), 'answered'],
    ['an answer that nobody saw come in', ['answered'], left(), 'void'],
    ['resets that came in', ['refused', 'refused', 'refused'], left('reset'), 'reset'],
    ['resets of a firewall of this machine', ['refused', 'refused', 'refused'], left(), 'void'],
    ['a reset and silence', ['refused', 'silent', 'silent'], left('reset'), 'silent'],
    ['a reset of this machine and silence', ['refused', 'silent', 'silent'], left(), 'void'],
    ['silence', ['silent', 'silent', 'silent'], left(), 'silent'],
    ['silence where nobody has the address', ['silent', 'silent', 'silent'], left('unresolved'), 'silent'],
    ['messages that it is unreachable', ['unreachable', 'unreachable'], left('unreachable'), 'silent'],
    ['an answer that a firewall of this machine kept back', ['silent', 'silent'], left('answer'), 'void'],
    ['a reset that one kept back', ['silent', 'silent', 'silent'], left('reset'), 'void'],
    ['silence of what left by another uplink', ['silent'], new Set<Met>(['leftElsewhere']), 'void'],
    ['silence of what left by both', ['silent', 'silent'], left('leftElsewhere'), 'void'],
    ['an answer by another uplink', ['answered'], left('leftElsewhere', 'answer'), 'void'],
    ['silence of what never left', ['silent', 'silent', 'silent'], new Set<Met>(), 'void'],
    ['connections that were impossible', [], left(), 'void'],
  ] as const) {
    it(`by ${what} is ${verdict}`, () => {
      assert.equal(verdictOf(outcomes, met, true), verdict);
    });
  }

  it('is nothing unless it was seen to leave, and nowhere else, whatever else was seen', () => {
    for (const met of everything()) {
      const isSeen = met.has('left') && !met.has('leftElsewhere');
      for (const outcomes of ALL) {
        const verdict = verdictOf(outcomes, met, true);
        if (!isSeen) assert.equal(verdict, 'void', [...met].join(' '));
        if (verdict === 'answered') assert.ok(outcomes.includes('answered') && met.has('answer'));
        if (verdict === 'reset') assert.ok(met.has('reset') && outcomes.every((one) => one === 'refused'));
        // Whoever is taken for dead has said nothing that this machine did not hear.
        if (verdict === 'silent') assert.ok(!met.has('answer') && !outcomes.includes('answered'));
      }
    }
  });

  it('is nothing while the fabric is away', () => {
    for (const outcomes of ALL) assert.equal(verdictOf(outcomes, null, true), 'void');
  });

  it('is what the connections met where the fabric hears copies alone', () => {
    assert.deepEqual(
      ALL.map((outcomes) => verdictOf(outcomes, null, false)),
      ['answered', 'answered', 'answered', 'reset', 'silent', 'silent', 'void', 'silent'],
    );
    assert.equal(verdictOf([], null, false), 'void');
  });
});

describe('A probe', { concurrency: true }, () => {
  it('is one connection to a service that answers', async (test) => {
    const { port, from } = await answering(test);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    const asking = askingOf(fabric);
    const counts: number[] = [];
    // A program that is too busy to hear the answer at once begins the next one.
    for (let i = 0; i < 9 && !counts.includes(1); i++) {
      from.length = 0;
      const answer = await asking.probe({ server: LOOPBACK, port }, 'known');
      assert.deepEqual([answer.verdict, answer.wasReset, answer.resolved], ['answered', false, false]);
      await until('the answered one is here', () => from.length > 0);
      counts.push(from.length);
      assert.ok(from.includes(fabric.localPorts.at(-1) ?? 0), 'from where the fabric looks out for it');
    }
    assert.equal(counts.at(-1), 1);
    assert.deepEqual(fabric.told.slice(0, 2), [`ask ${LOOPBACK} ${port}`, `end ${LOOPBACK} ${port}`]);
  });

  it('is three connections to a service that is silent, from ports that the fabric looks out for', async (test) => {
    const { port } = await silent(test);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'resolved'];
    fabric.heardUs = 5_000_000;
    fabric.hostHeardUs = 7_000_000;
    const beforeMs = performance.now();
    const asked = askingOf(fabric).probe({ server: LOOPBACK, port }, 'known');
    await until('all are under way', () => trying(port).length === 3);
    const [first = 0] = fabric.localPorts;
    for (const local of trying(port)) assert.ok(local >= first && local < first + fabric.ports, `${local}`);
    const answer = await asked;
    const { beganMs, ...rest } = answer;
    assert.ok(beganMs >= beforeMs, 'when it began');
    assert.deepEqual(rest, {
      ...{ verdict: 'silent', met: ['left', 'resolved'], wasReset: false, resolved: true },
      ...{ heardMs: 5000, hostHeardMs: 7000 },
    });
    assert.equal(trying(port).length, 3, 'they stay open: a late answer closes in silence what was opened');
  });

  it('is three connections to a service that refuses', async (test) => {
    const port = await refusing(test);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'reset'];
    const { verdict, wasReset } = await askingOf(fabric).probe({ server: LOOPBACK, port }, 'known');
    assert.deepEqual([verdict, wasReset], ['reset', true]);
  });

  it('that is answered at a later connection says that one was reset before', async (test) => {
    // A machine that is busy may be late with the service: then all three are refused, and it is tried again.
    for (let tries = 0; ; tries++) {
      const port = await refusing(test);
      const fabric = new AskedFabric();
      fabric.met = ['left', 'answer', 'reset'];
      const { sockets, refused } = refusals();
      const asked = askingOf(fabric, { sockets }).probe({ server: LOOPBACK, port }, 'known');
      await refused;
      await answering(test, port);
      const { verdict, wasReset } = await asked;
      assert.equal(wasReset, true);
      if (verdict === 'answered') break;
      assert.ok(tries < 10, 'never before the last');
    }
  });

  it('says nothing while the fabric is away', async (test) => {
    const { port } = await answering(test);
    const fabric = new AskedFabric();
    fabric.isThere = false;
    const { verdict, heardMs, hostHeardMs } = await askingOf(fabric).probe(
      { server: LOOPBACK, port },
      'known',
    );
    assert.deepEqual([verdict, heardMs, hostHeardMs], ['void', null, null]);
  });

  it('does not ask a fabric that hears copies alone to look out for it', async (test) => {
    const { port } = await answering(test);
    const fabric = new AskedFabric();
    fabric.hasSight = false;
    const { verdict } = await askingOf(fabric).probe({ server: LOOPBACK, port }, 'known');
    assert.equal(verdict, 'answered');
    assert.deepEqual(fabric.told, [`end ${LOOPBACK} ${port}`]);
  });

  it('comes from a port of this program, also where nobody looks out for it, if what this machine tries counts', async (test) => {
    const { port, from } = await answering(test);
    const fabric = new AskedFabric();
    fabric.countsOwn = true;
    fabric.hasSight = false;
    const asking = askingOf(fabric);
    await asking.probe({ server: LOOPBACK, port }, 'known');
    await asking.dial({ server: LOOPBACK, port, timeoutMs: 5000 });
    await until('both are there', () => from.length >= 2);
    for (const one of from) {
      assert.ok(one >= OWN_PORTS.first && one < OWN_PORTS.first + OWN_PORTS.count, String(one));
    }
  });

  it('believes a connection inside of this machine, which the fabric never sees, and knows that it lives', async (test) => {
    const { port } = await answering(test);
    const fabric = new AskedFabric();
    fabric.own.add(LOOPBACK);
    const lives = await askingOf(fabric).probe({ server: LOOPBACK, port }, 'known');
    assert.deepEqual([lives.verdict, lives.resolved], ['answered', true]);
    const closed = await askingOf(fabric).probe({ server: LOOPBACK, port: 1 }, 'known');
    assert.deepEqual([closed.verdict, closed.resolved], ['reset', true]);
  });

  for (const [taken, ports, verdict] of [
    [3, 4, 'answered'],
    [4, 4, 'void'],
    [4, 5, 'answered'],
  ] as const) {
    it(`that this machine cannot begin is tried again, from ports looked out for: ${taken} of ${ports} taken`, async (test) => {
      const { port, from } = await answering(test);
      const fabric = new AskedFabric();
      fabric.ports = ports;
      fabric.met = ['left', 'answer'];
      const { ask } = fabric;
      fabric.ask = async (target, localPort) => {
        await Promise.all(Array.from({ length: taken }, (_, i) => answering(test, localPort + i)));
        return ask.call(fabric, target, localPort);
      };
      const answer = await askingOf(fabric).probe({ server: LOOPBACK, port }, 'known');
      assert.equal(answer.verdict, verdict);
      const last = (fabric.localPorts[0] ?? 0) + ports - 1;
      assert.deepEqual(new Set(from), new Set(verdict === 'void' ? [] : [last]));
    });
  }

  it('looks with one connection', async (test) => {
    const { port } = await silent(test);
    const fabric = new AskedFabric();
    fabric.met = ['left'];
    const asked = askingOf(fabric).look({ server: LOOPBACK, port });
    await until('it is under way', () => trying(port).length === 1);
    assert.equal((await asked).verdict, 'silent');
    assert.equal(trying(port).length, 1);
  });
});

describe('Probes', { concurrency: true }, () => {
  it('of one target come one after another', async (test) => {
    const { port, from } = await answering(test);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    const asking = askingOf(fabric);
    const target = { server: LOOPBACK, port };
    const answers = await Promise.all([
      asking.probe(target, 'known'),
      asking.look(target),
      asking.probe(target, 'known'),
    ]);
    assert.deepEqual(verdicts(answers), ['answered', 'answered', 'answered']);
    const [ask, end] = [`ask ${LOOPBACK} ${port}`, `end ${LOOPBACK} ${port}`];
    assert.deepEqual(fabric.told, [ask, end, ask, end, ask, end]);
    assert.ok(from.length >= 3, `${from.length} connections`);
  });

  it('are so many at once at the most, all servers together, and none is left out', async (test) => {
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    const services = await Promise.all(Array.from({ length: 12 }, () => answering(test)));
    let open: () => void = () => {};
    fabric.answers = new Promise((resolve) => {
      open = resolve;
    });
    const asking = askingOf(fabric, { most: 3 });
    const asked = services.map(({ port }) => asking.probe({ server: LOOPBACK, port }, 'known'));
    // All are asked in one turn, and whoever finds a place begins in it.
    await turnEnded();
    assert.equal(fabric.told.length, 3);
    open();
    assert.deepEqual(verdicts(await Promise.all(asked)), Array(12).fill('answered'));
    assert.equal(fabric.most, 3);
  });

  it('of servers that are known go before those of others, and those before looks', async (test) => {
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    let open: () => void = () => {};
    fabric.answers = new Promise((resolve) => {
      open = resolve;
    });
    const services = await Promise.all(Array.from({ length: 4 }, () => answering(test)));
    const [first, look, unknown, known] = services.map(({ port }) => ({ server: LOOPBACK, port }));
    assert.ok(first && look && unknown && known);
    const asking = askingOf(fabric, { most: 1 });
    const asked = [
      asking.probe(first, 'quiet'),
      asking.look(look),
      // Nor does it keep what goes first from the same service.
      asking.look(known),
      asking.probe(unknown, 'unknown'),
      asking.probe(known, 'known'),
    ];
    open();
    await Promise.all(asked);
    assert.deepEqual(
      fabric.told.filter((what) => what.startsWith('ask')),
      [first, known, unknown, look, known].map(({ port }) => `ask ${LOOPBACK} ${port}`),
    );
  });

  it('go on after one that failed', async (test) => {
    const { port } = await answering(test);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    const asking = askingOf(fabric, { most: 1 });
    const { ask } = fabric;
    fabric.ask = async () => {
      throw new Error('as the test wants it');
    };
    const target = { server: LOOPBACK, port };
    await assert.rejects(asking.probe(target, 'known'), /as the test wants it/);
    fabric.ask = ask;
    assert.equal((await asking.probe(target, 'known')).verdict, 'answered');
  });

  it('all end when nothing is to be asked any more: those under way, and those that wait', async (test) => {
    const { port } = await silent(test);
    const other = await refusing(test);
    const fabric = new AskedFabric();
    fabric.met = ['left'];
    const asking = askingOf(fabric, { most: 1 });
    const asked = [
      asking.probe({ server: LOOPBACK, port }, 'known'),
      asking.probe({ server: LOOPBACK, port: other }, 'known'),
      asking.probe({ server: LOOPBACK, port: 0 }, 'known'),
      asking.look({ server: LOOPBACK, port }),
    ];
    await until('the first is under way', () => trying(port).length > 0);
    asking.close();
    assert.deepEqual(verdicts(await Promise.all(asked)), ['void', 'void', 'void', 'void']);
    await until('its sockets are gone, and no more were begun', () => trying(port).length === 0);
    assert.deepEqual(fabric.told, [`ask ${LOOPBACK} ${port}`, `end ${LOOPBACK} ${port}`]);
    assert.deepEqual(verdicts([await asking.probe({ server: LOOPBACK, port }, 'known')]), ['void']);
  });

  it('that end while the fabric is told of them connect to nobody', async (test) => {
    const { port, from } = await answering(test);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    let open: () => void = () => {};
    fabric.answers = new Promise((resolve) => {
      open = resolve;
    });
    const asking = askingOf(fabric);
    const asked = asking.probe({ server: LOOPBACK, port }, 'known');
    await until('the fabric is told', () => fabric.told.length === 1);
    asking.close();
    open();
    assert.equal((await asked).verdict, 'void');
    assert.deepEqual(from, []);
  });
});

/** A machine whose datagrams to nobody come back. */
const HERE = { server: LOOPBACK, port: 0 };

describe('A machine of which no port is known', { concurrency: true }, () => {
  for (const [what, met, verdict, resolved] of [
    ['lives if it says that nobody listens', ['left', 'reset'], 'reset', true],
    ['lives if it resolved its address', ['left', 'resolved'], 'reset', true],
    ['is dead if somebody says that it is unreachable', ['left', 'unreachable'], 'silent', false],
    ['is dead if nobody has its address', ['left', 'unresolved'], 'silent', false],
    ['is neither if nothing was seen', ['left'], 'void', false],
  ] as const) {
    it(what, async () => {
      const fabric = new AskedFabric();
      fabric.met = met;
      const answer = await askingOf(fabric).probe(HERE, 'known');
      assert.deepEqual([answer.verdict, answer.resolved], [verdict, resolved]);
    });
  }

  it('lives where the fabric hears copies alone if its message reaches this program', async () => {
    const fabric = new AskedFabric();
    fabric.hasSight = false;
    fabric.isThere = false;
    assert.equal((await askingOf(fabric).probe(HERE, 'known')).verdict, 'reset');
  });

  it('says nothing where there is no way to it, and ends nobody', async () => {
    const answer = await askingOf(new AskedFabric()).probe({ server: '255.255.255.255', port: 0 }, 'known');
    assert.equal(answer.verdict, 'void');
  });

  it('is asked no longer once nothing is to be asked any more', { timeout: 60_000 }, async (test) => {
    // Somebody takes the datagram and says nothing.
    const listener: Datagrams = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject).bind(33_434, '127.0.0.2', resolve);
    });
    test.after(() => listener.close());
    const hasCome = once(listener, 'message');
    const fabric = new AskedFabric();
    fabric.met = ['left'];
    // No time goes by: it waits for nothing any more.
    const asking = askingOf(fabric, { time: new FakeTime() });
    const asked = asking.probe({ server: '127.0.0.2', port: 0 }, 'known');
    await hasCome;
    asking.close();
    assert.equal((await asked).verdict, 'void');
  });
});

describe('What is known without asking', () => {
  it('is when the service and its machine answered anybody last, after what is being asked', async (test) => {
    const { port } = await answering(test);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    fabric.heardUs = 1000;
    const asking = askingOf(fabric);
    const target = { server: LOOPBACK, port };
    const asked = asking.probe(target, 'known');
    assert.deepEqual(await asking.heard(target), { heardMs: 1, hostHeardMs: null });
    await asked;
    assert.deepEqual(fabric.told, [`ask ${LOOPBACK} ${port}`, `end ${LOOPBACK} ${port}`]);
  });
});
