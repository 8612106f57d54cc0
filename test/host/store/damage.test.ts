import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { Sql } from '../../../host/store/database.ts';
import { loadOutages, saveClient, saveOutage } from '../../../host/store/outages.ts';
import { loadRegistrations, register } from '../../../host/store/registrations.ts';
import type { LoggedLine } from '../tools.ts';
import { until } from '../tools.ts';
import { directoryFor, enter, noticeNumber, openStore } from './support.ts';

/** So many notices are more than SQLite keeps in memory. */
const MANY = 20_000;
const RETRY_MS = 50;

const count = (sql: Sql): number => sql.number('SELECT count(*) FROM outbox');
const said = (lines: readonly LoggedLine[]): string[] => lines.map(({ event }) => event);

/** A closed database in which somebody waits, somebody has registered, and there are so many notices. */
async function filled(test: TestContext, notices = MANY): Promise<string> {
  const directory = directoryFor(test);
  const { store } = await openStore(test, directory);
  store.write((sql) => {
    const outage = { id: 7, server: '172.27.178.80', port: 0, triedPort: 80, fromMs: 1 };
    saveOutage(sql, { ...outage, cause: 'unreachable', told: false, telling: null, suspected: false });
    saveClient(sql, 7, '172.27.179.151', { firstMs: 1, lastMs: 2, tries: 2 });
    register(sql, { client: '172.27.179.150', mail: 'tanaka@example.jp', language: 'en', registeredMs: 1 });
  });
  store.write((sql) => {
    for (let number = 0; number < notices; number++) enter(sql, noticeNumber(number));
  });
  store.close();
  return directory;
}

/** Overwrites the second half, or truncates it away. */
const DAMAGES: Readonly<Record<string, (path: string) => void>> = {
  'was overwritten in the middle': (path) => {
    const { size } = statSync(path);
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(size / 4, 0xa5), 0, size / 4, size / 2);
    closeSync(file);
  },
  'was cut off in the middle': (path) => {
    const { size } = statSync(path);
    truncateSync(path, Math.floor(size / 8192) * 4096);
  },
};

describe('a database', () => {
  for (const [name, damage] of Object.entries({
    ...DAMAGES,
    'is garbage from the beginning': (path: string) => writeFileSync(path, 'garbage '.repeat(10_000)),
    'is a few bytes': (path: string) => writeFileSync(path, 'SQLite'),
    'has another head': (path: string) => {
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(100, 0xff), 0, 100, 0);
      closeSync(file);
    },
  })) {
    it(`that ${name} is put aside, and another one begun`, async (test) => {
      const directory = await filled(test, 500);
      damage(`${directory}/ringback.db`);
      const damaged = readFileSync(`${directory}/ringback.db`);
      const { store, lines } = await openStore(test, directory);
      assert.deepEqual(store.health, { place: 'disk', reason: null });
      assert.equal(store.read(count), 0);
      const [line, ...more] = lines;
      assert.deepEqual(more, []);
      assert.equal(line?.level, 'error');
      assert.equal(line?.event, 'state.damaged');
      assert.equal(line?.fields.kept, `${directory}/ringback.db.damaged`);
      assert.notEqual(line?.fields.reason, '');
      assert.deepEqual(readFileSync(`${directory}/ringback.db.damaged`), damaged);
      store.write((sql) => enter(sql, noticeNumber(1)));
      store.close();
      const again = await openStore(test, directory);
      assert.equal(again.store.read(count), 1);
      assert.deepEqual(again.lines, []);
    });
  }

  it('that is damaged once more takes the place of the one put aside', async (test) => {
    const directory = await filled(test, 1);
    for (const garbage of ['first '.repeat(1000), 'second '.repeat(1000)]) {
      writeFileSync(`${directory}/ringback.db`, garbage);
      const { store } = await openStore(test, directory);
      store.close();
      assert.equal(readFileSync(`${directory}/ringback.db.damaged`, 'utf8'), garbage);
    }
  });

  it('is not given up for a write-ahead log that makes no sense', async (test) => {
    const directory = await filled(test, 10);
    writeFileSync(`${directory}/ringback.db-wal`, 'garbage '.repeat(1000));
    const { store, lines } = await openStore(test, directory);
    assert.equal(store.read(count), 10);
    assert.deepEqual(lines, []);
  });

  it('that cannot be opened is left alone: work goes on in memory until it can', async (test) => {
    const directory = directoryFor(test);
    mkdirSync(`${directory}/ringback.db`);
    const { store, lines } = await openStore(test, directory, { retryMs: RETRY_MS });
    assert.equal(store.health.place, 'memory');
    assert.notEqual(store.health.reason, null);
    store.write((sql) => enter(sql, noticeNumber(1)));
    assert.ok(!said(lines).includes('state.damaged'));
    rmdirSync(`${directory}/ringback.db`);
    await until('the state on disk', () => store.health.place === 'disk');
    store.write((sql) => enter(sql, noticeNumber(2)));
    store.close();
    assert.equal((await openStore(test, directory)).store.read(count), 2);
  });
});

describe('a database in use', () => {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    it(`that ${name} is put aside, and work goes on`, async (test) => {
      const directory = await filled(test);
      const { store, lines } = await openStore(test, directory, { retryMs: RETRY_MS });
      let lost = 0;
      store.whenLost(() => lost++);
      damage(`${directory}/ringback.db`);
      // Nobody notices before somebody looks.
      store.write((sql) => enter(sql, noticeNumber(MANY)));
      store.read((sql) => sql.all('SELECT * FROM outbox'));
      assert.equal(store.health.place, 'memory');
      const unreadable = lines.slice(1).map(({ fields }) => fields.table);
      assert.deepEqual(said(lines), ['state.failed', ...unreadable.map(() => 'state.unreadable')]);
      assert.ok(unreadable.includes('outbox'));
      await until('whoever knows better is asked', () => lost === 1);
      store.write((sql) => enter(sql, noticeNumber(MANY + 1)));
      await until('the state on disk', () => store.health.place === 'disk');
      assert.deepEqual(said(lines).slice(1 + unreadable.length), ['state.damaged', 'state.back']);
      assert.ok(existsSync(`${directory}/ringback.db.damaged`));
      store.write((sql) => enter(sql, noticeNumber(MANY + 2)));
      store.close();

      const again = await openStore(test, directory);
      assert.deepEqual(again.lines, []);
      // What could still be read was taken along.
      const waiting = again.store.read(loadOutages).flatMap(({ clients }) => [...clients.keys()]);
      assert.deepEqual(waiting, unreadable.includes('waiting') ? [] : ['172.27.179.151']);
      const registered = again.store.read(loadRegistrations).map(({ mail }) => mail);
      assert.deepEqual(registered, unreadable.includes('registrations') ? [] : ['tanaka@example.jp']);
      assert.ok(name.includes('cut off') || unreadable.length === 1);
      const written = again.store.read((sql) => {
        return sql.all(
          'SELECT message_id AS id FROM outbox WHERE message_id > ?',
          noticeNumber(MANY).messageId,
        );
      });
      const ids = [MANY + 1, MANY + 2].map((number) => ({ id: noticeNumber(number).messageId }));
      assert.deepEqual(written, ids);
    });
  }

  it('that is damaged does not lose the write that met the damage', async (test) => {
    const directory = await filled(test);
    const { store, lines } = await openStore(test, directory, { retryMs: RETRY_MS });
    DAMAGES['was overwritten in the middle']?.(`${directory}/ringback.db`);
    let runs = 0;
    const known = store.write((sql) => {
      runs++;
      enter(sql, noticeNumber(MANY));
      return sql.all('SELECT * FROM outbox').length;
    });
    assert.equal(runs, 2);
    assert.equal(known, 1);
    assert.ok(said(lines).includes('state.failed'));
    store.close();
    const again = await openStore(test, directory);
    assert.equal(again.store.read(count), 1);
  });
});
