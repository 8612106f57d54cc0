/** A service that is suspected. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { known, NEIGHBOUR6, PROBE, Suspecting, turnedAway } from './suspecting.ts';
import { HOST, NAKAMURA6, SATO, SERVER, TANAKA, WEB } from './world.ts';

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

  for (const [heardAgoMs, afterMs] of [
    [20_000, 10_000],
    [null, 0],
    [60_000, 0],
  ] as const) {
    it(`to which there is no way is down by one client's word, once nobody has been answered for the wait: ${heardAgoMs} ms`, async (test) => {
      const one = known(test);
      const heardMs = heardAgoMs === null ? null : one.nowMs - heardAgoMs;
      one.answers(WEB, { verdict: 'void', isBlind: true, heardMs, hostHeardMs: heardMs });
      await one.suspect(WEB, [SATO]);
      if (afterMs > 0) {
        assert.deepEqual(one.ends, []);
        await one.pass(afterMs / 1000 + 1);
      }
      assert.deepEqual(one.ends, [`${SERVER} 80 outage`]);
    });
  }

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
    await one.pass(0.001);
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
