/** How many mails a person gets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { outbox as recordsOf } from '../../../host/control/notice-records.ts';
import { outboxText } from '../../../host/control/records-text.ts';
import type { Delivery } from '../../../host/mail/smtp.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../host/net/duration.ts';
import { listNotices } from '../../../host/store/outbox.ts';
import { needs } from '../require.ts';
import { directoryFor } from '../store/support.ts';
import { until } from '../tools.ts';
import { ALL, MOST, notice, played, SATO, START_MS, serverOf, serversIn } from './limited.ts';
import { events, openOutbox, PlayedSender, scriptedServer, startProcess } from './support.ts';

describe('What a person gets', () => {
  it('is so many mails an hour; what is more is one mail, as soon as there is room, and names every server', async (test) => {
    const { counter, outbox, add, pass, queued, store, lines } = await played(test);
    add(Array.from({ length: 10 }, (_, n) => notice(serverOf(n + 1))));
    await pass(0);
    assert.equal(counter.mails.length, 6);
    const [row, ...more] = queued();
    assert.deepEqual([more.length, row?.items.length, row?.waitsFor], [0, 4, 'room']);
    assert.equal(row?.dueMs, START_MS + HOUR_MS);
    assert.equal(outbox.counts().pending, 1);
    const text = outboxText(recordsOf(store, outbox, 10));
    assert.match(text, /queued\s+0\s+in (1 h|59 min)\S*.*6 mails within an hour: waits for room/);
    assert.equal(events(lines, 'notice.held').length, 4);
    assert.ok(events(lines, 'notice.held').every(({ fields }) => fields.messageId === row?.messageId));
    await pass(HOUR_MS - MINUTE_MS);
    assert.equal(counter.mails.length, 6);
    await pass(MINUTE_MS);
    assert.deepEqual(counter.mails.slice(6).map(serversIn), [[7, 8, 9, 10].map(serverOf)]);
    for (const n of [7, 8, 9, 10]) assert.ok(counter.mails[6]?.mail.text.includes(`(${serverOf(n)})`));
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 7, failed: 0 });
  });

  it('is never more within any hour or any day, and leaves nobody untold, under a cannon of a day', async (test) => {
    const { counter, add, pass, nowMs, outbox } = await played(test);
    const servers = [1, 2, 3].map(serverOf);
    const shots = (26 * HOUR_MS) / (5 * MINUTE_MS);
    for (let shot = 0; shot < shots; shot++) {
      add([notice(servers[shot % 3] ?? '', SATO, nowMs + shot * 5 * MINUTE_MS)]);
      await pass(5 * MINUTE_MS);
    }
    await pass(DAY_MS);
    const times = counter.mails.map(({ ms }) => ms);
    for (const ms of times) {
      const within = (span: number): number => times.filter((one) => one > ms - span && one <= ms).length;
      assert.ok(within(HOUR_MS) <= MOST.hour, `${within(HOUR_MS)} in an hour`);
      assert.ok(within(DAY_MS) <= MOST.day, `${within(DAY_MS)} in a day`);
    }
    assert.ok(times.length >= MOST.day);
    assert.equal(outbox.counts().pending, 0);
    const last = counter.mails.at(-1);
    assert.ok(last !== undefined);
    assert.deepEqual(
      serversIn(last).toSorted(),
      servers,
      'one item for each server, however often it came back',
    );
  });

  it('is counted for all spellings of the address, and no mail goes to another spelling', async (test) => {
    const { counter, add, pass } = await played(test, { mostFor: () => ({ hour: 2, day: 5 }) });
    const mails = ['sato@example.jp', 'Sa.to@example.jp', 'sato+x@example.jp', 'SATO+X@example.jp'];
    for (const [n, mail] of mails.entries()) add([notice(serverOf(n), mail)]);
    add([notice(serverOf(9), 'tanaka@example.jp')]);
    await pass(0);
    assert.deepEqual(
      counter.mails.map(({ mail }) => mail.to),
      [mails[0], mails[1], 'tanaka@example.jp'],
    );
    await pass(HOUR_MS);
    assert.deepEqual(
      counter.mails.slice(3).map(({ mail }) => mail.to),
      mails.slice(2),
    );
  });

  it('is counted by the time at which mails arrived, not by that at which they were first tried', async (test) => {
    const { counter, add, pass } = await played(test, { mostFor: () => ({ hour: 2, day: 9 }) });
    counter.answer = () => ({ outcome: 'later', about: 'server', reason: 'connection refused' });
    add([notice(serverOf(1)), notice(serverOf(2))]);
    for (let i = 0; i < 3 * 60; i++) await pass(MINUTE_MS);
    add([notice(serverOf(3))]);
    counter.answer = () => ({ outcome: 'delivered' });
    for (let i = 0; i < 3; i++) await pass(MINUTE_MS);
    assert.deepEqual(counter.mails.flatMap(serversIn).toSorted(), [serverOf(1), serverOf(2)]);
    await pass(HOUR_MS);
    assert.deepEqual(counter.mails.slice(2).map(serversIn), [[serverOf(3)]]);
  });

  it('is counted by the end of a mail that was long under way', async (test) => {
    const { counter, add, pass } = await played(test, { mostFor: () => ({ hour: 1, day: 9 }) });
    let arrive = (): void => {};
    const send = test.mock.method(counter, 'send', () => {
      return new Promise<Delivery>((resolve) => {
        arrive = () => resolve({ outcome: 'delivered' });
      });
    });
    add([notice(serverOf(1))]);
    await pass(40 * MINUTE_MS);
    send.mock.restore();
    arrive();
    await pass(0);
    add([notice(serverOf(2))]);
    await pass(50 * MINUTE_MS);
    assert.equal(counter.mails.length, 0);
    await pass(10 * MINUTE_MS);
    assert.deepEqual(counter.mails.map(serversIn), [[serverOf(2)]]);
  });

  it('is as many as there are where the operator says so; lists are never counted', async (test) => {
    const free = await played(test, { mostFor: () => null });
    for (let n = 1; n <= 30; n++) free.add([notice(serverOf(n))]);
    await free.pass(0);
    assert.equal(free.counter.mails.length, 30);
  });

  it('does not count what nobody got', async (test) => {
    const { counter, add, pass } = await played(test, { mostFor: () => ({ hour: 1, day: 5 }) });
    counter.answer = () => ({ outcome: 'refused', reason: '550 nobody' });
    add([notice(serverOf(1))]);
    await pass(0);
    counter.answer = () => ({ outcome: 'delivered' });
    add([notice(serverOf(2))]);
    await pass(0);
    assert.equal(counter.mails.length, 1);
  });

  it('counts a moment in the future as now', async (test) => {
    const { counter, add, pass, store } = await played(test, { mostFor: () => ({ hour: 1, day: 5 }) });
    store.write((sql) => sql.run(`INSERT INTO mailed VALUES ('<x@y>', ?, 1e15)`, SATO));
    add([notice(serverOf(1))]);
    await pass(HOUR_MS - MINUTE_MS);
    assert.equal(counter.mails.length, 0);
    await pass(MINUTE_MS);
    assert.equal(counter.mails.length, 1);
  });

  it('is counted on by the next process, which goes on with what waits', async (test) => {
    const directory = directoryFor(test);
    const first = await played(test, {}, directory);
    for (let n = 1; n <= 8; n++) first.add([notice(serverOf(n))]);
    await first.pass(0);
    assert.equal(first.counter.mails.length, 6);
    await first.outbox.close(0);
    first.store.close();
    const next = await played(test, {}, directory, START_MS + 30 * MINUTE_MS);
    next.outbox.wake();
    next.add([notice(serverOf(9))]);
    await next.pass(MINUTE_MS);
    assert.equal(next.counter.mails.length, 0);
    await next.pass(30 * MINUTE_MS);
    assert.deepEqual(next.counter.mails.map(serversIn), [[7, 8, 9].map(serverOf)]);
  });

  it('is counted, and sent again with the same name, when a kill came between delivery and disk', {
    skip: needs('flock'),
  }, async (test) => {
    const directory = directoryFor(test);
    let arrived = false;
    const server = await scriptedServer(test, {
      onData: (stream) => {
        stream.resume().on('end', () => {
          arrived = true;
          child.kill('SIGKILL');
        });
      },
    });
    const child = startProcess(test, directory, server.port, SATO);
    await once(child, 'close');
    assert.ok(arrived);
    const sender = new PlayedSender();
    sender.answer = () => ({ outcome: 'delivered' });
    const { outbox, add, store } = await openOutbox(test, directory, sender, {
      mostFor: () => ({ hour: 1, day: 5 }),
    });
    add([notice(serverOf(81))]);
    await until('the first mail again', () => outbox.counts().sent === 1);
    await until('the other waiting', () =>
      store.read((sql) => listNotices(sql, ALL)).some(({ waitsFor }) => waitsFor === 'room'),
    );
    assert.deepEqual(
      sender.mails.map(({ headers }) => headers['X-Ringback-Server']),
      ['172.27.178.80'],
    );
    assert.equal(outbox.counts().pending, 1);
  });
});
