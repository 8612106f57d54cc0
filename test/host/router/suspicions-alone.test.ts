/** Who was turned away alone, and how often his server is asked. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Outage } from '../../../host/router/outages.ts';
import { known, LOOK, PROBE, type Suspecting } from './suspecting.ts';
import { OTHER, SATO, SERVER, STRANGER, TANAKA, WEB } from './world.ts';

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
