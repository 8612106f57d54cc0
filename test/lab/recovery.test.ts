import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address, type TrapVersion } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { until } from '../host/tools.ts';
import { mailOf, story, turnedAway } from './support.ts';

const TRAPS: readonly TrapVersion[] = ['1', '2c', '3', 'inform'];
/** Each story leaves only the one sign on that it is about. */
const NO_SIGN = { traps: false, arp: false, syn_ack: false, confirm: 'none' };

describe('a sign of life', { concurrency: 4 }, () => {
  for (const version of TRAPS) {
    story(`is an SNMP ${version === 'inform' ? 'inform' : `trap of version ${version}`}`, async (lab) => {
      await lab.start('mail');
      const ringback = await Ringback.start(lab, {
        recover: { arp: false, syn_ack: false, confirm: 'none' },
      });
      await turnedAway(lab, ringback, 'c151', 's80');
      await lab.powerOn('s80');
      await lab.trap('s80', version);
      const server = address('s80');
      await ringback.event({ event: 'recovery.signal', server, sign: 'trap' });
      const notice = await ringback.event({ event: 'notice.sent', server, mail: 'sato@example.jp' });
      assert.deepEqual((await mailOf(lab, notice)).to, ['sato@example.jp']);
    });
  }

  story('is no trap that a reboot would not send', async (lab) => {
    const ringback = await Ringback.start(lab, { recover: { arp: false, syn_ack: false, confirm: 'none' } });
    await turnedAway(lab, ringback, 'c151', 's80');
    await lab.powerOn('s80');
    const authenticationFailure = '1.3.6.1.6.3.1.1.5.5';
    await lab.trap('s80', '2c', authenticationFailure);
    await lab.trap('s80', '2c');
    await ringback.event({ event: 'recovery.signal', sign: 'trap' });
    assert.equal(ringback.matching({ event: 'recovery.signal' }).length, 1);
  });

  story('is an ARP reply', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { recover: { ...NO_SIGN, arp: true } });
    await turnedAway(lab, ringback, 'c151', 's80');
    await lab.powerOn('s80');
    await lab.run('router', ['ping', '-c', '1', address('s80')]);
    await ringback.event({ event: 'recovery.signal', server: address('s80'), sign: 'arp' });
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });

  story('is an ARP announcement', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { recover: { ...NO_SIGN, arp: true } });
    await turnedAway(lab, ringback, 'c151', 's80');
    // The router's kernel looks for it once more, because of Sato's last request; its answer would be a sign, too.
    await until('the kernel to give up', async () => {
      const { stdout } = await lab.run('router', ['ip', 'neigh', 'show', address('s80')]);
      return !/INCOMPLETE|PROBE|DELAY/.test(stdout);
    });
    await lab.powerOn('s80');
    await lab.announce('s80', 4);
    await ringback.event({ event: 'recovery.signal', server: address('s80'), sign: 'announcement' });
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });

  for (const [kind, announced] of [
    ['a solicited', false],
    ['an unsolicited', true],
  ] as const) {
    story(`is ${kind} neighbour advertisement`, async (lab) => {
      await lab.start('mail');
      const ringback = await Ringback.start(lab, { recover: { ...NO_SIGN, arp: true } });
      await turnedAway(lab, ringback, 'c151', 's80', 6);
      await lab.powerOn('s80');
      if (announced) await lab.announce('s80', 6);
      else await lab.run('router', ['ping', '-c', '1', address('s80', 6)]);
      await ringback.event({ event: 'recovery.signal', server: address('s80', 6), sign: 'neighbour' });
      await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
    });
  }

  story("is a SYN-ACK to somebody else's request", async (lab) => {
    await lab.start('mail');
    await lab.start('s80');
    const ringback = await Ringback.start(lab, { recover: { ...NO_SIGN, syn_ack: true } });
    assert.equal(await lab.tryTo('c150', 's80'), 'served');
    await lab.freeze('s80');
    await lab.tryTo('c151', 's80', { patienceS: 5 });
    await ringback.event({ event: 'client.waiting', client: address('c151') });
    await ringback.event({ event: 'outage.opened' });
    await lab.thaw('s80');
    assert.equal(await lab.tryTo('c150', 's80'), 'served');
    await ringback.event({ event: 'recovery.signal', server: address('s80'), sign: 'syn-ack' });
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });

  story('is a connection that the router made itself to a service that had refused', async (lab) => {
    await lab.start('mail');
    await lab.start('s80');
    const ringback = await Ringback.start(lab, { recover: { traps: false, arp: false, syn_ack: false } });
    assert.equal(await lab.tryTo('c150', 's80'), 'served');
    await lab.stop('s80');
    assert.equal(await lab.tryTo('c151', 's80'), 'turned away');
    await ringback.event({ event: 'client.waiting', client: address('c151') });
    await lab.start('s80');
    await ringback.event({ event: 'recovery.signal', server: address('s80'), sign: 'connect' }, 90_000);
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' });
  });
});

describe('confirmation', { concurrency: 3 }, () => {
  story('holds the mail back while the service still boots', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab);
    await turnedAway(lab, ringback, 'c151', 's80');
    await lab.powerOn('s80');
    await lab.trap('s80', '2c');
    await ringback.event({ event: 'recovery.signal', server: address('s80'), sign: 'trap' });
    // Longer than it would have to settle.
    await ringback.noEventFor({ event: 'notice.queued' }, 4_000);
    assert.deepEqual(await lab.mails(), []);

    await lab.start('s80');
    await ringback.event({ event: 'recovery.confirmed', server: address('s80') }, 60_000);
    await ringback.event({ event: 'notice.sent', server: address('s80'), mail: 'sato@example.jp' });
    await ringback.event({ event: 'outage.closed', server: address('s80') });
    assert.equal((await lab.mails()).length, 1);
  });

  story('is not misled by a trap that somebody else sent in the name of a dead server', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab);
    await turnedAway(lab, ringback, 'c151', 's80');
    // A neighbour takes the dead server's address, and has nothing to serve.
    await lab.run('s81', ['ip', 'address', 'add', `${address('s80')}/32`, 'dev', 'lo']);
    await lab.run('s81', ['ip', 'route', 'change', '172.27.178.0/24', 'dev', 'eth0', 'src', address('s80')]);
    await lab.trap('s81', '2c');
    await ringback.event({ event: 'recovery.signal', server: address('s80'), sign: 'trap' });
    await ringback.noEventFor({ event: 'notice.queued' }, 4_000);
  });

  story('is not misled by the ARP replies of a machine that drops everything else', async (lab) => {
    await lab.start('mail');
    await lab.start('s80');
    const ringback = await Ringback.start(lab);
    assert.equal(await lab.tryTo('c150', 's80'), 'served');
    await lab.freeze('s80');
    assert.equal(await lab.tryTo('c151', 's80', { patienceS: 5 }), 'no answer');
    await ringback.event({ event: 'client.waiting', client: address('c151') });
    await lab.forget('s80');
    await lab.run('router', ['ping', '-c', '1', '-W', '1', address('s80')]);
    const { stdout } = await lab.run('router', ['ip', 'neighbour', 'show', address('s80')]);
    assert.match(stdout, /lladdr/, 'it has replied');
    await ringback.noEventFor({ event: 'notice.queued' }, 4_000);
    await lab.thaw('s80');
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
  });

  story('tells people once, and not never, when the service comes, goes and comes', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { recover: { settle: '4s' } });
    await turnedAway(lab, ringback, 'c151', 's80');
    await lab.powerOn('s80');
    await lab.start('s80');
    await lab.trap('s80');
    await ringback.noEventFor({ event: 'notice.queued' }, 1_500);
    await lab.stop('s80');
    await ringback.noEventFor({ event: 'notice.queued' }, 4_000);
    await lab.start('s80');
    await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 90_000);
    await ringback.noEventFor({ event: 'outage.opened', server: address('s80'), port: 80 }, 1_000);
    assert.equal((await lab.mails()).length, 1);
  });
});
