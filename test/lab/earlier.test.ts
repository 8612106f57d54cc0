/**
 * What an earlier version has left, before it asked servers itself: its state as SQL, and its configuration but for what is
 * the lab's (where state, control socket and daemon are).
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { describe } from 'node:test';
import sqlite from 'node-sqlite3-wasm';
import { address, type Lab } from '../../board/lab/lab.ts';
import { type Configuration, Ringback } from '../../board/lab/ringback.ts';
import { comeBack, page, served, urlOf } from './curl.ts';
import { story } from './support.ts';

const read = (name: string): string => readFileSync(new URL(`earlier/${name}`, import.meta.url), 'utf8');

function leaveState(lab: Lab): void {
  mkdirSync(`${lab.directory}/state`);
  const database = new sqlite.Database(`${lab.directory}/state/ringback.db`);
  try {
    // Without shared memory a write-ahead log can be had in this mode only, and only if it comes first.
    database.exec('PRAGMA locking_mode = exclusive; PRAGMA journal_mode = WAL');
    database.exec(read('state.sql'));
  } finally {
    database.close();
  }
}

describe('an earlier version', () => {
  story('has its promises kept: who waited, who registered, and whose mail is on its way', async (lab) => {
    await lab.start('mail');
    await lab.powerOff('s80');
    leaveState(lab);
    const ringback = await Ringback.start(lab, JSON.parse(read('configuration.json')) as Configuration);
    const { outages } = await ringback.status();
    assert.deepEqual(
      outages.map(({ server, port, clients }) => [server, port, clients.map(({ client }) => client)]),
      [[address('s80'), 0, [address('c151'), address('c153')]]],
    );
    await ringback.event({ event: 'notice.sent', server: address('s81'), mail: 'nakamura@example.jp' });
    assert.equal((await page(lab, 'c155', urlOf('s80', 4))).status, 503);
    await comeBack(lab, 's80');
    for (const mail of ['sato@example.jp', 'suzuki@example.jp']) {
      await ringback.event({ event: 'notice.sent', server: address('s80'), mail });
    }
    assert.match((await served(lab, urlOf('s80', 4))).body, /s80 at your service/);
    assert.equal(await ringback.stop(), 0, ringback.report());
    const told = (await lab.mails()).flatMap(({ to }) => to);
    assert.deepEqual(told.toSorted(), ['nakamura@example.jp', 'sato@example.jp', 'suzuki@example.jp']);
  });
});
