import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import type { Met } from '../../../host/fabric/records.ts';
import { ofDatagrams } from '../../../host/net/target.ts';
import type { Dialled } from '../../../host/recovery/dial.ts';
import { greetingFor } from '../../../host/recovery/greetings.ts';
import { datagramsVerdict } from '../../../host/recovery/verdicts.ts';
import { fakeChance } from '../fake-chance.ts';
import { AskedFabric, askingOf } from './asked.ts';
import { LOOPBACK } from './services.ts';

const left = (...more: readonly Met[]): Set<Met> => new Set<Met>(['left', ...more]);

/** A service of UDP on this machine; it answers, or is silent. */
async function service(test: TestContext, answers: boolean): Promise<{ port: number; heard: number[] }> {
  const socket: Socket = createSocket('udp4');
  const heard: number[] = [];
  socket.on('message', (_, { port, address }) => {
    heard.push(port);
    if (answers) socket.send('here', port, address);
  });
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  test.after(() => socket.close());
  return { port: socket.address().port, heard };
}

/** A port where nobody is. */
async function nobody(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

describe('What a probe by datagrams says', () => {
  for (const [what, outcomes, met, verdict] of [
    ['an answer that came in', ['answered'], left('answer'), 'answered'],
    ['an answer that a firewall of this machine kept back', ['silent', 'silent'], left('answer'), 'answered'],
    ['an answer that nobody saw come in', ['answered'], left(), 'void'],
    ['a port that is unreachable', ['refused', 'refused'], left('reset'), 'reset'],
    ['a port that this machine says is unreachable', ['refused', 'silent'], left(), 'void'],
    ['silence', ['silent', 'silent', 'silent'], left(), 'silent'],
    ['silence where nobody has the address', ['silent'], left('unresolved'), 'silent'],
    ['a host that is unreachable', ['unreachable'], left('unreachable'), 'silent'],
    ['an answer by another uplink', ['answered'], left('leftElsewhere', 'answer'), 'void'],
    ['silence of what never left', ['silent'], new Set<Met>(), 'void'],
    ['datagrams that were impossible', [], left(), 'void'],
  ] as const) {
    it(`by ${what} is ${verdict}`, () => {
      assert.equal(datagramsVerdict(outcomes, met, true), verdict);
    });
  }

  it('is what they met where the fabric hears copies alone, and nothing while it is away', () => {
    const all: readonly Dialled[][] = [['silent', 'answered'], ['silent', 'refused'], ['silent'], []];
    assert.deepEqual(
      all.map((outcomes) => datagramsVerdict(outcomes, null, false)),
      ['answered', 'reset', 'silent', 'void'],
    );
    for (const outcomes of all) assert.equal(datagramsVerdict(outcomes, null, true), 'void');
  });
});

describe('A probe by datagrams', { concurrency: true }, () => {
  it('comes from ports that the fabric looks out for, and ends with the first answer', async (test) => {
    const { port, heard } = await service(test, true);
    const fabric = new AskedFabric();
    fabric.met = ['left', 'answer'];
    const answer = await askingOf(fabric).probe({ server: LOOPBACK, port: ofDatagrams(port) }, 'known');
    assert.equal(answer.verdict, 'answered');
    const [first = 0] = fabric.localPorts;
    for (const from of heard) assert.ok(from >= first && from < first + fabric.ports);
    assert.ok(heard.length > 0);
    assert.deepEqual(fabric.told.slice(0, 2), [
      `ask ${LOOPBACK} ${ofDatagrams(port)}`,
      `end ${LOOPBACK} ${ofDatagrams(port)}`,
    ]);
  });

  it('is refused where nobody is', async () => {
    const fabric = new AskedFabric();
    fabric.met = ['left', 'reset'];
    const target = { server: LOOPBACK, port: ofDatagrams(await nobody()) };
    const { verdict, wasReset } = await askingOf(fabric).probe(target, 'known');
    assert.deepEqual([verdict, wasReset], ['reset', true]);
  });

  it('is silent at a service that has nothing to say, and sends three', async (test) => {
    const { port, heard } = await service(test, false);
    const fabric = new AskedFabric();
    fabric.met = ['left'];
    const target = { server: LOOPBACK, port: ofDatagrams(port) };
    assert.equal((await askingOf(fabric).probe(target, 'known')).verdict, 'silent');
    assert.equal(heard.length, 3);
  });
});

describe('A check of a service of UDP', { concurrency: true }, () => {
  const dial = (
    port: number,
    met: readonly Met[],
    hostMet: readonly Met[] = [],
    fabric = new AskedFabric(),
  ): Promise<Dialled> => {
    fabric.met = [...met];
    fabric.hostMet = [...hostMet];
    return askingOf(fabric).dial({ server: LOOPBACK, port: ofDatagrams(port), timeoutMs: 3000 });
  };

  it('is answered, refused, or quiet where only another port is refused', async (test) => {
    const [talking, quiet] = [await service(test, true), await service(test, false)];
    assert.equal(await dial(talking.port, ['left', 'answer']), 'answered');
    assert.equal(await dial(await nobody(), ['left', 'reset']), 'refused');
    assert.equal(await dial(quiet.port, ['left'], ['left', 'reset']), 'quiet');
  });

  it('is not quiet by a firewall’s word: not where its own was not seen, nor where nothing left', async (test) => {
    const { port } = await service(test, false);
    for (const hostMet of [[], ['left'], ['left', 'resolved']] as const) {
      assert.equal(await dial(port, ['left'], hostMet), 'silent');
    }
    assert.equal(await dial(port, [], ['left', 'reset']), 'silent');
  });

  it('is quiet by any refusal where the fabric does not see what is met', async (test) => {
    const { port } = await service(test, false);
    const fabric = new AskedFabric();
    fabric.hasSight = false;
    assert.equal(await dial(port, [], [], fabric), 'quiet');
  });

  it('asks the host when nobody else does', async (test) => {
    const { port } = await service(test, false);
    const fabric = new AskedFabric();
    [fabric.met, fabric.hostMet] = [['left'], ['left', 'reset']];
    const asking = askingOf(fabric);
    const options = { server: LOOPBACK, port: ofDatagrams(port), timeoutMs: 3000 };
    const all = [asking.dial(options), asking.probe({ server: LOOPBACK, port: 0 }, 'known')] as const;
    const [dialled, { verdict }] = await Promise.all(all);
    assert.deepEqual([dialled, verdict], ['quiet', 'reset']);
    const hosts = fabric.told.filter((word) => word.endsWith(' 0'));
    assert.deepEqual(hosts, [
      `ask ${LOOPBACK} 0`,
      `end ${LOOPBACK} 0`,
      `ask ${LOOPBACK} 0`,
      `end ${LOOPBACK} 0`,
    ]);
  });

  it('says nothing by another way than that of the clients', async (test) => {
    const { port } = await service(test, true);
    assert.equal(await dial(port, ['leftElsewhere', 'answer']), 'silent');
  });
});

describe('What is said to a service of UDP', () => {
  const said = (port: number): Buffer => Buffer.from(greetingFor(ofDatagrams(port), fakeChance(1)));

  it('is a question about the root to a name server', () => {
    const bytes = said(53);
    assert.equal(bytes.subarray(2).toString('hex'), '000000010000000000000000020001');
  });

  it('is a version that there is not, in a datagram that is large enough, to a QUIC server', () => {
    const bytes = said(443);
    assert.equal(bytes.length, 1200);
    assert.equal((bytes[0] ?? 0) & 0x80, 0x80, 'a long header');
    assert.equal((bytes.readUInt32BE(1) & 0x0f0f0f0f) >>> 0, 0x0a0a0a0a, 'a reserved version');
    assert.deepEqual([bytes[5], bytes[14]], [8, 8], 'lengths of both connection numbers');
  });

  it('is a question of a client to a time server, and nothing to others', () => {
    assert.deepEqual([said(123).length, (said(123)[0] ?? 0) & 7], [48, 3]);
    assert.equal(said(5060).length, 0);
  });
});
