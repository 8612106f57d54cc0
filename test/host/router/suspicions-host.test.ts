/** A machine as a whole that is suspected. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AskedAnswer } from '../../../host/recovery/asking.ts';
import { pageOn } from './checking.ts';
import { known, PROBE, Suspecting, turnedAway } from './suspecting.ts';
import { HOST, SATO, SECURE, SERVER, TANAKA, WEB } from './world.ts';

describe('A machine of which nothing is heard', () => {
  const PAGE = pageOn(80);

  it('is asked at the port that was tried, at those that are known and at the page’s, all at once', async (test) => {
    const one = new Suspecting(test, PAGE);
    one.knows([443, 8443], true);
    one.hold();
    await one.suspect(HOST, [SATO], { triedPort: 22 });
    assert.deepEqual(one.asked().sort(), [22, 443, 80, 8443].map((port) => `probe ${SERVER} ${port}`).sort());
    await one.letGo();
  });

  it('is asked at no port that its entry leaves out', async (test) => {
    const one = new Suspecting(test, `${PAGE}\nservers: [{address: ${SERVER}, ports: [443]}]`);
    await one.suspect(HOST, [SATO], { triedPort: 22 });
    assert.deepEqual(one.asked(), [`probe ${SERVER} 443`]);
  });

  it('is asked at 16 ports at the most', async (test) => {
    const one = new Suspecting(test);
    one.knows(
      Array.from({ length: 40 }, (_, i) => 1000 + i),
      true,
    );
    await one.suspect(HOST, [SATO], { triedPort: 22 });
    const asked = one.asked();
    assert.deepEqual([asked.length, asked[0]], [16, `probe ${SERVER} 22`]);
  });

  it('is asked by a datagram where no port is known', async (test) => {
    const one = new Suspecting(test);
    await one.suspect(HOST, [SATO], { triedPort: 0 });
    assert.deepEqual(one.asked(), [`probe ${SERVER} 0`]);
  });

  for (const [what, tried, web, outcome] of [
    ['is down when all is silent', { verdict: 'silent' }, { verdict: 'silent' }, 'outage'],
    [
      'is down when one is silent and the other says nothing',
      { verdict: 'void' },
      { verdict: 'silent' },
      'outage',
    ],
    ['lives when the tried service answers', { verdict: 'answered' }, { verdict: 'silent' }, 'alone'],
    [
      'lives when another service answers, and the tried one is down',
      { verdict: 'silent' },
      { verdict: 'answered' },
      'service 443',
    ],
    [
      'lives when another port is closed, and the tried one is down',
      { verdict: 'silent' },
      { verdict: 'reset' },
      'service 443',
    ],
    [
      'lives when the tried service refuses: that is down',
      { verdict: 'reset' },
      { verdict: 'silent' },
      'service 443',
    ],
    [
      'lives when it resolved its address: the tried service is down',
      { verdict: 'silent', resolved: true },
      { verdict: 'silent' },
      'service 443',
    ],
    [
      'was down for a moment when the tried service answers after a reset',
      { verdict: 'answered', wasReset: true },
      { verdict: 'silent' },
      'short',
    ],
  ] as readonly (readonly [string, Partial<AskedAnswer>, Partial<AskedAnswer>, string])[]) {
    it(what, async (test) => {
      const one = new Suspecting(test, PAGE);
      one.knows([80, 443], true);
      one.answers(SECURE, tried);
      one.answers(WEB, web);
      await one.suspect(HOST, [SATO], { triedPort: 443 });
      assert.deepEqual(one.ends, [`${SERVER} 0 ${outcome}`]);
    });
  }

  for (const [what, admitted, tried, web] of [
    ['does not let this machine in and is silent', false, { verdict: 'silent' }, { verdict: 'answered' }],
    ['does not let this machine in and refuses', false, { verdict: 'reset' }, { verdict: 'silent' }],
    [
      'was never found to let this machine in, while its address is resolved',
      null,
      { verdict: 'silent', resolved: true },
      { verdict: 'silent' },
    ],
    ['could not be asked', true, { verdict: 'void' }, { verdict: 'answered' }],
  ] as readonly (readonly [string, boolean | null, Partial<AskedAnswer>, Partial<AskedAnswer>])[]) {
    it(`lives, and the tried service is suspected that ${what}`, async (test) => {
      const one = new Suspecting(test, PAGE);
      one.knows([443], admitted);
      one.answers(SECURE, tried);
      one.answers(WEB, web);
      await one.suspect(HOST, [SATO], { triedPort: 443 });
      assert.deepEqual(one.ends, [`${SERVER} 0 narrowed 443`]);
    });
  }

  it('lives, and the tried service is suspected that its entry leaves out', async (test) => {
    const one = new Suspecting(test, `servers: [{address: ${SERVER}, ports: [80]}]`);
    one.knows([443], true);
    one.answers(WEB, { verdict: 'answered' });
    await one.suspect(HOST, [SATO], { triedPort: 443 });
    assert.deepEqual(one.ends, [`${SERVER} 0 narrowed 443`]);
  });

  it('has had none of its services asked twice in a second when one of them is suspected next', async (test) => {
    const one = new Suspecting(test);
    one.knows([80], false);
    one.answers(WEB, { verdict: 'reset' });
    await one.suspect(HOST, [SATO]);
    await one.suspect(WEB, [SATO]);
    assert.deepEqual(one.asked(), [PROBE]);
    await one.pass(1);
    assert.deepEqual(one.asked(), [PROBE]);
  });

  for (const [what, tried, outcome] of [
    ['refuses', { verdict: 'reset', wasReset: true }, 'alone'],
    ['is silent while it resolves its address', { verdict: 'silent', resolved: true }, 'alone'],
  ] as const) {
    it(`lives when a port that nobody knows ${what}: a scan is no outage`, async (test) => {
      const one = new Suspecting(test);
      one.answers({ server: SERVER, port: 22 }, tried);
      await one.suspect(HOST, [SATO], { triedPort: 22 });
      assert.deepEqual(one.ends, [`${SERVER} 0 ${outcome}`]);
    });
  }

  it('that was never heard of is down when it is silent, whatever was tried', async (test) => {
    const one = new Suspecting(test);
    one.answers({ server: SERVER, port: 22 }, { verdict: 'silent' });
    await one.suspect(HOST, [SATO], { triedPort: 22 });
    assert.deepEqual(one.ends, [`${SERVER} 0 outage`]);
  });

  it('that lets nobody in from here is down by the word of two', async (test) => {
    const one = turnedAway(test);
    const outage = await one.suspect(HOST, [SATO]);
    await one.pass(100);
    assert.deepEqual(one.ends, []);
    one.fails(outage, TANAKA);
    await one.pass(60);
    assert.deepEqual(one.ends, [`${SERVER} 0 outage`]);
  });

  it('was down for a moment when a look had found what they tried silent', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent', hostHeardMs: one.nowMs - 60_000 });
    await one.pass(1);
    one.suspicions.look(WEB);
    await one.pass(29);
    one.answers(WEB, { verdict: 'answered', hostHeardMs: one.nowMs });
    await one.suspect(HOST, [SATO], { ago: 30 });
    assert.deepEqual(one.ends, [`${SERVER} 0 short`]);
  });

  describe('and of which only datagrams are known', () => {
    for (const [what, answer, ends] of [
      ['lives when it says anything', { verdict: 'reset', resolved: true }, ['alone']],
      ['is down when it is unreachable', { verdict: 'silent' }, ['outage']],
      ['is asked again when it says nothing', { verdict: 'void' }, []],
    ] as const) {
      it(what, async (test) => {
        const one = new Suspecting(test);
        one.answers(HOST, answer);
        await one.suspect(HOST, [SATO], { triedPort: 0 });
        await one.pass(12);
        assert.deepEqual(
          one.ends,
          ends.map((end) => `${SERVER} 0 ${end}`),
        );
        assert.equal(one.asked().length, ends.length === 0 ? 2 : 1);
      });
    }
  });
});
