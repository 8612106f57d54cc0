/** A mail server that refuses mails: whom it means, and what becomes of them. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import type { Mail } from '../../../host/mail/mail.ts';
import { MailServer } from '../../../host/mail/mail-server.ts';
import type { Delivery } from '../../../host/mail/smtp.ts';
import { recordingLog, until } from '../tools.ts';
import { events, noticeTo, openOutbox, PlayedSender, recipients } from './support.ts';

const RELAY_DENIED: Delivery = {
  ...{ outcome: 'later', about: 'server', refusal: 'mail' },
  reason: '554 5.7.1 relay access denied',
};
const NOBODY: Delivery = { outcome: 'refused', reason: '550 5.1.1 no such user' };
const UNCLEAR: Delivery = { outcome: 'refused', reason: '550 no', isDoubted: true };
const WRONG_LOGIN: Delivery = {
  ...{ outcome: 'later', about: 'server', refusal: 'login' },
  reason: '535 authentication failed',
};
const DELIVERED: Delivery = { outcome: 'delivered' };

/** An outbox whose server answers like this. */
async function opened(test: TestContext, answer: (mail: Mail) => Delivery) {
  const sender = new PlayedSender();
  sender.answer = answer;
  const opened = await openOutbox(test, null, sender);
  const said = (event: string) => events(opened.lines, event);
  return { ...opened, sender, said };
}

const noticesTo = (mails: readonly string[]): ReturnType<typeof noticeTo>[] =>
  mails.map((mail) => noticeTo(mail));

describe('A mail server that refuses all mails after a start', () => {
  for (const [how, refusal] of [
    ['because of us', RELAY_DENIED],
    ['without saying whom it means', UNCLEAR],
    ['as if nobody had a mailbox', NOBODY],
  ] as const) {
    it(`${how}, loses none of them, and is said once to do so`, async (test) => {
      let isRight = false;
      const { outbox, sender, said, add } = await opened(test, () => (isRight ? DELIVERED : refusal));
      add(noticesTo(recipients(40)));
      await until('the line', () => said('smtp.refused').length === 1);
      await until('another try', () => sender.mails.length > 16);
      assert.deepEqual(outbox.counts(), { pending: 40, sent: 0, failed: 0 });
      assert.ok(sender.mails.length < 20, 'one at a time');
      const [line] = said('smtp.refused');
      assert.deepEqual([line?.level, line?.fields.reason], ['error', 'reason' in refusal && refusal.reason]);
      isRight = true;
      outbox.reconfigured();
      await until('all of them', () => outbox.counts().sent === 40);
      assert.equal(said('smtp.refused').length, 1);
      assert.deepEqual(outbox.counts(), { pending: 0, sent: 40, failed: 0 });
    });
  }

  it('is not meant by one or two people who have no mailbox', async (test) => {
    const { outbox, said, add } = await opened(test, () => NOBODY);
    add(noticesTo(recipients(2)));
    await until('the end', () => outbox.counts().failed === 2);
    assert.deepEqual(said('smtp.refused'), []);
  });

  it('takes it back with the first mail that it takes', async (test) => {
    const { outbox, said, add } = await opened(test, ({ to }) =>
      to === 'sato@example.jp' ? DELIVERED : UNCLEAR,
    );
    add(noticesTo(['tanaka@example.jp']));
    await until('the line', () => said('smtp.refused').length === 1);
    assert.equal(outbox.counts().failed, 0);
    add(noticesTo(['sato@example.jp']));
    await until('the end', () => outbox.counts().pending === 0);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 1, failed: 1 });
    assert.equal(said('smtp.back').length, 1);
  });
});

/** One mail after the other, all of one server. */
function played() {
  const { log, lines } = recordingLog();
  const server = new MailServer<string>(log, machineChance);
  let nowMs = 0;
  return {
    server,
    lines,
    /** What becomes of those that are decided by this answer, with so many others under way. */
    fates(row: string, delivery: Delivery, others = 0): string[] {
      nowMs += 1;
      const sent = { row, epoch: server.epoch, others };
      return server.answered(sent, delivery, nowMs).map((fate) => `${fate.row} ${fate.state}`);
    },
    get waitMs(): number {
      return server.untilMs - nowMs;
    },
  };
}

describe('A refusal', () => {
  it('waits for others that are under way, and is believed when one of them is taken', () => {
    const { fates, server } = played();
    assert.deepEqual(fates('a', UNCLEAR, 2), []);
    assert.deepEqual(fates('b', RELAY_DENIED, 1), []);
    assert.equal(server.places(16), 14, 'their places are not given to others meanwhile');
    assert.deepEqual(fates('c', DELIVERED), ['c sent', 'a given up', 'b later']);
    assert.equal(server.places(16), 16);
  });

  it('about us keeps nobody else waiting where the server takes others', () => {
    const { fates, server } = played();
    fates('a', DELIVERED);
    for (let n = 0; n < 10; n++) {
      assert.deepEqual(fates(`b${n}`, RELAY_DENIED), [`b${n} later`]);
      assert.equal(server.places(16), 16);
      assert.ok(server.untilMs <= 10);
    }
  });

  it('of so many in a row is not about them, even if it took mails before', () => {
    const { fates, lines } = played();
    fates('a', DELIVERED);
    const all = Array.from({ length: 30 }, (_, n) => fates(`b${n}`, UNCLEAR)).flat();
    assert.deepEqual(
      all,
      Array.from({ length: 30 }, (_, n) => `b${n} ${n < 16 ? 'given up' : 'later'}`),
    );
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['smtp.refused'],
    );
  });

  it('of the login is tried again after minutes, ever more seldom, and an absence after seconds', () => {
    const { fates, lines, ...rest } = played();
    assert.deepEqual(fates('a', { outcome: 'later', about: 'server', reason: 'away' }), ['a later']);
    const login = played();
    const waits = Array.from({ length: 4 }, (_, n) => {
      assert.deepEqual(login.fates(`b${n}`, WRONG_LOGIN), [`b${n} later`]);
      return login.waitMs;
    });
    // No more than four within ten minutes: five are too many for what guards a login.
    const [first = 0, second = 0, third = 0] = waits;
    assert.ok(first >= 180_000 && first + second + third > 600_000, `${waits}`);
    assert.ok(Math.max(...waits) <= 900_000, `${waits}`);
    assert.equal(login.lines.length, 1);
    assert.deepEqual([lines, rest.server.places(16)], [[], 1]);
  });
});
