import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import { loadModule } from '../../../host/fabric/module.ts';
import { StateClock } from '../../../host/store/clock.ts';
import { machineTime } from '../../../host/time.ts';
import { FakeTime, machineTimeWith } from '../fake-time.ts';
import { until } from '../tools.ts';
import { alive, down, type Plane, prepared, replaceDaemon, silence, started } from './plane.ts';
import { CONNECT, configuration, HOST, SATO, SERVER, TANAKA, WEB } from './world.ts';

/** Each has a daemon of its own, and they spend their time waiting for timers. */
const WAITING = { concurrency: true };

describe('A suspicion on its way to the fabric and back', WAITING, () => {
  const asked = (): RouterConfiguration => configuration(CONNECT);

  /** A data plane whose server is silent to these clients. */
  async function suspected(context: TestContext, ...clients: readonly string[]): Promise<Plane> {
    const plane = await started(context, asked());
    await down(plane, ...clients);
    return plane;
  }

  it('comes from the fabric, and ends in it when it came to nothing', async (context) => {
    const plane = await suspected(context, SATO, TANAKA);
    const outage = plane.router.outages.get(HOST);
    assert.equal(outage?.state, 'suspected');
    plane.router.suspected.onAsked(outage, 'alone');
    await until('it is over', () => plane.router.outages.all().length === 0);
    const counters = await plane.plane.counters();
    const { serversDown, suspicionsAcquitted } = counters?.tables ?? {};
    assert.deepEqual([serversDown, suspicionsAcquitted], [0, 1]);
  });

  it('outlives the daemon, and is none before it was asked', async (context) => {
    const plane = await suspected(context, SATO, TANAKA);
    await replaceDaemon(plane);
    assert.deepEqual(plane.waiting(), { [`${SERVER} 0`]: [SATO, TANAKA] });
    const outage = plane.router.outages.get(HOST);
    assert.equal(outage?.state, 'suspected');
    const before = await plane.plane.counters();
    assert.equal(before?.tables.serversDown, 0);
    plane.router.suspected.onAsked(outage, 'outage');
    const after = await plane.plane.counters();
    assert.equal(after?.tables.serversDown, 1);
    assert.equal(plane.logged('fabric.refused'), 0);
  });

  it('is said again with what else was lost on the way', async (context) => {
    const plane = await started(context, asked());
    await plane.daemon.lose('outage', 'waiting');
    silence(plane, SATO);
    await plane.plane.counters();
    await plane.daemon.lose();
    alive(plane);
    silence(plane, TANAKA);
    await until('Sato waits', () => plane.waiting()[`${SERVER} 0`]?.includes(SATO) === true);
    assert.equal(plane.router.outages.get(HOST)?.state, 'suspected');
  });

  it('may be asked about: the fabric looks out for the probe, and says what it met', async (context) => {
    const { plane } = await started(context, asked());
    assert.equal(await plane.ask(WEB, 20_000), loadModule().codes.number('PROBE_PORTS'));
    const answer = await plane.askMet(WEB);
    assert.deepEqual([answer?.met, answer?.heardUs, answer?.hostHeardUs], [new Set(), null, null]);
  });

  it('cannot be asked about without a daemon', async (context) => {
    const time = new FakeTime();
    const { plane } = prepared(context, asked(), { time });
    const answers = [plane.ask(WEB, 20_000), plane.askMet(WEB)];
    assert.ok(time.isIdle, 'nobody is waited for');
    assert.deepEqual(await Promise.all(answers), [0, null]);
  });

  it('is not waited for without end', async (context) => {
    let isHurried = false;
    const time = machineTimeWith((waitMs) => (isHurried ? 1 : waitMs));
    const { plane, daemon } = await started(context, asked(), { time });
    await daemon.hold('asking');
    isHurried = true;
    assert.equal(await plane.ask(WEB, 20_000), 0);
  });

  it('is not waited for when the daemon ends meanwhile', { timeout: 60_000 }, async (context) => {
    const time = new FakeTime();
    const { plane, daemon } = await started(context, asked(), { time });
    await daemon.hold('asking');
    // No time goes by.
    const answer = plane.ask(WEB, 20_000);
    await until('it is asked', () => daemon.count('ask') === 1);
    daemon.disconnect();
    assert.equal(await answer, 0);
  });

  it('is not waited for where the fabric asks about no more at a time', async (context) => {
    // No time goes by.
    const { plane, logged } = await started(context, asked(), { time: new FakeTime() });
    const { codes } = loadModule();
    const [most, ports] = [codes.number('MAX_ASKS'), codes.number('PROBE_PORTS')];
    const all = Array.from({ length: most + 1 }, (_, i) => plane.ask({ ...WEB, port: i + 1 }, 20_000));
    assert.deepEqual(await Promise.all(all), [...Array.from({ length: most }, () => ports), 0]);
    // Nor does a daemon end that has said nothing for too long.
    assert.deepEqual([logged('fabric.refused'), logged('fabric.lost')], [1, 0]);
  });

  it('is not seen by a fabric that hears copies alone', async (context) => {
    const { plane } = prepared(context, asked());
    assert.equal(plane.seesProbes('172.27.178.80'), true);
    assert.equal(plane.seesProbes('172.27.178.1'), false, 'of this machine itself');
    const { fabric, ...rest } = asked();
    const copies = { ...rest, fabric: { ...fabric, interfaces: ['t1'], seesEverything: ['t1'] } };
    plane.reconfigure(copies);
    assert.equal(plane.seesProbes('172.27.178.80'), false);
  });

  it('finds known services again, as they were, with a new daemon', async (context) => {
    const clock = new StateClock([], machineTime);
    const heardMs = clock.nowMs() - 5000;
    const row = { server: SERVER, port: 80, heardMs, admitted: true, askedMs: heardMs };
    const plane = prepared(context, asked(), { stored: [row] });
    await plane.plane.start();
    const answer = await plane.plane.askMet(WEB);
    assert.ok(answer?.heardUs !== null && answer !== null);
    assert.ok(Math.abs(plane.plane.msOf(answer.heardUs) - heardMs) < 2000);
  });
});
