import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Answer } from '../../../host/recovery/asking.ts';
import type { Outage } from '../../../host/router/outages.ts';
import { pageOn } from './checking.ts';
import { Suspecting, WAIT_MS } from './suspecting.ts';
import { HOST, NAKAMURA6, OTHER, SATO, SECURE, SERVER, STRANGER, TANAKA, WEB } from './world.ts';

/** In the network of Nakamura. */
const NEIGHBOUR6 = '2001:db8:179::99';
const PROBE = `probe ${SERVER} 80`;
const LOOK = `look ${SERVER} 80`;

/** A service that has answered clients, and this machine, too. */
function known(test: TestContext, more?: string): Suspecting {
  const one = new Suspecting(test, more);
  one.knows([80], true);
  return one;
}

/** A router that its server does not let in: whatever it asks is silence. */
function turnedAway(test: TestContext, more?: string): Suspecting {
  const one = new Suspecting(test, more);
  one.knows([80], false);
  const heardMs = one.nowMs - 600_000;
  one.answers(WEB, { verdict: 'silent', heardMs, hostHeardMs: heardMs });
  return one;
}

describe('A service at which somebody has failed', () => {
  it('is asked at once', async (test) => {
    const one = known(test);
    await one.suspect(WEB, [SATO]);
    assert.deepEqual(one.asked(), [PROBE]);
  });

  it('that answers has turned its client away alone, and the fabric hears that it lives', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'answered' });
    await one.suspect(WEB, [SATO], { ago: 25 });
    assert.deepEqual([one.ends, one.lives], [[`${SERVER} 80 alone`], [`${SERVER} 80`]]);
    await one.pass(600);
    assert.deepEqual(one.asked(), [PROBE], 'once');
  });

  it('that answers is remembered as one that answers this machine', async (test) => {
    const one = new Suspecting(test);
    one.knows([80], null);
    one.answers(WEB, { verdict: 'answered' });
    await one.suspect(WEB, [SATO]);
    assert.equal(one.services.isAdmitted(WEB), true);
  });

  it('that answers after a reset was down for a moment', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'answered', wasReset: true });
    await one.suspect(WEB, [SATO]);
    assert.deepEqual(one.ends, [`${SERVER} 80 short`]);
  });

  describe('that answers when it is asked later', () => {
    const LATE_MS = 2001;
    for (const [what, lateMs, heardAgoMs, outcome] of [
      ['was down, if it answered nobody meanwhile', LATE_MS, 30_000, 'short'],
      ['was down, if it never answered anybody', LATE_MS, null, 'short'],
      ['was not, if it answered somebody meanwhile', LATE_MS, 5000, 'alone'],
      ['was not, if that is not two seconds later', LATE_MS - 1, 30_000, 'alone'],
    ] as const) {
      it(what, async (test) => {
        const one = known(test);
        const heardMs = heardAgoMs === null ? null : one.nowMs - heardAgoMs;
        one.answers(WEB, { verdict: 'answered', beganMs: one.nowMs + lateMs, heardMs });
        await one.suspect(WEB, [SATO], { ago: 10 });
        assert.deepEqual(one.ends, [`${SERVER} 80 ${outcome}`]);
      });
    }
  });

  for (const verdict of ['reset', 'silent'] as const) {
    it(`whose connections all end in ${verdict} is down`, async (test) => {
      const one = known(test);
      one.answers(WEB, { verdict, heardMs: one.nowMs - 60_000 });
      await one.suspect(WEB, [SATO]);
      assert.deepEqual([one.ends, one.lives], [[`${SERVER} 80 outage`], []]);
    });

    it(`that was never heard of, but is named, is down when it says ${verdict}`, async (test) => {
      const one = new Suspecting(test, `servers: [{address: ${SERVER}, ports: [80]}]`);
      one.answers(WEB, { verdict });
      await one.suspect(WEB, [SATO]);
      assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
    });

    it(`of which nobody can tell whether it answers others is not down when it says ${verdict}`, async (test) => {
      const one = turnedAway(test);
      one.answers(WEB, { verdict, isAway: true });
      await one.suspect(WEB, [SATO, TANAKA]);
      await one.pass(600);
      assert.deepEqual(one.ends, []);
    });

    it(`of which only probes have ever had an answer is down when it says ${verdict}`, async (test) => {
      const one = new Suspecting(test, `servers: [{address: ${SERVER}, ports: [80]}]`);
      one.answers(WEB, { verdict, heardMs: one.nowMs - 600_000, hostHeardMs: one.nowMs - 600_000 });
      await one.suspect(WEB, [SATO]);
      assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
    });

    for (const [laterMs, outcome] of [
      [500, 'outage'],
      [501, 'alone'],
    ] as const) {
      it(`that says ${verdict}, and was heard ${laterMs} ms after it was asked: ${outcome}`, async (test) => {
        const one = known(test);
        one.answers(WEB, { verdict, heardMs: one.nowMs + laterMs });
        await one.suspect(WEB, [SATO]);
        await one.pass(11);
        assert.deepEqual(one.ends, [`${SERVER} 80 ${outcome}`]);
      });
    }

    it(`that does not answer this machine is not down because it says ${verdict}`, async (test) => {
      const one = turnedAway(test);
      one.answers(WEB, { verdict, heardMs: one.nowMs - 600_000 });
      await one.suspect(WEB, [SATO]);
      await one.pass(3600);
      assert.deepEqual(one.ends, []);
    });
  }

  it('that has answered clients and was never found to answer this machine is not down by its silence', async (test) => {
    const one = new Suspecting(test);
    one.knows([80], null);
    one.answers(WEB, { verdict: 'silent' });
    await one.suspect(WEB, [SATO]);
    await one.pass(3600);
    assert.deepEqual(one.ends, []);
  });

  it('whose probe says nothing is asked again after 10 s, ever more seldom, and once a minute for good', async (test) => {
    const one = known(test);
    await one.suspect(WEB, [SATO]);
    const times: number[] = [];
    for (let second = 0; second < 600; second++) {
      await one.pass(1);
      if (one.asked().length > 0 && second > 0) times.push(second + 1);
    }
    const pauses = times.map((time, i) => time - (times[i - 1] ?? 0));
    assert.deepEqual(pauses.slice(0, 4), [10, 15, 23, 34]);
    assert.deepEqual(pauses.slice(-3), [60, 60, 60]);
    assert.deepEqual(one.ends, []);
  });
});

describe('Where asking says nothing', () => {
  for (const [what, clients, isOutage] of [
    ['one client is none', [SATO], false],
    ['two clients make an outage', [SATO, TANAKA], true],
    ['two of one IPv6 network are one', [NAKAMURA6, NEIGHBOUR6], false],
    ['two of different families are two', [SATO, NAKAMURA6], true],
  ] as const) {
    it(`${what}, when nobody was answered for as long as a client waits`, async (test) => {
      const one = turnedAway(test);
      await one.suspect(WEB, clients);
      await one.pass(29);
      assert.deepEqual(one.ends, [], 'not before');
      await one.pass(120);
      assert.deepEqual(one.ends, isOutage ? [`${SERVER} 80 outage`] : []);
    });
  }

  it('an answer to somebody after the last failure shows that they were turned away alone', async (test) => {
    const one = turnedAway(test);
    await one.suspect(WEB, [SATO, TANAKA]);
    one.answers(WEB, { verdict: 'silent', heardMs: one.nowMs + 1000 });
    await one.pass(12);
    assert.deepEqual(one.ends, [`${SERVER} 80 alone`]);
  });

  it('an answer to somebody between their failures keeps it from being an outage for another wait', async (test) => {
    const one = turnedAway(test);
    const outage = await one.suspect(WEB, [SATO]);
    await one.pass(20);
    one.answers(WEB, { verdict: 'void', heardMs: one.nowMs });
    one.nowMs += 1;
    one.fails(outage, SATO);
    await one.pass(5);
    one.fails(outage, TANAKA);
    await one.pass(20);
    assert.deepEqual(one.ends, []);
    await one.pass(120);
    assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
  });

  it('a port that an entry leaves out is not asked, and decided by two clients', async (test) => {
    const one = new Suspecting(test, `servers: [{address: ${SERVER}, ports: [443]}]`);
    one.knows([80], true);
    await one.suspect(WEB, [SATO, TANAKA]);
    await one.pass(60);
    assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
    assert.deepEqual(
      one.asked().filter((what) => !what.startsWith('heard')),
      [],
    );
  });
});

describe('Where nobody may ask', () => {
  const NONE = `servers: [{address: ${SERVER}, ask: none}]`;

  for (const [what, make] of [
    ['of a server', (test: TestContext) => new Suspecting(test, NONE)],
    ['of any server', (test: TestContext) => new Suspecting(test, '', 'none')],
  ] as const) {
    it(`${what}, one client is believed when nobody else was just answered`, async (test) => {
      const one = make(test);
      one.knows([80], null);
      await one.suspect(WEB, [SATO]);
      assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
      assert.deepEqual(one.asked(), [`heard ${SERVER} 80`]);
    });

    it(`${what}, one client is believed once nobody was answered for as long as a client waits`, async (test) => {
      const one = make(test);
      one.knows([80], null);
      one.answers(WEB, { heardMs: one.nowMs - 10_000, hostHeardMs: null });
      await one.suspect(WEB, [SATO], { ago: 5 });
      await one.pass(19);
      assert.deepEqual(one.ends, []);
      await one.pass(2);
      assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
    });
  }

  it('nobody is believed when somebody else was answered since', async (test) => {
    const one = new Suspecting(test, NONE);
    one.answers(WEB, { heardMs: one.nowMs + 1, hostHeardMs: null });
    await one.suspect(WEB, [SATO]);
    assert.deepEqual(one.ends, [`${SERVER} 80 alone`]);
  });

  it('a machine counts by what it answered at any of its ports', async (test) => {
    const one = new Suspecting(test, NONE);
    one.answers(HOST, { heardMs: null, hostHeardMs: one.nowMs + 1 });
    await one.suspect(HOST, [SATO]);
    assert.deepEqual(one.ends, [`${SERVER} 0 alone`]);
  });

  it('a suspicion in which nobody waits any more is not asked for without a pause', async (test) => {
    const one = new Suspecting(test, NONE);
    const outage = await one.suspect(WEB, []);
    one.fails(outage, SATO);
    outage.clients.clear();
    await one.pass(9);
    assert.ok(one.asked().length <= 2);
    assert.deepEqual(one.ends, []);
  });

  it('nothing is looked at, nor asked while it lives', async (test) => {
    const one = new Suspecting(test, NONE);
    one.suspicions.look(WEB);
    one.suspicions.admit(WEB);
    await one.pass(5);
    assert.deepEqual(one.asked(), []);
  });
});

/** What of a machine's ports answers how, what becomes of its suspicion: with the page on 80, and a tried and a known service. */
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
  ] as readonly (readonly [string, Partial<Answer>, Partial<Answer>, string])[]) {
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
  ] as readonly (readonly [string, boolean | null, Partial<Answer>, Partial<Answer>])[]) {
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

describe('A look', () => {
  it('that finds a service silent is said, and makes a short outage of what answers again', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    const lookedMs = one.nowMs;
    await one.pass(0.2);
    assert.deepEqual(one.silences, [[`${SERVER} 80`, lookedMs]]);
    one.answers(WEB, { verdict: 'answered', heardMs: one.nowMs });
    await one.suspect(WEB, [SATO], { ago: 30 });
    assert.deepEqual(one.ends, [`${SERVER} 80 short`]);
  });

  it('is repeated, one at a time, until it is answered', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    await one.pass(0.7);
    one.suspicions.look(WEB);
    one.answers(WEB, { verdict: 'answered' });
    await one.pass(60);
    assert.deepEqual(one.asked(), [LOOK, LOOK, LOOK, LOOK]);
    assert.deepEqual([one.silences.length, one.lives], [3, [`${SERVER} 80`]]);
  });

  it('is not repeated any more when those who wait are about to be turned away', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    await one.pass(60);
    const times = one.silences.map(([, atMs]) => atMs);
    const [first = 0] = times;
    assert.ok(Math.max(...times) - first <= WAIT_MS - 4000);
    assert.ok(Math.max(...times) - first >= WAIT_MS - 6000);
  });

  it('before they tried says nothing of them', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.suspicions.look(WEB);
    await one.pass(60);
    one.answers(WEB, { verdict: 'answered' });
    await one.suspect(WEB, [SATO], { ago: 30 });
    assert.deepEqual(one.ends, [`${SERVER} 80 alone`]);
  });

  it('that is answered is an answer', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'answered' });
    one.suspicions.look(WEB);
    await one.pass(1);
    assert.deepEqual([one.silences, one.lives], [[], [`${SERVER} 80`]]);
  });

  it('at a service that does not answer this machine says nothing', async (test) => {
    const one = turnedAway(test);
    one.suspicions.look(WEB);
    await one.pass(1);
    assert.deepEqual([one.asked(), one.silences], [[LOOK], []]);
  });

  it('goes to no port that an entry leaves out', async (test) => {
    const one = known(test, `servers: [{address: ${SERVER}, ports: [443]}]`);
    one.suspicions.look(WEB);
    await one.pass(1);
    assert.deepEqual(one.asked(), []);
  });
});

describe('A service that lives', () => {
  for (const [verdict, admitted] of [
    ['answered', true],
    ['silent', false],
    ['reset', false],
    ['void', true],
  ] as const) {
    it(`is asked whether it answers this machine: ${verdict}`, async (test) => {
      const one = new Suspecting(test);
      one.knows([80], verdict === 'void' ? true : null);
      one.answers(WEB, { verdict, heardMs: one.nowMs - 9999 });
      one.suspicions.admit(WEB);
      await one.pass(1);
      assert.deepEqual([one.asked(), one.services.isAdmitted(WEB)], [[PROBE], admitted]);
      assert.equal(one.services.isShut(WEB), !admitted);
    });
  }

  for (const heardAgoMs of [10_000, null]) {
    it(`and may live no more says nothing by its silence: heard of ${heardAgoMs} ms ago`, async (test) => {
      const one = known(test);
      one.answers(WEB, { verdict: 'silent', heardMs: heardAgoMs === null ? null : one.nowMs - heardAgoMs });
      one.suspicions.admit(WEB);
      await one.pass(1);
      assert.deepEqual([one.asked(), one.services.isAdmitted(WEB)], [[PROBE], true]);
    });
  }

  it('is asked that once, ten services a second, and those that are named first', async (test) => {
    const one = new Suspecting(test, `servers: [{address: ${OTHER}}]`);
    const target = (n: number) => ({ server: SERVER, port: 1000 + n });
    for (const n of [0, 1, 2, 1, 2]) one.suspicions.admit(target(n));
    one.suspicions.admit({ server: OTHER, port: 80 });
    await one.pass(0);
    for (const asked of [`${SERVER} 1000`, `${OTHER} 80`, `${SERVER} 1001`, `${SERVER} 1002`]) {
      assert.deepEqual(one.asked(), [`probe ${asked}`]);
      await one.pass(0.1);
    }
    assert.deepEqual(one.asked(), []);
    await one.pass(5);
    one.suspicions.admit(target(3));
    await one.pass(0);
    assert.deepEqual(one.asked(), [`probe ${SERVER} 1003`], 'at once after a pause');
  });

  it('is not remembered for that without end', async (test) => {
    const one = new Suspecting(test, `servers: [{address: ${OTHER}}]`);
    for (let port = 1; port <= 5000; port++) one.suspicions.admit({ server: SERVER, port });
    one.suspicions.admit({ server: OTHER, port: 80 });
    await one.pass(500);
    assert.equal(one.asked().length, 1 + 4096 + 1, 'the first did not wait, and what is named finds a place');
  });

  it('is asked no more once nothing is to be asked any more', async (test) => {
    const one = new Suspecting(test);
    for (const port of [80, 443]) one.suspicions.admit({ server: SERVER, port });
    one.suspicions.close();
    await one.pass(5);
    assert.deepEqual(one.asked(), [PROBE]);
  });
});

describe('Of what is asked', () => {
  for (const [what, more, ports] of [
    ['a server that has answered somebody', '', [443]],
    ['a server that is named', `servers: [{address: ${SERVER}, ports: [80]}]`, []],
    ['a server that is named without a port', `servers: [{address: ${SERVER}}]`, []],
    ['any other', '', []],
  ] as const) {
    it(`suspicions of ${what} go ${what === 'any other' ? 'behind' : 'first'}`, async (test) => {
      const one = new Suspecting(test, more);
      one.knows(ports, true);
      await one.suspect(HOST, [SATO]);
      const rank = what === 'any other' ? 'unknown' : 'known';
      assert.deepEqual([...new Set(one.ranks)], [rank]);
    });
  }

  it('what nobody waits for goes last', async (test) => {
    const one = known(test);
    one.suspicions.admit(WEB);
    await one.pass(0);
    assert.deepEqual(one.ranks, ['quiet']);
  });
});

describe('A client that was turned away alone', () => {
  /** Sato was turned away alone, so many times. */
  async function alone(test: TestContext, times = 1): Promise<Suspecting> {
    const one = known(test);
    one.answers(WEB, { verdict: 'answered' });
    for (let i = 0; i < times; i++) {
      const outage = await one.suspect(WEB, [SATO]);
      while (one.ends.length === i) await one.pass(1);
      one.suspicions.forget(outage);
    }
    one.asked();
    one.ends.length = 0;
    return one;
  }

  for (const [times, seconds] of [
    [1, 30],
    [2, 60],
    [3, 120],
    [4, 300],
    [5, 300],
  ] as const) {
    it(`${times} times is not asked about again for ${seconds} s`, async (test) => {
      const one = await alone(test, times);
      const outage = await one.suspect(WEB, [SATO]);
      let waited = 0;
      for (; one.ends.length === 0 && waited < 400; waited++) {
        await one.pass(1);
        if (one.ends.length === 0) one.fails(outage, SATO);
      }
      assert.equal(one.asked().filter((what) => what === PROBE).length, 1);
      assert.ok(waited >= seconds - 1 && waited <= seconds, `${waited} s`);
    });
  }

  it('is looked after: no more often than every 5 s, with one connection', async (test) => {
    const one = await alone(test);
    const outage = await one.suspect(WEB, [SATO]);
    for (let second = 0; second < 20; second++) {
      await one.pass(1);
      one.fails(outage, SATO);
    }
    const asked = one.asked();
    assert.deepEqual(new Set(asked), new Set([LOOK]));
    assert.ok(asked.length >= 3 && asked.length <= 4, `${asked.length} looks`);
  });

  it('is asked about at once when the look finds silence: it may have fallen into a real outage', async (test) => {
    const one = await alone(test);
    await one.pass(6);
    one.answers(WEB, { verdict: 'silent' });
    await one.suspect(WEB, [SATO]);
    await one.pass(2);
    assert.deepEqual(one.asked(), [LOOK, PROBE]);
    assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
  });

  it('holds nobody else up: another client is asked about at once', async (test) => {
    const one = await alone(test);
    const outage = await one.suspect(WEB, [SATO]);
    await one.pass(2);
    assert.deepEqual(one.ends, []);
    one.asked();
    one.answers(WEB, { verdict: 'silent' });
    one.fails(outage, TANAKA);
    await one.pass(1);
    assert.ok(one.asked().includes(PROBE));
    assert.deepEqual(one.ends, [`${SERVER} 80 outage`], 'and Sato’s failure is in it');
  });

  it('makes no short outage by a reset, nor by being asked late: a ban is not over because a server answers', async (test) => {
    const one = await alone(test);
    one.answers(WEB, { verdict: 'answered', wasReset: true });
    await one.suspect(WEB, [SATO]);
    await one.pass(31);
    assert.deepEqual(one.ends, [`${SERVER} 80 alone`]);
  });
});

describe('A suspicion', () => {
  it('that is over while it is asked is not decided', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.hold();
    const outage = await one.suspect(WEB, [SATO]);
    one.suspicions.forget(outage);
    await one.letGo();
    await one.pass(120);
    assert.deepEqual([one.ends, one.asked()], [[], [PROBE]]);
  });

  it('that is over while it waits is asked no more', async (test) => {
    const one = known(test);
    const outage = await one.suspect(WEB, [SATO]);
    one.asked();
    one.suspicions.forget(outage);
    await one.pass(600);
    assert.deepEqual(one.asked(), []);
  });

  it('that begins anew while the one before is asked is decided by what is asked for it', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    one.hold();
    const before = await one.suspect(WEB, [SATO]);
    one.suspicions.forget(before);
    one.answers(WEB, { verdict: 'answered' });
    await one.suspect(WEB, [TANAKA]);
    await one.letGo();
    await one.pass(2);
    assert.deepEqual(one.ends, [`${SERVER} 80 alone`]);
  });

  it('of an earlier process is asked at once, with those who wait in it', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'silent' });
    const waiting = { firstMs: one.nowMs - 60_000, lastMs: one.nowMs - 50_000, tries: 3 };
    const clients = new Map([[SATO, waiting]]);
    const about = { id: 1, state: 'suspected', cause: 'unanswered', triedPort: 80 } as const;
    one.suspicions.open({ ...WEB, ...about, fromMs: waiting.firstMs, clients });
    await one.pass(0);
    assert.deepEqual([one.asked(), one.ends], [[PROBE], [`${SERVER} 80 outage`]]);
  });

  for (const [what, isNew, outcome] of [
    ['does not become one of just now', false, 'short'],
    ['is none before the last', true, 'alone'],
  ] as const) {
    it(`in which a failure is said again: it ${what}`, async (test) => {
      const one = known(test);
      one.answers(WEB, { verdict: 'answered', heardMs: one.nowMs - 30_000 });
      const waiting = { firstMs: one.nowMs - 10_000, lastMs: one.nowMs - 5000, tries: 3 };
      const about = { id: 1, state: 'suspected', cause: 'unanswered', triedPort: 80 } as const;
      const clients = new Map([[SATO, waiting]]);
      const outage: Outage = { ...WEB, ...about, fromMs: waiting.firstMs, clients };
      one.suspicions.open(outage);
      if (isNew) one.suspicions.failed(outage, SATO);
      one.suspicions.failed(outage, SATO, waiting.lastMs);
      await one.pass(1);
      assert.deepEqual(one.ends, [`${SERVER} 80 ${outcome}`]);
    });
  }

  it('that is opened twice is asked once', async (test) => {
    const one = known(test);
    one.hold();
    const outage = await one.suspect(WEB, [SATO]);
    one.suspicions.open(outage);
    one.fails(outage, TANAKA);
    await one.pass(5);
    assert.deepEqual(one.asked(), [PROBE]);
    await one.letGo();
  });

  it('is asked once a second at the most, however many fail there', async (test) => {
    const one = known(test);
    const outage = await one.suspect(WEB, [SATO]);
    for (let i = 0; i < 100; i++) {
      one.fails(outage, `10.0.0.${i}`);
      await one.pass(0.1);
    }
    const asked = one.asked().length;
    assert.ok(asked >= 9 && asked <= 11, `${asked} in ten seconds`);
  });

  it('and the next one of the same service, too', async (test) => {
    const one = known(test);
    one.answers(WEB, { verdict: 'answered' });
    await one.suspect(WEB, [SATO]);
    await one.suspect(WEB, [TANAKA]);
    assert.deepEqual(one.asked(), [PROBE]);
    await one.pass(1);
    assert.deepEqual(one.asked(), [PROBE]);
  });

  it('of one service does not wait for that of another', async (test) => {
    const one = known(test);
    one.hold();
    await one.suspect(WEB, [SATO]);
    await one.suspect({ server: OTHER, port: 80 }, [STRANGER]);
    assert.deepEqual(one.asked(), [PROBE, `probe ${OTHER} 80`]);
    await one.letGo();
  });

  it('is asked no more when the program ends', async (test) => {
    const one = known(test);
    await one.suspect(WEB, [SATO]);
    one.asked();
    one.suspicions.close();
    await one.pass(600);
    assert.deepEqual(one.asked(), []);
  });
});
