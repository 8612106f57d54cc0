import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { address } from '../../board/lab/lab.ts';
import { Ringback } from '../../board/lab/ringback.ts';
import { story, turnedAway } from './support.ts';

describe('servers that come back', { concurrency: 4 }, () => {
  for (const confirm of ['connect', 'none']) {
    story(
      `together, within the settle time, make one mail that lists them: confirm ${confirm}`,
      async (lab) => {
        await lab.start('mail');
        const ringback = await Ringback.start(lab, { recover: { confirm, settle: '3s' } });
        for (const server of ['s80', 's81']) await turnedAway(lab, ringback, 'c151', server);
        await turnedAway(lab, ringback, 'c152', 's80');
        for (const server of ['s80', 's81']) {
          await lab.start(server);
          await lab.powerOn(server);
          await lab.trap(server);
        }
        for (const server of ['s80', 's81']) {
          await ringback.event(
            { event: 'notice.sent', server: address(server), client: address('c151') },
            60_000,
          );
        }
        const mails = await lab.mails();
        const [sato, ...more] = mails.filter(({ to }) => to.includes('sato@example.jp'));
        assert.deepEqual(more, [], 'one mail');
        assert.equal(sato?.headers.get('x-ringback-server'), `${address('s80')}, ${address('s81')}`);
        for (const server of ['s80', 's81'])
          assert.match(sato?.text ?? '', new RegExp(`${server}\\.example\\.jp`));
        assert.equal(mails.filter(({ to }) => to.includes('nakamura@example.jp')).length, 1);
      },
    );
  }

  story('after the program was killed are told to those who had waited before', async (lab) => {
    await lab.start('mail');
    const first = await Ringback.start(lab);
    await turnedAway(lab, first, 'c151', 's80');
    // Longer than one group of writes.
    await first.noEventFor({ event: 'outage.closed' }, 1_500);
    await first.stop('SIGKILL');
    await lab.start('s80');
    await lab.powerOn('s80');
    const second = await Ringback.start(lab);
    await second.event({ event: 'notice.sent', server: address('s80'), client: address('c151') }, 60_000);
    assert.deepEqual(second.matching({ event: 'client.waiting' }), []);
    const mails = await lab.mails();
    assert.deepEqual(
      mails.map(({ to }) => to),
      [['sato@example.jp']],
    );
    assert.match(mails[0]?.text ?? '', /Was away : \d+ (s|min)/);
    assert.match(mails[0]?.text ?? '', /You tried: \d{4}\//);
  });

  story('twice for two tries make two mails, and once more without a try none', async (lab) => {
    await lab.start('mail');
    const ringback = await Ringback.start(lab, { recover: { settle: '0s' } });
    const server = address('s80');
    for (const told of [1, 2]) {
      await turnedAway(lab, ringback, 'c151', 's80');
      if (told === 1) await lab.start('s80');
      await lab.powerOn('s80');
      await lab.trap('s80');
      for (let i = 0; ringback.matching({ event: 'notice.sent', server }).length < told; i++) {
        assert.ok(i < 600, 'no notice');
        await ringback.noEventFor({ event: 'stopped' }, 100);
      }
    }
    await lab.powerOff('s80');
    await lab.powerOn('s80');
    await lab.trap('s80');
    await ringback.noEventFor({ event: 'notice.queued', server: address('s81') }, 1_500);
    assert.equal(new Set((await lab.mails()).map(({ headers }) => headers.get('message-id'))).size, 2);
  });
});
