/** What is found in rules, and what the kernel makes of them: it must never be more. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isOfDatagrams, numberOnWire } from '../../../host/net/target.ts';
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
        PORTS.flatMap((port): Packet[] => [
          { protocol: 'tcp', from, to, port },
          ...(port === 53 ? [{ protocol: 'udp', from, to, port } as const] : []),
        ]),
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
      forwards.map(({ outer, real }) => {
        const protocol = isOfDatagrams(outer.port) ? 'udp' : 'tcp';
        return [
          `${outer.server} ${protocol} ${numberOnWire(outer.port)}`,
          `${real.server} ${numberOnWire(real.port)}`,
        ];
      }),
    );
    const all = packets();
    const realOf = ({ to, protocol, port }: Packet): string | undefined =>
      known.get(`${to} ${protocol} ${port}`);
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

  for (const { title, rules, finds, unread } of CASES) {
    it(`agree about ${title}`, async () => {
      assert.deepEqual(await agree(rules), { found: [...finds].sort(), unread });
    });
  }

  it('never disagree about what chance has written', async () => {
    const next = random(1711);
    let count = 0;
    for (let i = 0; i < RANDOM_RULESETS; i++) count += (await agree(randomRules(next))).found.length;
    assert.ok(count > RANDOM_RULESETS, `${count} ports of ${RANDOM_RULESETS} rulesets are found`);
  });
});
