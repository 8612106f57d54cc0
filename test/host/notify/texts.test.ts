import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cleanName, recoveryNotice, timeText } from '../../../host/notify/texts.ts';

const RECOVERED = new Date('2026-11-22T07:30:05Z');
const FACTS = {
  mail: 'sato@example.jp',
  server: '172.27.178.80',
  serverName: 'www.example.jp',
  recoveredAt: RECOVERED,
};

describe('the words of a recovery notice', () => {
  let zone: string | undefined;
  before(() => {
    zone = process.env.TZ;
    process.env.TZ = 'Asia/Tokyo';
  });
  after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it('are those of figure 8 in Japanese', () => {
    const { subject, text } = recoveryNotice('ja', FACTS);
    assert.equal(subject, 'サーバ障害復旧通知');
    assert.equal(
      text,
      [
        'sato@example.jp 殿',
        '',
        '「サーバ障害復旧通知」',
        '',
        '下記のサーバが復旧したことをお知らせします。',
        '',
        '復旧サーバ : www.example.jp (172.27.178.80)',
        '復旧時間 : 2026/11/22 16:30:05 +09:00',
        '',
      ].join('\n'),
    );
  });

  it('say the same in English', () => {
    const { subject, text } = recoveryNotice('en', FACTS);
    assert.equal(subject, 'Server recovery notice');
    for (const part of [
      'sato@example.jp',
      'The server below is back.',
      'www.example.jp (172.27.178.80)',
      '2026/11/22 16:30:05 +09:00',
    ]) {
      assert.ok(text.includes(part), part);
    }
  });

  it('name a server without a name by its address alone', () => {
    for (const language of ['en', 'ja'] as const) {
      const { text } = recoveryNotice(language, { ...FACTS, serverName: null, server: '2001:db8:178::80' });
      assert.match(text, /: 2001:db8:178::80$/m);
    }
  });

  it('give the time with the zone, also west of Greenwich and beside the full hour', () => {
    for (const [name, expected] of [
      ['UTC', '2026/11/22 07:30:05 +00:00'],
      ['America/St_Johns', '2026/11/22 04:00:05 -03:30'],
      ['Asia/Kathmandu', '2026/11/22 13:15:05 +05:45'],
    ] as const) {
      process.env.TZ = name;
      assert.equal(timeText(RECOVERED), expected);
    }
    process.env.TZ = 'Asia/Tokyo';
  });
});

describe('a name from elsewhere', () => {
  it('stays as it is when it is harmless', () => {
    for (const name of ['www.example.jp', 'ファイルサーバ', 'Nakamura’s server (old)', '⚙️ 3'.normalize()]) {
      assert.equal(cleanName(name), name);
    }
  });

  it('has no lines, no control characters and nothing that hides or turns text', () => {
    assert.equal(cleanName('www\r\nBcc: evil@example.com'), 'www Bcc: evil@example.com');
    assert.equal(cleanName('a\u0000b\u001b[31mc\u007f\u0085d\u2028e\u2029f'), 'a b [31mc d e f');
    assert.equal(cleanName('a\u202egpj.exe\u200b\ufeff'), 'a gpj.exe');
    assert.equal(cleanName('lone \ud800 half'), 'lone half');
  });

  it('is no name when nothing is left, and never endless', () => {
    for (const name of ['', ' \t ', '\r\n', '\u200b']) assert.equal(cleanName(name), null);
    assert.equal(cleanName('𠮷'.repeat(1000)), '𠮷'.repeat(255));
  });
});
