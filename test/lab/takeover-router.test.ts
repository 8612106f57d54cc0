/** Where both nodes meet: the router that watches a server sees the takeover as its sign of life. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { duplexStory, startActive, startStandby } from './takeover/duplex.ts';

describe('a takeover beside a router that runs the notification', () => {
  duplexStory('is the sign of life of a server that was down, and who waits is told', async (lab) => {
    await lab.start('mail');
    // Its service runs on the standby too. What it waits for is long enough for somebody to be turned away.
    await lab.start('standby');
    await lab.run('router', ['sh', '-c', 'echo 100 >/proc/sys/net/ipv4/neigh/wan0/retrans_time_ms']);
    const patient = { heartbeat: { every: '500ms', lost: 8 }, check: '100ms' };
    const standby = await startStandby(lab, patient);
    const web = await startActive(lab, 'web', patient);
    await web.event({ event: 'takeover.session' });
    const router = await Ringback.start(lab, { recover: { traps: false } });
    await lab.cutPower('web');
    await lab.forget('s80');
    assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
    await router.event({ event: 'client.waiting', server: address('s80'), client: address('c151') });
    assert.deepEqual(standby.matching({ event: 'takeover.taken' }), [], 'somebody waits before it is taken');

    await standby.event({ event: 'takeover.taken', address: address('s80') });
    const signal = await router.event({ event: 'recovery.signal', server: address('s80') });
    assert.equal(signal.sign, 'announcement');
    await router.event({ event: 'recovery.confirmed', server: address('s80') });
    await router.event({ event: 'notice.sent', client: address('c151'), mail: 'sato@example.jp' });
    assert.equal(await lab.tryTo('c151', 's80'), 'served');
    assert.equal(await router.stop(), 0);
  });
});
