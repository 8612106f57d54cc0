import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { OUTSTANDING, type OutboxOptions } from '../../../host/mail/outbox.ts';
import { freePort } from '../../ports.ts';
import { needs } from '../require.ts';
import { until } from '../tools.ts';
import {
  events,
  noticeTo,
  type OpenOutbox,
  openOutbox,
  PlayedSender,
  recipients,
  reply,
  scriptedServer,
  senderTo,
  withSink,
} from './support.ts';

/** An outbox, in memory, for the server on this port. */
async function outboxTo(
  test: TestContext,
  port: number,
  options: Partial<OutboxOptions> = {},
): Promise<OpenOutbox> {
  return await openOutbox(test, null, senderTo(test, port), options);
}

const noticesTo = (mails: readonly string[]): ReturnType<typeof noticeTo>[] =>
  mails.map((mail) => noticeTo(mail));

describe('the outbox', () => {
  it('delivers each notice to its one recipient, once, and says so', {
    skip: needs('smtp-sink'),
  }, async (test) => {
    await withSink(async (sink) => {
      const { outbox, lines, add } = await outboxTo(test, sink.port);
      const notices = noticesTo(recipients(50));
      assert.deepEqual(new Set(add(notices)), new Set(['queued']));
      assert.deepEqual(new Set(add(notices)), new Set(['known']));
      await until('fifty sent', () => outbox.counts().sent === 50);
      await until('fifty mails', () => sink.mails().length === 50);
      assert.deepEqual(new Set(add(notices)), new Set(['known']), 'also after they were sent');
      for (const notice of notices) {
        const mails = sink.mails().filter((mail) => mail.includes(`X-Rcpt-Args: <${notice.mail}>`));
        assert.equal(mails.length, 1);
        assert.ok(mails[0]?.includes(notice.messageId));
      }
      assert.deepEqual(outbox.counts(), { pending: 0, sent: 50, failed: 0 });
      for (const event of ['notice.queued', 'notice.sent']) {
        assert.equal(events(lines, event).length, 50);
        // Several are under way at a time: which of them is the first to be sent is chance.
        const first = events(lines, event).find(({ fields }) => fields?.messageId === notices[0]?.messageId);
        assert.deepEqual(first?.fields, {
          server: '172.27.178.80',
          client: '172.27.179.151',
          mail: 'client-0@example.jp',
          messageId: notices[0]?.messageId,
        });
      }
      assert.equal(await outbox.close(0), 0);
    });
  });

  it('gives up one recipient that is refused for good, and tells all others', async (test) => {
    const server = await scriptedServer(test, {
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith('client-3@') ? reply(550) : null),
    });
    const { outbox, lines, add } = await outboxTo(test, server.port);
    add(noticesTo(recipients(10)));
    await until('all of them', () => outbox.counts().pending === 0);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 9, failed: 1 });
    const [failed, ...more] = events(lines, 'notice.failed');
    assert.deepEqual(more, []);
    assert.equal(failed?.fields.mail, 'client-3@example.jp');
    assert.equal(failed?.fields.final, true);
    assert.match(String(failed?.fields.reason), /550/);
    assert.equal(failed?.fields.code, '550');
  });

  it('tries again later what is refused for now, with the same Message-ID', async (test) => {
    let refusals = 0;
    const server = await scriptedServer(test, {
      onRcptTo: (_address, _session, callback) => {
        refusals += 1;
        callback(refusals <= 1 ? reply(451) : null);
      },
    });
    const { outbox, lines, add } = await outboxTo(test, server.port);
    const notice = noticeTo('sato@example.jp');
    add([notice]);
    await until('the first refusal', () => events(lines, 'notice.failed').length === 1);
    const [failed] = events(lines, 'notice.failed');
    assert.equal(failed?.level, 'warn');
    assert.equal(failed?.fields.final, false);
    assert.match(String(failed?.fields.reason), /451/);
    assert.equal(failed?.fields.code, '451');
    assert.deepEqual(outbox.counts(), { pending: 1, sent: 0, failed: 0 });
    await until('the mail', () => outbox.counts().sent === 1);
    assert.ok(server.received[0]?.text.includes(notice.messageId));
  });

  it('does not let mailboxes that are deferred for ever hold up the others', async (test) => {
    const server = await scriptedServer(test, {
      onRcptTo: ({ address }, _session, callback) => callback(address.startsWith('full') ? reply(452) : null),
    });
    const { outbox, add } = await outboxTo(test, server.port);
    // More of them than are looked at in one go.
    add(noticesTo(Array.from({ length: 100 }, (_, box) => `full-${box}@example.jp`)));
    add(noticesTo(recipients(20)));
    await until('the others', () => outbox.counts().sent === 20);
    assert.equal(outbox.counts().pending, 100);
  });

  it('survives a server that hangs up in the middle of a mail', async (test) => {
    let hangUps = 0;
    const received: string[] = [];
    const server = await scriptedServer(test, {
      onData: (stream, { envelope }, callback) => {
        const [to] = envelope.rcptTo;
        if (to?.address.startsWith('client-0@') && hangUps < 2) {
          hangUps += 1;
          for (const socket of server.sockets) socket.destroy();
          return;
        }
        stream.resume().on('end', () => {
          received.push(to?.address ?? '');
          callback();
        });
      },
    });
    const { outbox, add } = await outboxTo(test, server.port);
    add(noticesTo(recipients(5)));
    await until('all five', () => outbox.counts().sent === 5);
    assert.equal(hangUps, 2);
    assert.equal(outbox.counts().failed, 0);
    // One whose acknowledgement was cut off with the others' connections may arrive a second time.
    assert.deepEqual(new Set(received), new Set(recipients(5)));
  });

  it('leaves a server alone that is away, and delivers everything when it is back', async (test) => {
    const port = await freePort();
    const { outbox, lines, add } = await outboxTo(test, port);
    add(noticesTo(recipients(100)));
    // The first ones fail together and lengthen the pause once; then two more trials.
    await until('some failures', () => events(lines, 'notice.failed').length >= OUTSTANDING + 2);
    const tries = events(lines, 'notice.failed').length;
    assert.ok(tries < OUTSTANDING + 4, `${tries} tries: one at a time after the first ones`);
    assert.ok(events(lines, 'notice.failed').every(({ fields }) => fields.final === false));
    const server = await scriptedServer(test, {}, port);
    await until('a hundred sent', () => outbox.counts().sent === 100);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 100, failed: 0 });
    assert.deepEqual(new Set(server.received.flatMap(({ to }) => to)), new Set(recipients(100)));
    assert.equal(server.received.length, 100);
  });

  it('drops a notice that could not be delivered for too long, whether it was tried or not', async (test) => {
    const { outbox, lines, add } = await outboxTo(test, await freePort(), { giveUpMs: 300 });
    add(noticesTo(recipients(150)));
    await until('all given up', () => outbox.counts().failed === 150);
    assert.equal(outbox.counts().pending, 0);
    const final = events(lines, 'notice.failed').filter(({ fields }) => fields.final === true);
    assert.equal(final.length, 150);
    assert.ok(final.every(({ fields }) => String(fields.reason).startsWith('given up: ')));
    assert.ok(final.some(({ fields }) => fields.reason === 'given up: never attempted'));
  });

  it('refuses loudly what it has no room for, and takes it later', async (test) => {
    const sender = new PlayedSender();
    const { outbox, lines, store, add } = await openOutbox(test, null, sender);
    // The same in one statement, for it takes a while otherwise.
    store.write((sql) =>
      sql.run(
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 199999)
         INSERT INTO outbox (message_id, state, held, mail, language, items, created_ms, due_ms, tries)
         SELECT '<' || n || '@x>', 'queued', 0, 'sato@example.jp', 'en', '[]', 0, 1e12, 0 FROM n`,
      ),
    );
    outbox.wake();
    assert.equal(outbox.counts().pending, 199_999);
    const notices = noticesTo(recipients(3));
    assert.deepEqual(add(notices), ['queued', 'full', 'full']);
    assert.deepEqual(add(notices.slice(0, 2)), ['known', 'full']);
    assert.equal(outbox.counts().failed, 3);
    const [failed] = events(lines, 'notice.failed');
    assert.equal(failed?.level, 'error');
    assert.deepEqual(failed?.fields, {
      server: '172.27.178.80',
      client: '172.27.179.151',
      mail: 'client-1@example.jp',
      messageId: notices[1]?.messageId,
      reason: 'the outbox holds 200000 notices already',
      final: true,
    });
    await until('the first under way', () => sender.sendings.length === 1);
    sender.sendings[0]?.finish({ outcome: 'delivered' });
    await until('room', () => outbox.counts().sent === 1);
    assert.deepEqual(add(notices.slice(1)), ['queued', 'full']);
  });

  it('sends a few at a time, each once, however many there are', async (test) => {
    const sender = new PlayedSender();
    const { outbox, add } = await openOutbox(test, null, sender);
    add(noticesTo(recipients(500)));
    assert.equal(sender.sendings.length, OUTSTANDING);
    await turn();
    for (const { mail } of sender.sendings) assert.ok(outbox.isBeingSent(mail.messageId));
    // One that nobody answers keeps one place busy, and nobody waiting.
    sender.sendings.splice(0, 1);
    for (const { finish } of [...sender.sendings]) finish({ outcome: 'delivered' });
    sender.answer = () => ({ outcome: 'delivered' });
    await until('all others', () => outbox.counts().sent === 499);
    assert.deepEqual(sender.mails.map(({ to }) => to).toSorted(), recipients(500).toSorted());
    assert.equal(sender.most, OUTSTANDING);
    assert.equal(outbox.counts().pending, 1);
  });

  it('sends nothing more to whoever wants no more, queued or not', async (test) => {
    const sender = new PlayedSender();
    sender.answer = () => ({ outcome: 'delivered' });
    const isStopped = (mail: string): boolean => mail === recipients(3)[1];
    const { outbox, add, lines } = await openOutbox(test, null, sender, { isStopped });
    add(noticesTo(recipients(3)));
    await until('the others', () => outbox.counts().sent === 2);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 2, failed: 1 });
    assert.equal(
      sender.mails.some(({ to }) => isStopped(to)),
      false,
    );
    assert.equal(events(lines, 'notice.failed')[0]?.fields.reason, 'the addressee wants no more notices');
  });

  it('makes one mail of what the same person is about to get', async (test) => {
    const sender = new PlayedSender();
    sender.answer = () => ({ outcome: 'delivered' });
    const { outbox, lines, add } = await openOutbox(test, null, sender);
    const first = noticeTo('sato@example.jp');
    assert.deepEqual(add([first], 1000), ['queued']);
    assert.deepEqual(add([noticeTo('sato@example.jp', { server: '172.27.178.81' })], 1000), ['merged']);
    assert.equal(outbox.counts().pending, 1);
    await until('the mail', () => outbox.counts().sent === 1);
    const [mail, ...more] = sender.mails;
    assert.deepEqual(more, []);
    assert.equal(mail?.messageId, first.messageId);
    assert.ok(mail?.text.includes('172.27.178.80') && mail.text.includes('172.27.178.81'));
    for (const event of ['notice.queued', 'notice.sent']) {
      assert.deepEqual(
        events(lines, event).map(({ fields }) => [fields.server, fields.messageId]),
        ['172.27.178.80', '172.27.178.81'].map((server) => [server, first.messageId]),
      );
    }
  });

  it('says nothing of notices whose transaction failed', async (test) => {
    const sender = new PlayedSender();
    const { outbox, lines, store, add } = await openOutbox(test, null, sender);
    const held = noticesTo(recipients(3)).map((notice) => ({ ...notice, holdMs: 0 }));
    assert.throws(() =>
      store.write((sql) => {
        outbox.enter(sql, held);
        throw new Error('as the test wants it');
      }),
    );
    outbox.wake();
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 0, failed: 0 });
    assert.deepEqual([sender.mails.length, lines.length], [0, 0]);
    assert.deepEqual(add(held), ['queued', 'queued', 'queued']);
  });
});
