import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTBOX_CAPACITY } from '../../../host/config/capacity.ts';
import { OUTSTANDING } from '../../../host/mail/outbox.ts';
import { findNotices, listNotices, retryNotice } from '../../../host/store/outbox.ts';
import { needs } from '../require.ts';
import { directoryFor, edit, openStore } from '../store/support.ts';
import { until } from '../tools.ts';
import {
  events,
  noticeTo,
  openOutbox,
  PlayedSender,
  recipients,
  scriptedServer,
  senderTo,
  startProcess,
} from './support.ts';

const ALL = 1_000_000;
const DELIVERED = { outcome: 'delivered' } as const;
/** More than the time in which results are gathered before they are written. */
const GATHER_MS = 500;

describe('the outbox of the next process', () => {
  it('goes on with what is queued, and sends nothing again that was sent', async (test) => {
    const directory = directoryFor(test);
    const sender = new PlayedSender();
    const first = await openOutbox(test, directory, sender);
    first.add(recipients(20).map((mail) => noticeTo(mail)));
    const sent = sender.sendings.map(({ mail }) => mail.to);
    const closed = first.outbox.close(60_000);
    for (const { finish } of [...sender.sendings]) finish(DELIVERED);
    const left = 20 - OUTSTANDING;
    assert.equal(await closed, left);
    assert.deepEqual(events(first.lines, 'outbox.kept')[0]?.fields, { notices: left });
    assert.deepEqual(events(first.lines, 'notice.failed'), []);
    assert.equal(sender.mails.length, OUTSTANDING, 'nothing more was started');
    first.store.close();

    const next = new PlayedSender();
    next.answer = () => DELIVERED;
    const { outbox, lines, add } = await openOutbox(test, directory, next);
    assert.deepEqual(outbox.counts(), { pending: left, sent: 0, failed: 0 });
    assert.deepEqual(new Set(add(recipients(20).map((mail) => noticeTo(mail)))), new Set(['known']));
    await until('the others', () => outbox.counts().sent === left);
    assert.deepEqual([...sent, ...next.mails.map(({ to }) => to)].toSorted(), recipients(20).toSorted());
    assert.deepEqual(events(lines, 'notice.queued'), []);
    assert.equal(await outbox.close(0), 0);
  });

  it('keeps to what the one before knew: tries, reason and due time', async (test) => {
    const directory = directoryFor(test);
    const sender = new PlayedSender();
    sender.answer = () => ({ outcome: 'later', about: 'recipient', reason: '452 full' });
    const first = await openOutbox(test, directory, sender);
    const notice = noticeTo('sato@example.jp');
    first.add([notice]);
    await until('a failure', () => events(first.lines, 'notice.failed').length === 1);
    assert.equal(await first.outbox.close(0), 1);
    const before = first.store.read((sql) => listNotices(sql, ALL));
    assert.deepEqual([before[0]?.tries, before[0]?.reason], [1, '452 full']);
    // It is not due for a long time.
    first.store.write((sql) => sql.run('UPDATE outbox SET tries = 7, due_ms = due_ms + 1e9'));
    first.store.close();

    const next = new PlayedSender();
    const { outbox, store } = await openOutbox(test, directory, next);
    outbox.wake();
    const [row] = store.read((sql) => listNotices(sql, ALL));
    assert.equal(row?.dueMs, (before[0]?.dueMs ?? 0) + 1e9);
    await sleep(GATHER_MS);
    assert.deepEqual(next.mails, []);
    store.write((sql) => sql.run('UPDATE outbox SET due_ms = 0'));
    outbox.wake();
    await until('it under way', () => next.sendings.length === 1);
    next.sendings[0]?.finish({ outcome: 'later', about: 'recipient', reason: '452 still full' });
    const known = (): ReturnType<typeof findNotices>[0] | undefined =>
      store.read((sql) => findNotices(sql, notice.messageId))[0];
    await until('the failure on disk', () => known()?.tries === 8);
    assert.equal(known()?.reason, '452 still full');
    assert.equal(known()?.createdMs, row?.createdMs);
  });

  it('sends again what may have been lost between delivery and disk, with the same Message-ID', {
    skip: needs('flock'),
  }, async (test) => {
    const directory = directoryFor(test);
    const texts: string[] = [];
    const server = await scriptedServer(test, {
      onData: (stream, _session, callback) => {
        let text = '';
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        stream.on('end', () => {
          texts.push(text);
          // The server has it, and the program that sent it never learns.
          if (texts.length === 1) child.kill('SIGKILL');
          else callback();
        });
      },
    });
    const child = startProcess(test, directory, server.port, 'sato@example.jp');
    await once(child, 'close');
    assert.equal(texts.length, 1);

    const { outbox } = await openOutbox(test, directory, senderTo(test, server.port));
    assert.equal(outbox.counts().pending, 1);
    outbox.wake();
    await until('the mail', () => outbox.counts().sent === 1);
    assert.equal(texts.length, 2);
    const ids = texts.map((text) => /^Message-ID: .*$/m.exec(text)?.[0]);
    assert.notEqual(ids[0], undefined);
    assert.equal(ids[0], ids[1]);
    assert.equal(texts[0], texts[1], 'to the last letter');
  });

  it('gives up what is too old on the clock of the state, and only that', async (test) => {
    const directory = directoryFor(test);
    const first = await openOutbox(test, directory, new PlayedSender());
    first.add(recipients(300).map((mail) => noticeTo(mail)));
    await first.outbox.close(0);
    // More than one reading's worth is too old, the others are about to be.
    const { clock } = first.store;
    first.store.write((sql) => {
      sql.run(`UPDATE outbox SET created_ms = ?`, clock.nowMs() - 10_000);
      sql.run(`UPDATE outbox SET created_ms = ?, reason = '452 full' WHERE rowid <= 200`, -1e9);
    });
    first.store.close();

    const sender = new PlayedSender();
    sender.answer = () => DELIVERED;
    const { outbox, store, lines } = await openOutbox(test, directory, sender, { giveUpMs: 1e9 });
    outbox.wake();
    assert.ok(outbox.counts().failed < 200, 'the program has other things to do in between');
    await until('all of them', () => outbox.counts().pending === 0);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 100, failed: 200 });
    const failed = events(lines, 'notice.failed');
    assert.equal(failed.length, 200);
    for (const { level, fields } of failed) {
      assert.deepEqual([level, fields.reason, fields.final], ['error', 'given up: 452 full', true]);
    }
    const states = store.read((sql) => listNotices(sql, ALL)).map(({ state }) => state);
    assert.equal(states.filter((state) => state === 'given up').length, 200);
  });

  it('sends what somebody wants to be tried anew', async (test) => {
    const sender = new PlayedSender();
    sender.answer = () => ({ outcome: 'refused', reason: '550 nobody' });
    const { outbox, store, add } = await openOutbox(test, directoryFor(test), sender);
    const notice = noticeTo('sato@example.jp');
    add([notice]);
    await until('its failure on disk', () => {
      return store.read((sql) => findNotices(sql, notice.messageId))[0]?.state === 'given up';
    });
    sender.answer = () => DELIVERED;
    store.write((sql) => retryNotice(sql, notice.messageId, store.clock.nowMs()));
    outbox.wake();
    await until('the mail', () => outbox.counts().sent === 1);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 1, failed: 1 });
  });
});

describe('an outbox whose state could not be read', () => {
  const RETRY_MS = 50;

  it('sends what was left there as soon as it can be, and counts on', async (test) => {
    const directory = `${directoryFor(test)}/state`;
    const first = await openOutbox(test, directory, new PlayedSender());
    first.add(recipients(3).map((mail) => noticeTo(mail)));
    await first.outbox.close(0);
    first.store.close();
    renameSync(directory, `${directory}.away`);
    writeFileSync(directory, 'no directory');

    const sender = new PlayedSender();
    sender.answer = () => DELIVERED;
    const { outbox, store, add } = await openOutbox(test, directory, sender, {}, { retryMs: RETRY_MS });
    assert.deepEqual([store.health.place, outbox.counts().pending], ['memory', 0]);
    rmSync(directory);
    renameSync(`${directory}.away`, directory);
    await until('what was left', () => outbox.counts().sent === 3);
    add([noticeTo('sato@example.jp')]);
    await until('another one', () => outbox.counts().sent === 4);
    assert.deepEqual([outbox.counts().pending, outbox.room], [0, OUTBOX_CAPACITY]);
  });

  it('sends what was entered by a clock that nobody knows any more', async (test) => {
    const directory = directoryFor(test);
    const first = await openOutbox(test, directory, new PlayedSender());
    first.add([noticeTo('sato@example.jp')]);
    await first.outbox.close(0);
    first.store.close();
    await edit(directory, 'UPDATE outbox SET created_ms = created_ms + 1e9, due_ms = due_ms + 1e9');
    const sender = new PlayedSender();
    sender.answer = () => DELIVERED;
    const { outbox } = await openOutbox(test, directory, sender);
    outbox.wake();
    await until('the mail', () => outbox.counts().sent === 1);
  });
});

describe('a mail that may be on its way, and waits for room', () => {
  it('waits on when the outbox looks at everything anew', async (test) => {
    const directory = directoryFor(test);
    const first = await openOutbox(test, directory, new PlayedSender());
    first.add([noticeTo('sato@example.jp')]);
    await first.outbox.close(0);
    first.store.close();
    const later = 'admitted = 1, held = 0, created_ms = created_ms + 3.6e6, due_ms = due_ms + 3.6e6';
    await edit(directory, `UPDATE outbox SET ${later}`);
    const { outbox, store } = await openOutbox(test, directory, new PlayedSender());
    const dueMs = (): number | undefined => store.read((sql) => listNotices(sql, ALL))[0]?.dueMs;
    const before = dueMs();
    outbox.wake();
    assert.equal(dueMs(), before);
  });
});

describe('an outbox that is closed', () => {
  it('says loudly that notices are lost when the state is in memory', async (test) => {
    const { outbox, lines, add } = await openOutbox(test, null, new PlayedSender());
    add(recipients(3).map((mail) => noticeTo(mail)));
    assert.equal(await outbox.close(0), 3);
    const [line] = events(lines, 'outbox.lost');
    assert.deepEqual(
      [line?.level, line?.fields],
      ['error', { notices: 3, reason: 'the configuration keeps it there' }],
    );
  });

  it('does not wait for ever for a server that is silent, and touches the state no more', async (test) => {
    const directory = directoryFor(test);
    let asked = false;
    const server = await scriptedServer(test, {
      onRcptTo: () => {
        asked = true;
      },
    });
    const sender = senderTo(test, server.port);
    const { outbox, store, lines, said, add } = await openOutbox(test, directory, sender);
    add([noticeTo('sato@example.jp')]);
    await until('a mail under way', () => asked);
    assert.equal(await outbox.close(50), 1);
    store.close();
    await until('no connection', () => [...server.sockets].every(({ destroyed }) => destroyed));
    await sleep(GATHER_MS);
    assert.deepEqual(events(lines, 'outbox.kept')[0]?.fields, { notices: 1 });
    assert.deepEqual(said, []);
    const again = await openStore(test, directory);
    assert.equal(again.store.read((sql) => listNotices(sql, ALL))[0]?.state, 'queued');
  });

  it('has written what came to an end before', async (test) => {
    const sender = new PlayedSender();
    const { outbox, store, add } = await openOutbox(test, directoryFor(test), sender);
    add(recipients(2).map((mail) => noticeTo(mail)));
    await until('both under way', () => sender.sendings.length === 2);
    sender.sendings[0]?.finish(DELIVERED);
    await until('one sent', () => outbox.counts().sent === 1);
    await outbox.close(0);
    assert.deepEqual(
      store.read((sql) => listNotices(sql, ALL)).map(({ state }) => state),
      ['queued', 'sent'],
    );
  });
});
