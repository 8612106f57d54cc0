import assert from 'node:assert/strict';
import { mkdirSync, statSync } from 'node:fs';
import { before, describe, it, type TestContext } from 'node:test';
import { RingbackError } from '../../../host/errors.ts';
import { loadConfirmed } from '../../../host/store/confirmed.ts';
import { loadLibrary, Sql } from '../../../host/store/database.ts';
import { loadOutages } from '../../../host/store/outages.ts';
import { oldestNotices } from '../../../host/store/outbox.ts';
import { MIGRATIONS, TABLES } from '../../../host/store/schema.ts';
import { loadServices } from '../../../host/store/services.ts';
import { loadUnsubscribed } from '../../../host/store/unsubscribed.ts';
import { directoryFor, enter, noticeNumber } from './support.ts';

let library: Awaited<ReturnType<typeof loadLibrary>>;
before(async () => {
  library = await loadLibrary();
});

/** A database that is closed with the test at the latest. */
function open(test: TestContext, path: string | null, migrations?: readonly string[]): Sql {
  const sql = new Sql(library, path, migrations);
  test.after(() => sql.close());
  return sql;
}

const version = (sql: Sql): number => sql.number('PRAGMA user_version');

describe('the database', () => {
  it('has all tables from the beginning, on disk and in memory', (test) => {
    for (const path of [null, `${directoryFor(test)}/state.db`]) {
      const sql = open(test, path);
      assert.equal(version(sql), MIGRATIONS.length);
      const tables = sql.all(`SELECT name FROM sqlite_schema WHERE type = 'table'`).map(({ name }) => name);
      assert.deepEqual(tables.toSorted(), TABLES.toSorted());
    }
  });

  it('keeps the rows of an older version', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const first = open(test, path, ['CREATE TABLE people (mail TEXT)']);
    first.run('INSERT INTO people VALUES (?)', 'sato@example.jp');
    first.close();
    const migrations = [
      'CREATE TABLE people (mail TEXT)',
      `ALTER TABLE people ADD COLUMN language TEXT NOT NULL DEFAULT 'en'`,
      `INSERT INTO people VALUES ('tanaka@example.jp', 'ja'); CREATE INDEX by_mail ON people (mail)`,
    ];
    for (let time = 0; time < 2; time++) {
      const sql = open(test, path, migrations);
      assert.equal(version(sql), 3);
      assert.deepEqual(sql.all('SELECT * FROM people ORDER BY mail'), [
        { mail: 'sato@example.jp', language: 'en' },
        { mail: 'tanaka@example.jp', language: 'ja' },
      ]);
      sql.close();
    }
  });

  it('brings the rows of the version before the first along', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const zero = open(test, path, []);
    zero.run('CREATE TABLE notes (text TEXT)');
    zero.run('INSERT INTO notes VALUES (?)', 'kept');
    assert.equal(version(zero), 0);
    zero.close();
    const sql = open(test, path);
    assert.equal(version(sql), MIGRATIONS.length);
    assert.deepEqual(sql.get('SELECT * FROM notes'), { text: 'kept' });
    assert.equal(sql.number('SELECT count(*) FROM outbox'), 0);
  });

  it('keeps the rows of this version under a later one', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const first = open(test, path);
    enter(first, noticeNumber(1));
    first.close();
    const later = open(test, path, [...MIGRATIONS, 'ALTER TABLE outbox ADD COLUMN more TEXT']);
    assert.equal(later.get('SELECT * FROM outbox')?.message_id, noticeNumber(1).messageId);
    assert.equal(later.get('SELECT * FROM outbox')?.more, null);
  });

  it('of a newer version is left alone, and the message says what to do', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const newer = open(test, path, [...MIGRATIONS, 'CREATE TABLE later (x)', 'CREATE TABLE last (x)']);
    newer.close();
    assert.throws(
      () => open(test, path),
      (error) => {
        assert.ok(error instanceof RingbackError);
        assert.equal(error.code, 'unavailable');
        const versions = `version ${MIGRATIONS.length + 2}, this one knows ${MIGRATIONS.length}`;
        assert.ok(error.message.startsWith(`${path} was written by a newer ringback (${versions})`));
        return true;
      },
    );
    const again = open(test, path, [...MIGRATIONS, '', '']);
    assert.equal(version(again), MIGRATIONS.length + 2);
  });

  it('keeps its version and its rows when the step to the next one fails, half done or not', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const first = open(test, path, ['CREATE TABLE people (mail TEXT)']);
    first.run('INSERT INTO people VALUES (?)', 'sato@example.jp');
    first.close();
    const migrations = [
      '',
      'CREATE TABLE more (x)',
      'DELETE FROM people; DROP TABLE more; SELECT x FROM nowhere',
    ];
    assert.throws(() => open(test, path, migrations), /no such table: nowhere/);
    const sql = open(test, path, ['', '']);
    assert.equal(version(sql), 2, 'the step before that one is done');
    assert.deepEqual(sql.all('SELECT * FROM people'), [{ mail: 'sato@example.jp' }]);
    assert.deepEqual(sql.all('SELECT * FROM more'), []);
  });

  it('keeps who registered when several people may share an address', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const before = open(test, path, MIGRATIONS.slice(0, 2));
    before.run("INSERT INTO registrations VALUES ('172.27.179.151', 'sato@example.jp', 'ja', 20.5)");
    before.close();
    const after = open(test, path);
    const all = () => after.all('SELECT client, mail, language, registered_ms FROM registrations');
    assert.deepEqual(all().map(Object.values), [['172.27.179.151', 'sato@example.jp', 'ja', 20.5]]);
    after.run("INSERT INTO registrations VALUES ('172.27.179.151', 'tanaka@example.jp', 'en', 21)");
    assert.equal(all().length, 2);
  });

  it('takes what was queued before people’s mails were counted for what may have been tried', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const before = open(test, path, MIGRATIONS.slice(0, 4));
    const insert =
      "INSERT INTO outbox (message_id, state, held, mail, language, items, created_ms, due_ms, tries) VALUES (?, 'queued', ?, 'sato@example.jp', 'ja', '[]', 1, 2, 0)";
    before.run(insert, '<1@x>', 0);
    before.run(insert, '<2@x>', 1);
    before.close();
    const rows = oldestNotices(open(test, path), 9);
    assert.deepEqual(
      rows.map(({ messageId, admitted, waitsFor }) => [messageId, admitted, waitsFor]),
      [
        ['<1@x>', true, 'nothing'],
        ['<2@x>', false, 'company'],
      ],
    );
  });

  it('keeps outages that were certain before there were suspicions, and those who wait for them', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const before = open(test, path, MIGRATIONS.slice(0, 4));
    const server = '172.27.178.80';
    before.run(`INSERT INTO outages VALUES (7, '${server}', 0, 'unreachable', 80, 1.5, 0)`);
    before.run(`INSERT INTO outages VALUES (8, '${server}', 443, 'refused', 443, 2.5, 1)`);
    before.run("INSERT INTO waiting VALUES (7, '172.27.179.151', 1.5, 2.5, 3)");
    before.close();
    const after = open(test, path);
    assert.equal(version(after), MIGRATIONS.length);
    const clients = new Map([['172.27.179.151', { firstMs: 1.5, lastMs: 2.5, tries: 3 }]]);
    const certain = { server, suspected: false, telling: null };
    assert.deepEqual(loadOutages(after), [
      { ...certain, id: 7, port: 0, cause: 'unreachable', triedPort: 80, fromMs: 1.5, told: false, clients },
      { ...certain, id: 8, port: 443, cause: 'refused', triedPort: 443, fromMs: 2.5, told: true, clients: new Map() }, // biome-ignore format: one a line
    ]);
    assert.deepEqual(loadServices(after), []);
  });

  it('goes on with the stops of a version that knew them folded, and with confirmations where it is certain whose', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const before = open(test, path, MIGRATIONS.slice(0, 6));
    for (const mail of ['J.Doe+x@Example.jp', 'jdoe@example.jp', 'Sa.to+x@example.jp', 'tanaka@example.jp']) {
      before.run("INSERT INTO registrations VALUES ('172.27.179.151', ?, 'ja', 1)", mail);
    }
    for (const mail of ['jdoe@example.jp', 'sato@example.jp', 'tanaka@example.jp', 'nobody@example.jp']) {
      before.run('INSERT INTO confirmed VALUES (?, 2)', mail);
    }
    before.run("INSERT INTO stopped VALUES ('tanaka@example.jp', 3)");
    before.close();
    const after = open(test, path);
    assert.deepEqual(loadUnsubscribed(after), { owners: new Set(), folded: new Set(['tanaka@example.jp']) });
    assert.deepEqual(loadConfirmed(after), new Set(['sa.to+x@example.jp']));
  });

  it('opens beside the lock that a killed process left', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const first = open(test, path);
    enter(first, noticeNumber(1));
    first.close();
    mkdirSync(`${path}.lock`);
    assert.equal(open(test, path).number('SELECT count(*) FROM outbox'), 1);
  });

  it('says what is wrong with a statement, and works on', (test) => {
    const sql = open(test, `${directoryFor(test)}/state.db`);
    assert.throws(() => sql.run('INSERT INTO nowhere VALUES (1)'), /no such table: nowhere/);
    assert.throws(() => sql.all('SELEC 1'), /syntax error/);
    const insert = 'INSERT INTO registrations VALUES (?, ?, ?, ?)';
    sql.run(insert, '172.27.179.151', 'sato@example.jp', 'en', 1);
    for (let time = 0; time < 2; time++) {
      assert.throws(() => sql.run(insert, '172.27.179.151', 'sato@example.jp', 'en', 1), /UNIQUE/);
    }
    assert.equal(sql.run(insert, '172.27.179.150', 'tanaka@example.jp', 'en', 1), 1);
    assert.equal(sql.number('SELECT count(*) FROM registrations'), 2);
    // The statement that failed last is still there.
    assert.throws(() => sql.run(insert, '172.27.179.151', 'sato@example.jp', 'en', 1), /UNIQUE/);
    assert.doesNotThrow(() => sql.close());
  });

  it('does all of a transaction or nothing', (test) => {
    const sql = open(test, null);
    const failure = new Error('as the test wants it');
    assert.throws(
      () =>
        sql.transaction(() => {
          enter(sql, noticeNumber(1));
          throw failure;
        }),
      failure,
    );
    assert.equal(sql.number('SELECT count(*) FROM outbox'), 0);
    assert.equal(
      sql.transaction(() => enter(sql, noticeNumber(1)).outcome),
      'queued',
    );
    assert.equal(sql.number('SELECT count(*) FROM outbox'), 1);
  });

  it('keeps its write-ahead log short, although every table is asked all the time', (test) => {
    const path = `${directoryFor(test)}/state.db`;
    const sql = open(test, path);
    const text = 'x'.repeat(100_000);
    for (let n = 0; n < 200; n++) {
      sql.transaction(() => {
        assert.ok(n === 0 || sql.get('SELECT * FROM history') !== null);
        assert.ok(sql.number('SELECT count(*) FROM history') <= 10);
        sql.run('INSERT INTO history VALUES (?, 0, ?, NULL, 0, 0, 0, 0, NULL, NULL)', text, 'refused');
        sql.run('DELETE FROM history WHERE rowid <= ?', n - 9);
      });
    }
    const size = statSync(`${path}-wal`).size;
    assert.ok(size < 8 << 20, `${size} bytes after 20 MB`);
  });
});
