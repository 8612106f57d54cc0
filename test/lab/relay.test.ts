import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { address } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import type { RelayStatus } from '../../host/relay/status.ts';
import { until } from '../host/tools.ts';
import { noMailHost } from './relay/daemon.ts';
import { listMail, signature } from './relay/list-mail.ts';
import { MailHost } from './relay/mail-host.ts';
import { NameServer } from './relay/names.ts';
import { fetching, noticeIn, startStation, tellsSoon, throughOthers, told } from './relay/support.ts';
import { story, turnedAway } from './support.ts';

/** Its list mail is on its way at once when it has sent a trap. */
const AT_ONCE = { recover: { confirm: 'none' } };
/** Longer than a recovery takes here. */
const FRESH_MS = 15_000;
/** So late that a list comes long after the sign that begins the looks, and between those of a series that doubles its waits. */
const LATE_MS = 45_000;
/** Seconds to the next look where no series of them is under way, which has a minute between them at the most. */
const FAR_S = 60;

type MailboxStatus = RelayStatus['mailbox'];

/** Looks are two seconds apart at least; of one the clock says the same but for a rounding. */
const isSameLook = (one: MailboxStatus, other: MailboxStatus): boolean =>
  Math.abs(Date.parse(one.looked ?? '') - Date.parse(other.looked ?? '')) < 1000;

/** What the relay says of its mailbox. */
async function mailboxOf(relay: Ringback): Promise<MailboxStatus> {
  return ((await relay.status()) as unknown as RelayStatus).mailbox;
}

describe('people are told through the server that is back', {
  concurrency: 4,
  skip: noMailHost('dnsmasq'),
}, () => {
  story('whose relay fetches the list when it starts, and knows the people', async (lab) => {
    const host = await MailHost.start(lab);
    const names = await NameServer.start(lab, { [address('s80')]: 'www.example.jp' });
    const router = await Ringback.start(lab, throughOthers('server'));
    const server = address('s80');
    await turnedAway(lab, router, 'c151', 's80');
    await lab.tryTo('c150', 's80');
    // A stranger even to the server.
    await lab.tryTo('c153', 's80');
    await router.event({ event: 'client.waiting', client: address('c150') });
    await router.event({ event: 'client.waiting', client: address('c153') });
    await lab.powerOn('s80');
    await lab.start('s80');
    await lab.trap('s80');
    await router.event({ event: 'list.sent', server, mail: 'sav_1@example.jp', clients: 3 }, 60_000);
    await router.event({ event: 'outage.closed', server });
    assert.deepEqual((await router.status()).outages, []);

    const [list] = await host.arrived('sav_1', 1);
    const lines = list?.text.split('\n') ?? [];
    assert.deepEqual(
      lines.filter((line) => line.startsWith('Server: ')),
      [`Server: ${server}`],
    );
    assert.deepEqual(
      lines.filter((line) => line.startsWith('Client: ')).toSorted(),
      ['c150', 'c151', 'c153'].map((node) => `Client: ${address(node)}`),
    );
    assert.equal(list?.headers.get('x-ringback-signature'), signature(list?.text ?? ''));
    assert.equal(list?.headers.get('auto-submitted'), 'auto-generated');
    assert.deepEqual(await told(host), [], 'nobody is told before the server looks');

    const relay = await Ringback.startRelay(lab, 's80', {
      ...fetching('sav_1', { resolve: true, resolver: [names.resolver], pop: { every: '1h' } }),
      clients: [
        { address: address('c150'), mail: 'tanaka@example.jp' },
        { address: address('c151'), mail: 'sato@example.jp', language: 'ja' },
      ],
    });
    await relay.event({ event: 'list.received', server, clients: 3, told: 2 });
    for (const [node, subject] of [
      ['c150', 'Server recovery notice'],
      ['c151', 'サーバ障害復旧通知'],
    ] as const) {
      const mail = await noticeIn(host, await relay.event({ event: 'notice.sent', client: address(node) }));
      assert.equal(mail.subject, subject);
      assert.equal(mail.from, 'ringback@s80.example.jp');
      assert.ok(mail.text.includes(`www.example.jp (${server})`), mail.text);
      assert.match(mail.text, /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/);
      assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
      assert.equal(mail.headers.get('x-ringback-server'), server);
      assert.equal(mail.headers.get('x-ringback-client'), address(node));
    }
    await host.arrived('sav_1', 0);
    assert.equal(await relay.stop(), 0);
    assert.deepEqual(await told(host), ['sato@example.jp', 'tanaka@example.jp']);
  });

  story('whose relay starts with it, before the router has made sure of it (paragraph 117)', async (lab) => {
    const host = await MailHost.start(lab);
    const router = await Ringback.start(
      lab,
      throughOthers('server', { recover: { settle: `${LATE_MS}ms` } }),
    );
    await turnedAway(lab, router, 'c151', 's80');
    await lab.powerOn('s80');
    await lab.start('s80');
    const relay = await Ringback.startRelay(lab, 's80', fetching('sav_1', { pop: { every: '1h' } }));
    assert.deepEqual(router.matching({ event: 'list.sent' }), [], 'the first look is too early');
    await lab.trap('s80');
    const listSent = await router.event({ event: 'list.sent', server: address('s80') }, 120_000);
    await noticeIn(host, await tellsSoon(relay, listSent));
    assert.deepEqual(await told(host), ['sato@example.jp']);
  });

  story('whose own cable was out, while its relay ran', async (lab) => {
    const host = await MailHost.start(lab);
    const router = await Ringback.start(lab, throughOthers('server'));
    await lab.start('s80');
    const relay = await Ringback.startRelay(lab, 's80', fetching('sav_1', { pop: { every: '1h' } }));
    await lab.unplug('s80');
    await turnedAway(lab, router, 'c151', 's80');
    await lab.plug('s80');
    await router.event({ event: 'list.sent', server: address('s80') }, 60_000);
    await noticeIn(host, await relay.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000));
    assert.deepEqual(await told(host), ['sato@example.jp']);
  });

  story('and two of them have a relay and a mailbox each', async (lab) => {
    const host = await MailHost.start(lab);
    const router = await Ringback.start(lab, throughOthers('server', AT_ONCE));
    // The one is only cut off, the other one is off.
    const patient = await Ringback.startRelay(lab, 's81', fetching('sav_2'));
    await turnedAway(lab, router, 'c151', 's80');
    await turnedAway(lab, router, 'c150', 's81');
    await patient.event({ event: 'mailbox.failed' });
    for (const node of ['s80', 's81']) {
      await lab.powerOn(node);
      // A datagram has one chance only, and a cable takes a moment.
      await lab.run('router', ['ping', '-c', '3', address(node)]);
      await lab.trap(node);
    }
    const fresh = await Ringback.startRelay(lab, 's80', fetching('sav_1'));
    for (const [relay, node, mail] of [
      [fresh, 's80', 'sato@example.jp'],
      [patient, 's81', 'tanaka@example.jp'],
    ] as const) {
      const notice = await relay.event({ event: 'notice.sent', server: address(node), mail }, 60_000);
      assert.equal((await noticeIn(host, notice)).from, `ringback@${node}.example.jp`);
      assert.equal(relay.matching({ event: 'list.received' }).length, 1);
    }
    assert.deepEqual(await told(host), ['sato@example.jp', 'tanaka@example.jp']);
  });

  story('but no list is sent where nobody waits any more, or whose notifier nobody knows', async (lab) => {
    const host = await MailHost.start(lab);
    const router = await Ringback.start(
      lab,
      throughOthers('server', {
        ...AT_ONCE,
        notify: { via: 'server', fresh: `${FRESH_MS}ms` },
        servers: [
          { address: address('s80'), ports: [80], mail: 'sav_1@example.jp' },
          // No entry in table 75.
          { address: address('s81'), ports: [80] },
        ],
      }),
    );
    await turnedAway(lab, router, 'c151', 's80');
    await turnedAway(lab, router, 'c150', 's81');
    await sleep(FRESH_MS);
    for (const node of ['s80', 's81']) {
      await lab.powerOn(node);
      await lab.trap(node);
      await router.event({ event: 'outage.closed', server: address(node) });
    }
    assert.deepEqual((await router.status()).outages, []);
    // That would have gone out before this one.
    await turnedAway(lab, router, 'c152', 's80');
    await lab.powerOn('s80');
    await lab.trap('s80');
    await router.event({ event: 'list.sent', server: address('s80'), clients: 1 }, 60_000);
    const [list] = await host.arrived('sav_1', 1);
    assert.ok(list?.text.includes(`Client: ${address('c152')}`), list?.text);
    assert.equal(router.matching({ event: 'list.sent' }).length, 1);
    for (const box of ['sav_2', 'station'] as const) assert.deepEqual(await host.mails(box), []);
    assert.deepEqual(await told(host), []);
  });
});

describe('people are told through the management station', {
  concurrency: 4,
  skip: noMailHost('dnsmasq'),
}, () => {
  story('which looks periodically, and has names for servers or only their addresses', async (lab) => {
    const host = await MailHost.start(lab);
    const names = await NameServer.start(lab, {
      [address('s80')]: 'www.example.jp',
      [address('s80', 6)]: 'six.example.jp',
    });
    const station = await startStation(
      lab,
      fetching('station', { resolve: true, resolver: [names.resolver] }),
    );
    const router = await Ringback.start(lab, throughOthers('station', AT_ONCE));
    await turnedAway(lab, router, 'c151', 's80');
    await turnedAway(lab, router, 'c152', 's80', 6);
    await turnedAway(lab, router, 'c150', 's81');
    for (const node of ['s80', 's81']) {
      await lab.powerOn(node);
      await lab.trap(node);
    }
    await lab.announce('s80', 6);
    const named = await station.event({ event: 'notice.sent', server: address('s80') }, 60_000);
    const six = await station.event({ event: 'notice.sent', server: address('s80', 6) }, 60_000);
    const nameless = await station.event({ event: 'notice.sent', server: address('s81') }, 60_000);
    assert.match((await noticeIn(host, named)).text, /: www\.example\.jp \(172\.27\.178\.80\)$/m);
    assert.match((await noticeIn(host, six)).text, /: six\.example\.jp \(2001:db8:178::80\)$/m);
    assert.match((await noticeIn(host, nameless)).text, /: 172\.27\.178\.81$/m);
    await host.arrived('station', 0);
    assert.deepEqual(await told(host), ['nakamura@example.jp', 'sato@example.jp', 'tanaka@example.jp']);
  });

  story('at once when the trap of the server reaches it, too', async (lab) => {
    const host = await MailHost.start(lab);
    const traps = { listen: '0.0.0.0:162', communities: ['public'] };
    const station = await startStation(lab, fetching('station', { traps, pop: { every: '1h' } }));
    const router = await Ringback.start(lab, throughOthers('station'));
    await turnedAway(lab, router, 'c151', 's80');
    await lab.powerOn('s80');
    await lab.start('s80');
    // The list is still to come: it is written when the server has answered for a while.
    await lab.trap('s80', '2c', undefined, 'station');
    await lab.trap('s80');
    const notice = await station.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
    assert.equal((await noticeIn(host, notice)).from, 'ringback@station.example.jp');
  });

  story('and of a service that answers long after that trap, too (paragraph 136)', async (lab) => {
    const host = await MailHost.start(lab);
    const traps = { listen: '0.0.0.0:162', communities: ['public'] };
    const station = await startStation(lab, fetching('station', { traps, pop: { every: '1h' } }));
    const router = await Ringback.start(lab, throughOthers('station'));
    await turnedAway(lab, router, 'c151', 's80');
    await lab.powerOn('s80');
    await lab.trap('s80', '2c', undefined, 'station');
    await station.event({ event: 'recovery.signal' });
    await sleep(LATE_MS);
    assert.deepEqual(router.matching({ event: 'list.sent' }), []);
    await lab.start('s80');
    await lab.trap('s80');
    const listSent = await router.event({ event: 'list.sent', server: address('s80') }, 120_000);
    await noticeIn(host, await tellsSoon(station, listSent));
    assert.deepEqual(await told(host), ['sato@example.jp']);
  });

  story('though a trap of somebody who does not know the community is none', async (lab) => {
    const host = await MailHost.start(lab);
    const traps = { listen: '0.0.0.0:162', communities: ['known to the operators'] };
    const station = await startStation(lab, fetching('station', { traps, pop: { every: '1h' } }));
    await lab.start('s80');
    // Looks that come of its start end with a list.
    await host.send(listMail({ server: address('s80'), clients: [address('c151')] }), 'station');
    await station.event({ event: 'list.received' }, 60_000);
    let before = await mailboxOf(station);
    await until('no look is near', async () => {
      before = await mailboxOf(station);
      return (before.nextInSeconds ?? 0) > FAR_S;
    });
    await lab.trap('s80', '2c', undefined, 'station');
    // A trap that is believed brings a look in the same moment.
    await station.event({ event: 'trap.unauthorised' });
    const after = await mailboxOf(station);
    assert.ok(isSameLook(after, before), `${before.looked}, ${after.looked}`);
    assert.ok((after.nextInSeconds ?? 0) > FAR_S, `the next look is in ${after.nextInSeconds} s`);
    const known = [
      'snmptrap',
      '-v2c',
      '-c',
      'known to the operators',
      address('station'),
      '',
      '1.3.6.1.6.3.1.1.5.1',
    ];
    assert.equal((await lab.run('s80', known)).code, 0);
    await until(
      'one that knows it brings a look',
      async () => (await mailboxOf(station)).looked !== before.looked,
    );
    assert.equal(station.matching({ event: 'recovery.signal' }).length, 1, 'and none but that one is a sign');
  });

  story('which finds a list of this router in a mailbox that others read, too', async (lab) => {
    const host = await MailHost.start(lab);
    const letter = 'From: tanaka@example.jp\r\nSubject: Lunch?\r\n\r\nServer: noodles at twelve\r\n';
    await host.send(letter, 'station');
    await host.arrived('station', 1);
    const station = await startStation(lab);
    const router = await Ringback.start(lab, throughOthers('station', AT_ONCE));
    await turnedAway(lab, router, 'c151', 's80');
    await lab.powerOn('s80');
    await lab.trap('s80');
    await station.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 60_000);
    const [left] = await host.arrived('station', 1);
    assert.equal(left?.subject, 'Lunch?');
    assert.deepEqual(station.matching({ event: 'list.refused' }), []);
  });
});
