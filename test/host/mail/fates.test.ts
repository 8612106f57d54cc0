import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { pastOutages, retry } from '../../../host/control/records.ts';
import type { OutboxOptions } from '../../../host/mail/outbox.ts';
import { fatesOf } from '../../../host/store/fates.ts';
import { addToHistory } from '../../../host/store/history.ts';
import { addList, latestLists, tellingOfList } from '../../../host/store/lists.ts';
import { machineTime } from '../../../host/time.ts';
import { until } from '../tools.ts';
import { noticeTo, type OpenOutbox, openOutbox, PlayedSender } from './support.ts';

const SERVER = '172.27.178.80';
const OTHER = '172.27.178.81';
const DELIVERED = { outcome: 'delivered' } as const;
const REFUSED = { outcome: 'refused', reason: '550 no such user' } as const;
const LATER = { outcome: 'later', about: 'recipient', reason: '452 full' } as const;

interface Played extends OpenOutbox {
  readonly sender: PlayedSender;
  /** What is said of an outage: told, queued, failed, and how many of them wait for their limit. */
  counts(server?: string): (number | null | undefined)[];
}

/** Two outages that ended with so many people to tell each. */
async function played(
  test: TestContext,
  people: number,
  options?: Partial<OutboxOptions>,
  more: { handedOver?: number } = {},
): Promise<Played> {
  const sender = new PlayedSender();
  sender.answer = ({ to }) => (to.startsWith('nobody') ? REFUSED : to.startsWith('full') ? LATER : DELIVERED);
  const opened = await openOutbox(test, null, sender, options);
  const { store } = opened;
  store.write((sql) => {
    for (const [telling, server] of [
      ['1', SERVER],
      ['2', OTHER],
    ] as const) {
      addToHistory(sql, {
        ...{ server, port: 0, cause: 'refused', sign: 'arp', fromMs: 1, toMs: 2, clients: 9, people },
        ...{ telling, untold: { noAddress: 3, stale: 2, stopped: 1, ...more } },
      });
    }
  });
  return {
    ...opened,
    sender,
    counts(server = SERVER) {
      const outage = pastOutages(store, 9).find((one) => one.server === server);
      assert.equal(outage?.people, people);
      assert.equal(outage?.untold?.noAddress, 3);
      return [outage?.told, outage?.queued, outage?.failed, outage?.untold?.limited];
    },
  };
}

describe('Who was told of the end of an outage', () => {
  it('is whose mail the mail server has taken, and not whose is queued', async (test) => {
    const { counts, add, sender } = await played(test, 1);
    sender.answer = null;
    add([noticeTo('sato@example.jp')]);
    await until('it is under way', () => sender.sendings.length === 1);
    assert.deepEqual(counts(), [0, 1, 0, 0]);
    sender.sendings[0]?.finish(DELIVERED);
    await until('it has arrived', () => counts()[0] === 1);
    assert.deepEqual(counts(), [1, 0, 0, 0]);
    assert.deepEqual(counts(OTHER), [0, 1, 0, 0], 'of another outage nobody has heard');
  });

  it('are people; whose mail is refused, or must wait, is not one of them', async (test) => {
    const { counts, add } = await played(test, 4);
    add(['sato', 'tanaka', 'nobody', 'full'].map((name) => noticeTo(`${name}@example.jp`)));
    await until('two have arrived, and one is given up', () => counts()[0] === 2 && counts()[2] === 1);
    assert.deepEqual(counts(), [2, 1, 1, 0]);
  });

  it('is counted again when the operator tries it again', async (test) => {
    const { counts, add, outbox, store, sender } = await played(test, 1);
    const notice = noticeTo('nobody@example.jp');
    add([notice]);
    await until('it is given up', () => counts()[2] === 1);
    sender.answer = () => DELIVERED;
    await retry({ store, post: outbox, time: machineTime }, { ids: [notice.messageId] });
    await until('it has arrived', () => counts()[0] === 1);
    assert.deepEqual(counts(), [1, 0, 0, 0]);
  });

  it('is told of each outage that his one mail tells of', async (test) => {
    const { counts, add } = await played(test, 1);
    // Together: whatever time a busy machine takes, none of them is due before the other one is there.
    const [first, other] = [
      noticeTo('sato@example.jp', {}, { outage: 1 }),
      noticeTo('sato@example.jp', { server: OTHER }, { outage: 2 }),
    ];
    add([first, other], 30);
    await until('it has arrived', () => counts()[0] === 1);
    assert.deepEqual(
      [counts(), counts(OTHER)],
      [
        [1, 0, 0, 0],
        [1, 0, 0, 0],
      ],
    );
  });

  it('is not who had as many mails as allowed; one mail then tells him of all', async (test) => {
    let most: { hour: number; day: number } | null = { hour: 1, day: 2 };
    const { counts, add, outbox } = await played(test, 2, { mostFor: () => most });
    add([noticeTo('sato@example.jp', {}, { outage: 3 })]);
    add([noticeTo('sato@example.jp', {}, { outage: 1 })]);
    add([noticeTo('sato@example.jp', {}, { outage: 2, telling: '1' })]);
    await until('the others wait', () => counts()[3] === 2);
    assert.deepEqual(counts(), [0, 2, 0, 2]);
    most = null;
    outbox.wake();
    await until('they have arrived', () => counts()[0] === 2);
    assert.deepEqual(counts(), [2, 0, 0, 0]);
  });

  it('is nobody whom the outbox had no room for', async (test) => {
    const { counts, add, sender } = await played(test, 2, { capacity: 1 });
    sender.answer = null;
    add(['sato', 'tanaka'].map((name) => noticeTo(`${name}@example.jp`)));
    assert.deepEqual(counts(), [0, 1, 1, 0]);
  });

  it('are all who are on a list that the mail server has taken; clients that are nobody’s are counted apart', async (test) => {
    const { store, add, sender, counts } = await played(
      test,
      4,
      { listKey: 'sesame-sesame' },
      { handedOver: 5 },
    );
    sender.answer = null;
    const facts = {
      ...{ id: '00112233445566778899aabbccddeeff', parts: 2, server: SERVER, serverName: null },
      ...{ fromMs: 1, recoveredMs: 2, telling: '1' },
    };
    const lists = [
      { ...facts, part: 1, clients: 6, people: 3, handedOver: 2 },
      { ...facts, part: 2, clients: 4, people: 1, handedOver: 3 },
    ];
    add(
      lists.map((list) => ({
        ...{ messageId: `<list-${list.part}@router.example>`, mail: 'sav_1@example.jp', language: 'en' },
        ...{ items: [], list },
      })),
    );
    const handedOver = () => pastOutages(store, 9).find(({ server }) => server === SERVER)?.handedOver;
    await until('they are under way', () => sender.sendings.length === 2);
    assert.deepEqual(handedOver(), { clients: 5, sent: 0, queued: 5, failed: 0 });
    const part = (n: number) => sender.sendings.find(({ mail }) => mail.messageId.startsWith(`<list-${n}@`));
    part(1)?.finish(DELIVERED);
    await until('one has arrived', () => counts()[0] === 3);
    assert.deepEqual(counts(), [3, 1, 0, 0]);
    assert.deepEqual(handedOver(), { clients: 5, sent: 2, queued: 3, failed: 0 });
    part(2)?.finish(REFUSED);
    await until('one is given up', () => counts()[2] === 1);
    assert.deepEqual(handedOver(), { clients: 5, sent: 2, queued: 0, failed: 3 });
  });

  it('are as many as the clients on a list of an older version', async (test) => {
    const { store, add } = await played(test, 7, { listKey: 'sesame-sesame' });
    const list = {
      ...{ id: '00112233445566778899aabbccddeeff', part: 1, parts: 1, server: SERVER, serverName: null },
      ...{ fromMs: 1, recoveredMs: 2, clients: 7, telling: '1' },
    };
    add([{ messageId: '<list@router.example>', mail: 'sav_1@example.jp', language: 'en', items: [], list }]);
    await until('it has arrived', () => store.read((sql) => fatesOf(sql, '1').sent) === 7);
    assert.equal(pastOutages(store, 9)[0]?.handedOver, null);
  });
});

describe('Who was told by a relay', () => {
  it('is counted for each part of a list', async (test) => {
    const { store, add } = await played(test, 1);
    const list = { list: 'list', parts: 2, server: SERVER, clients: 3, people: 2, receivedMs: 1 };
    store.write((sql) => {
      for (const part of [1, 2]) addList(sql, { ...list, part });
    });
    const of = (part: number) => ({ outage: 'list', telling: tellingOfList({ list: 'list', part }) });
    add([
      noticeTo('sato@example.jp', {}, of(1)),
      noticeTo('nobody@example.jp', { client: '172.27.179.9' }, of(2)),
    ]);
    const fates = () =>
      store.read((sql) => latestLists(sql, 9)).map((one) => [one.part, one.fates.sent, one.fates.failed]);
    await until(
      'both are known',
      () =>
        fates()
          .flat()
          .filter((count) => count === 1).length === 3,
    );
    assert.deepEqual(fates().toSorted(), [
      [1, 1, 0],
      [2, 0, 1],
    ]);
  });
});
