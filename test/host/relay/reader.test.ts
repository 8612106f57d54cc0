/** What a look into the mailbox makes of what is there. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { ClientConfiguration } from '../../../host/config/types.ts';
import { MAX_LISTED } from '../../../host/mail/list-writer.ts';
import { latestLists } from '../../../host/store/lists.ts';
import { namedClients } from '../../../host/store/notice-rows.ts';
import {
  listMessages,
  opened,
  openReader,
  relayConfiguration,
  SATO,
  SERVER,
  STRANGER,
  TANAKA,
  wallClock,
} from './relayed.ts';
import { LIST_MAIL, type PopServerOptions, popServer } from './support.ts';

const ADVERTISING = 'Subject: Buy\r\n\r\nServer: 172.27.178.80\r\n';

const DESK6 = '2001:db8:179::151';
const LAPTOP = '172.27.179.152';
/** Sato has three machines. */
const SEVERAL = [
  { address: SATO, mail: 'sato@example.jp', language: 'ja' },
  { address: DESK6, mail: 'Sato@example.jp', language: null },
  { address: LAPTOP, mail: 'sato@EXAMPLE.jp', language: 'en' },
  { address: TANAKA, mail: 'tanaka@example.jp', language: null },
] as const;

async function openedFor(
  test: TestContext,
  clients: readonly ClientConfiguration[],
  options: PopServerOptions,
) {
  const server = await popServer(test, options);
  const configuration = { ...relayConfiguration(server.port), clients };
  return { server, configuration, ...(await openReader(test, configuration)) };
}

describe('a look into the mailbox', () => {
  it('makes a notice for everybody on the list whose address is known, and deletes the list', async (test) => {
    const { server, look, notices, said } = await opened(test, { messages: listMessages() });
    await look();
    const rows = notices();
    assert.deepEqual(rows.map(({ mail, language }) => [mail, language]).sort(), [
      ['sato@example.jp', 'ja'],
      ['tanaka@example.jp', 'en'],
    ]);
    const [item] = rows.find(({ mail }) => mail === 'sato@example.jp')?.items ?? [];
    assert.ok(item !== undefined);
    assert.deepEqual(
      [item.server, item.serverName, item.client, item.tries],
      [SERVER, 'www.example.jp', SATO, 3],
    );
    assert.equal(item.recoveredMs - item.fromMs, 3_600_000);
    assert.equal(item.lastMs - item.firstMs, 900_000);
    assert.deepEqual(server.left(), []);
    assert.deepEqual(said('list.received'), [
      { server: SERVER, clients: 3, people: 2, queued: 2, told: 2, part: '1/1' },
    ]);
  });

  it('makes one notice for a person who is on it with several clients', async (test) => {
    const clients = [SATO, STRANGER, DESK6, LAPTOP, TANAKA];
    const { server, look, notices, said } = await openedFor(test, SEVERAL, {
      messages: listMessages({ clients }),
    });
    await look();
    assert.deepEqual(
      notices().map(({ mail, language, items }) => [mail, language, items.map(namedClients)]),
      [
        ['sato@example.jp', 'ja', [[SATO, DESK6, LAPTOP]]],
        ['tanaka@example.jp', 'en', [[TANAKA]]],
      ],
    );
    const [item] = notices()[0]?.items ?? [];
    assert.deepEqual([item?.tries, Number(item?.lastMs) - Number(item?.firstMs)], [9, 900_000]);
    assert.deepEqual(server.left(), []);
    assert.deepEqual(said('list.received'), [
      { server: SERVER, clients: 5, people: 2, queued: 2, told: 2, part: '1/1' },
    ]);
  });

  for (const order of ['in order', 'the last first'] as const) {
    it(`tells a person once who is on several parts of a list, ${order}`, async (test) => {
      const strangers = Array.from({ length: MAX_LISTED }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
      const clients = [SATO, TANAKA, ...strangers, LAPTOP, DESK6];
      const parts = listMessages({ clients });
      const messages = order === 'in order' ? parts : parts.toReversed();
      const { server, look, notices, said, store } = await openedFor(test, SEVERAL, { messages });
      await look();
      assert.deepEqual(
        notices()
          .map(({ mail }) => mail.toLowerCase())
          .toSorted(),
        ['sato@example.jp', 'tanaka@example.jp'],
      );
      assert.deepEqual(server.left(), []);
      const received = said('list.received').map(({ people }) => people);
      assert.deepEqual(received, order === 'in order' ? [2, 0] : [1, 1]);
      const lists = store.read((sql) => latestLists(sql, 9));
      assert.deepEqual(
        lists.map(({ people }) => people),
        received.toReversed(),
      );
      assert.equal(
        store.read((sql) => sql.number('SELECT count(*) FROM lists WHERE people IS NOT NULL')),
        0,
        'nobody is remembered once all parts are there',
      );
    });
  }

  it('tells him of each of two lists', async (test) => {
    const other = { id: 'ffeeddccbbaa99887766554433221100' };
    const messages = [
      ...listMessages({ clients: [SATO] }),
      ...listMessages({ clients: [LAPTOP], facts: other }),
    ];
    const { look, notices } = await openedFor(test, SEVERAL, { messages });
    await look();
    assert.equal(notices().length, 2);
  });

  it('has room for a list of more clients than people', async (test) => {
    const messages = listMessages({ clients: [SATO, DESK6, LAPTOP] });
    const { look, notices, outbox } = await openedFor(test, SEVERAL, { messages });
    test.mock.getter(outbox, 'room', () => 1);
    await look();
    assert.equal(notices().length, 1);
  });

  it('deletes a list of which nobody is known', async (test) => {
    const { server, look, notices, said } = await opened(test, {
      messages: listMessages({ clients: [STRANGER] }),
    });
    await look();
    assert.deepEqual([notices(), server.left()], [[], []]);
    assert.deepEqual(said('list.received'), [
      { server: SERVER, clients: 1, people: 0, queued: 0, told: 0, part: '1/1' },
    ]);
  });

  it('takes a list whose router had no clock', async (test) => {
    const { look, notices, server } = await opened(test, {
      messages: listMessages({ clock: wallClock(false) }),
    });
    const before = Date.now();
    await look();
    const [item] = notices()[0]?.items ?? [];
    assert.ok(item !== undefined && item.recoveredMs >= before - 1000, 'the moment at which it came');
    assert.deepEqual([item.firstMs, item.lastMs, item.recoveredMs - item.fromMs], [0, 0, 3_600_000]);
    assert.deepEqual(server.left(), []);
  });

  it('leaves the mail of strangers alone, and reads it once', async (test) => {
    const { server, look, said } = await opened(test, { messages: [ADVERTISING, LIST_MAIL] });
    await look();
    assert.deepEqual(
      server.commands().filter((command) => command.startsWith('RETR')),
      ['RETR 1', 'RETR 2'],
    );
    await look();
    assert.deepEqual(
      server.commands().filter((command) => /^(RETR|DELE)/.test(command)),
      [],
    );
    assert.deepEqual(server.left(), [1, 2]);
    assert.deepEqual(said('list.refused'), []);
  });

  it('does not read what is too large', async (test) => {
    const { server, look } = await opened(test, {
      messages: [`Subject: x\r\n\r\n${'x'.repeat(1 << 20)}\r\n`],
    });
    await look();
    await look();
    assert.ok(!server.sessions.some(({ commands }) => commands.includes('RETR 1')));
    assert.deepEqual(server.left(), [1]);
  });

  it('keeps what is forged, says so once, and looks at it again when the key has changed', async (test) => {
    const messages = listMessages({ key: 'another-secret' });
    const { server, look, reader, notices, said, configuration } = await opened(test, { messages });
    await look();
    await look();
    const [refused, ...more] = said('list.refused');
    assert.equal(more.length, 0);
    assert.equal(refused?.uidl, 'uidl-1');
    assert.match(String(refused?.reason), /another list_key/);
    assert.deepEqual([notices(), server.left()], [[], [1]]);
    reader.reconfigure({ ...configuration, listKey: 'another-secret' });
    await look();
    assert.deepEqual([notices().length, server.left()], [2, []]);
  });

  it('refuses a list that was edited', async (test) => {
    const messages = listMessages().map((text) => text.replace(STRANGER, '172.27.179.158'));
    const { server, look, notices, said } = await opened(test, { messages });
    await look();
    assert.equal(said('list.refused').length, 1);
    assert.deepEqual([notices(), server.left()], [[], [1]]);
  });

  it('refuses a list that is too old', async (test) => {
    const { nowMs } = wallClock();
    const oldMs = nowMs() - 4 * 86_400_000;
    const clock = { ...wallClock(), nowMs: () => oldMs };
    const { server, look, notices, said } = await opened(test, { messages: listMessages({ clock }) });
    await look();
    assert.match(String(said('list.refused')[0]?.reason), /^it is too old: sent \d{4}-/);
    assert.deepEqual([notices(), server.left()], [[], [1]]);
  });

  it('deletes a list that comes again, and tells nobody again', async (test) => {
    const [message = ''] = listMessages();
    const { server, look, notices, said } = await opened(test, { messages: [message, message] });
    await look();
    assert.deepEqual([notices().length, server.left()], [2, []]);
    assert.equal(said('list.received').length, 1);
    assert.deepEqual(said('list.refused'), [
      { uidl: 'uidl-2', server: SERVER, reason: 'it came before: a repeat' },
    ]);
  });

  it('takes the parts of a long list, in whatever order', async (test) => {
    const clients = Array.from({ length: MAX_LISTED + 1 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
    const messages = listMessages({ clients: [...clients, SATO, TANAKA] });
    assert.equal(messages.length, 2);
    const { server, look, notices, said } = await opened(test, { messages: messages.toReversed() });
    await look();
    assert.deepEqual([notices().length, server.left()], [2, []]);
    assert.deepEqual(
      said('list.received').map(({ part, clients: count, told }) => [part, count, told]),
      [
        ['2/2', 3, 2],
        ['1/2', MAX_LISTED, 0],
      ],
    );
  });

  it('does not read again what was taken when the server did not delete it', async (test) => {
    let isDeaf = true;
    const { server, look, notices, said } = await opened(test, {
      messages: listMessages(),
      answers: { QUIT: () => (isDeaf ? null : '+OK\r\n') },
    });
    await assert.rejects(look(), { code: 'pop' });
    assert.equal(notices().length, 2);
    isDeaf = false;
    await look();
    assert.deepEqual(
      server.commands().filter((command) => /^(RETR|DELE)/.test(command)),
      ['DELE 1'],
    );
    assert.equal(notices().length, 2);
    assert.deepEqual(said('list.refused'), []);
  });

  it('deletes nothing while the state is in memory for want of a disk, and does when that is back', async (test) => {
    const { server, store, look, notices } = await opened(test, { messages: listMessages() });
    const health = test.mock.getter(store, 'health', () => ({ place: 'memory', reason: 'the disk is full' }));
    await look();
    assert.deepEqual([notices().length, server.left()], [2, [1]]);
    health.mock.restore();
    await look();
    assert.deepEqual([notices().length, server.left()], [2, []]);
  });

  it('leaves a list for which there is no room where it is, and takes it later', async (test) => {
    const { server, look, notices, said, outbox } = await opened(test, { messages: listMessages() });
    const room = test.mock.getter(outbox, 'room', () => 1);
    await look();
    await look();
    assert.deepEqual(server.left(), [1]);
    assert.deepEqual(said('list.postponed'), [
      {
        ...{ uidl: 'uidl-1', server: SERVER, people: 2, told: 2, room: 1 },
        reason: 'there is no room for its notices',
      },
    ]);
    room.mock.restore();
    await look();
    assert.deepEqual([notices().length, server.left()], [2, []]);
  });
});
