import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeNotice, createNotice, type NoticeContext } from '../../../host/mail/mail.ts';
import { composeMessage } from '../../../host/mail/message.ts';
import type { Notice } from '../../../host/store/notice-rows.ts';
import { clockAt, FROM, noticeTo } from './support.ts';

/** When it was 0 on the state's clock. */
const START = Date.UTC(2026, 10, 22, 7, 29, 4);
const CONTEXT: NoticeContext = { from: FROM, clock: clockAt(100_000, START), stopUrl: null };
const WRONG_CLOCK: NoticeContext = { ...CONTEXT, clock: clockAt(100_000, null) };

/** One mail about several servers, for one machine with two addresses. */
function several(): Notice {
  const items = [
    { server: '172.27.178.80', recoveredMs: 61_000 },
    { server: '172.27.178.81', recoveredMs: 63_000 },
    { server: '2001:db8:178::80', client: '2001:db8:179::151', recoveredMs: 62_000 },
  ].flatMap((item) => noticeTo('sato@example.jp', item).items);
  return { ...noticeTo('sato@example.jp'), items };
}

describe('the mail of a notice', () => {
  it('has the headers that programs look at', () => {
    const mail = composeNotice(noticeTo('sato@example.jp'), CONTEXT);
    assert.equal(mail.to, 'sato@example.jp');
    assert.equal(mail.from, FROM);
    assert.deepEqual(mail.headers, {
      'Auto-Submitted': 'auto-generated',
      'X-Ringback-Server': '172.27.178.80',
      'X-Ringback-Client': '172.27.179.151',
    });
    assert.match(mail.messageId, /^<[0-9a-f]{32}\.ringback@router\.example>$/);
  });

  it('names every server and every client once when it tells of several', () => {
    const mail = composeNotice(several(), CONTEXT);
    assert.equal(mail.headers['X-Ringback-Server'], '172.27.178.80, 172.27.178.81, 2001:db8:178::80');
    assert.equal(mail.headers['X-Ringback-Client'], '172.27.179.151, 2001:db8:179::151');
  });

  it('names all clients of one person who waited for a server', () => {
    const notice = noticeTo('sato@example.jp', { otherClients: ['2001:db8:179::151', '172.27.179.9'] });
    const { headers } = composeNotice(notice, CONTEXT);
    assert.equal(headers['X-Ringback-Client'], '172.27.179.151, 2001:db8:179::151, 172.27.179.9');
  });

  it('is dated at the recovery, the last one of several', () => {
    const date = (notice: Notice): number | undefined => composeNotice(notice, CONTEXT).date?.getTime();
    assert.equal(date(noticeTo('sato@example.jp', { recoveredMs: 61_000 })), START + 61_000);
    assert.equal(date(several()), START + 63_000);
  });

  it('has no date, and no Date header, while the clock is wrong', () => {
    const mail = composeNotice(several(), WRONG_CLOCK);
    assert.equal(mail.date, null);
    assert.doesNotMatch(composeMessage(mail), /^Date:/im);
    assert.match(composeMessage(composeNotice(several(), CONTEXT)), /^Date: /m);
    assert.equal(mail.messageId, composeNotice(several(), CONTEXT).messageId);
  });

  it('is the same at every attempt', () => {
    const later = { ...CONTEXT, clock: clockAt(9_000_000, START) };
    for (const notice of [noticeTo('sato@example.jp'), several()]) {
      assert.deepEqual(composeNotice(notice, later), composeNotice(notice, CONTEXT));
    }
  });

  it('tells programs how to stop them, when there is a way', () => {
    const stopUrl = 'http://172.27.179.1:8480/stop/x.y';
    const { headers, text } = composeNotice(noticeTo('sato@example.jp'), { ...CONTEXT, stopUrl });
    assert.equal(headers['List-Unsubscribe'], `<${stopUrl}>`);
    assert.equal(headers['List-Unsubscribe-Post'], 'List-Unsubscribe=One-Click');
    assert.ok(text.includes(`\n${stopUrl}\n`));
  });
});

describe('the identity of a notice', () => {
  it('is another for each server, client, address and outage', () => {
    const notices = [
      noticeTo('sato@example.jp'),
      noticeTo('tanaka@example.jp'),
      noticeTo('sato@example.jp', { server: '172.27.178.81' }),
      noticeTo('sato@example.jp', { client: '172.27.179.152' }),
      noticeTo('sato@example.jp', {}, { outage: 2 }),
      // The same letters, divided otherwise.
      noticeTo('sato@example.jp', { server: '172.27.178.8', client: '0172.27.179.151' }),
    ];
    assert.equal(new Set(notices.map(({ messageId }) => messageId)).size, notices.length);
  });

  it('stays when only words and times change', () => {
    const { messageId } = noticeTo('sato@example.jp');
    const item = { serverName: null, fromMs: 1, recoveredMs: 2, firstMs: 3, lastMs: 4, tries: 5 };
    assert.equal(noticeTo('sato@example.jp', item, { language: 'ja' }).messageId, messageId);
  });

  it('is not changed by what comes to it', () => {
    assert.equal(composeNotice(several(), CONTEXT).messageId, noticeTo('sato@example.jp').messageId);
  });

  it('is the same in every process, and ends in the domain of the sender', () => {
    const { messageId } = noticeTo(
      'sato@example.jp',
      {},
      { outage: 281_474_976_710_655, from: 'a@b.example' },
    );
    // Another one would make the next version send again what this one has sent.
    assert.equal(messageId, '<845f3785573576038a6b98976b2f5b55.ringback@b.example>');
  });
});

describe('the name of a server', () => {
  const item = (serverName: string): string | null | undefined =>
    noticeTo('sato@example.jp', { serverName }).items[0]?.serverName;

  it('is cleaned once, when the notice is made', () => {
    assert.equal(item('www\r\nX: y'), 'www X: y');
    assert.equal(item('\r\n'), null);
    assert.equal(item('サーバ'), 'サーバ');
  });

  it('never gets out of its line, nor into the header', () => {
    const hostile = 'www\r\n\r\n.\r\nBcc: evil@example.com\u2028To: evil@example.com\u0000\u202e';
    const notice = createNotice({
      ...{ mail: 'sato@example.jp', language: 'en', outage: 1, from: FROM },
      item: { ...(noticeTo('sato@example.jp').items[0] ?? assert.fail()), serverName: hostile },
    });
    const mail = composeNotice(notice, CONTEXT);
    const lines = mail.text.split('\n');
    assert.equal(lines.filter((line) => line.includes('evil')).length, 1);
    assert.ok(lines.find((line) => line.includes('evil'))?.startsWith('Server   : www'));
    const message = composeMessage(mail);
    const head = message.slice(0, message.indexOf('\r\n\r\n'));
    assert.doesNotMatch(head, /evil/);
  });
});
