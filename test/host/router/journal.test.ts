import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import { Outbox } from '../../../host/mail/outbox.ts';
import { StoreJournal } from '../../../host/router/journal.ts';
import type { Outage } from '../../../host/router/outages.ts';
import type { Sql } from '../../../host/store/database.ts';
import { listHistory } from '../../../host/store/history.ts';
import { loadOutages } from '../../../host/store/outages.ts';
import { listNotices } from '../../../host/store/outbox.ts';
import { loadServices } from '../../../host/store/services.ts';
import { Store } from '../../../host/store/store.ts';
import { FakeTime } from '../fake-time.ts';
import { recordingLog } from '../tools.ts';
import { crowd } from './crowd.ts';
import { SATO, SERVER, TANAKA } from './world.ts';

const HURRY = { hurry: true };
const ITEM = {
  server: SERVER,
  serverName: null,
  client: SATO,
  recoveredMs: 9,
  firstMs: 1,
  lastMs: 2,
  tries: 1,
};
const NOTICE = {
  messageId: '<1.ringback@router.example>',
  mail: 'sato@example.jp',
  language: 'en',
  items: [{ ...ITEM, fromMs: 1 }],
  holdMs: 0,
} as const;

function outage(id = 1): Outage {
  const clients = new Map([[SATO, { firstMs: 1, lastMs: 2, tries: 3 }]]);
  return {
    id,
    server: SERVER,
    port: 0,
    state: 'down',
    cause: 'unreachable',
    triedPort: 80,
    fromMs: 1,
    clients,
  };
}

/** Nobody has heard what became of them. */
const NONE = { sent: 0, failed: 0 };
const UNKNOWN = { fates: NONE, handedOverFates: NONE, limited: 0 };
const past = (people: number) =>
  ({
    server: SERVER,
    port: 0,
    cause: 'unreachable',
    sign: 'arp',
    fromMs: 1,
    toMs: 9,
    clients: 1,
    people,
    ...{ telling: '1', untold: null },
  }) as const;

/** A journal on a store that counts its commits, with timers of its own and a mail server that never answers. */
async function begun(context: TestContext) {
  const time = new FakeTime(1_000_000);
  const store = await Store.open({ directory: null, log: recordingLog().log, time });
  context.after(() => store.close());
  let commits = 0;
  const write = store.write.bind(store);
  context.mock.method(store, 'write', (f: (sql: Sql) => unknown) => {
    commits++;
    return write(f);
  });
  const sender = { send: () => new Promise<never>(() => {}), close: () => {} };
  const options = { store, sender, from: 'ringback@router.example', giveUpMs: 1e9, stopUrl: () => null };
  const outbox = new Outbox({ ...options, log: recordingLog().log, time, chance: machineChance });
  return {
    store,
    journal: new StoreJournal(store, outbox, time),
    commits: () => commits,
    pass: (ms: number) => time.tick(ms),
    waiting: () => store.read(loadOutages).map(({ id, told, clients }) => [id, told, [...clients.keys()]]),
  };
}

describe('The journal', () => {
  it('writes an outage and who waits for it, together and soon', async (context) => {
    const { journal, pass, commits, waiting, store } = await begun(context);
    const one = outage();
    journal.outage(one, HURRY);
    journal.client(one, SATO, HURRY);
    assert.equal(commits(), 0);
    pass(20);
    assert.equal(commits(), 1);
    assert.deepEqual(waiting(), [[1, false, [SATO]]]);
    const [stored] = store.read(loadOutages);
    const { state: _, ...kept } = one;
    assert.deepEqual(stored, { ...kept, told: false, telling: null, suspected: false });
  });

  it('commits no more than once a second, however many come', async (context) => {
    const { journal, pass, commits, store } = await begun(context);
    const one = outage();
    journal.outage(one, HURRY);
    for (let i = 0; i < 50; i++) {
      const client = `172.27.179.${i}`;
      one.clients.set(client, { firstMs: i, lastMs: i, tries: 1 });
      journal.client(one, client, HURRY);
      pass(100);
    }
    assert.ok(commits() <= 6, `${commits()} commits in 5 s`);
    pass(1000);
    assert.equal(store.read(loadOutages)[0]?.clients.size, 50);
  });

  it('writes nothing while nothing changes', async (context) => {
    const { journal, pass, commits } = await begun(context);
    journal.outage(outage(), HURRY);
    pass(1000);
    const before = commits();
    pass(10_000_000);
    journal.flush();
    assert.equal(commits(), before);
  });

  it('lets another try of somebody who waits wait for a minute', async (context) => {
    const { journal, pass, commits, store } = await begun(context);
    const one = outage();
    journal.outage(one, HURRY);
    journal.client(one, SATO, HURRY);
    pass(1000);
    one.clients.set(SATO, { firstMs: 1, lastMs: 500, tries: 4 });
    journal.client(one, SATO, { hurry: false });
    pass(59_000);
    assert.equal(commits(), 1);
    pass(1000);
    assert.equal(commits(), 2);
    assert.equal(store.read(loadOutages)[0]?.clients.get(SATO)?.tries, 4);
  });

  it('writes at once, and all that was left, when somebody is told', async (context) => {
    const { journal, store, waiting, commits } = await begun(context);
    const other = outage(2);
    journal.outage(other, HURRY);
    journal.client(other, SATO, HURRY);
    journal.tell([{ outage: outage(), past: past(1) }], [NOTICE]);
    assert.equal(commits(), 2, 'and that it may be sent');
    assert.deepEqual(waiting(), [
      [1, true, []],
      [2, false, [SATO]],
    ]);
    assert.deepEqual(
      store.read((sql) => listHistory(sql, 9)),
      [{ ...past(1), ...UNKNOWN }],
    );
    assert.deepEqual(
      store.read((sql) => listNotices(sql, 9)).map(({ messageId, state }) => [messageId, state]),
      [[NOTICE.messageId, 'queued']],
    );
  });

  it('forgets who waits no more, and what is over', async (context) => {
    const { journal, pass, waiting, store } = await begun(context);
    const [one, other] = [outage(1), outage(2)];
    for (const each of [one, other]) {
      each.clients.set(TANAKA, { firstMs: 1, lastMs: 1, tries: 1 });
      journal.outage(each, HURRY);
      for (const client of each.clients.keys()) journal.client(each, client, HURRY);
    }
    pass(1000);
    one.clients.delete(SATO);
    journal.client(one, SATO, { hurry: false });
    journal.remove(other, past(0));
    pass(60_000);
    assert.deepEqual(waiting(), [[1, false, [TANAKA]]]);
    assert.deepEqual(
      store.read((sql) => listHistory(sql, 9)),
      [{ ...past(0), ...UNKNOWN }],
    );
  });

  it('never writes what was over before its turn came', async (context) => {
    const { journal, pass, waiting } = await begun(context);
    const one = outage();
    journal.outage(one, HURRY);
    journal.client(one, SATO, HURRY);
    journal.remove(one, null);
    pass(1000);
    assert.deepEqual(waiting(), []);
  });

  it('writes a suspicion as one, and an outage once it is certain', async (context) => {
    const { journal, pass, store } = await begun(context);
    const one = outage();
    for (const [state, suspected] of [
      ['suspected', true],
      ['short', true],
      ['down', false],
    ] as const) {
      one.state = state;
      journal.outage(one, HURRY);
      pass(1000);
      assert.equal(store.read(loadOutages)[0]?.suspected, suspected, state);
    }
  });

  it('writes what is known of services with the rest, and only the last of it', async (context) => {
    const { journal, pass, commits, store } = await begun(context);
    const row = { server: SERVER, port: 80, heardMs: 1, admitted: null, askedMs: null };
    const [secure, mail] = [
      { ...row, port: 443 },
      { ...row, port: 25 },
    ];
    for (const one of [row, secure, { ...row, heardMs: 2, admitted: true }]) journal.services([one], []);
    journal.outage(outage(), HURRY);
    pass(20);
    assert.equal(commits(), 1);
    assert.deepEqual(store.read(loadServices), [secure, { ...row, heardMs: 2, admitted: true }]);
    journal.services([mail], [secure]);
    journal.services([], [mail]);
    journal.flush();
    assert.deepEqual(store.read(loadServices), [{ ...row, heardMs: 2, admitted: true }]);
    journal.flush();
    assert.equal(commits(), 2, 'nothing has changed');
  });

  it('keeps what it could not write for the next time', async (context) => {
    const { journal, pass, store, waiting } = await begun(context);
    const failing = context.mock.method(store, 'write', () => {
      throw new Error('as the test wants it');
    });
    journal.outage(outage(), HURRY);
    assert.throws(() => journal.flush(), /as the test wants it/);
    failing.mock.restore();
    journal.flush();
    pass(1000);
    assert.equal(waiting().length, 1);
  });

  it('writes very many in parts, one directly after the other, and a moved client there before it is no more here', async (context) => {
    const { journal, pass, commits, store } = await begun(context);
    const [from, to] = [outage(1), outage(2)];
    const all = crowd(2500);
    const tried = { firstMs: 1, lastMs: 2, tries: 1 };
    for (const client of all) from.clients.set(client, tried);
    journal.outage(from, HURRY);
    for (const client of all) journal.client(from, client, HURRY);
    assert.ok(journal.isBehind);
    pass(0);
    assert.deepEqual([commits(), journal.isBehind], [2, false]);
    pass(1000);
    assert.equal(commits(), 3, 'what is left fits into one');
    // All of them at another port of it.
    journal.outage(to, HURRY);
    for (const client of all) {
      from.clients.delete(client);
      journal.client(from, client, HURRY);
      to.clients.set(client, tried);
      journal.client(to, client, HURRY);
    }
    journal.remove(from, null);
    const somewhere = (): number =>
      store.read((sql) => sql.number('SELECT count(DISTINCT client) FROM waiting'));
    context.mock.method(store, 'write', (f: (sql: Sql) => unknown) => {
      const written = Store.prototype.write.call(store, f);
      assert.equal(somewhere(), all.length, 'nobody is nowhere');
      return written;
    });
    pass(1000);
    assert.deepEqual(
      store.read(loadOutages).map(({ id, clients }) => [id, clients.size]),
      [[2, 2500]],
    );
  });

  it('says of what it removes in parts that nobody waits there, from the first part on', async (context) => {
    const { journal, pass, store } = await begun(context);
    const one = outage();
    for (const client of crowd(2500)) {
      one.clients.set(client, { firstMs: 1, lastMs: 2, tries: 1 });
      journal.client(one, client, HURRY);
    }
    journal.outage(one, HURRY);
    journal.flush();
    journal.remove(one, null);
    const found: (readonly [boolean, number] | undefined)[] = [];
    context.mock.method(store, 'write', (f: (sql: Sql) => unknown) => {
      const written = Store.prototype.write.call(store, f);
      const [row] = store.read(loadOutages);
      found.push(row && [row.told, row.clients.size]);
      return written;
    });
    pass(1000);
    assert.deepEqual(found, [[true, 1500], [true, 500], undefined]);
  });

  it('empties an outage in parts that was told, and of which very many were told nothing', async (context) => {
    const { journal, pass, store } = await begun(context);
    const one = outage();
    for (const client of crowd(2500)) {
      one.clients.set(client, { firstMs: 1, lastMs: 2, tries: 1 });
      journal.client(one, client, HURRY);
    }
    journal.outage(one, HURRY);
    pass(0);
    const rows = () => store.read((sql) => sql.number('SELECT count(*) FROM waiting'));
    journal.tell([{ outage: one, past: past(0) }], []);
    assert.deepEqual([rows(), store.read(loadOutages)[0]?.told], [1500, true]);
    pass(1000);
    assert.deepEqual(
      [rows(), store.read(loadOutages)[0]?.told],
      [0, true],
      'until the fabric has forgotten it',
    );
    journal.remove(one, null);
    pass(1000);
    assert.deepEqual(store.read(loadOutages), []);
  });
});
