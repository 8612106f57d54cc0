import assert from 'node:assert/strict';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { firstQueued, outbox } from '../../../host/control/notice-records.ts';
import { drop, NOBODY, pastOutages, type RecordState, retry } from '../../../host/control/records.ts';
import type { Clock } from '../../../host/store/clock.ts';
import { findNotices } from '../../../host/store/outbox.ts';
import type { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { directory } from '../fabric/scripted.ts';
import { OTHER, SATO, SERVER } from '../router/world.ts';
import { enter, four, noticeTo, opened, over, refusal, states } from './recorded.ts';

let store: Store;
beforeEach(async (context) => {
  const place = directory();
  store = await opened(context as TestContext, place.path('state'));
  (context as TestContext).after(() => place.remove());
});

/** Two notices whose Message-IDs begin with the same so many characters, not one more. */
function alike(length: number): [string, string] {
  const seen = new Map<string, string>();
  for (let outage = 0; ; outage++) {
    const notice = noticeTo('sato@example.jp', outage);
    const start = notice.messageId.slice(1, length + 1);
    const twin = seen.get(start);
    if (twin !== undefined && twin[length + 1] !== notice.messageId[length + 1]) {
      const twins = Array.from({ length: outage }, (_, i) => noticeTo('sato@example.jp', i));
      const other = twins.find(({ messageId }) => messageId === twin);
      assert.ok(other !== undefined, 'it was just made');
      enter(store, other, notice);
      return [other.messageId, notice.messageId];
    }
    seen.set(start, notice.messageId);
  }
}

describe('Past outages', () => {
  it('are told latest first, with what showed that they were over', () => {
    over(store);
    over(store, { server: OTHER, port: 443, cause: 'refused', sign: null, clients: 0, people: 0 });
    const [last, first] = pastOutages(store, 20);
    assert.deepEqual(
      { ...first, from: null, to: null },
      {
        server: SERVER,
        port: 0,
        cause: 'unanswered',
        from: null,
        to: null,
        seconds: 2.5,
        sign: 'arp',
        clients: 3,
        people: 2,
        // An older version said so.
        told: 2,
        queued: null,
        failed: null,
        untold: null,
        handedOver: null,
      },
    );
    // Each is reckoned from clocks that are read for it.
    assert.ok(Date.parse(String(first?.from)) < Date.parse(String(first?.to)), `${first?.from} ${first?.to}`);
    assert.deepEqual([last?.server, last?.port, last?.sign], [OTHER, 443, null]);
  });

  it('are as many as were asked for, the latest', () => {
    for (const server of [SERVER, OTHER]) over(store, { server });
    assert.deepEqual(
      pastOutages(store, 1).map(({ server }) => server),
      [OTHER],
    );
  });

  it('have no date where the clock was wrong, and lasted for as long as they did', () => {
    over(store);
    const clock: Clock = { nowMs: () => store.clock.nowMs(), dateOf: () => null };
    const lost: RecordState = { clock, read: (f) => store.read(f), write: (f) => store.write(f) };
    const [outage] = pastOutages(lost, 20);
    assert.deepEqual([outage?.from, outage?.to, outage?.seconds], [null, null, 2.5]);
  });
});

describe('The outbox', () => {
  it('tells of undelivered notices first, and what became of the others', () => {
    const { waiting, fresh, sent, lost } = four(store);
    const { queued, notices } = outbox(store, NOBODY, 20);
    assert.equal(queued, 2);
    assert.deepEqual(
      notices.map(({ messageId, state, tries, reason }) => [messageId, state, tries, reason]),
      [
        [waiting, 'queued', 3, 'connection refused'],
        [fresh, 'queued', 0, null],
        [lost, 'given up', 0, '550 no such user'],
        [sent, 'sent', 0, null],
      ],
    );
    const [first, second, third] = notices;
    assert.deepEqual(
      [first?.mail, first?.servers, first?.clients, first?.finished, first?.beingSent],
      ['sato@example.jp', [OTHER], [SATO], null, false],
    );
    assert.ok(Date.parse(String(first?.next)) > Date.parse(String(first?.entered)), 'tried again later');
    assert.ok(Number(first?.nextInSeconds) > 3000, 'in about an hour');
    assert.equal(second?.nextInSeconds, 0);
    assert.deepEqual([third?.next, third?.nextInSeconds], [null, null]);
    assert.ok(third?.finished, 'when it was given up');
  });

  it('counts those that are not listed', () => {
    four(store);
    const { queued, notices } = outbox(store, NOBODY, 1);
    assert.deepEqual([queued, notices.length], [2, 1]);
  });

  it('calls each by as much of its Message-ID as tells it from all others', () => {
    const [one, other] = alike(8);
    const { notices } = outbox(store, NOBODY, 20);
    assert.deepEqual(
      notices.map(({ id }) => id),
      [one.slice(1, 10), other.slice(1, 10)],
    );
    const [lone = ''] = enter(store, noticeTo('tanaka@example.jp', 1));
    const { notices: all } = outbox(store, NOBODY, 20);
    assert.equal(all.find(({ messageId }) => messageId === lone)?.id, lone.slice(1, 9));
  });

  it('says which of them were entered first', () => {
    const { waiting } = four(store);
    assert.deepEqual(
      firstQueued(store, NOBODY, 1).map(({ messageId }) => messageId),
      [waiting],
    );
  });
});

describe('An order', () => {
  it('retries what waits and what was given up, as if it were new', async () => {
    const { waiting, lost } = four(store);
    const answer = await retry(
      { store, post: NOBODY, time: machineTime },
      { ids: [waiting.slice(1, 9), lost] },
    );
    assert.deepEqual(answer, { notices: 2, beingSent: 0 });
    for (const id of [waiting, lost]) {
      const notice = outbox(store, NOBODY, 20).notices.find(({ messageId }) => messageId === id);
      assert.deepEqual([notice?.state, notice?.tries, notice?.nextInSeconds], ['queued', 0, 0]);
    }
  });

  it('drops what waits, and the reason stays', async () => {
    const { waiting } = four(store);
    assert.deepEqual(await drop({ store, post: NOBODY, time: machineTime }, { ids: [waiting] }), {
      notices: 1,
      beingSent: 0,
    });
    const { queued, notices } = outbox(store, NOBODY, 20);
    assert.equal(queued, 1);
    const dropped = notices.find(({ messageId }) => messageId === waiting);
    assert.deepEqual(
      [dropped?.state, dropped?.reason, dropped?.next],
      ['given up', 'dropped by the operator', null],
    );
  });

  it('about one notice by two names is carried out once', async () => {
    const { fresh } = four(store);
    const answer = await drop(
      { store, post: NOBODY, time: machineTime },
      { ids: [fresh, fresh.slice(1, 12), fresh.slice(0, 12)] },
    );
    assert.equal(answer.notices, 1);
  });

  it('that can’t be carried out for one of them changes nothing, and says all that is wrong', async () => {
    const { waiting, sent, lost } = four(store);
    const before = states(store);
    await assert.rejects(
      drop({ store, post: NOBODY, time: machineTime }, { ids: [waiting, sent, lost, 'zzz'] }),
      refusal(
        /^<.*> to nakamura@example\.jp was sent already\n<.*suzuki@example\.jp was given up already\nno notice .* "zzz"$/,
      ),
    );
    await assert.rejects(
      retry({ store, post: NOBODY, time: machineTime }, { ids: [lost, sent] }),
      refusal(/was sent already$/),
    );
    assert.deepEqual(states(store), before);
  });

  it('for a name that several have says which', async () => {
    const [one, other] = alike(2);
    await assert.rejects(
      drop({ store, post: NOBODY, time: machineTime }, { ids: [one.slice(1, 3)] }),
      (error: unknown) =>
        refusal(/is the beginning of several/)(error) &&
        [one, other].every((id) => String(error).includes(id)),
    );
    assert.deepEqual(Object.values(states(store)), ['queued', 'queued']);
  });

  it('for all retries all but what was sent', async () => {
    const { sent } = four(store);
    assert.deepEqual(await retry({ store, post: NOBODY, time: machineTime }, { all: true }), {
      notices: 3,
      beingSent: 0,
    });
    const left = Object.entries(states(store)).filter(([, state]) => state !== 'queued');
    assert.deepEqual(left, [[sent, 'sent']]);
  });

  it('for all drops what waits, however much that is', async () => {
    const many = Array.from({ length: 1203 }, (_, i) => noticeTo('sato@example.jp', i + 100));
    enter(store, ...many);
    const { sent } = four(store);
    assert.deepEqual(await drop({ store, post: NOBODY, time: machineTime }, { all: true }), {
      notices: 1205,
      beingSent: 0,
    });
    assert.equal(outbox(store, NOBODY, 1).queued, 0);
    assert.equal(store.read((sql) => findNotices(sql, sent))[0]?.state, 'sent');
    assert.deepEqual(await drop({ store, post: NOBODY, time: machineTime }, { all: true }), {
      notices: 0,
      beingSent: 0,
    });
  });
});
