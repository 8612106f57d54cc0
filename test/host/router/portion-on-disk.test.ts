/** A portion of a crowd, on a real disk. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import { Outbox } from '../../../host/mail/outbox.ts';
import { StoreJournal } from '../../../host/router/journal.ts';
import { listHistory } from '../../../host/store/history.ts';
import { loadOutages } from '../../../host/store/outages.ts';
import { listNotices } from '../../../host/store/outbox.ts';
import { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { directoryFor } from '../store/support.ts';
import { recordingLog } from '../tools.ts';
import { clientOf, crowd, mailOf } from './crowd.ts';
import { SERVER, STRANGER } from './world.ts';

describe('A portion on disk', () => {
  async function opened(test: TestContext, directory: string) {
    const store = await Store.open({ directory, log: recordingLog().log, time: machineTime });
    const sender = { send: () => new Promise<never>(() => {}), close: () => {} };
    const options = { store, sender, from: 'ringback@router.example', giveUpMs: 1e9, stopUrl: () => null };
    const outbox = new Outbox({
      ...options,
      capacity: 3,
      log: recordingLog().log,
      time: machineTime,
      chance: machineChance,
    });
    test.after(async () => {
      await outbox.close(0);
      store.close();
    });
    return { store, outbox, journal: new StoreJournal(store, outbox, machineTime) };
  }

  it('is notices and the end of their people’s waiting, and what is left goes on', async (test) => {
    const directory = directoryFor(test);
    const { store, outbox, journal } = await opened(test, directory);
    const tried = { firstMs: 1, lastMs: 2, tries: 1 };
    const chain = {
      server: SERVER,
      port: 0,
      state: 'down',
      cause: 'unreachable',
      triedPort: 80,
      fromMs: 1,
    } as const;
    const outage = { ...chain, id: 7, clients: new Map(crowd(5).map((client) => [client, tried])) };
    journal.outage(outage, { hurry: true });
    for (const client of crowd(5)) journal.client(outage, client, { hurry: true });
    assert.equal(journal.room, 3);
    const item = {
      server: SERVER,
      serverName: null,
      client: clientOf(0),
      fromMs: 1,
      recoveredMs: 9,
      ...tried,
    };
    const notice = { messageId: '<1@x>', mail: mailOf(0), language: 'en', items: [item], holdMs: 0 } as const;
    const telling = { recoveredMs: 9, sign: 'arp', clients: 6, people: 1, untold: null };
    const rest = { left: [[STRANGER, tried] as const], gone: [clientOf(0)] };
    journal.tellSome([outage], telling, rest, [notice]);
    assert.equal(journal.room, 2);
    await outbox.close(0);
    store.close();
    const next = await opened(test, directory);
    const [found] = next.store.read(loadOutages);
    assert.deepEqual([found?.told, found?.telling], [false, telling]);
    assert.deepEqual(
      [...(found?.clients.keys() ?? [])].toSorted(),
      [...crowd(5).slice(1), STRANGER].toSorted(),
    );
    assert.deepEqual(
      next.store.read((sql) => listNotices(sql, 9)).map(({ messageId }) => messageId),
      ['<1@x>'],
    );
    const past = { ...chain, sign: 'arp', toMs: 9, clients: 6, people: 6, telling: '1', untold: null };
    next.journal.tell([{ outage, past: { ...past, cause: 'unreachable' } }], []);
    assert.deepEqual(
      next.store.read(loadOutages).map(({ told, telling: state, clients }) => [told, state, clients.size]),
      [[true, null, 0]],
    );
    assert.equal(next.store.read((sql) => listHistory(sql, 9)).length, 1);
  });
});
