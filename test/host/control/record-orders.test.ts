import assert from 'node:assert/strict';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { outbox } from '../../../host/control/notice-records.ts';
import { drop, retry } from '../../../host/control/records.ts';
import type { Outbox } from '../../../host/mail/outbox.ts';
import type { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { type LoggedLine, until } from '../tools.ts';
import { enter, four, type Hand, noticeTo, refusal, sending, states } from './recorded.ts';

describe('An order to the process that sends', () => {
  let store: Store;
  let hand: Hand;
  let post: Outbox;
  let lines: LoggedLine[];
  beforeEach(async (context) => {
    ({ store, hand, post, lines } = await sending(context as TestContext, null));
  });

  const logged = (event: string): unknown[] =>
    lines.filter((line) => line.event === event).map(({ fields }) => fields.messageId);
  const asked = (count: number): Promise<void> => until(`${count} sends`, () => hand.asked.length >= count);

  it('makes it send at once what would have waited', async () => {
    const { waiting, fresh, lost } = four(store);
    post.wake();
    assert.deepEqual(hand.asked, [fresh]);
    await retry({ store, post, time: machineTime }, { ids: [waiting, lost] });
    await asked(3);
    assert.deepEqual(hand.asked.slice(1), [waiting, lost]);
    assert.deepEqual(logged('notice.retried'), [waiting, lost]);
    assert.equal(post.counts().pending, 3);
    hand.answer({ outcome: 'delivered' });
    await until('all are on disk', () => outbox(store, post, 20).queued === 0);
    assert.deepEqual(new Set(Object.values(states(store))), new Set(['sent']));
    assert.equal(post.counts().pending, 0);
  });

  it('ends the pause after a failure of the mail server, and goes before what is older', async () => {
    const { waiting, fresh } = four(store);
    const older = enter(store, ...[1, 2, 3].map((i) => noticeTo('yamada@example.jp', i)));
    post.wake();
    await asked(4);
    const fails = async (): Promise<void> => {
      hand.answer({ outcome: 'later', about: 'server', reason: 'connection refused' });
      await until('it is on disk', () => ![waiting, fresh, ...older].some((id) => post.isBeingSent(id)));
      hand.asked.length = 0;
    };
    // Each failure makes the next pause longer; this one ends by itself in half a minute.
    for (let failures = 0; failures < 6; failures++) {
      await fails();
      await retry({ store, post, time: machineTime }, { all: true });
      await asked(1);
    }
    await fails();
    await retry({ store, post, time: machineTime }, { ids: [waiting] });
    // Not after a while: at once.
    assert.deepEqual(hand.asked, [waiting]);
  });

  it('is not put off by the failure of what was under way', async () => {
    const { waiting, fresh } = four(store);
    const [last = ''] = enter(store, noticeTo('yamada@example.jp', 1));
    post.wake();
    const failure = { outcome: 'later', about: 'server', reason: 'connection refused' } as const;
    hand.answer(failure);
    await until('both are on disk', () => ![fresh, last].some((id) => post.isBeingSent(id)));
    // With a mail server that has failed there is one at a time.
    await retry({ store, post, time: machineTime }, { ids: [last] });
    await retry({ store, post, time: machineTime }, { ids: [waiting] });
    assert.deepEqual(hand.asked, [fresh, last, last]);
    hand.answer(failure);
    await until('the next is asked for', () => hand.asked.length > 3);
    assert.deepEqual(hand.asked.slice(3), [waiting]);
  });

  it('leaves alone what is being sent at this moment', async () => {
    const { waiting, fresh } = four(store);
    post.wake();
    for (const order of [retry, drop]) {
      await assert.rejects(
        order({ store, post, time: machineTime }, { ids: [waiting, fresh] }),
        refusal(/^<.*> to tanaka@example\.jp is being sent at this moment; ask again/),
      );
    }
    assert.equal(outbox(store, post, 20).notices.find(({ beingSent }) => beingSent)?.messageId, fresh);
    assert.deepEqual(await drop({ store, post, time: machineTime }, { all: true }), {
      notices: 1,
      beingSent: 1,
    });
    hand.answer({ outcome: 'delivered' });
    await until('it is on disk', () => states(store)[fresh] === 'sent');
    assert.equal(states(store)[waiting], 'given up');
  });

  it('to drop is reported like every notice that nobody gets', async () => {
    const { waiting } = four(store);
    post.wake();
    await drop({ store, post, time: machineTime }, { ids: [waiting] });
    const failed = lines.filter(({ event }) => event === 'notice.failed');
    assert.deepEqual(
      failed.map(({ fields }) => [fields.messageId, fields.reason, fields.final]),
      [[waiting, 'dropped by the operator', true]],
    );
    const { pending, failed: count } = post.counts();
    assert.deepEqual([pending, count], [1, 1]);
  });

  it('to drop reaches what was about to be sent', async () => {
    const [first = ''] = enter(store, noticeTo('sato@example.jp', 0));
    post.wake();
    await asked(1);
    hand.answer({ outcome: 'later', about: 'server', reason: 'connection refused' });
    await until('it is on disk', () => !post.isBeingSent(first));
    // They are due, and wait for the pause to be over.
    const others = enter(store, ...[1, 2, 3].map((i) => noticeTo('tanaka@example.jp', i)));
    post.wake();
    await drop({ store, post, time: machineTime }, { ids: others });
    await retry({ store, post, time: machineTime }, { ids: [first] });
    await asked(2);
    hand.answer({ outcome: 'delivered' });
    await until('nothing is left', () => post.counts().pending === 0 && !post.isBeingSent(first));
    assert.deepEqual(hand.asked, [first, first]);
  });

  it('counts nothing twice that has been sent and is not on disk yet', async () => {
    const { waiting, fresh } = four(store);
    post.wake();
    hand.answer({ outcome: 'delivered' });
    await until('it was sent', () => logged('notice.sent').length === 1);
    await drop({ store, post, time: machineTime }, { ids: [waiting] });
    assert.equal(states(store)[fresh], 'sent');
    assert.equal(post.counts().pending, 0);
  });

  it('for all ends with the program, and not in the middle of its state', async () => {
    enter(store, ...Array.from({ length: 1200 }, (_, i) => noticeTo('sato@example.jp', i + 100)));
    post.wake();
    const dropping = drop({ store, post, time: machineTime }, { all: true });
    void post.close(0);
    await assert.rejects(dropping, (error: unknown) =>
      /stopped in the middle, after \d+; do it again/.test(String(error)),
    );
  });
});
