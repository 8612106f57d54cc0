/** Lists in the outbox, beside notices. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createList } from '../../../host/mail/list-writer.ts';
import type { OutboxOptions } from '../../../host/mail/outbox.ts';
import type { NewNotice } from '../../../host/store/notice-rows.ts';
import { listNotices, loadListed } from '../../../host/store/outbox.ts';
import { directoryFor } from '../store/support.ts';
import { until } from '../tools.ts';
import { FROM, noticeTo, openOutbox, PlayedSender } from './support.ts';

const KEY = 'list-secret';
const LISTED = [
  { client: '172.27.179.151', firstMs: 1000, lastMs: 2000, tries: 2 },
  { client: '172.27.179.152', firstMs: 3000, lastMs: 3000, tries: 1 },
];

function list(id = 'a-list-of-the-test'): NewNotice {
  const [part] = createList({
    mail: 'sav_1@example.jp',
    id,
    server: '172.27.178.80',
    serverName: null,
    fromMs: 0,
    recoveredMs: 5000,
    listed: LISTED,
    from: FROM,
  });
  assert.ok(part !== undefined);
  return part;
}

const begun = (test: TestContext, options: Partial<OutboxOptions> = {}, directory: string | null = null) => {
  const sender = new PlayedSender();
  return openOutbox(test, directory, sender, options).then((opened) => ({ sender, ...opened }));
};

describe('a list in the outbox', () => {
  it('goes out signed, with those who are on it, and is said to be a list', async (test) => {
    const { sender, add, lines, store } = await begun(test, { listKey: KEY });
    const part = list();
    assert.deepEqual(add([part]), ['queued']);
    await until('a mail', () => sender.mails.length === 1);
    const [mail] = sender.mails;
    assert.equal(mail?.to, 'sav_1@example.jp');
    assert.deepEqual(mail?.text.match(/^Client: .*$/gm), [
      'Client: 172.27.179.151',
      'Client: 172.27.179.152',
    ]);
    assert.match(mail?.headers['X-Ringback-Signature'] ?? '', /^[\da-f]{64}$/);
    sender.sendings[0]?.finish({ outcome: 'delivered' });
    const { messageId } = part;
    const fields = { server: '172.27.178.80', mail: 'sav_1@example.jp', messageId, clients: 2, part: '1/1' };
    await until('its end', () => lines.some(({ event }) => event === 'list.sent'));
    assert.deepEqual(lines, [
      { level: 'info', event: 'list.queued', fields },
      { level: 'info', event: 'list.sent', fields },
    ]);
    await until('on disk', () => store.read((sql) => listNotices(sql, 9))[0]?.state === 'sent');
    assert.deepEqual(
      store.read((sql) => loadListed(sql, messageId)),
      [],
    );
  });

  it('waits for a key when there is none, and holds up nobody', async (test) => {
    const { sender, add, lines } = await begun(test);
    add([list(), noticeTo('sato@example.jp')]);
    await until('the notice', () => sender.mails.length === 1);
    assert.equal(sender.mails[0]?.to, 'sato@example.jp');
    const [failed] = lines.filter(({ event }) => event === 'list.failed');
    assert.deepEqual(
      [failed?.level, failed?.fields.reason, failed?.fields.final],
      ['warn', 'no list_key is configured', false],
    );
  });

  it('is neither merged into a notice that waits, nor a notice into it', async (test) => {
    const { add, store } = await begun(test, { listKey: KEY });
    const waiting = noticeTo('sav_1@example.jp');
    assert.deepEqual(add([waiting], 60_000), ['queued']);
    assert.deepEqual(add([list()]), ['queued']);
    assert.deepEqual(add([noticeTo('sav_1@example.jp', { server: '172.27.178.81' })]), ['merged']);
    const rows = store.read((sql) => listNotices(sql, 9));
    assert.deepEqual(rows.map(({ items, list: facts }) => [items.length, facts?.clients]).sort(), [
      [0, 2],
      [2, undefined],
    ]);
  });

  it('goes to its notifier even if that is somebody who wants no more notices', async (test) => {
    const { sender, add } = await begun(test, { listKey: KEY, isStopped: () => true });
    add([list()]);
    await until('a mail', () => sender.mails.length === 1);
  });

  it('is the same after a restart, with all who are on it', async (test) => {
    const directory = directoryFor(test);
    const first = await begun(test, {}, directory);
    const part = list();
    first.add([part]);
    await until('the failure', () => first.lines.some(({ event }) => event === 'list.failed'));
    await first.outbox.close(0);
    first.store.close();
    const second = await begun(test, { listKey: KEY }, directory);
    const [row] = second.store.read((sql) => listNotices(sql, 9));
    assert.deepEqual([row?.messageId, row?.list], [part.messageId, part.list]);
    assert.deepEqual(
      second.store.read((sql) => loadListed(sql, part.messageId)),
      LISTED,
    );
    second.outbox.retried([...(row === undefined ? [] : [row])]);
    await until('a mail', () => second.sender.mails.length === 1);
    assert.equal(second.sender.mails[0]?.messageId, part.messageId);
  });
});
