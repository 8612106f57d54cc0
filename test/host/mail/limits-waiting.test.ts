/** What waits for room, where a person gets only so many mails. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Most } from '../../../host/config/most.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../host/net/duration.ts';
import { addToHistory } from '../../../host/store/history.ts';
import { directoryFor } from '../store/support.ts';
import { NOBODY, notice, played, SATO, START_MS, serverOf, serversIn } from './limited.ts';
import { events } from './support.ts';

describe('What waits for room', () => {
  const one = { mostFor: (): Most => ({ hour: 1, day: 9 }) };

  it('is not given up for that, however long it is', async (test) => {
    const { counter, add, pass, outbox } = await played(test, { ...one, giveUpMs: 10 * MINUTE_MS });
    add([notice(serverOf(1))]);
    await pass(0);
    add([notice(serverOf(2))]);
    await pass(HOUR_MS - MINUTE_MS);
    assert.deepEqual(outbox.counts(), { pending: 1, sent: 1, failed: 0 });
    counter.answer = () => ({ outcome: 'later', about: 'recipient', reason: '452 full' });
    await pass(5 * MINUTE_MS);
    assert.equal(outbox.counts().failed, 0, 'from now on it counts');
    for (let i = 0; i < 10; i++) await pass(2 * MINUTE_MS);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 1, failed: 1 });
  });

  it('is not made another mail once it may have arrived', async (test) => {
    const { counter, add, pass, queued } = await played(test, one);
    counter.answer = () => ({ outcome: 'later', about: 'server', reason: 'connection lost' });
    const doubtful = notice(serverOf(1));
    add([doubtful]);
    await pass(0);
    counter.answer = ({ messageId }) =>
      messageId === doubtful.messageId
        ? { outcome: 'later', about: 'recipient', reason: '451 later' }
        : { outcome: 'delivered' };
    add([notice(serverOf(2))]);
    await pass(2 * MINUTE_MS);
    assert.deepEqual(
      queued().map(({ items, admitted }) => [items.map(({ server }) => server), admitted]),
      [
        [[serverOf(1)], true],
        [[serverOf(2)], false],
      ],
    );
  });

  it('keeps its name and its words when it was tried before, beside what collects', async (test) => {
    const { counter, add, pass, store, queued, outbox } = await played(test, one);
    counter.answer = () => ({ outcome: 'later', about: 'server', reason: 'connection lost' });
    const doubtful = notice(serverOf(1));
    add([doubtful]);
    await pass(0);
    counter.answer = () => ({ outcome: 'delivered' });
    // As if the machine had been off.
    store.write((sql) => sql.run('UPDATE outbox SET due_ms = ?', START_MS + 3 * HOUR_MS));
    outbox.wake();
    await pass(2 * HOUR_MS + 30 * MINUTE_MS);
    add([notice(serverOf(2)), notice(serverOf(3))]);
    await pass(30 * MINUTE_MS);
    assert.deepEqual(counter.mails.map(serversIn), [[serverOf(2)]]);
    assert.deepEqual(
      queued().map(({ messageId, items, waitsFor }) => [
        messageId === doubtful.messageId,
        items.length,
        waitsFor,
      ]),
      [
        [true, 1, 'nothing'],
        [false, 1, 'room'],
      ],
    );
    await pass(30 * MINUTE_MS);
    await pass(HOUR_MS);
    assert.deepEqual(counter.mails.slice(1).flatMap(serversIn).toSorted(), [serverOf(1), serverOf(3)]);
    assert.ok(counter.mails.some(({ mail }) => mail.messageId === doubtful.messageId));
  });

  it('is sent at once when the operator allows more', async (test) => {
    let most: Most | null = { hour: 1, day: 5 };
    const { counter, add, pass, outbox } = await played(test, { mostFor: () => most });
    add([notice(serverOf(1))]);
    await pass(0);
    add([notice(serverOf(2)), notice(serverOf(3))]);
    await pass(0);
    most = null;
    outbox.wake();
    await pass(0);
    assert.deepEqual(counter.mails.map(serversIn), [[serverOf(1)], [2, 3].map(serverOf)]);
  });

  it('is not sent to who wants no more', async (test) => {
    let stopped = false;
    const { counter, add, pass, outbox } = await played(test, { ...one, isStopped: () => stopped });
    add([notice(serverOf(1))]);
    await pass(0);
    add([notice(serverOf(2))]);
    stopped = true;
    await pass(HOUR_MS);
    assert.equal(counter.mails.length, 1);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 1, failed: 1 });
  });

  it('leaves out servers that are down again; they are told when they are back, of their last recovery', async (test) => {
    const down = new Set<string>();
    const isDown = ({ server }: { server: string }): boolean => down.has(server);
    const { counter, add, pass, outbox, store, queued, lines } = await played(test, { ...one, isDown });
    add([notice(serverOf(1))]);
    await pass(0);
    add([notice(serverOf(2)), notice(serverOf(3))]);
    await pass(0);
    down.add(serverOf(3));
    outbox.serversChanged();
    await pass(HOUR_MS);
    assert.deepEqual(counter.mails.map(serversIn), [[serverOf(1)], [serverOf(2)]]);
    const [row] = queued();
    assert.deepEqual([row?.waitsFor, row?.items.length, outbox.counts().pending], ['server', 1, 1]);
    assert.equal(row?.reason, `${serverOf(3)} is down again: waits until it is back`);
    await pass(DAY_MS);
    assert.equal(counter.mails.length, 2);
    const toMs = START_MS + 25 * HOUR_MS;
    down.delete(serverOf(3));
    outbox.serversChanged();
    store.write((sql) => {
      const past = { server: serverOf(3), cause: 'unreachable', sign: 'arp', clients: 1, ...NOBODY };
      addToHistory(sql, { ...past, port: 0, fromMs: toMs - 2 * HOUR_MS, toMs });
      addToHistory(sql, { ...past, port: 443, fromMs: toMs + 1, toMs: toMs + 2 });
      addToHistory(sql, { ...past, port: 0, sign: null, fromMs: toMs + 3, toMs: toMs + 4 });
    });
    await pass(2000);
    assert.deepEqual(counter.mails.slice(2).map(serversIn), [[serverOf(3)]]);
    assert.match(counter.mails[2]?.mail.text ?? '', /Was away : 2 h$/m);
    assert.deepEqual(outbox.counts(), { pending: 0, sent: 3, failed: 0 });
    assert.ok(events(lines, 'notice.failed').length === 0);
  });

  it('stays as a whole while all its servers are down, and takes in the notice of the next recovery', async (test) => {
    const down = new Set([serverOf(2)]);
    const isDown = ({ server }: { server: string }): boolean => down.has(server);
    const { counter, add, pass, outbox, queued } = await played(test, { ...one, isDown });
    add([notice(serverOf(1))]);
    await pass(0);
    add([notice(serverOf(2))]);
    await pass(2 * HOUR_MS);
    assert.deepEqual([counter.mails.length, queued()[0]?.waitsFor], [1, 'server']);
    down.clear();
    // He was turned away by the second outage, too.
    assert.deepEqual(add([notice(serverOf(2), SATO, START_MS + 2 * HOUR_MS)]), ['merged']);
    outbox.serversChanged();
    await pass(5000);
    assert.deepEqual(counter.mails.slice(1).map(serversIn), [[serverOf(2)]]);
    assert.equal(counter.mails[1]?.mail.text.match(/^Server {3}: /gm)?.length, 1, 'once');
    assert.equal(outbox.counts().pending, 0);
  });

  it('for a server is found by the next process, whether that is back or not', async (test) => {
    const directory = directoryFor(test);
    const first = await played(test, { ...one, isDown: ({ server }) => server === serverOf(2) }, directory);
    first.add([notice(serverOf(1))]);
    await first.pass(0);
    first.add([notice(serverOf(2))]);
    await first.pass(HOUR_MS);
    assert.equal(first.queued()[0]?.waitsFor, 'server');
    await first.outbox.close(0);
    first.store.close();
    const next = await played(test, one, directory, START_MS + 2 * HOUR_MS);
    next.outbox.wake();
    await next.pass(0);
    assert.deepEqual(next.counter.mails.map(serversIn), [[serverOf(2)]]);
  });
});
