import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe } from 'node:test';
import { address, type Finished, type Lab } from '../../board/lab/lab.ts';
import { Ringback, ringbackCommand, writeConfiguration } from '../../board/lab/ringback.ts';
import { story, turnedAway } from './support.ts';

/** One message for a person, and nothing of the program's inside. */
function assertFailedWith(finished: Finished, message: RegExp): void {
  const said = finished.stderr.trim();
  assert.equal(finished.code, 1, said);
  assert.match(said, message);
  assert.doesNotMatch(said, /^\s+at /m, 'no stack');
  assert.equal(said.split('\n').length, 1, `one message, not:\n${said}`);
}

function run(lab: Lab, sections: Record<string, unknown> = {}): Promise<Finished> {
  return lab.run('router', ringbackCommand('run', writeConfiguration(lab, sections)));
}

describe('ringback run', { concurrency: 4 }, () => {
  story(
    'works without an interface that is not there, says so, and listens on it when it comes',
    async (lab) => {
      const running = await Ringback.start(lab, { fabric: { interfaces: ['dsl0', 'lan0', 'wan0'] } });
      await running.event({ event: 'interface.down', interface: 'dsl0' });
      await turnedAway(lab, running, 'c151', 's80');
      const add = 'ip link add dsl0 type veth peer name isp0 && ip link set dsl0 up && ip link set isp0 up';
      await lab.run('router', ['sh', '-c', add]);
      await running.event({ event: 'interface.up', interface: 'dsl0' });
    },
  );

  story('says that the trap port is in use', async (lab) => {
    const script = 'require("node:dgram").createSocket("udp4").bind(162, () => console.log("bound"))';
    const other = lab.spawn('router', [process.execPath, '-e', script]);
    if (other.stdout !== null) await once(other.stdout, 'data');
    assertFailedWith(await run(lab), /:162: another program uses this port/);
  });

  story('says that it lacks the privilege to listen to packets', async (lab) => {
    const file = writeConfiguration(lab, { recover: { traps: false } });
    // Inside a user namespace of its own nobody has a right to the router's interfaces.
    const argv = ['unshare', '--user', '--map-user=65534', ...ringbackCommand('run', file)];
    assertFailedWith(await lab.run('router', argv), /privilege|permi|CAP_NET_RAW|root/i);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    story(`stops cleanly on ${signal}, and its daemon with it`, async (lab) => {
      const running = await Ringback.start(lab);
      await turnedAway(lab, running, 'c151', 's80');
      const daemon = running.daemon();
      assert.ok(daemon.lives);
      assert.equal(await running.stop(signal), 0, running.report());
      await daemon.gone();
    });
  }

  story('takes its daemon along even when it is killed', async (lab) => {
    const running = await Ringback.start(lab);
    const daemon = running.daemon();
    await running.stop('SIGKILL');
    await daemon.gone();
  });

  story('puts a new daemon in the place of a dead one, which still knows who waits', async (lab) => {
    await lab.start('mail');
    const running = await Ringback.start(lab);
    await turnedAway(lab, running, 'c151', 's80');
    process.kill(running.daemon().pid, 'SIGKILL');
    await running.event({ event: 'fabric.back' });
    await lab.powerOn('s80');
    await lab.start('s80');
    await lab.run('router', ['ping', '-c', '1', address('s80')]);
    await running.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });

  story('rereads its configuration on SIGHUP, and keeps the old one when the new one is bad', async (lab) => {
    await lab.start('mail');
    const running = await Ringback.start(lab, { recover: { confirm: 'none' }, clients: [] });
    await turnedAway(lab, running, 'c151', 's80');
    writeConfiguration(lab, {
      recover: { confirm: 'none' },
      clients: [{ address: address('c151'), mail: 'sato@example.jp' }],
    });
    running.signal('SIGHUP');
    await running.event({ event: 'configuration.reloaded' });
    writeConfiguration(lab, { clients: 'nobody' });
    running.signal('SIGHUP');
    await running.event({ event: 'configuration.rejected' });
    await lab.powerOn('s80');
    await lab.trap('s80');
    await running.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });

  story('goes on listening after a cable was out', async (lab) => {
    const running = await Ringback.start(lab);
    await lab.unplug('router-wan');
    await lab.plug('router-wan');
    await turnedAway(lab, running, 'c151', 's80');
    assert.equal(running.matching({ event: 'client.waiting', server: address('s80') }).length, 1);
  });
});
