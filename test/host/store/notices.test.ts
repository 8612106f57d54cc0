import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { combined } from '../../../host/store/collecting.ts';
import type { Sql } from '../../../host/store/database.ts';
import { fatesOf } from '../../../host/store/fates.ts';
import type { Notice } from '../../../host/store/notice-rows.ts';
import {
  countQueued,
  dueNotices,
  findNotices,
  finishNotice,
  finishSent,
  listNotices,
  nextDueMs,
  oldestNotices,
  postponeNotice,
  pruneFinished,
  retryNotice,
} from '../../../host/store/outbox.ts';
import { directoryFor, enter, itemOf, noticeNumber, openStore } from './support.ts';

const ALL = 1_000_000;
const HOLD_MS = 6000;

/** Runs it on an empty database. */
function onEmpty(name: string, f: (sql: Sql) => void): void {
  it(name, async (test) => {
    const { store } = await openStore(test, null);
    store.write(f);
  });
}

/** A notice to Sato about a server, for the tries of a client. */
function toSato(server: string, client = '172.27.179.151'): Notice {
  return {
    messageId: `<${server}-${client}@router.example>`,
    mail: 'sato@example.jp',
    language: 'ja',
    items: [itemOf({ server, client })],
  };
}

const servers = (sql: Sql): string[][] => {
  return oldestNotices(sql, ALL).map(({ items }) => items.map(({ server }) => server));
};

const ids = (rows: readonly Notice[]): string[] => rows.map(({ messageId }) => messageId);

describe('notices on disk', () => {
  it('come back as they were', async (test) => {
    const directory = directoryFor(test);
    const notice = noticeNumber(1, {
      language: 'ja',
      items: [
        itemOf({ serverName: null, fromMs: 0.125 }),
        itemOf({ server: '::1', serverName: 'サーバ "1"' }),
      ],
    });
    const first = await openStore(test, directory);
    assert.deepEqual(
      first.store.write((sql) => enter(sql, notice, 12.5, 4)),
      { outcome: 'queued', messageId: notice.messageId },
    );
    first.store.close();
    const { store } = await openStore(test, directory);
    const queued = {
      state: 'queued',
      createdMs: 12.5,
      dueMs: 16.5,
      tries: 0,
      reason: null,
      finishedMs: null,
      waitsFor: 'company',
      admitted: false,
    };
    assert.deepEqual(
      store.read((sql) => listNotices(sql, ALL)),
      [{ ...notice, ...queued }],
    );
  });

  onEmpty('are entered once, whatever became of the first', (sql) => {
    for (const state of ['queued', 'sent', 'given up'] as const) {
      const notice = noticeNumber(state.length);
      assert.equal(enter(sql, notice).outcome, 'queued');
      if (state !== 'queued') finishNotice(sql, notice, state, null, 5);
      assert.deepEqual(enter(sql, notice), { outcome: 'known', messageId: notice.messageId });
      assert.equal(findNotices(sql, notice.messageId)[0]?.state, state);
    }
  });

  onEmpty('are due in their order, and none before its time', (sql) => {
    enter(sql, noticeNumber(1), 30);
    enter(sql, noticeNumber(2), 0, 20);
    enter(sql, noticeNumber(3), 10);
    enter(sql, noticeNumber(4), 0, 50);
    const numbers = (nowMs: number, limit = ALL): string[] => ids(dueNotices(sql, nowMs, limit));
    const expected = [3, 2, 1, 4].map((number) => noticeNumber(number).messageId);
    assert.deepEqual(numbers(9), []);
    assert.deepEqual(numbers(30), expected.slice(0, 3));
    assert.deepEqual(numbers(50), expected);
    assert.deepEqual(numbers(50, 2), expected.slice(0, 2));
    assert.equal(nextDueMs(sql, 9), 10);
    assert.equal(nextDueMs(sql, 30), 50);
    assert.equal(nextDueMs(sql, 50), Number.POSITIVE_INFINITY);
  });

  onEmpty('that failed know how often, why, and when they are due again', (sql) => {
    enter(sql, noticeNumber(1), 10);
    postponeNotice(sql, noticeNumber(1).messageId, { tries: 3, reason: '451 not now', dueMs: 99 });
    assert.deepEqual(dueNotices(sql, 98, ALL), []);
    const [row] = dueNotices(sql, 99, ALL);
    assert.deepEqual([row?.tries, row?.reason, row?.createdMs], [3, '451 not now', 10]);
    assert.equal(countQueued(sql), 1);
  });

  onEmpty('that are done are not due, and keep their fate', (sql) => {
    for (const number of [1, 2, 3]) enter(sql, noticeNumber(number), number);
    finishNotice(sql, noticeNumber(1), 'sent', null, 50);
    finishNotice(sql, noticeNumber(2), 'given up', '550 nobody', 60);
    assert.deepEqual(ids(dueNotices(sql, ALL, ALL)), [noticeNumber(3).messageId]);
    assert.deepEqual(ids(oldestNotices(sql, ALL)), [noticeNumber(3).messageId]);
    assert.equal(countQueued(sql), 1);
    const fates = listNotices(sql, ALL).map(({ state, reason, finishedMs }) => [state, reason, finishedMs]);
    assert.deepEqual(fates, [
      ['queued', null, null],
      ['given up', '550 nobody', 60],
      ['sent', null, 50],
    ]);
    assert.equal(listNotices(sql, 1).length, 1);
    assert.equal(listNotices(sql, 2).length, 2);
  });

  onEmpty('that were sent together are done together, and each of them counts once', (sql) => {
    const all = Array.from({ length: 40 }, (_, number) => {
      const tellings = number % 2 === 0 ? ['even', 'all'] : ['all'];
      return noticeNumber(number, { items: [itemOf({ tellings })] });
    });
    for (const notice of all) enter(sql, notice);
    const rows = dueNotices(sql, ALL, ALL);
    // Somebody gave one up, and another one was sent before.
    const [first, second] = rows;
    assert.ok(first !== undefined && second !== undefined);
    finishNotice(sql, first, 'given up', 'dropped', 10);
    finishNotice(sql, second, 'sent', null, 20);
    finishSent(sql, rows, 50);
    finishSent(sql, [], 60);
    assert.equal(countQueued(sql), 0);
    const sent = listNotices(sql, ALL);
    assert.deepEqual(
      new Set(sent.map(({ state, finishedMs }) => `${state} ${finishedMs}`)),
      new Set(['sent 50']),
    );
    assert.deepEqual(fatesOf(sql, 'all'), { sent: 39, failed: 1 });
    assert.deepEqual(fatesOf(sql, 'even'), { sent: 19, failed: 1 });
  });

  onEmpty(
    'that are done are kept up to ten thousand, the latest; those that are not are never pruned',
    (sql) => {
      for (let number = 0; number < 10_060; number++) {
        enter(sql, noticeNumber(number));
        if (number >= 30)
          finishNotice(sql, noticeNumber(number), number % 2 === 0 ? 'sent' : 'given up', null, number);
      }
      pruneFinished(sql);
      assert.equal(countQueued(sql), 30);
      const finished = listNotices(sql, ALL).slice(30);
      assert.equal(finished.length, 10_000);
      assert.equal(finished[0]?.finishedMs, 10_059);
      assert.equal(finished.at(-1)?.finishedMs, 60);
    },
  );

  onEmpty('are tried anew as if they had just been entered', (sql) => {
    for (const number of [1, 2]) enter(sql, noticeNumber(number), 10, HOLD_MS);
    finishNotice(sql, noticeNumber(1), 'given up', '550 nobody', 20);
    postponeNotice(sql, noticeNumber(2).messageId, { tries: 5, reason: '451 not now', dueMs: 9999 });
    for (const number of [1, 2]) retryNotice(sql, noticeNumber(number).messageId, 100);
    assert.equal(countQueued(sql), 2);
    for (const row of dueNotices(sql, 100, ALL)) {
      assert.deepEqual([row.state, row.tries, row.createdMs, row.finishedMs], ['queued', 0, 100, null]);
    }
    assert.equal(dueNotices(sql, 100, ALL).length, 2);
  });

  onEmpty('are found by the beginning of their Message-ID', (sql) => {
    for (const id of ['<abc1@router.example>', '<abc2@router.example>', '<abd@router.example>', '<a%_@x>']) {
      enter(sql, noticeNumber(1, { messageId: id }));
    }
    const found = (prefix: string): string[] => ids(findNotices(sql, prefix));
    for (const prefix of ['abd', '<abd', '<abd@router.example>', 'abd@']) {
      assert.deepEqual(found(prefix), ['<abd@router.example>'], prefix);
    }
    assert.deepEqual(found('abc'), ['<abc1@router.example>', '<abc2@router.example>']);
    assert.deepEqual(found('abc2'), ['<abc2@router.example>']);
    assert.equal(found('ab').length, 2, 'enough to see that there are several');
    // Nothing in it stands for something else.
    assert.deepEqual(found('a%'), ['<a%_@x>']);
    assert.deepEqual(found('_'), []);
    assert.deepEqual(found("' OR 1 --"), []);
  });
});

describe('notices that wait for company', () => {
  onEmpty('become one mail for one client', (sql) => {
    const first = toSato('172.27.178.80');
    assert.equal(enter(sql, first, 0, HOLD_MS).outcome, 'queued');
    assert.deepEqual(enter(sql, toSato('172.27.178.81'), 10, HOLD_MS), {
      outcome: 'merged',
      messageId: first.messageId,
    });
    // Also one for which nobody else is expected any more.
    assert.equal(enter(sql, toSato('172.27.178.82'), 20, 0).outcome, 'merged');
    assert.deepEqual(servers(sql), [['172.27.178.80', '172.27.178.81', '172.27.178.82']]);
    assert.equal(countQueued(sql), 1);
  });

  onEmpty('are no company to themselves', (sql) => {
    const notice = toSato('172.27.178.80');
    assert.equal(enter(sql, notice, 0, HOLD_MS).outcome, 'queued');
    for (const isFull of [false, true]) {
      assert.equal(enter(sql, notice, 10, HOLD_MS, isFull).outcome, 'known');
    }
    assert.deepEqual(servers(sql), [['172.27.178.80']]);
    assert.equal(oldestNotices(sql, 1)[0]?.dueMs, HOLD_MS);
  });

  onEmpty('become one for a person, whichever of his machines tried', (sql) => {
    const first = toSato('172.27.178.80');
    enter(sql, first, 0, HOLD_MS);
    for (const [server, client] of [
      ['2001:db8:178::80', '2001:db8:179::151'],
      ['172.27.178.81', '172.27.179.150'],
      ['172.27.178.82', '172.27.179.151'],
    ] as const) {
      assert.deepEqual(enter(sql, toSato(server, client), 10, HOLD_MS), {
        outcome: 'merged',
        messageId: first.messageId,
      });
    }
    assert.equal(countQueued(sql), 1);
  });

  it('have one item for what came again, with all clients that tried it, as many as are named', () => {
    const item = (n: number) =>
      itemOf({ client: `10.0.0.${n}`, ports: [0], firstMs: n, lastMs: n, tries: 1 });
    const [one] = combined([item(1)], [{ ...item(2), otherClients: ['10.0.0.1', '10.0.0.3'] }]);
    assert.deepEqual([one?.client, one?.otherClients], ['10.0.0.2', ['10.0.0.1', '10.0.0.3']]);
    assert.deepEqual([one?.firstMs, one?.lastMs, one?.tries], [1, 2, 2]);
    const all = Array.from({ length: 99 }, (_, n) => item(n));
    const many = combined(all.slice(0, 50), all.slice(50));
    assert.deepEqual([many.length, many[0]?.otherClients?.length, many[0]?.tries], [1, 31, 99]);
    assert.equal(combined([item(1)], [{ ...item(1), ports: [80] }]).length, 2);
  });

  onEmpty('stay apart for two people', (sql) => {
    enter(sql, toSato('172.27.178.80'), 0, HOLD_MS);
    const tanaka = { ...toSato('172.27.178.81'), mail: 'tanaka@example.jp' };
    assert.equal(enter(sql, tanaka, 10, HOLD_MS).outcome, 'queued');
  });

  onEmpty('take nobody along any more once they are due, were attempted or are done', (sql) => {
    enter(sql, toSato('172.27.178.80'), 0, HOLD_MS);
    assert.equal(enter(sql, toSato('172.27.178.81'), HOLD_MS, 0).outcome, 'queued');
    const attempted = toSato('172.27.178.82');
    enter(sql, attempted, HOLD_MS, HOLD_MS);
    postponeNotice(sql, attempted.messageId, { tries: 1, reason: '451', dueMs: 10 * HOLD_MS });
    assert.equal(enter(sql, toSato('172.27.178.83'), HOLD_MS + 1, 0).outcome, 'queued');
    const done = toSato('172.27.178.84');
    enter(sql, done, HOLD_MS, HOLD_MS);
    finishNotice(sql, done, 'sent', null, HOLD_MS);
    assert.equal(enter(sql, toSato('172.27.178.85'), HOLD_MS + 1, 0).outcome, 'queued');
  });

  onEmpty('that wait for nobody are no company', (sql) => {
    enter(sql, toSato('172.27.178.80'), 0, 0);
    assert.equal(enter(sql, toSato('172.27.178.81'), 0, HOLD_MS).outcome, 'queued');
  });

  onEmpty('wait longer with everyone who joins, but never for longer than four times', (sql) => {
    enter(sql, toSato('172.27.178.1'), 0, HOLD_MS);
    const due = (): number | undefined => oldestNotices(sql, 1)[0]?.dueMs;
    assert.equal(due(), HOLD_MS);
    enter(sql, toSato('172.27.178.2'), 5000, HOLD_MS);
    assert.equal(due(), 11_000);
    for (let server = 3; server <= 20; server++) {
      const nowMs = (server - 2) * 5000;
      enter(sql, toSato(`172.27.178.${server}`), nowMs, HOLD_MS);
    }
    const [first, second] = oldestNotices(sql, 2);
    assert.equal(first?.dueMs, 4 * HOLD_MS);
    // Who came after that waits on a mail of his own.
    assert.equal(second?.createdMs, 25_000);
    assert.equal(servers(sql).flat().length, 20);
  });

  onEmpty('go at once when the last one has no reason to wait', (sql) => {
    enter(sql, toSato('172.27.178.80'), 0, HOLD_MS);
    enter(sql, toSato('172.27.178.81'), 100, 0);
    assert.equal(dueNotices(sql, 100, ALL).length, 1);
  });

  onEmpty('find company even when there is no room for more', (sql) => {
    enter(sql, toSato('172.27.178.80'), 0, HOLD_MS);
    assert.equal(enter(sql, toSato('172.27.178.81'), 1, HOLD_MS, true).outcome, 'merged');
    const other = { ...toSato('172.27.178.82'), mail: 'tanaka@example.jp' };
    assert.equal(enter(sql, other, 1, HOLD_MS, true).outcome, 'full');
    assert.equal(countQueued(sql), 1);
  });
});
