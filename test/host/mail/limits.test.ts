import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Most } from '../../../host/config/most.ts';
import { outbox as recordsOf } from '../../../host/control/records.ts';
import { outboxText } from '../../../host/control/records-text.ts';
import type { Mail } from '../../../host/mail/mail.ts';
import type { OutboxOptions, Sender } from '../../../host/mail/outbox.ts';
import type { Delivery } from '../../../host/mail/smtp.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../host/net/duration.ts';
import { addToHistory } from '../../../host/store/history.ts';
import type { Notice, OutboxRow } from '../../../host/store/notice-rows.ts';
import { listNotices } from '../../../host/store/outbox.ts';
import { FakeTime } from '../fake-time.ts';
import { needs } from '../require.ts';
import { directoryFor } from '../store/support.ts';
import { until } from '../tools.ts';
import {
  events,
  noticeTo,
  type OpenOutbox,
  openOutbox,
  PlayedSender,
  scriptedServer,
  startProcess,
} from './support.ts';

const START_MS = 1_000_000;
const MOST: Most = { hour: 6, day: 20 };
const SATO = 'sato@example.jp';
const ALL = 1_000_000;

/** A mail server that answers at once, and when it got what. */
class Counter implements Sender {
  readonly mails: { readonly mail: Mail; readonly ms: number }[] = [];
  answer: (mail: Mail) => Delivery = () => ({ outcome: 'delivered' });
  nowMs = (): number => 0;

  send(mail: Mail): Promise<Delivery> {
    const delivery = this.answer(mail);
    if (delivery.outcome === 'delivered') this.mails.push({ mail, ms: this.nowMs() });
    return Promise.resolve(delivery);
  }

  close(): void {}
}

interface Played extends OpenOutbox {
  readonly counter: Counter;
  nowMs: number;
  pass(ms: number): Promise<void>;
  queued(): OutboxRow[];
}

/** An outbox on a clock and timers of the test's own. */
async function played(
  test: TestContext,
  options: Partial<OutboxOptions> = {},
  directory: string | null = null,
  nowMs = START_MS,
): Promise<Played> {
  const counter = new Counter();
  const time = new FakeTime();
  const open = await openOutbox(test, directory, counter, { mostFor: () => MOST, time, ...options });
  const clock = { ms: nowMs };
  counter.nowMs = () => clock.ms;
  test.mock.method(open.store.clock, 'nowMs', () => clock.ms);
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      await turn();
      // Those that are due at once, and the results.
      time.tick(300);
    }
  };
  return {
    ...open,
    counter,
    get nowMs() {
      return clock.ms;
    },
    async pass(ms) {
      await settle();
      clock.ms += ms;
      time.tick(ms);
      await settle();
    },
    queued: () => open.store.read((sql) => listNotices(sql, ALL)).filter(({ state }) => state === 'queued'),
  };
}

let outages = 0;
/** A notice of another outage, of this server. */
function notice(server: string, mail = SATO, recoveredMs = START_MS): Notice {
  outages++;
  const item = { server, ports: [0], fromMs: recoveredMs - MINUTE_MS, recoveredMs };
  return noticeTo(mail, item, { outage: outages });
}

const serverOf = (n: number): string => `172.27.178.${n}`;
const serversIn = ({ mail }: { mail: Mail }): string[] =>
  String(mail.headers['X-Ringback-Server']).split(', ');

/** Whom history tells of. */
const NOBODY = { people: 0, telling: null, untold: null } as const;

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
