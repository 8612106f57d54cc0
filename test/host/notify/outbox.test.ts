import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { messageIdOf } from '../../../host/notify/mail.ts';
import { Outbox, type OutboxOptions } from '../../../host/notify/outbox.ts';
import { needs } from '../require.ts';
import { type LoggedLine, recordingLog, until } from '../tools.ts';
import { FROM, freePort, noticeTo, reply, scriptedServer, senderTo, withSink } from './support.ts';

const DAY_MS = 86_400_000;

/** An outbox for the server on this port. */
function outboxTo(
  test: TestContext,
  port: number,
  options: Partial<OutboxOptions> = {},
): { outbox: Outbox; lines: LoggedLine[] } {
  const { log, lines } = recordingLog();
  const sender = senderTo(test, port);
  const outbox = new Outbox({
    sender,
    from: FROM,
    giveUpMs: DAY_MS,
    log,
    nowMs: () => performance.now(),
    ...options,
  });
  test.after(() => outbox.close(0));
  return { outbox, lines };
}

function recipients(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `client-${index}@example.jp`);
}

function events(lines: readonly LoggedLine[], event: string): LoggedLine[] {
  return lines.filter((line) => line.event === event);
}

describe('the outbox', () => {
  it('delivers each notice to its one recipient, once, and says so', {
    skip: needs('smtp-sink'),
  }, async (test) => {
    await withSink(async (sink) => {
      const { outbox, lines } = outboxTo(test, sink.port);
      const notices = recipients(50).map((mail) => noticeTo(mail));
      for (const notice of notices) {
        assert.equal(outbox.add(notice), 'queued');
        assert.equal(outbox.add(notice), 'known');
      }
      await until('fifty sent', () => outbox.counts().sent === 50);
      await until('fifty mails', () => sink.mails().length === 50);
      for (const notice of notices) {
        assert.equal(outbox.add(notice), 'known', 'also after it was sent');
        const mails = sink.mails().filter((mail) => mail.includes(`X-Rcpt-Args: <${notice.mail}>`));
        assert.equal(mails.length, 1);
        assert.ok(mails[0]?.includes(messageIdOf(notice, FROM)));
      }
      assert.deepEqual(outbox.counts(), { pending: 0, sent: 50, failed: 0 });
      assert.deepEqual(events(lines, 'notice.queued').length, 50);
      assert.deepEqual(events(lines, 'notice.sent')[0]?.fields, {
        server: '172.27.178.80',
        client: '172.27.179.151',
        mail: 'client-0@example.jp',
        messageId: messageIdOf(noticeTo('client-0@example.jp'), FROM),
      });
      assert.equal(await outbox.close(0), 0);
    });
  });

  it('gives up one recipient that is refused for good, and tells all others', async (test) => {
    const server = await scriptedServer(test, {
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith('client-3@') ? reply(550) : null),
    });
    const { outbox, lines } = outboxTo(test, server.port);
    for (const mail of recipients(10)) outbox.add(noticeTo(mail));
    await until('all of them', () => outbox.counts().pending === 0);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 9, failed: 1 });
    const [failed, ...more] = events(lines, 'notice.failed');
    assert.deepEqual(more, []);
    assert.equal(failed?.fields.mail, 'client-3@example.jp');
    assert.equal(failed?.fields.final, true);
    assert.match(String(failed?.fields.reason), /550/);
  });

  it('tries again later what is refused for now, with the same Message-ID', async (test) => {
    let refusals = 0;
    const server = await scriptedServer(test, {
      onRcptTo: (_address, _session, callback) => {
        refusals += 1;
        callback(refusals <= 1 ? reply(451) : null);
      },
    });
    const { outbox, lines } = outboxTo(test, server.port);
    const notice = noticeTo('sato@example.jp');
    outbox.add(notice);
    await until('the first refusal', () => events(lines, 'notice.failed').length === 1);
    assert.equal(events(lines, 'notice.failed')[0]?.fields.final, false);
    assert.deepEqual(outbox.counts(), { pending: 1, sent: 0, failed: 0 });
    const [pending] = outbox.list();
    assert.equal(pending?.notice.id, notice.id);
    assert.equal(pending?.tries, 1);
    assert.match(pending?.reason ?? '', /451/);
    await until('the mail', () => outbox.counts().sent === 1);
    assert.ok(server.received[0]?.text.includes(messageIdOf(notice, FROM)));
  });

  it('does not let one mailbox that is deferred for ever hold up the others', async (test) => {
    const server = await scriptedServer(test, {
      onRcptTo: ({ address }, _session, callback) => callback(address.startsWith('full') ? reply(452) : null),
    });
    const { outbox } = outboxTo(test, server.port);
    for (let box = 0; box < 20; box += 1) outbox.add(noticeTo(`full-${box}@example.jp`));
    for (const mail of recipients(20)) outbox.add(noticeTo(mail));
    await until('the others', () => outbox.counts().sent === 20);
    assert.equal(outbox.counts().pending, 20);
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
    const { outbox } = outboxTo(test, server.port);
    for (const mail of recipients(5)) outbox.add(noticeTo(mail));
    await until('all five', () => outbox.counts().sent === 5);
    assert.equal(hangUps, 2);
    assert.equal(outbox.counts().failed, 0);
    // One whose acknowledgement was cut off with the others' connections may arrive a second time.
    assert.deepEqual(new Set(received), new Set(recipients(5)));
  });

  it('leaves a server alone that is away, and delivers everything when it is back', async (test) => {
    const port = await freePort();
    const { outbox, lines } = outboxTo(test, port);
    for (const mail of recipients(100)) outbox.add(noticeTo(mail));
    // The first eight fail together and lengthen the pause once; then two more trials.
    await until('some failures', () => events(lines, 'notice.failed').length >= 10);
    const tries = events(lines, 'notice.failed').length;
    assert.ok(tries < 12, `${tries} tries: one at a time after the first eight`);
    assert.ok(events(lines, 'notice.failed').every(({ fields }) => fields.final === false));
    const server = await scriptedServer(test, {}, port);
    await until('a hundred sent', () => outbox.counts().sent === 100);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 100, failed: 0 });
    assert.deepEqual(new Set(server.received.flatMap(({ to }) => to)), new Set(recipients(100)));
    assert.equal(server.received.length, 100);
  });

  it('drops a notice that could not be delivered for too long, whether it was tried or not', async (test) => {
    const { outbox, lines } = outboxTo(test, await freePort(), { giveUpMs: 300 });
    for (const mail of recipients(50)) outbox.add(noticeTo(mail));
    await until('all given up', () => outbox.counts().failed === 50);
    assert.equal(outbox.counts().pending, 0);
    const final = events(lines, 'notice.failed').filter(({ fields }) => fields.final === true);
    assert.equal(final.length, 50);
    assert.ok(final.every(({ fields }) => String(fields.reason).startsWith('given up: ')));
  });

  it('refuses loudly what it has no room for, and takes it later', async (test) => {
    const server = await scriptedServer(test);
    const { outbox, lines } = outboxTo(test, server.port, { capacity: 2 });
    const [first, second, third] = recipients(3).map((mail) => noticeTo(mail));
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    assert.deepEqual(
      [first, second, third].map((notice) => outbox.add(notice)),
      ['queued', 'queued', 'refused'],
    );
    const [failed] = events(lines, 'notice.failed');
    assert.equal(failed?.level, 'error');
    assert.equal(failed?.fields.mail, 'client-2@example.jp');
    await until('room', () => outbox.counts().pending === 0);
    assert.equal(outbox.add(third), 'queued');
    await until('the third', () => outbox.counts().sent === 3);
  });

  it('waits for what is under way when it closes, and starts nothing more', async (test) => {
    const waiting: (() => void)[] = [];
    const server = await scriptedServer(test, {
      onRcptTo: (_address, _session, callback) => void waiting.push(() => callback(null)),
    });
    const { outbox, lines } = outboxTo(test, server.port);
    for (const mail of recipients(20)) outbox.add(noticeTo(mail));
    // Four connections, each with a mail.
    await until('mails under way', () => waiting.length === 4);
    const closed = outbox.close(60_000);
    const release = setInterval(() => {
      for (const go of waiting.splice(0)) go();
    }, 10);
    const left = await closed;
    clearInterval(release);
    assert.equal(left, 12, 'eight were under way');
    assert.equal(server.received.length, 8);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 8, failed: 12 });
    const lost = events(lines, 'notice.failed');
    assert.equal(lost.length, 12);
    assert.ok(lost.every(({ fields }) => fields.final === true && fields.reason === 'shutting down'));
    assert.deepEqual(events(lines, 'outbox.lost')[0]?.fields, { notices: 12 });
    assert.equal(outbox.add(noticeTo('tanaka@example.jp')), 'refused');
  });

  it('does not wait for ever for a server that is silent', async (test) => {
    let asked = false;
    const server = await scriptedServer(test, {
      onRcptTo: () => {
        asked = true;
      },
    });
    const { outbox, lines } = outboxTo(test, server.port);
    outbox.add(noticeTo('sato@example.jp'));
    await until('a mail under way', () => asked);
    assert.equal(await outbox.close(50), 1);
    await until('no connection', () => [...server.sockets].every(({ destroyed }) => destroyed));
    assert.deepEqual(
      events(lines, 'notice.failed').map(({ fields }) => [fields.reason, fields.final]),
      [['shutting down', true]],
    );
  });
});
