import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NAKAMURA, SATO, SERVER, TANAKA, WEB } from './configuration.ts';
import type { Fate } from './network.ts';
import { Town } from './town.ts';

describe('The second router', () => {
  for (const [what, fate] of [
    ['dies, and its neighbour says so (ICMP from it)', 'noNetwork'],
    ['drops in silence', 'drops'],
  ] as const) {
    it(`${what}: an outage, whose end is noticed and told`, async (test) => {
      const town = await Town.begin(test);
      await town.goesWell(WEB);
      town.script = () => fate;
      town.tries(SATO, WEB, { patience: 10 });
      town.tries(TANAKA, WEB, { patience: 10 });
      await town.pass(60);
      assert.notDeepEqual(town.down, []);
      town.script = () => 'answers';
      await town.pass(60);
      assert.deepEqual([town.down, town.hidden, town.told], [[], [], ['sato', 'tanaka']]);
    });
  }
});

describe('UDP-only and ping-only users: the return is noticed', () => {
  for (const [what, tcp] of [
    ['serves the web, too', 'answers'],
    ['refuses every connection', 'resets'],
  ] as const) {
    it(`of a machine that ${what}`, async (test) => {
      const town = await Town.begin(test);
      let isThere = false;
      town.script = (): Fate => (isThere ? tcp : 'absent');
      town.network.datagram = () => (isThere ? 'resets' : 'absent');
      town.network.datagramFrom(SATO, SERVER);
      await town.pass(5);
      assert.deepEqual(town.down, [`${SERVER} 0`]);
      await town.pass(60);
      isThere = true;
      await town.pass(120);
      assert.deepEqual([town.down, town.hidden, town.told], [[], [], ['sato']]);
    });
  }

  it('of a machine that drops every connection, by its ARP', async (test) => {
    const town = await Town.begin(test);
    let isThere = false;
    town.script = (): Fate => (isThere ? 'drops' : 'absent');
    town.network.datagram = () => (isThere ? 'drops' : 'absent');
    town.network.datagramFrom(SATO, SERVER);
    await town.pass(5);
    assert.deepEqual(town.down, [`${SERVER} 0`]);
    isThere = true;
    town.network.announces(SERVER);
    await town.pass(700);
    assert.deepEqual([town.down, town.hidden, town.told], [[], [], ['sato']]);
  });
});

describe('A server', () => {
  it('moves to another MAC without announcement: no outage', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    town.network.replies(SERVER);
    town.network.hardware.set(SERVER, 7);
    const fromMs = town.time.nowMs();
    // Until the kernel has found out, and asked everybody.
    town.script = () => (town.time.nowMs() - fromMs < 8000 ? 'drops' : 'answers');
    town.tries(SATO, WEB);
    await town.pass(8);
    town.network.replies(SERVER);
    town.triesEvery(3, 60, TANAKA, WEB);
    await town.pass(120);
    assert.deepEqual([town.wasEverDown, town.told], [false, []]);
  });

  it('is taken over by another: no outage', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    const fromMs = town.time.nowMs();
    town.script = () => (town.time.nowMs() - fromMs < 2500 ? 'drops' : 'answers');
    town.triesEvery(0.5, 60, SATO, WEB);
    town.network.hardware.set(SERVER, 7);
    await town.pass(2.5);
    town.network.announces(SERVER);
    await town.pass(120);
    assert.deepEqual([town.wasEverDown, town.told], [false, []]);
  });
});

describe('The end of an outage', () => {
  /** When the chain was asked for, and what becomes of a request of Tanaka's at that moment. */
  async function ending(
    test: import('node:test').TestContext,
    atMs: number | null,
  ): Promise<{ town: Town; releasedMs: number }> {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    const fromMs = town.time.nowMs();
    town.script = () => (town.time.nowMs() - fromMs < 50_000 ? 'resets' : 'answers');
    town.tries(SATO, WEB);
    let releasedMs = 0;
    town.onLine = ({ event }) => {
      if (event === 'recovery.confirmed') releasedMs = town.time.nowMs();
    };
    if (atMs !== null) town.time.after(atMs - town.time.nowMs(), () => town.tries(TANAKA, WEB));
    await town.pass(120);
    return { town, releasedMs };
  }

  it('SYN-ACK 0.3 ms after the release began: not told', async (test) => {
    let releasedMs = 0;
    await test.test('when it is', async (first) => {
      ({ releasedMs } = await ending(first, null));
    });
    await test.test('the same again', async (second) => {
      const { town, releasedMs: again } = await ending(second, releasedMs - 0.7);
      assert.deepEqual([again, town.told], [releasedMs, ['sato']]);
    });
  });

  it('is told once of a server that flaps every 5 s: the last recovery, too', async (test) => {
    const town = await Town.begin(test);
    await town.goesWell(WEB);
    const fromMs = town.time.nowMs();
    const passed = (): number => (town.time.nowMs() - fromMs) / 1000;
    town.script = () => (passed() < 300 && Math.floor(passed() / 5) % 2 === 0 ? 'resets' : 'answers');
    const turnedAway = { sato: { times: 0, latestMs: 0 }, tanaka: { times: 0, latestMs: 0 } };
    for (let i = 0; i < 60; i++) {
      for (const [client, away] of [
        [SATO, turnedAway.sato],
        [TANAKA, turnedAway.tanaka],
      ] as const) {
        const visitMs = town.time.nowMs();
        const visit = town.tries(client, WEB);
        await town.pass(2.3);
        if (visit.end === 'answered') continue;
        away.times++;
        away.latestMs = visitMs;
      }
    }
    await town.pass(60);
    assert.deepEqual([town.down, town.hidden], [[], []]);
    for (const [name, { times, latestMs }] of Object.entries(turnedAway)) {
      const mails = town.mails.filter(({ to }) => to === `${name}@example.jp`);
      assert.ok(mails.length <= times, `${name}: turned away ${times} times, told ${mails.length} times`);
      assert.ok(
        mails.some(({ sentMs }) => sentMs > latestMs),
        `${name} is told of the last recovery`,
      );
    }
    const served = town.tries(NAKAMURA, WEB);
    await town.pass(1);
    assert.equal(served.end, 'answered');
  });
});
