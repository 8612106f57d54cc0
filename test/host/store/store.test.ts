import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { RingbackError } from '../../../host/errors.ts';
import type { Sql } from '../../../host/store/database.ts';
import { MIGRATIONS } from '../../../host/store/schema.ts';
import { needs } from '../require.ts';
import { directoryFor, edit, enter, noticeNumber, openStore, StateProcess } from './support.ts';

const count = (sql: Sql): number => sql.number('SELECT count(*) FROM outbox');

describe('the state', () => {
  it('is there again after it was closed', async (test) => {
    const directory = `${directoryFor(test)}/not/there/yet`;
    const first = await openStore(test, directory);
    assert.deepEqual(first.store.health, { place: 'disk', reason: null });
    assert.equal(first.store.write((sql) => enter(sql, noticeNumber(1))).outcome, 'queued');
    first.store.close();
    const second = await openStore(test, directory);
    assert.equal(second.store.read(count), 1);
    assert.deepEqual([...first.lines, ...second.lines], []);
  });

  it('is for its owner only', async (test) => {
    const directory = `${directoryFor(test)}/state`;
    const umask = process.umask(0);
    test.after(() => process.umask(umask));
    const { store } = await openStore(test, directory);
    store.write((sql) => enter(sql, noticeNumber(1)));
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    const files = readdirSync(directory).filter((file) => !file.endsWith('.lock'));
    assert.deepEqual(files.toSorted(), ['lock', 'ringback.db', 'ringback.db-wal']);
    for (const file of files) assert.equal(statSync(`${directory}/${file}`).mode & 0o777, 0o600, file);
  });

  it('is for its owner only in a directory that others may look into', async (test) => {
    const directory = directoryFor(test);
    chmodSync(directory, 0o755);
    const { store } = await openStore(test, directory);
    store.write((sql) => enter(sql, noticeNumber(1)));
    for (const file of ['lock', 'ringback.db', 'ringback.db-wal']) {
      assert.equal(statSync(`${directory}/${file}`).mode & 0o077, 0, file);
    }
  });

  it('is in memory when that is wanted, and nothing is wrong then', async (test) => {
    const first = await openStore(test, null);
    first.store.write((sql) => enter(sql, noticeNumber(1)));
    assert.equal(first.store.read(count), 1);
    assert.deepEqual(first.store.health, { place: 'memory', reason: null });
    first.store.close();
    const second = await openStore(test, null);
    assert.equal(second.store.read(count), 0);
    assert.deepEqual([...first.lines, ...second.lines], []);
  });

  it('has the time of the process before', async (test) => {
    const directory = directoryFor(test);
    const first = await openStore(test, directory);
    const at = first.store.clock.nowMs();
    const date = first.store.clock.dateOf(at);
    first.store.write(() => {});
    first.store.close();
    const second = await openStore(test, directory);
    assert.ok(second.store.clock.nowMs() >= at);
    // To the second: the wall clock may be corrected meanwhile.
    const [one, other] = [date, second.store.clock.dateOf(at)].map((time) =>
      time?.toISOString().slice(0, 17),
    );
    assert.equal(one, other);
    second.store.close();
    // The machine was started anew, long after.
    await edit(directory, `UPDATE epochs SET boot = 'another', last_ms = last_ms + 1e9`);
    const third = await openStore(test, directory);
    assert.ok(third.store.clock.nowMs() >= at + 1e9);
    assert.equal(third.store.clock.dateOf(at)?.toISOString().slice(0, 17), one);
  });

  it('changes nothing when a write thinks better of it, and the caller hears why', async (test) => {
    const { store, lines } = await openStore(test, directoryFor(test));
    const failure = new Error('as the test wants it');
    let runs = 0;
    assert.throws(
      () =>
        store.write((sql) => {
          runs++;
          enter(sql, noticeNumber(1));
          throw failure;
        }),
      failure,
    );
    assert.equal(runs, 1);
    assert.equal(store.read(count), 0);
    store.write((sql) => enter(sql, noticeNumber(2)));
    assert.equal(store.read(count), 1);
    assert.deepEqual(lines, []);
  });

  it('stays on disk when a statement is wrong: that is not the fault of the disk', async (test) => {
    const directory = directoryFor(test);
    const { store, lines } = await openStore(test, directory);
    store.write((sql) => enter(sql, noticeNumber(1)));
    const broken = [
      (sql: Sql) => sql.run('INSERT INTO nowhere VALUES (1)'),
      (sql: Sql) => sql.run('INSERT INTO waiting VALUES (1, ?, 0, 0, 1)', '172.27.179.151'),
      (sql: Sql) => sql.run('INSERT INTO outbox (message_id) VALUES (?)', noticeNumber(1).messageId),
    ];
    for (const statement of broken) {
      assert.throws(() => store.write(statement), { name: 'SQLite3Error' });
      assert.throws(() => store.read(statement), { name: 'SQLite3Error' });
      assert.deepEqual(store.health, { place: 'disk', reason: null });
    }
    store.write((sql) => enter(sql, noticeNumber(2)));
    assert.deepEqual(lines, []);
    store.close();
    assert.equal((await openStore(test, directory)).store.read(count), 2);
  });

  it('of a newer version stops the program, and is free for the newer one', async (test) => {
    const directory = directoryFor(test);
    const first = await openStore(test, directory);
    first.store.write((sql) => enter(sql, noticeNumber(1)));
    first.store.close();
    await edit(directory, 'CREATE TABLE later (x)');
    await edit(directory, `PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    for (let time = 0; time < 2; time++) {
      await assert.rejects(openStore(test, directory), (error) => {
        assert.ok(error instanceof RingbackError);
        assert.match(error.message, /newer ringback .* upgrade, or move the file away/);
        return true;
      });
    }
    assert.ok(!existsSync(`${directory}/ringback.db.damaged`));
  });

  it('that is only to be looked at is not made', async (test) => {
    const directory = `${directoryFor(test)}/state`;
    const nothing = { code: 'unavailable', message: /there is no database yet/ };
    await assert.rejects(openStore(test, directory, { existing: true }), nothing);
    assert.ok(!existsSync(directory));
    mkdirSync(directory);
    await assert.rejects(openStore(test, directory, { existing: true }), nothing);
    assert.deepEqual(readdirSync(directory), []);
  });

  it('that is only to be looked at is shown, and not repaired when it is damaged', async (test) => {
    const directory = directoryFor(test);
    const first = await openStore(test, directory);
    first.store.write((sql) => enter(sql, noticeNumber(1)));
    const busy = { code: 'unavailable', message: /another ringback has it/ };
    await assert.rejects(openStore(test, directory, { existing: true }), busy);
    first.store.close();
    const { store } = await openStore(test, directory, { existing: true });
    assert.equal(store.read(count), 1);
    store.close();
    writeFileSync(`${directory}/ringback.db`, 'garbage '.repeat(1000));
    const damaged = { code: 'unavailable', message: /not a database/ };
    await assert.rejects(openStore(test, directory, { existing: true }), damaged);
    assert.ok(!existsSync(`${directory}/ringback.db.damaged`));
  });
});

describe('two processes', { skip: needs('flock') }, () => {
  it('never have the state at the same time, and the next one has it when the first was killed', async (test) => {
    const directory = directoryFor(test);
    const first = new StateProcess(test, directory);
    assert.deepEqual(await first.said(1), ['open']);
    const second = new StateProcess(test, directory);
    const [refusal = ''] = await second.said(1);
    assert.equal(
      refusal,
      `state ${directory}: another ringback has it; stop that one, or name another directory`,
    );
    await assert.rejects(openStore(test, directory), { message: refusal });
    first.tell(1);
    assert.deepEqual(await first.said(2), ['open', '0'], 'the first takes no harm');
    await first.kill();
    assert.ok(existsSync(`${directory}/ringback.db.lock`), 'what the library left');
    const third = new StateProcess(test, directory);
    assert.deepEqual(await third.said(1), ['open']);
  });

  it('lose nothing that was acknowledged before a kill', async (test) => {
    const directory = directoryFor(test);
    for (let round = 1; round <= 4; round++) {
      const process = new StateProcess(test, directory);
      process.tell(100_000);
      await process.said(1 + 40 * round);
      await process.kill();
      const acknowledged = (await process.said(0)).slice(1).map(Number);
      const { store, lines } = await openStore(test, directory);
      const ids = store.read((sql) => sql.all('SELECT message_id FROM outbox ORDER BY message_id'));
      const kept = new Set(ids.map(({ message_id }) => message_id));
      for (const number of acknowledged) assert.ok(kept.has(noticeNumber(number).messageId), `${number}`);
      assert.ok(acknowledged.length >= 40 * round);
      // One more may have been on disk when the kill kept the process from saying so.
      assert.ok(kept.size <= Math.max(...acknowledged) + 2);
      assert.deepEqual(lines, []);
      store.write((sql) => sql.run('DELETE FROM outbox'));
      store.close();
    }
  });
});
