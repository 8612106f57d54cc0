/** What a relay says when its server is back: to whom, how often, and in which form. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import type { RelayConfiguration, ReturnConfiguration } from '../../../host/config/relay/types.ts';
import { ReturnAnnouncer } from '../../../host/relay/announcer.ts';
import { readAnnouncement } from '../../../host/traps/announcement.ts';
import { readEnvelope } from '../../../host/traps/envelope.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';

const KEY = 'list-secret';
const PLAIN: ReturnConfiguration = {
  to: ['router', 'station'],
  port: 162,
  community: null,
  user: null,
  servers: [],
};
const OPS = { name: 'ops', auth: { protocol: 'sha256', key: 'auth-secret' }, priv: null } as const;

function announcer(
  announce: ReturnConfiguration | null,
  addresses = ['172.27.178.80', '127.0.0.1', 'fe80::1', '::1'],
) {
  const time = new FakeTime();
  const { log, lines } = recordingLog();
  const sent: [string, Buffer][] = [];
  const world = { fails: false };
  const own = new ReturnAnnouncer({
    configuration: () => ({ relay: { announce }, listKey: KEY }) as unknown as RelayConfiguration,
    addresses: () => new Set(addresses),
    async send(datagram, host, port) {
      if (world.fails) throw new Error('no route');
      sent.push([`${host}:${port}`, Buffer.from(datagram)]);
    },
    log,
    time,
    chance: machineChance,
  });
  return { own, sent, lines, time, world };
}

describe('a relay whose server is back', () => {
  it('says so to all, now and three times more, in one signed word', async () => {
    const { own, sent, time } = announcer(PLAIN);
    own.announce();
    assert.deepEqual(
      sent.map(([to]) => to),
      ['router:162', 'station:162'],
    );
    await time.pass(30_000);
    assert.equal(sent.length, 8);
    const read = sent.map(([, datagram]) => readAnnouncement(datagram, KEY));
    const [first] = read;
    assert.ok(typeof first === 'object');
    assert.deepEqual(first.servers, ['172.27.178.80']);
    for (const other of read) assert.deepEqual(other, first);
    await time.pass(600_000);
    assert.equal(sent.length, 8);
  });

  it('begins again when its network returns, with another word, and ends with its relay', async () => {
    const { own, sent, time } = announcer({ ...PLAIN, to: ['router'], servers: ['198.51.100.80'] });
    own.announce();
    own.announce();
    await time.pass(3000);
    assert.equal(sent.length, 3);
    own.close();
    await time.pass(600_000);
    assert.equal(sent.length, 3);
    const [first, second] = sent.map(([, datagram]) => readAnnouncement(datagram, KEY));
    assert.ok(typeof first === 'object' && typeof second === 'object');
    assert.deepEqual(second.servers, ['198.51.100.80']);
    assert.notEqual(first.id, second.id);
  });

  it('says it as an agent does where it has a community or a user', () => {
    for (const [announce, version] of [
      [{ ...PLAIN, community: 'public' }, 'v2c'],
      [{ ...PLAIN, user: OPS }, 'v3'],
    ] as const) {
      const { own, sent } = announcer(announce);
      own.announce();
      const envelope = readEnvelope(sent[0]?.[1] ?? Buffer.alloc(0));
      assert.equal(envelope?.version, version);
      if (version === 'v3') assert.equal(envelope?.engine, '80001f8801ac1bb250');
    }
  });

  it('says nothing if it shall not, or has no address to name, and says what did not go', async () => {
    const off = announcer(null);
    off.own.announce();
    const nowhere = announcer(PLAIN, ['127.0.0.1']);
    nowhere.own.announce();
    assert.equal(off.sent.length + nowhere.sent.length, 0);
    const { own, lines, time, world, sent } = announcer({ ...PLAIN, to: ['router'] });
    world.fails = true;
    own.announce();
    await time.pass(1000);
    assert.deepEqual(
      lines.map(({ event, fields }) => [event, fields.reason]),
      [['announce.failed', 'no route']],
    );
    world.fails = false;
    await time.pass(2000);
    assert.equal(sent.length, 1);
  });
});
