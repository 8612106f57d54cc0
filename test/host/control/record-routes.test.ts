import assert from 'node:assert/strict';
import { beforeEach, describe, it, type TestContext } from 'node:test';
import { isMessageId, recordCount, recordRoutes } from '../../../host/control/record-routes.ts';
import { type HistoryAnswer, NOBODY, type OutboxAnswer } from '../../../host/control/records.ts';
import type { ControlRoutes, Question } from '../../../host/control/socket.ts';
import { RingbackError } from '../../../host/errors.ts';
import type { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { enter, noticeTo, opened, over } from './recorded.ts';

let store: Store;
let routes: ControlRoutes;
beforeEach(async (context) => {
  store = await opened(context as TestContext, null);
  routes = recordRoutes(store, NOBODY, machineTime);
});

/** What a route answers; a promise in any case. */
async function asked(route: string, given: Partial<Question> | string): Promise<unknown> {
  const question = typeof given === 'string' ? { query: new URLSearchParams(given) } : given;
  return await routes[route]?.({ query: new URLSearchParams(), body: null, ...question });
}

const usage = (error: unknown): boolean => error instanceof RingbackError && error.code === 'usage';

describe('What may be asked about records', () => {
  it('is answered with 20 of them, or as many as are wanted', async () => {
    for (let i = 0; i < 25; i++) {
      over(store);
      enter(store, noticeTo('sato@example.jp', i));
    }
    for (const [query, count] of [
      ['', 20],
      ['last=1', 1],
      ['last=10000', 25],
    ] as const) {
      // biome-ignore format: pairs
      const { outages } = (await asked('GET /history', query)) as HistoryAnswer;
      const { queued, notices } = (await asked('GET /outbox', query)) as OutboxAnswer;
      assert.deepEqual([outages.length, notices.length, queued], [count, count, 25]);
    }
  });

  it('is so many servers and clients of each notice, and the number of the others', async () => {
    const { items, ...notice } = noticeTo('sato@example.jp', 1);
    const [item] = items;
    assert.ok(item);
    enter(store, {
      ...notice,
      items: [80, 81, 82].map((last) => ({ ...item, server: `172.27.178.${last}` })),
    });
    const named = async (query: string): Promise<unknown> => {
      const { notices } = (await asked('GET /outbox', query)) as OutboxAnswer;
      return notices.map(({ servers, clients, unnamed, unnamedServers }) => [
        ...[servers.length, clients.length, unnamed, unnamedServers],
      ]);
    };
    assert.deepEqual(await named(''), [[3, 1, undefined, undefined]]);
    assert.deepEqual(await named('named=3'), [[3, 1, undefined, undefined]]);
    assert.deepEqual(await named('named=2'), [[2, 1, 1, 1]]);
    assert.deepEqual(await named('named=0'), [[0, 0, 4, 3]]);
    for (const wrong of ['named=', 'named=-1', 'named=100000', 'named=1e3'])
      await assert.rejects(asked('GET /outbox', wrong), usage, wrong);
    await assert.rejects(asked('GET /outbox', 'last=0&named=1'), usage);
  });

  it('is nothing else', async () => {
    for (const route of ['GET /history', 'GET /outbox']) {
      for (const query of [
        'last=0',
        'last=-1',
        'last=1e3',
        'last=10001',
        'last=',
        'last=NaN',
        'last=9'.repeat(3),
      ])
        await assert.rejects(asked(route, query), usage, `${route}?${query}`);
    }
  });
});

describe('What may be ordered', () => {
  it('is about all notices, or those that are named', async () => {
    const [first = '', second = ''] = enter(
      store,
      noticeTo('sato@example.jp', 1),
      noticeTo('tanaka@example.jp', 1),
    );
    assert.deepEqual(await asked('POST /outbox/drop', { body: { ids: [first] } }), {
      notices: 1,
      beingSent: 0,
    });
    assert.deepEqual(await asked('POST /outbox/retry', { body: { all: true } }), {
      notices: 2,
      beingSent: 0,
    });
    assert.deepEqual(await asked('POST /outbox/drop', { body: { ids: [first, second.slice(1, 20)] } }), {
      notices: 2,
      beingSent: 0,
    });
  });

  it('is nothing else, and then nothing is changed', async () => {
    enter(store, noticeTo('sato@example.jp', 1));
    const wrong = [
      null,
      true,
      'all',
      7,
      [],
      {},
      { all: false },
      { all: 'yes' },
      { ids: [] },
      { ids: 'x' },
      { id: ['x'] },
    ];
    const names = ['', '<', '<<', 'a b', 'a\0', '\n', 7, null, {}, ['x']];
    const both = { all: true, ids: ['x'] };
    for (const route of ['POST /outbox/retry', 'POST /outbox/drop']) {
      for (const body of [...wrong, both, ...names.map((name) => ({ ids: ['x', name] }))])
        await assert.rejects(asked(route, { body }), usage, `${route} ${JSON.stringify(body)}`);
    }
    assert.equal(((await asked('GET /outbox', '')) as OutboxAnswer).queued, 1);
  });
});

describe('A number of records', () => {
  it('is a whole one from 1 to 10,000', () => {
    assert.deepEqual(['1', '20', '10000'].map(recordCount), [1, 20, 10_000]);
    for (const text of ['0', '', ' 1', '1.5', '+1', '0x10', '10001', '１'])
      assert.equal(recordCount(text), null, text);
  });
});

describe('A Message-ID', () => {
  it('may be cut short, and its angle bracket left out', () => {
    for (const text of ['<3f@a.example>', '<3f', '3f', '3', '3f@日本.example>'])
      assert.ok(isMessageId(text), text);
    for (const text of ['', '<', '<<3f', '3f 4', '3f\x7f', '3f\0']) assert.ok(!isMessageId(text), text);
  });
});
