/** What is found in rules, and what the kernel makes of them: it must never be more. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { random } from '../../random.ts';
import { noNetwork } from '../takeover/machine/own-network.ts';
import { CASES } from './cases.ts';
import { randomRules } from './random-rules.ts';
import { CLIENTS, entryOf, objectKey, type Packet, TestRouter } from './router.ts';

const PORTS = [22, 23, 25, 53, 80, 443, 8000, 8005, 8010, 8080, 8081, 9000, 9005];
/** With the interface that clients of each come in by; one that nobody has is asked for from everywhere. */
const PLACES = [
  ['203.0.113.1', 'wan'],
  ['203.0.113.5', 'wan'],
  ['192.168.1.1', 'lan'],
  ['10.0.0.1', 'dmz'],
  ['198.51.100.7', null],
  ['2001:db8:113::1', 'wan'],
  ['2001:db8:1::1', 'lan'],
] as const;

const RANDOM_RULESETS = 60;

const isSix = (address: string): boolean => address.includes(':');

function packets(): Packet[] {
  return Object.values(CLIENTS)
    .flat()
    .flatMap((from) =>
      PLACES.filter(([to]) => isSix(to) === isSix(from)).flatMap(([to]) =>
        PORTS.map((port): Packet => ({ from, to, port })),
      ),
    );
}

describe('rules and the kernel', { skip: noNetwork }, () => {
  let router!: TestRouter;

  before(async () => {
    router = await TestRouter.begin();
  });
  after(() => router.end());

  /** Fails where something is found that the kernel does otherwise for somebody. */
  async function agree(rules: string): Promise<{ readonly found: string[]; readonly unread: number }> {
    await router.load(rules);
    const { forwards, unread } = await router.found();
    const known = new Map(
      forwards.map(({ outer, real }) => [`${outer.server} ${outer.port}`, `${real.server} ${real.port}`]),
    );
    const all = packets();
    const realOf = ({ to, port }: Packet): string | undefined => known.get(`${to} ${port}`);
    const sure = all.filter((packet) => {
      const [, where] = PLACES.find(([to]) => to === packet.to) ?? ['', null];
      return realOf(packet) !== undefined && where === entryOf(packet);
    });
    const led = await router.led(all);
    for (const packet of sure)
      assert.equal(led.get(packet), realOf(packet), `${objectKey(packet)}, of ${rules}`);
    // Whoever comes in elsewhere may be led nowhere, but never to another server.
    for (const packet of all) {
      const went = led.get(packet);
      const real = realOf(packet);
      if (real === undefined || went === 'nowhere' || went === `${packet.to} ${packet.port}`) continue;
      assert.equal(went, real, `${objectKey(packet)}, of ${rules}`);
    }
    return { found: [...known].map(([outer, real]) => `${outer} ${real}`).sort(), unread };
  }

  for (const { title, rules, finds, unread, serves = [] } of CASES) {
    it(`agree about ${title}`, async () => {
      const servers = serves.map((port) => createServer().listen(port));
      try {
        for (const server of servers) if (!server.listening) await once(server, 'listening');
        assert.deepEqual(await agree(rules), { found: [...finds].sort(), unread });
      } finally {
        for (const server of servers) server.close();
      }
    });
  }

  it('never disagree about what chance has written', async () => {
    const next = random(1711);
    let count = 0;
    for (let i = 0; i < RANDOM_RULESETS; i++) count += (await agree(randomRules(next))).found.length;
    assert.ok(count > RANDOM_RULESETS, `${count} ports of ${RANDOM_RULESETS} rulesets are found`);
  });
});
