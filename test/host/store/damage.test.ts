import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { loadLibrary, Sql } from '../../../host/store/database.ts';
import { loadOutages, saveClients, saveOutage } from '../../../host/store/outages.ts';
import { loadRegistrations, register } from '../../../host/store/registrations.ts';
import { MIGRATIONS } from '../../../host/store/schema.ts';
import { loadUnsubscribed, unsubscribe } from '../../../host/store/unsubscribed.ts';
import type { LoggedLine } from '../tools.ts';
import { until } from '../tools.ts';
import { directoryFor, edit, enter, noticeNumber, openStore } from './support.ts';

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
    saveClients(sql, 7, [['172.27.179.151', { firstMs: 1, lastMs: 2, tries: 2 }]]);
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
  for (const [name, damage, isSaved] of [
    ...Object.entries(DAMAGES).map(([one, harm]) => [one, harm, 'partly'] as const),
    ['is garbage from the beginning', (path: string) => writeFileSync(path, 'garbage '.repeat(10_000)), 'no'],
    ['is a few bytes', (path: string) => writeFileSync(path, 'SQLite'), 'no'],
    [
      'has another head',
      (path: string) => {
        const file = openSync(path, 'r+');
        writeSync(file, Buffer.alloc(60, 0xff), 0, 60, 0);
        closeSync(file);
      },
      'yes',
    ],
  ] as const) {
    it(`that ${name} is put aside, and another one begun with what can be read`, async (test) => {
      const directory = await filled(test, 500);
      damage(`${directory}/ringback.db`);
      const damaged = readFileSync(`${directory}/ringback.db`);
      const { store, lines } = await openStore(test, directory);
      assert.deepEqual(store.health, { place: 'disk', reason: null });
      const left = store.read(count);
      assert.ok(isSaved === 'yes' ? left === 500 : isSaved === 'no' ? left === 0 : left < 500);
      const [line, ...more] = lines;
      assert.ok(more.every(({ event }) => event === 'state.unreadable' || event === 'state.strange'));
      assert.equal(more.length > 0, isSaved === 'partly', 'what could not be read is named');
      assert.equal(line?.level, 'error');
      assert.equal(line?.event, 'state.damaged');
      assert.equal(line?.fields.kept, `${directory}/ringback.db.damaged`);
      assert.notEqual(line?.fields.reason, '');
      assert.equal(Number(line?.fields.rows) > 0, isSaved !== 'no');
      assert.deepEqual(readFileSync(`${directory}/ringback.db.damaged`), damaged);
      store.write((sql) => enter(sql, noticeNumber(MANY)));
      store.close();
      const again = await openStore(test, directory);
      assert.equal(again.store.read(count), left + 1);
      assert.deepEqual(again.lines, []);
    });
  }

  it('that is damaged once more is put beside those of before, up to five', async (test) => {
    const directory = await filled(test, 1);
    const written: string[] = [];
    for (let time = 1; time <= 6; time++) {
      const garbage = `garbage ${time} `.repeat(1000);
      writeFileSync(`${directory}/ringback.db`, garbage);
      const { store } = await openStore(test, directory);
      store.close();
      if (time === 6) written.pop();
      written.push(garbage);
      const kept = written.map((_, n) => `ringback.db.damaged${n === 0 ? '' : `-${n + 1}`}`);
      const found = readdirSync(directory).filter((one) => one.includes('damaged'));
      assert.deepEqual(found.toSorted(), kept.toSorted());
      for (const [n, file] of kept.entries()) {
        assert.equal(readFileSync(`${directory}/${file}`, 'utf8'), written[n]);
      }
    }
  });

  it('whose version is another by one bit is what its tables are', async (test) => {
    const directory = await filled(test, 3);
    for (const version of [MIGRATIONS.length ^ 1, MIGRATIONS.length ^ 4, MIGRATIONS.length + 1024]) {
      await edit(directory, `PRAGMA user_version = ${version}`);
      const { store, lines } = await openStore(test, directory);
      assert.deepEqual(lines, []);
      assert.equal(store.read(count), 3);
      assert.equal(
        store.read((sql) => sql.number('PRAGMA user_version')),
        MIGRATIONS.length,
      );
      store.close();
    }
  });

  it('of an older version is saved, too', async (test) => {
    const directory = directoryFor(test);
    const library = await loadLibrary();
    const old = new Sql(library, `${directory}/ringback.db`, MIGRATIONS.slice(0, 4));
    unsubscribe(old, 'sato@example.jp', 1);
    register(old, { client: '172.27.179.150', mail: 'tanaka@example.jp', language: 'en', registeredMs: 1 });
    old.close();
    const file = openSync(`${directory}/ringback.db`, 'r+');
    writeSync(file, 'garbage', 0);
    closeSync(file);
    const { store, lines } = await openStore(test, directory);
    assert.deepEqual(said(lines), ['state.damaged']);
    assert.deepEqual(store.read(loadUnsubscribed).folded, new Set(['sato@example.jp']));
    assert.deepEqual(
      store.read(loadRegistrations).map(({ mail }) => mail),
      ['tanaka@example.jp'],
    );
  });

  it('that has lost what time it is goes on after all that it knows', async (test) => {
    const directory = await filled(test, 1);
    await edit(directory, 'UPDATE waiting SET last_ms = 5e9');
    await edit(directory, `UPDATE epochs SET boot = ''`);
    const { store, lines } = await openStore(test, directory);
    assert.deepEqual(said(lines), ['state.strange']);
    assert.ok(store.clock.nowMs() >= 5e9);
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
      const after = said(lines).slice(1 + unreadable.length);
      assert.deepEqual([after[0], after.at(-1)], ['state.damaged', 'state.back']);
      assert.ok(existsSync(`${directory}/ringback.db.damaged`));
      store.write((sql) => enter(sql, noticeNumber(MANY + 2)));
      store.close();

      const again = await openStore(test, directory);
      assert.deepEqual(again.lines, []);
      // What could still be read was taken along.
      const waiting = again.store.read(loadOutages).flatMap(({ clients }) => [...clients.keys()]);
      assert.deepEqual(waiting, unreadable.includes('waiting') ? [] : ['172.27.179.151']);
      const registered = again.store.read(loadRegistrations).map(({ mail }) => mail);
      assert.deepEqual(registered, ['tanaka@example.jp']);
      assert.ok(again.store.read(count) > 1000, 'most of those that lie beside the damage');
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
    const written = noticeNumber(MANY).messageId;
    assert.notEqual(
      again.store.read((sql) => sql.get('SELECT 1 FROM outbox WHERE message_id = ?', written)),
      null,
    );
  });
});
