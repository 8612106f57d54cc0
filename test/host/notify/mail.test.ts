import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeNotice, createNotice, messageIdOf } from '../../../host/notify/mail.ts';
import { FROM, noticeTo } from './support.ts';

describe('the mail of a notice', () => {
  it('has the headers that programs look at', () => {
    const mail = composeNotice(noticeTo('sato@example.jp'), FROM);
    assert.equal(mail.to, 'sato@example.jp');
    assert.equal(mail.from, FROM);
    assert.deepEqual(mail.headers, {
      'Auto-Submitted': 'auto-generated',
      'X-Ringback-Server': '172.27.178.80',
      'X-Ringback-Client': '172.27.179.151',
    });
    assert.match(mail.messageId, /^<[0-9a-f]{32}\.ringback@router\.example>$/);
  });

  it('is the same at every attempt', () => {
    assert.deepEqual(
      composeNotice(noticeTo('sato@example.jp'), FROM),
      composeNotice(noticeTo('sato@example.jp'), FROM),
    );
  });

  it('has one identity for each server, client, address and outage', () => {
    const notices = [
      noticeTo('sato@example.jp'),
      noticeTo('tanaka@example.jp'),
      noticeTo('sato@example.jp', { server: '172.27.178.81' }),
      noticeTo('sato@example.jp', { client: '172.27.179.152' }),
      noticeTo('sato@example.jp', { outageId: '2' }),
    ];
    assert.equal(new Set(notices.map(({ id }) => id)).size, notices.length);
    assert.equal(new Set(notices.map((notice) => messageIdOf(notice, FROM))).size, notices.length);
  });

  it('keeps its identity when only words change', () => {
    const { id } = noticeTo('sato@example.jp');
    assert.equal(noticeTo('sato@example.jp', { language: 'ja', serverName: null }).id, id);
    assert.equal(noticeTo('sato@example.jp', { recoveredAt: new Date(0) }).id, id);
  });

  it('cleans the name once, when the notice is made', () => {
    const facts = noticeTo('sato@example.jp');
    assert.equal(createNotice({ ...facts, serverName: 'www\r\nX: y' }).serverName, 'www X: y');
    assert.equal(createNotice({ ...facts, serverName: '\r\n' }).serverName, null);
  });
});
