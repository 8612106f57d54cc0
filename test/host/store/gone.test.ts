import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { Sql } from '../../../host/store/database.ts';
import { loadUnsubscribed, unsubscribe } from '../../../host/store/unsubscribed.ts';
import { type LoggedLine, until } from '../tools.ts';
import { directoryFor, enter, noticeNumber, openStore } from './support.ts';

const RETRY_MS = 50;
const count = (sql: Sql): number => sql.number('SELECT count(*) FROM outbox');
const said = (lines: readonly LoggedLine[]): string[] => lines.map(({ event }) => event);

/** What can happen to a state that is in use, and what is said of it. */
const LOSSES: Readonly<Record<string, { take: (directory: string) => void; reason: RegExp }>> = {
  'whose directory is deleted': {
    take: (directory) => rmSync(directory, { recursive: true }),
    reason: /\/ringback\.db was deleted$/,
  },
  'whose database is deleted': {
    take: (directory) => rmSync(`${directory}/ringback.db`),
    reason: /\/ringback\.db was deleted$/,
  },
  'whose write-ahead log is deleted': {
    take: (directory) => rmSync(`${directory}/ringback.db-wal`),
    reason: /\/ringback\.db-wal was deleted$/,
  },
  'in whose place there is another': {
    take: (directory) => {
      copyFileSync(`${directory}/ringback.db`, `${directory}/other`);
      renameSync(`${directory}/other`, `${directory}/ringback.db`);
    },
    reason: /\/ringback\.db is another file now$/,
  },
};

describe('A state', () => {
  for (const [what, { take, reason }] of Object.entries(LOSSES)) {
    it(`${what} is made anew from what is known, at the next write`, async (test) => {
      const directory = `${directoryFor(test)}/state`;
      const { store, lines } = await openStore(test, directory);
      store.write((sql) => enter(sql, noticeNumber(1)));
      store.write((sql) => unsubscribe(sql, 'sato@example.jp', 1));
      take(directory);
      store.write((sql) => enter(sql, noticeNumber(2)));
      const [first] = lines;
      assert.equal(first?.event, 'state.failed');
      assert.match(String(first?.fields.reason), reason);
      await until('it is on disk', () => store.health.place === 'disk');
      assert.equal(said(lines).at(-1), 'state.back');
      store.write((sql) => enter(sql, noticeNumber(3)));
      store.close();
      const again = await openStore(test, directory);
      assert.equal(again.store.read(count), 3);
      assert.deepEqual(again.store.read(loadUnsubscribed).owners, new Set(['sato@example.jp']));
      assert.deepEqual(again.lines, []);
      const isThere = existsSync(`${directory}/ringback.db.damaged`);
      assert.equal(isThere, what.endsWith('log is deleted') || what.endsWith('another'));
    });
  }

  it('whose directory is deleted is made anew although nothing is written', async (test) => {
    const directory = `${directoryFor(test)}/state`;
    const { store, lines } = await openStore(test, directory, { retryMs: RETRY_MS });
    store.write((sql) => enter(sql, noticeNumber(1)));
    // It looks, and knows its files.
    await new Promise((resolve) => setTimeout(resolve, 2 * RETRY_MS));
    rmSync(directory, { recursive: true });
    await until('it is back', () => said(lines).includes('state.back'));
    assert.deepEqual(said(lines), ['state.failed', 'state.back']);
    assert.ok(existsSync(`${directory}/ringback.db`));
    assert.equal(store.read(count), 1);
  });

  it('whose place another disk has taken before anything was written is on that disk', async (test) => {
    const directory = `${directoryFor(test)}/state`;
    const other = await openStore(test, directory);
    other.store.write((sql) => enter(sql, noticeNumber(1)));
    other.store.close();
    renameSync(directory, `${directory}.other`);
    const { store, lines } = await openStore(test, directory);
    renameSync(directory, `${directory}.covered`);
    renameSync(`${directory}.other`, directory);
    store.write((sql) => enter(sql, noticeNumber(2)));
    store.write((sql) => enter(sql, noticeNumber(3)));
    assert.equal(said(lines)[0], 'state.failed');
    await until('it is on disk', () => store.health.place === 'disk');
    store.close();
    const again = await openStore(test, directory);
    assert.equal(again.store.read(count), 2);
    assert.ok(existsSync(`${directory}/ringback.db.damaged`), 'the other one is kept');
  });

  it('whose directory is deleted is made anew when the program ends', async (test) => {
    const directory = `${directoryFor(test)}/state`;
    const { store } = await openStore(test, directory);
    store.write((sql) => enter(sql, noticeNumber(1)));
    store.write((sql) => enter(sql, noticeNumber(2)));
    rmSync(directory, { recursive: true });
    store.close();
    assert.equal((await openStore(test, directory)).store.read(count), 2);
  });

  it('is kept in memory as long as its directory can’t be made, which is said once, and why', async (test) => {
    const above = directoryFor(test);
    writeFileSync(`${above}/file`, '');
    for (const [directory, reason] of [
      ['/proc/x', '/proc takes no directories'],
      ['/proc/x/y', '/proc takes no directories'],
      [`${above}/file`, `${above}/file is no directory`],
      [`${above}/file/x`, `${above}/file is no directory`],
    ] as const) {
      const { store, lines } = await openStore(test, directory, { retryMs: RETRY_MS });
      assert.deepEqual(store.health, { place: 'memory', reason });
      store.write((sql) => enter(sql, noticeNumber(1)));
      await new Promise((resolve) => setTimeout(resolve, 3 * RETRY_MS));
      assert.deepEqual(said(lines), ['state.failed']);
      assert.equal(lines[0]?.fields.reason, reason);
      store.close();
    }
  });

  it('is on disk as soon as its directory can be made', async (test) => {
    const above = directoryFor(test);
    writeFileSync(`${above}/file`, '');
    const { store, lines } = await openStore(test, `${above}/file/x`, { retryMs: RETRY_MS });
    store.write((sql) => enter(sql, noticeNumber(1)));
    rmSync(`${above}/file`);
    mkdirSync(`${above}/file`);
    await until('it is on disk', () => store.health.place === 'disk');
    assert.deepEqual(said(lines), ['state.failed', 'state.back']);
    assert.equal(store.read(count), 1);
  });
});
