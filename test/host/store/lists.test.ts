/** What a relay remembers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addList,
  hasList,
  latestLists,
  loadMessages,
  type ReceivedList,
  removeMessage,
  saveMessage,
  toldByOthers,
} from '../../../host/store/lists.ts';
import { directoryFor, openStore } from './support.ts';

const LIST: ReceivedList = {
  list: '00112233445566778899aabbccddeeff',
  part: 1,
  parts: 2,
  server: '172.27.178.80',
  clients: 1000,
  people: 900,
  receivedMs: 5000,
};

describe('lists that were received', () => {
  it('are known by their name and part, in the next process, too', async (test) => {
    const directory = directoryFor(test);
    const first = await openStore(test, directory);
    first.store.write((sql) => addList(sql, LIST));
    first.store.close();
    const { store } = await openStore(test, directory);
    store.read((sql) => {
      assert.equal(hasList(sql, LIST.list, 1), true);
      assert.equal(hasList(sql, LIST.list, 2), false);
      assert.equal(hasList(sql, 'another-list', 1), false);
      assert.deepEqual(latestLists(sql, 5), [{ ...LIST, fates: { sent: 0, failed: 0 } }]);
    });
  });

  it('are told latest first, and entered once', async (test) => {
    const { store } = await openStore(test, null);
    store.write((sql) => {
      addList(sql, LIST);
      addList(sql, { ...LIST, part: 2, receivedMs: 6000 });
      addList(sql, { ...LIST, people: 0 });
    });
    const lists = store.read((sql) => latestLists(sql, 5));
    assert.deepEqual(
      lists.map(({ part, people }) => [part, people]),
      [
        [2, 900],
        [1, 900],
      ],
    );
  });

  it('are so many at the most, and the oldest go', async (test) => {
    const { store } = await openStore(test, null);
    store.write((sql) => {
      sql.run(
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 65536)
         INSERT INTO lists SELECT 'list-' || n, 1, 1, '172.27.178.80', 1, 1, n, NULL FROM n`,
      );
      addList(sql, { ...LIST, receivedMs: 1e9 });
    });
    store.read((sql) => {
      assert.equal(sql.number('SELECT count(*) FROM lists'), 65_536);
      assert.deepEqual([hasList(sql, 'list-1', 1), hasList(sql, 'list-2', 1)], [false, true]);
      assert.equal(hasList(sql, LIST.list, 1), true);
    });
  });
});

describe('people of a list', () => {
  const OWNERS = ['sato@example.jp', 'tanaka@example.jp'];

  it('are remembered until all its parts are there, by the next process, too', async (test) => {
    const directory = directoryFor(test);
    const first = await openStore(test, directory);
    first.store.write((sql) => addList(sql, { ...LIST, parts: 3 }, OWNERS));
    first.store.close();
    const { store } = await openStore(test, directory);
    const told = () => store.read((sql) => [...toldByOthers(sql, LIST.list)]);
    assert.deepEqual(told(), OWNERS);
    assert.deepEqual(
      store.read((sql) => [...toldByOthers(sql, 'another-list')]),
      [],
    );
    store.write((sql) => addList(sql, { ...LIST, parts: 3, part: 3 }, ['nakamura@example.jp']));
    assert.deepEqual(told(), [...OWNERS, 'nakamura@example.jp']);
    store.write((sql) => addList(sql, { ...LIST, parts: 3, part: 2 }, ['suzuki@example.jp']));
    assert.deepEqual(told(), []);
  });

  it('are remembered for as many parts as the one that knows of the most says: a router that was killed may make more', async (test) => {
    const { store } = await openStore(test, null);
    const told = () => store.read((sql) => [...toldByOthers(sql, LIST.list)]);
    store.write((sql) => addList(sql, { ...LIST, part: 3, parts: 3 }, OWNERS));
    store.write((sql) => addList(sql, { ...LIST, part: 1, parts: 2 }, ['nakamura@example.jp']));
    assert.deepEqual(told().sort(), ['nakamura@example.jp', ...OWNERS]);
    store.write((sql) => addList(sql, { ...LIST, part: 2, parts: 3 }));
    assert.deepEqual(told(), []);
  });

  it('are those of the latest parts, where others never come', async (test) => {
    const { store } = await openStore(test, null);
    const of = (list: string) => store.read((sql) => [...toldByOthers(sql, list)]);
    store.write((sql) => {
      addList(sql, { ...LIST, list: 'first' }, OWNERS);
      addList(sql, { ...LIST, list: 'second' }, OWNERS);
      sql.run(
        `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 4094)
         INSERT INTO lists SELECT 'list-' || n, 1, 2, '172.27.178.80', 1, 1, n, '[]' FROM n`,
      );
    });
    assert.deepEqual(of('first'), OWNERS);
    store.write((sql) => addList(sql, { ...LIST, list: 'last' }, OWNERS));
    assert.deepEqual([of('first'), of('second'), of('last')], [[], OWNERS, OWNERS]);
  });
});

describe('messages in the mailbox', () => {
  it('have one fate each, until they are gone', async (test) => {
    const { store } = await openStore(test, null);
    store.write((sql) => {
      saveMessage(sql, 'a', { fate: 'refused', rules: 'the key' });
      saveMessage(sql, 'b', { fate: 'left', rules: null });
      saveMessage(sql, 'a', { fate: 'taken', rules: null });
      saveMessage(sql, 'c', { fate: 'left', rules: null });
      removeMessage(sql, 'c');
    });
    assert.deepEqual([...store.read(loadMessages)].sort(), [
      ['a', { fate: 'taken', rules: null }],
      ['b', { fate: 'left', rules: null }],
    ]);
  });
});
