import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { address, type Lab } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { PAGE, page, served, urlOf, VISITOR } from './curl.ts';
import { story, turnedAway } from './support.ts';

/** Nobody says that the server is back: no trap, no announcement. */
const SILENT = { traps: false, arp: false, syn_ack: false };

/** A second router, which brings all that s80 answers to the clients, past the first one. */
async function secondRouter(lab: Lab): Promise<void> {
  const name = `${lab.prefix}other`;
  const ip = async (...argv: readonly string[]): Promise<unknown> => promisify(execFile)('ip', argv);
  await ip('netns', 'add', name);
  for (const [bridge, network] of [
    ['lan', '179'],
    ['wan', '178'],
  ] as const) {
    const port = `other-${bridge}`;
    const peer = ['peer', 'name', `${bridge}0`, 'netns', name];
    await ip('-n', `${lab.prefix}switch`, 'link', 'add', port, 'type', 'veth', ...peer);
    await ip('-n', `${lab.prefix}switch`, 'link', 'set', port, 'master', bridge, 'up');
    await ip('-n', name, 'link', 'set', `${bridge}0`, 'up');
    await ip('-n', name, 'address', 'add', `172.27.${network}.2/24`, 'dev', `${bridge}0`);
  }
  const forwarding = 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter';
  await ip('netns', 'exec', name, 'sh', '-c', forwarding);
  await lab.run('s80', ['ip', 'route', 'replace', 'default', 'via', '172.27.178.2']);
}

const ends = (ringback: Ringback): number => ringback.matching({ event: 'outage.closed' }).length;

describe('a server that is back', { concurrency: 4 }, () => {
  for (const confirm of ['connect', 'none']) {
    story(`is not hidden though nobody waits who could be told: confirm ${confirm}`, async (lab) => {
      await lab.start('s80');
      const ringback = await Ringback.start(lab, { page: PAGE, recover: { ...SILENT, confirm } });
      assert.equal(await lab.tryTo(VISITOR, 's80'), 'served');
      await lab.unplug('s80');
      await lab.forget('s80');
      assert.equal(await lab.tryTo(VISITOR, 's80'), 'turned away');
      assert.equal((await page(lab, VISITOR, urlOf('s80', 4))).status, 503);
      await lab.plug('s80');
      await ringback.event({ event: 'recovery.signal', sign: 'connect' }, 60_000);
      // The page goes at the first answer.
      const answer = await served(lab, urlOf('s80', 4));
      assert.match(answer.body, /at your service/);
      await ringback.event({ event: 'outage.closed', server: address('s80') });
    });
  }

  story('is not hidden because somebody tried a port that stays closed', async (lab) => {
    await lab.start('mail');
    await lab.start('s80');
    const servers: never[] = [];
    // The kernel looks for the server for three seconds before it says that it is gone.
    const detect = { unanswered: '10s' };
    const ringback = await Ringback.start(lab, { page: PAGE, servers, detect, recover: SILENT });
    assert.equal(await lab.tryTo('c150', 's80'), 'served');
    await lab.unplug('s80');
    await lab.forget('s80');
    assert.equal(await lab.tryTo('c151', 's80', { port: 22 }), 'turned away');
    await ringback.event({ event: 'outage.opened', server: address('s80'), port: 0 });
    assert.equal((await page(lab, VISITOR, urlOf('s80', 4))).status, 503);
    await lab.plug('s80');
    await ringback.event({ event: 'outage.closed', server: address('s80'), port: 0 }, 60_000);
    assert.match((await served(lab, urlOf('s80', 4))).body, /at your service/);
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });

  story('tells whoever gave up before it was back once, and invents nothing afterwards', async (lab) => {
    await lab.start('mail');
    await lab.start('s80');
    const ringback = await Ringback.start(lab, { recover: SILENT });
    assert.equal(await lab.tryTo('c150', 's80'), 'served');
    await lab.freeze('s80');
    assert.equal(await lab.tryTo('c151', 's80', { patienceS: 6 }), 'no answer');
    await ringback.event({ event: 'outage.opened' });
    // Nakamura gives up before anybody could know.
    assert.equal(await lab.tryTo('c152', 's80', { patienceS: 1 }), 'no answer');
    await lab.thaw('s80');
    await ringback.event({ event: 'outage.closed' }, 60_000);
    for (const mail of ['sato@example.jp', 'nakamura@example.jp']) {
      await ringback.event({ event: 'notice.sent', mail });
    }
    // Longer than an attempt may stay unanswered.
    await sleep(6000);
    assert.equal(ends(ringback), 1);
    assert.equal(ringback.matching({ event: 'outage.opened' }).length, 1);
    assert.equal((await lab.mails()).length, 2);
  });

  story('is asked by the next program before anybody gets the page', async (lab) => {
    await lab.start('mail');
    await lab.start('s80');
    const first = await Ringback.start(lab, { page: PAGE, recover: SILENT });
    await turnedAway(lab, first, 'c151', 's80');
    assert.equal((await page(lab, VISITOR, urlOf('s80', 4))).status, 503);
    await first.stop('SIGKILL');
    await lab.powerOn('s80');
    const second = await Ringback.start(lab, { page: PAGE, recover: SILENT });
    await second.event({ event: 'outage.closed', server: address('s80') }, 60_000);
    assert.deepEqual(second.matching({ event: 'page.shown' }), []);
    assert.match((await served(lab, urlOf('s80', 4))).body, /at your service/);
    await second.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });
});

describe('a router that sees requests only', () => {
  story('invents no outage from five hundred connections', async (lab) => {
    await lab.start('mail');
    await lab.start('s80');
    await secondRouter(lab);
    const ringback = await Ringback.start(lab, { page: PAGE });
    const url = `http://${address('s80')}/?[1-500]`;
    const argv = ['curl', '--silent', '--header', 'Connection: close', url];
    const { code, stdout } = await lab.run('c151', argv);
    assert.deepEqual([code, stdout.match(/at your service/g)?.length], [0, 500]);
    // Longer than an attempt may stay unanswered, and than it takes to ask.
    await sleep(10_000);
    const { counters } = await ringback.status();
    assert.deepEqual([counters?.frames.synNoted, counters?.frames.synAckAnswers], [500, 0]);
    for (const event of ['outage.opened', 'notice.queued', 'page.shown']) {
      assert.deepEqual(ringback.matching({ event }), []);
    }
  });
});
