/** `ringback history` and `ringback outbox`, as users start them: on a state that nobody else has, and on one that is in use. */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordRoutes } from '../../../host/control/record-routes.ts';
import type { HistoryAnswer, OutboxAnswer } from '../../../host/control/records.ts';
import { serveControl } from '../../../host/control/socket.ts';
import type { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { enter, fail, finish, type Hand, noticeTo, opened, over, sending } from '../control/recorded.ts';
import { directory } from '../fabric/scripted.ts';
import { type Result, ringbackBeside } from '../router/program.ts';
import { OTHER, SERVER } from '../router/world.ts';
import { until } from '../tools.ts';

let place: ReturnType<typeof directory>;
beforeEach(() => {
  place = directory();
  configure(place.path('state'));
});
afterEach(() => place.remove());

function configure(state: string): void {
  const lines = [
    'detect: {watch: [172.27.178.0/24]}',
    'fabric: {interfaces: [lan0]}',
    `control: ${place.path('ringback.sock')}`,
    `state: ${state}`,
  ];
  writeFileSync(place.path('ringback.yaml'), `${lines.join('\n')}\n`);
}

const ringback = (...argv: readonly string[]): Promise<Result> =>
  ringbackBeside(...argv, '-c', place.path('ringback.yaml'));

/** What is printed by a command that succeeds. */
async function printed(...argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await ringback(...argv);
  assert.deepEqual([status, stderr], [0, ''], argv.join(' '));
  return stdout;
}

async function refused(...argv: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await ringback(...argv);
  assert.deepEqual([status, stdout], [1, ''], stderr);
  for (const line of stderr.trimEnd().split('\n')) assert.match(line, /^ringback: /);
  assert.doesNotMatch(stderr, /^ {4}at /m);
  return stderr;
}

/** Somebody else has the state's lock. */
async function taken(context: TestContext): Promise<ChildProcess> {
  const program = 'exec 3>>"$0/lock"; flock -n 3; echo here; exec sleep 600';
  const holder = spawn('sh', ['-c', program, place.path('state')], { stdio: ['ignore', 'pipe', 'inherit'] });
  context.after(() => holder.kill());
  await once(holder.stdout, 'data');
  return holder;
}

const listed = async (): Promise<OutboxAnswer> => JSON.parse(await printed('outbox', '--json'));

const namesOf = ({ notices }: OutboxAnswer): string[] => notices.map(({ messageId }) => messageId);

interface Ids {
  readonly waiting: string;
  readonly lost: string;
}

/** Two outages, and a notice that waits, one that was sent, and one that was given up. */
function fill(store: Store): Ids {
  over(store);
  over(store, { server: OTHER, port: 443, sign: null, clients: 0, people: 0 });
  const [waiting = '', sent = '', lost = ''] = enter(
    store,
    ...['sato', 'tanaka', 'nakamura'].map((name, i) => noticeTo(`${name}@example.jp`, i)),
  );
  fail(store, waiting, 3, 'connection refused');
  finish(store, sent, 'sent', null);
  finish(store, lost, 'given up', '550 no such user');
  return { waiting, lost };
}

/** A state that an earlier process left. */
async function left(context: TestContext): Promise<Ids> {
  const store = await opened(context, place.path('state'));
  const ids = fill(store);
  store.close();
  return ids;
}

/** A state in use by this process, with an outbox that sends. */
async function used(
  context: TestContext,
  state: string | null,
): Promise<Ids & { readonly hand: Hand; readonly store: Store }> {
  const { store, hand, post } = await sending(context, state);
  const control = await serveControl(place.path('ringback.sock'), recordRoutes(store, post, machineTime));
  context.after(() => control.close());
  const ids = fill(store);
  post.wake();
  return { ...ids, hand, store };
}

/** The cells of a table for people. */
const cells = (text: string): string[][] =>
  text.trimEnd().split('\n').map((line) => line.split(/ {2,}/)); // biome-ignore format: a line

describe('ringback history', () => {
  for (const [where, given] of [
    ['on a state that is in use', (context: TestContext) => used(context, place.path('state'))],
    ['on one in memory', (context: TestContext) => used(context, null)],
    ['on one that nobody has', left],
  ] as const) {
    it(`tells what is over, ${where}`, async (context) => {
      await given(context);
      const rows = cells(await printed('history'));
      assert.deepEqual(rows[0], [
        ...['SERVER', 'CAUSE', 'FROM', 'TO', 'LASTED', 'SIGN', 'CLIENTS', 'PEOPLE TOLD', 'NOT TOLD'],
      ]);
      const short = rows.slice(1).map(([server, cause, , , ...rest]) => [server, cause, ...rest]);
      assert.deepEqual(short, [
        [`${OTHER} port 443`, 'unanswered', '3 s', '-', '0', '0 of 0', '-'],
        [SERVER, 'unanswered', '3 s', 'arp', '3', '2 of 2', '-'],
      ]);
      const { outages }: HistoryAnswer = JSON.parse(await printed('history', '--json', '--last', '1'));
      assert.deepEqual(
        outages.map(({ server, port, seconds }) => [server, port, seconds]),
        [[OTHER, 443, 2.5]],
      );
    });
  }

  it('says that there is nothing to tell', async (context) => {
    (await opened(context, place.path('state'))).close();
    assert.equal(await printed('history'), 'No outage has ended yet.\n');
    assert.equal(await printed('history', '--json'), '{"outages":[],"lists":[]}\n');
    assert.equal(await printed('outbox'), 'There are no notices.\n');
  });
});

describe('ringback outbox', () => {
  it('lists by names that are enough to order by', async (context) => {
    const { waiting, lost } = await left(context);
    const rows = cells(await printed('outbox', 'list'));
    assert.deepEqual(rows[0], ['ID', 'MAIL', 'SERVERS', 'STATE', 'TRIES', 'NEXT', 'REASON']);
    const [id, mail, servers, state, tries, next, reason] = rows[1] ?? [];
    assert.deepEqual(
      [id, mail, servers, state, tries, reason],
      [waiting.slice(1, 9), 'sato@example.jp', SERVER, 'queued', '3', 'connection refused'],
    );
    assert.match(String(next), /^in \d+ (min|h)/);
    assert.deepEqual(
      rows.slice(2).map(([, , , ...rest]) => rest),
      [
        ['given up', '0', '-', '550 no such user'],
        ['sent', '0', '-', '-'],
      ],
    );
    assert.match(await printed('outbox', 'drop', String(id)), /^1 notice dropped\n$/);
    assert.match(await printed('outbox', 'retry', lost), /^1 notice to be tried when `ringback run` runs\n$/);
    const { queued, notices } = await listed();
    assert.equal(queued, 1);
    assert.deepEqual(
      notices.map(({ messageId, state }) => [messageId, state]).slice(0, 2),
      [[lost, 'queued'], [waiting, 'given up']], // biome-ignore format: pairs
    );
  });

  it('says how many more are queued', async (context) => {
    const store = await opened(context, place.path('state'));
    enter(store, ...Array.from({ length: 25 }, (_, i) => noticeTo('sato@example.jp', i)));
    store.close();
    const lines = (await printed('outbox')).trimEnd().split('\n');
    assert.deepEqual([lines.length, lines.at(-1)], [22, 'and 5 more that are queued']);
    assert.equal((await printed('outbox', '--last', '25')).trimEnd().split('\n').length, 26);
    assert.equal(await printed('outbox', 'drop', '--all', '--json'), '{"notices":25,"beingSent":0}\n');
  });

  it('makes the process that runs send, and drop', async (context) => {
    const { waiting, lost, hand, store } = await used(context, place.path('state'));
    assert.equal(await printed('outbox', 'retry', waiting.slice(1, 9)), '1 notice to be tried now\n');
    await until('it is sent', () => hand.asked.length === 1);
    assert.deepEqual(hand.asked, [waiting]);
    assert.match(await refused('outbox', 'drop', waiting), /sato@example\.jp is being sent at this moment/);
    assert.equal((await listed()).notices[0]?.beingSent, true);
    assert.match(await printed('outbox'), /queued {2,}0 {2,}under way/);
    enter(store, noticeTo('suzuki@example.jp', 7));
    assert.equal(
      await printed('outbox', 'drop', '--all'),
      '1 notice dropped; 1 notice being sent at this moment\n',
    );
    assert.equal(await printed('outbox', 'retry', '--all', '--json'), '{"notices":2,"beingSent":1}\n');
    await until('those that were given up are sent', () => hand.asked.length === 3);
    assert.ok(hand.asked.includes(lost), 'that of long ago, too');
  });

  for (const [where, given] of [
    ['in use', (context: TestContext) => used(context, place.path('state'))],
    ['that nobody has', left],
  ] as const) {
    it(`says the same of orders that make no sense on a state ${where}`, async (context) => {
      const { lost } = await given(context);
      const before = await listed();
      assert.equal(
        await refused('outbox', 'drop', 'zzz', lost),
        `ringback: no notice has a Message-ID that begins with "zzz"\nringback: ${lost} to nakamura@example.jp was given up already\n`,
      );
      const states = ({ notices }: OutboxAnswer): string[] => notices.map(({ state }) => state);
      assert.deepEqual(states(await listed()), states(before));
    });
  }
});

describe('Without a process that runs', () => {
  it('nothing is made only to find nothing', async () => {
    for (const argv of [['history'], ['outbox'], ['outbox', 'retry', '--all']]) {
      assert.match(
        await refused(...argv),
        /no `ringback run` is running here, and state .*state: there is no database yet/,
      );
    }
    assert.equal(existsSync(place.path('state')), false);
    mkdirSync(place.path('state'));
    await refused('history');
    assert.deepEqual(readdirSync(place.path('state')), []);
  });

  it('there is nothing with state: false, and that is said', async () => {
    configure('false');
    assert.match(
      await refused('outbox'),
      /no `ringback run` is running here, and with state: false nothing outlives it/,
    );
  });

  it('a damaged database is left as it is', async () => {
    mkdirSync(place.path('state'));
    const file = place.path('state/ringback.db');
    writeFileSync(file, 'This is no database. '.repeat(1000));
    const before = readFileSync(file);
    assert.match(await refused('history'), /state .*: .*not a database/);
    assert.deepEqual(readFileSync(file), before);
    assert.equal(existsSync(`${file}.damaged`), false);
  });

  it('a state that somebody else has is left to him', async (context) => {
    await left(context);
    await taken(context);
    assert.match(await refused('history'), /state .*: another ringback has it/);
  });

  it('a state that somebody else has for a moment is waited for', async (context) => {
    await left(context);
    const holder = await taken(context);
    const asked = Promise.all([listed(), listed(), printed('history')]);
    // As long as any of them takes to find it taken.
    await Promise.race([sleep(1000), asked]);
    holder.kill();
    const [one, other] = await asked;
    assert.deepEqual(namesOf(one), namesOf(other));
  });
});
