import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { connectionRequest } from '../../board/lab/frames.ts';
import { address } from '../../board/lab/lab.ts';
import { Ringback, ringbackCommand } from '../../board/lab/ringback.ts';
import type { Status } from '../../host/router/status.ts';
import { until } from '../host/tools.ts';
import { comeBack } from './curl.ts';
import { mailOf, story, turnedAway } from './support.ts';

describe('the notice', { concurrency: 4 }, () => {
  story('is one mail to each who tried, over either IP version, and to nobody else', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab);
    await turnedAway(lab, ringback, 'c151', 's80');
    // Impatience makes it no more mails.
    await lab.tryTo('c151', 's80');
    await lab.tryTo('c150', 's80', { version: 6 });
    // A stranger whose address nobody knows.
    await lab.tryTo('c153', 's80');
    await lab.powerOff('s82');
    await lab.tryTo('c152', 's82');
    await ringback.event({ event: 'client.waiting', client: address('c150', 6) });
    await ringback.event({ event: 'client.waiting', client: address('c153') });
    await ringback.event({ event: 'client.waiting', client: address('c152'), server: address('s82') });

    await lab.powerOn('s80');
    await lab.start('s80');
    await lab.trap('s80');
    await lab.announce('s80', 6);
    for (const version of [4, 6] as const) {
      await ringback.event({ event: 'outage.closed', server: address('s80', version) }, 60_000);
    }
    await ringback.event({ event: 'notice.sent', server: address('s80'), client: address('c151') });
    await ringback.event({ event: 'notice.sent', server: address('s80', 6), client: address('c150', 6) });
    await ringback.noEventFor({ event: 'notice.queued', mail: 'nakamura@example.jp' }, 1_000);
    const addressees = (await lab.mails()).flatMap(({ to }) => to);
    assert.deepEqual(addressees.toSorted(), ['sato@example.jp', 'tanaka@example.jp']);
  });

  story('reads as it should, in the language of each client', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, {
      recover: { confirm: 'none' },
      clients: [
        { address: address('c150'), mail: 'tanaka@example.jp' },
        { address: address('c151'), mail: 'sato@example.jp', language: 'ja' },
      ],
    });
    await turnedAway(lab, ringback, 'c151', 's80');
    await lab.tryTo('c150', 's80');
    await ringback.event({ event: 'client.waiting', client: address('c150') });
    await lab.powerOn('s80');
    await lab.trap('s80');

    for (const [node, to, subject] of [
      ['c150', 'tanaka@example.jp', 'Server recovery notice'],
      ['c151', 'sato@example.jp', 'サーバ障害復旧通知'],
    ] as const) {
      const mail = await mailOf(lab, await ringback.event({ event: 'notice.sent', client: address(node) }));
      assert.deepEqual(mail.to, [to]);
      assert.equal(mail.from, 'ringback@router.example');
      assert.equal(mail.subject, subject);
      assert.ok(mail.text.includes(`s80.example.jp (${address('s80')})`), mail.text);
      assert.match(mail.text, /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d/);
      assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
      assert.equal(mail.headers.get('x-ringback-server'), address('s80'));
      assert.equal(mail.headers.get('x-ringback-client'), address(node));
      assert.match(mail.headers.get('content-type') ?? '', /^text\/plain/);
    }
  });

  story(
    'comes once to a person with two machines, who counts as one, whose machines count as two',
    async (lab) => {
      await lab.start('mail');
      const ringback = await Ringback.start(lab, {
        clients: [
          { address: address('c150'), mail: 'sato@example.jp' },
          { address: address('c151'), mail: 'Sato@example.jp' },
          { address: address('c152'), mail: 'nakamura@example.jp' },
        ],
      });
      await turnedAway(lab, ringback, 'c151', 's80');
      for (const node of ['c150', 'c152']) {
        await lab.tryTo(node, 's80');
        await ringback.event({ event: 'client.waiting', client: address(node) });
      }
      await comeBack(lab, 's80');
      const closed = await ringback.event({ event: 'outage.closed', server: address('s80') }, 60_000);
      assert.deepEqual([closed.clients, closed.people, closed.queued], [3, 2, 2]);
      for (const mail of ['Sato@example.jp', 'nakamura@example.jp'])
        await ringback.event({ event: 'notice.sent', mail }, 60_000);
      await ringback.noEventFor({ event: 'notice.queued', mail: 'sato@example.jp' }, 1_000);
      const mails = await lab.mails();
      assert.deepEqual(mails.flatMap(({ to }) => to).toSorted(), ['Sato@example.jp', 'nakamura@example.jp']);
      const own = mails.find(({ to }) => to.includes('Sato@example.jp'));
      assert.equal(own?.headers.get('x-ringback-client'), `${address('c151')}, ${address('c150')}`);
      const past = async () => {
        const argv = ringbackCommand('status', ringback.configuration, '--json');
        const { stdout } = await lab.run('router', argv);
        return (JSON.parse(stdout) as Status).past[0];
      };
      // Results are written in groups.
      await until('both are told', async () => (await past())?.told === 2);
      const outage = await past();
      assert.deepEqual([outage?.clients, outage?.people, outage?.queued], [3, 2, 0]);
      assert.deepEqual(outage?.handedOver, { clients: 0, sent: 0, queued: 0, failed: 0 });
    },
  );

  story('comes also to who gave up before the last request got through after all', async (lab) => {
    await lab.start('mail');
    await lab.start('s80');
    const ringback = await Ringback.start(lab);
    await turnedAway(lab, ringback, 'c150', 's80');
    // The router asks for the machine anew, and keeps the request for three seconds while it does.
    await lab.forget('s80');
    assert.equal(await lab.tryTo('c151', 's80', { patienceS: 1 }), 'no answer');
    await lab.powerOn('s80');
    // The server answers the request that was kept, and a client that has given up resets that answer.
    await ringback.event({ event: 'notice.sent', client: address('c150') });
    await ringback.event({ event: 'outage.closed', server: address('s80') });
    await ringback.event({ event: 'notice.sent', client: address('c151') }, 5_000);
  });

  story('arrives although the SMTP server was away at the recovery', async (lab) => {
    const ringback = await Ringback.start(lab, { recover: { confirm: 'none' } });
    await turnedAway(lab, ringback, 'c151', 's80');
    await lab.powerOn('s80');
    await lab.trap('s80');
    await ringback.event({ event: 'notice.queued', mail: 'sato@example.jp' });
    await ringback.noEventFor({ event: 'notice.sent' }, 3_000);
    await lab.start('mail');
    const notice = await ringback.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 120_000);
    assert.deepEqual((await mailOf(lab, notice)).to, ['sato@example.jp']);
    assert.equal((await lab.mails()).length, 1);
  });

  story('still comes to a real client after a flood of forged requests', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, {
      fabric: { capacity: { servers: 16, clients: 64, attempts: 128 } },
    });
    await turnedAway(lab, ringback, 'c151', 's80');
    const fabric = ringback.daemon();
    const before = fabric.residentKiB;

    const claims = {
      fromCard: await lab.cardAddress('c159'),
      toCard: await lab.cardAddress('router', 'lan0'),
    };
    const forged = Array.from({ length: 10_000 }, (_, n) =>
      connectionRequest({
        ...claims,
        // One in two in the name of a neighbour, so that the router's answer finds its way.
        client: n % 2 === 0 ? `172.27.179.${150 + ((n >> 1) % 10)}` : `10.0.${n >> 8}.${n & 255}`,
        clientPort: 1024 + n,
        server: `172.27.178.${100 + (n % 150)}`,
        port: 80,
        sequence: n,
      }),
    );
    await lab.inject('c159', forged);
    // The wait for an answer ends, and the last of them become outages or are dropped.
    await ringback.noEventFor({ event: 'outage.closed', server: address('s80') }, 5_000);
    const { outages } = await ringback.status();
    assert.ok(outages.length <= 16, `${outages.length} outages in 16 places`);
    assert.ok(fabric.residentKiB <= before + 1024, `${before} KiB became ${fabric.residentKiB} KiB`);

    await lab.powerOn('s80');
    await lab.start('s80');
    await lab.trap('s80');
    await ringback.event({ event: 'notice.sent', server: address('s80'), mail: 'sato@example.jp' }, 60_000);
    assert.deepEqual(
      (await lab.mails()).flatMap(({ to }) => to),
      ['sato@example.jp'],
    );
  });
});
