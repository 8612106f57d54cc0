/**
 * Every start with a state that was damaged: a bit that fell over, a value that nobody wrote. `make test` takes a few of
 * them; `make test-damaged` as many as it takes to believe it (FLIPPED and SPOILED).
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { run } from '../../../host/router/run.ts';
import { loadLibrary, Sql } from '../../../host/store/database.ts';
import type { Table } from '../../../host/store/schema.ts';
import { FakeDaemon } from '../fabric/fake-daemon.ts';
import { directory } from '../fabric/scripted.ts';
import { type LoggedLine, MACHINE, recordingLog, until } from '../tools.ts';
import { Drawn, fill, flipBit, rowCounts, spoil } from './damaged.ts';

const { FLIPPED = '40', SPOILED = '30' } = process.env;
/** What changes by itself when the program runs. */
const MOVING: readonly Table[] = [
  'epochs',
  'outages',
  'waiting',
  'history',
  'outbox',
  'mailed',
  'services',
  'aside',
];

let starts = 0;
let place: ReturnType<typeof directory>;
let library: Awaited<ReturnType<typeof loadLibrary>>;
let whole: ReadonlyMap<Table, number>;
before(async () => {
  place = directory();
  library = await loadLibrary();
  mkdirSync(place.path('whole'));
  const sql = new Sql(library, place.path('whole/ringback.db'));
  sql.transaction(() => fill(sql));
  whole = rowCounts(sql);
  sql.close();
});
after(() => place.remove());

/** The state of a program that was stopped, as it was. */
function copy(): string {
  rmSync(place.path('state'), { recursive: true, force: true });
  cpSync(place.path('whole'), place.path('state'), { recursive: true });
  return place.path('state/ringback.db');
}

/** Starts the whole program with what is there, and stops it; what it said, and what is there then. */
async function start(): Promise<{ lines: readonly LoggedLine[]; sql: Sql }> {
  // One that failed may have left its own.
  const socket = place.path(`fabric-${++starts}.sock`);
  const daemon = new FakeDaemon(socket);
  await daemon.start();
  const configuration = [
    'detect: {watch: [172.27.178.0/24], ask: none}',
    'recover: {confirm: none, traps: false}',
    `fabric: {socket: ${socket}}`,
    `state: ${place.path('state')}`,
    `control: ${place.path(`control-${starts}.sock`)}`,
  ];
  writeFileSync(place.path('ringback.yaml'), `${configuration.join('\n')}\n`);
  const { log, lines } = recordingLog();
  const stop = new AbortController();
  const signals = { stop: stop.signal, onReload: () => {} };
  let ended: unknown = null;
  const running = run(place.path('ringback.yaml'), log, signals, MACHINE).catch((error) => {
    ended = error ?? 'it ended';
  });
  await until('it is ready', () => ended !== null || lines.some(({ event }) => event === 'ready'));
  stop.abort();
  await running;
  await daemon.stop();
  assert.equal(ended, null);
  return { lines, sql: new Sql(library, place.path('state/ringback.db')) };
}

const ofState = (lines: readonly LoggedLine[]): readonly LoggedLine[] =>
  lines.filter(({ event }) => event.startsWith('state.'));

describe('A program whose state is damaged', () => {
  for (let seed = 0; seed < Number(FLIPPED); seed++) {
    it(`starts, and says what it has lost, when bit ${seed} fell over`, async () => {
      const where = flipBit(copy(), new Drawn(seed));
      const { lines, sql } = await start();
      const said = ofState(lines);
      const left = rowCounts(sql);
      sql.close();
      const fewer = [...whole].filter(
        ([table, count]) => !MOVING.includes(table) && left.get(table) !== count,
      );
      assert.ok(fewer.length === 0 || said.length > 0, `${where}: ${JSON.stringify(fewer)}`);
      assert.ok(
        said.every(({ event }) => event !== 'state.failed'),
        where,
      );
      assert.deepEqual(ofState((await start()).lines), [], where);
    });
  }

  for (let seed = 0; seed < Number(SPOILED); seed++) {
    it(`starts, and puts a row aside and names it, when value ${seed} was strange`, async () => {
      const path = copy();
      const drawn = new Drawn(1_000_000 + seed);
      const spoilt = new Sql(library, path);
      let done: ReturnType<typeof spoil> = null;
      while (done === null) done = spoil(spoilt, drawn);
      spoilt.close();
      const { lines, sql } = await start();
      const words = JSON.stringify(done);
      const named = ofState(lines).filter(
        ({ event, fields }) => event === 'state.strange' && fields.table === done?.table,
      );
      assert.ok(named.length > 0, words);
      assert.ok(sql.number('SELECT count(*) FROM aside WHERE place = ?', done.table) > 0, words);
      sql.close();
      assert.deepEqual(ofState((await start()).lines), [], words);
    });
  }
});
