import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outage } from '../../../host/router/outages.ts';
import { FakeTime } from '../fake-time.ts';
import { until } from '../tools.ts';
import { LOOPBACK, nobody, outage, Said, type SaidOptions, service } from './checking.ts';
import { CONNECT } from './world.ts';

let said: Said;
beforeEach(() => {
  said = new Said({ more: CONNECT });
});
afterEach(() => said.checks.close());

describe('A check', () => {
  it('connects to the port of the service that is down', async () => {
    const { port } = await service();
    const one = outage(port, 1);
    said.knows([1]);
    said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, port]]);
  });

  it('connects to the port that people tried, for a server as a whole', async () => {
    const { port } = await service();
    const one = outage(0, port);
    said.knows([1]);
    said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, port]]);
  });

  it('takes the answer of no other service for that of the one that people tried', async () => {
    const [tried, other] = [await nobody(), await service()];
    const one = outage(0, tried);
    said.knows([other.port, tried], true);
    said.checks.check(one, 'arp');
    await sleep(100);
    assert.deepEqual(said.checked, []);
    await service(tried);
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, tried]]);
  });

  it('connects to the ports of the configuration where nobody knows which one people tried', async () => {
    const { port } = await service();
    const one = outage(0);
    const entry = `{address: ${LOOPBACK}, ports: [${await nobody()}, ${port}]}`;
    said = new Said({ more: `${CONNECT}\nservers: [${entry}]` });
    said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, port]]);
  });

  for (const standing of ['known', 'unknown'] as const) {
    it(`says of a server that is ${standing} that it is so, and when it settles`, async () => {
      said = new Said({ more: CONNECT, checkSettleMs: 2, dialled: () => 'answered' });
      if (standing === 'known') said.knows([25]);
      said.checks.check(outage(25), 'trap');
      await until('it is checked', () => said.checked.length > 0);
      assert.deepEqual([...new Set(said.ranks)], [standing, `${standing} settling`]);
    });
  }

  it('waits where there is nothing to connect to', async () => {
    said.settleMs = 3_600_000;
    said.checks.check(outage(0), 'arp');
    await sleep(50);
    assert.deepEqual(said.checked, []);
    said.settleMs = 50;
    const one = outage(0, 0, '127.0.0.2');
    said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, 0]]);
  });

  it('that fails for too long says so', async () => {
    said = new Said({ patienceMs: 30, more: CONNECT });
    const one = outage(await nobody());
    said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, null]]);
  });

  it('finds a service that comes back while it is under way', async () => {
    const port = await nobody();
    const one = outage(port);
    said.checks.check(one, 'arp');
    await sleep(50);
    assert.deepEqual(said.checked, []);
    await service(port);
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, port]]);
  });

  it('that is under way is not begun again', async () => {
    const { port, connections } = await service();
    const one = outage(port);
    for (let i = 0; i < 5; i++) said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    await sleep(50);
    assert.deepEqual([said.checked.length, connections()], [1, 1]);
  });

  it('may come again after its end', async () => {
    const { port } = await service();
    const one = outage(port);
    for (const count of [1, 2]) {
      said.checks.check(one, 'arp');
      await until('it is checked', () => said.checked.length === count);
    }
  });

  it('of one outage is none of another', async () => {
    const { port } = await service();
    const [one, other] = [outage(port), outage(await nobody())];
    said.checks.check(other, 'arp');
    said.checks.check(one, 'arp');
    await until('one is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, port]]);
  });

  for (const [what, stop] of [
    ['stopped', (one: Outage) => said.checks.stop(one)],
    ['closed with all others', () => said.checks.close()],
  ] as const) {
    it(`that is ${what} says nothing any more, and connects no more`, async () => {
      const { port } = await service();
      const later = await nobody();
      const [connecting, trying, waiting] = [outage(port), outage(later), outage(0)];
      said.settleMs = 20;
      const all = [connecting, trying, waiting];
      for (const one of all) said.checks.check(one, 'arp');
      await sleep(50);
      said.checked.length = 0;
      for (const one of all) stop(one);
      const { connections } = await service(later);
      // Twice as long as it would have waited before it tried again.
      await sleep(1100);
      assert.deepEqual([said.checked, connections()], [[], 0]);
    });
  }

  it('that is stopped may be begun again', async () => {
    const { port } = await service();
    const one = outage(port);
    said.checks.check(one, 'arp');
    said.checks.stop(one);
    said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    await sleep(20);
    assert.deepEqual(said.checked, [[one, port]]);
  });
});

describe('A look now and then', () => {
  // Nobody looks more often than every few seconds: these waits, and only these, are over at once.
  const looking: SaidOptions = { more: CONNECT, maxMs: 6000 };
  beforeEach(() => {
    said = new Said(looking);
  });

  it('finds the service answering', async () => {
    const { port } = await service();
    const one = outage(port);
    said.checks.watch(one);
    await until('it lives', () => said.alive.length > 0);
    assert.equal(said.alive[0], one);
    assert.deepEqual(said.checked, []);
  });

  for (const standing of ['known', 'unknown'] as const) {
    it(`says of a server that is ${standing} that it is so`, async () => {
      said = new Said({ ...looking, dialled: () => 'answered' });
      if (standing === 'known') said.knows([25]);
      said.checks.watch(outage(25));
      await until('it lives', () => said.alive.length > 0);
      assert.deepEqual(new Set(said.ranks), new Set([standing]));
    });
  }

  it('goes on while it finds nobody, less and less often, and never all at once', async () => {
    const one = outage(await nobody());
    said.checks.watch(one);
    await until('several looks', () => said.waits.length > 8);
    assert.deepEqual(said.alive, []);
    const within = (ms: number, about: number): boolean => ms >= about * 0.75 && ms <= about * 1.25;
    assert.ok(within(said.waits[0] ?? 0, 10_000), `at first ${said.waits[0]} ms`);
    for (const ms of said.waits.slice(6)) assert.ok(within(ms, 60_000), `later ${ms} ms`);
    assert.ok(new Set(said.waits).size > 1, 'spread');
    await service(one.port);
    await until('it lives', () => said.alive.length > 0);
  });

  it('does not come while a check is under way', async () => {
    said = new Said({ ...looking, patienceMs: 6000 });
    const one = outage(await nobody());
    said.checks.watch(one);
    said.checks.check(one, 'arp');
    await service(one.port);
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.alive, []);
  });

  it('comes again after a check that failed', async () => {
    said = new Said({ ...looking, patienceMs: 20 });
    const one = outage(await nobody());
    said.checks.check(one, 'arp');
    await until('it is checked', () => said.checked.length > 0);
    assert.deepEqual(said.checked, [[one, null]]);
    await service(one.port);
    await until('it lives', () => said.alive.length > 0);
  });

  it('comes to nobody while nobody waits who can be told', async () => {
    const { port, connections } = await service();
    const one = outage(port);
    said.awaited = false;
    said.checks.watch(one);
    await until('several times to look', () => said.waits.length > 3);
    assert.deepEqual([said.alive, connections()], [[], 0]);
    said.awaited = true;
    await until('it lives', () => said.alive.length > 0);
  });

  it('comes no more once the outage is over', async () => {
    const { port, connections } = await service();
    const one = outage(port);
    said.checks.watch(one);
    said.checks.stop(one);
    await sleep(50);
    assert.deepEqual([said.alive, connections()], [[], 0]);
  });

  it('comes at a port that becomes known later', async () => {
    const { port } = await service();
    const one = outage(0);
    said.checks.watch(one);
    await until('a look without anything to look at', () => said.waits.length > 0);
    await sleep(50);
    one.triedPort = port;
    await until('it lives', () => said.alive.length > 0);
  });
});

describe('Looks now and then', () => {
  const one = outage(80);
  let time: FakeTime;
  beforeEach(() => {
    time = new FakeTime();
    said = new Said({ patienceMs: 1000, more: CONNECT, time, dialled: () => 'silent' });
  });

  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      time.tick(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function assertOneAfterAnother(): Promise<void> {
    await pass(600);
    said.looks.length = 0;
    await pass(4500);
    // One comes 45 to 75 s after the one before.
    const { length } = said.looks;
    assert.ok(length >= 59 && length <= 101, `${length} looks`);
  }

  it('come one after another when a check has begun and ended while one was under way', async () => {
    let end = (): void => {};
    said.lookEnds = new Promise((resolve) => {
      end = resolve;
    });
    said.checks.watch(one, true);
    await pass(1);
    assert.equal(said.looks.length, 1);
    said.checks.check(one, 'arp');
    await pass(2);
    assert.deepEqual(said.checked, [[one, null]]);
    end();
    await assertOneAfterAnother();
  });

  it('come one after another when a check was under way as they began', async () => {
    said.checks.check(one, 'arp');
    said.checks.watch(one);
    await pass(2);
    assert.deepEqual(said.checked, [[one, null]]);
    await assertOneAfterAnother();
  });

  it('go on when a check takes the place of one that is under way', async () => {
    said.checks.watch(one, true);
    time.tick(0);
    said.checks.check(one, 'arp');
    await pass(2);
    assert.deepEqual([said.looks.length, said.tried.length > 0], [1, true]);
    await assertOneAfterAnother();
  });
});
