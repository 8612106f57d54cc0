import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { recoveryNotice, timeText } from '../../../host/mail/texts.ts';
import { cleanName } from '../../../host/net/clean-text.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../host/net/duration.ts';
import type { NoticeItem } from '../../../host/store/notice-rows.ts';
import { itemOf } from '../store/support.ts';
import { clockAt } from './support.ts';

const RECOVERED = new Date('2026-11-22T07:30:05Z');
/** When it was 0 on the state's clock: the recovery comes at 2 d. */
const START = RECOVERED.getTime() - 2 * DAY_MS;
const NOW = 2 * DAY_MS + HOUR_MS;

const ITEM = itemOf({
  fromMs: 2 * DAY_MS - 2 * HOUR_MS - 5 * MINUTE_MS,
  recoveredMs: 2 * DAY_MS,
  firstMs: 2 * DAY_MS - 2 * HOUR_MS,
  lastMs: 2 * DAY_MS - 30 * MINUTE_MS,
  tries: 3,
});

interface Options {
  readonly language?: 'en' | 'ja';
  /** What the wall clock shows at a moment of the state's clock, less that; null: it was wrong. */
  readonly wall?: number | null | ((ms: number) => number | null);
  readonly stopUrl?: string | null;
}

/** The end of a notice to an address that nobody has confirmed. */
const unconfirmedEnd = (language: 'en' | 'ja', stopUrl: string | null): string[] =>
  recoveryNotice(
    language,
    { mail: 'sato@example.jp', items: [ITEM], stopUrl, unconfirmed: { hour: 2, day: 5 } },
    clockAt(NOW, START),
  )
    .text.trimEnd()
    .split('\n')
    .slice(-4);

function textOf(
  items: readonly NoticeItem[],
  { language = 'en', wall = START, stopUrl = null }: Options = {},
): string {
  return recoveryNotice(language, { mail: 'sato@example.jp', items, stopUrl }, clockAt(NOW, wall)).text;
}

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

  it('say where nobody has confirmed the address what it gets, and where to', () => {
    assert.deepEqual(unconfirmedEnd('en', 'http://r/stop'), [
      'This address was entered on a page, and nobody has confirmed it:',
      'until then it gets 2 of these mails an hour and 5 a day at most.',
      'Go on telling you, or no more such notices:',
      'http://r/stop',
    ]);
    assert.match(unconfirmedEnd('ja', 'http://r/stop').join('\n'), /1時間に2通、1日に5通[\s\S]*\nhttp:/);
    assert.doesNotMatch(unconfirmedEnd('en', null).join('\n'), /confirmed/, 'not without a place to do so');
  });

  it('are those of figure 8 in Japanese, and what the router knows besides', () => {
    const facts = { mail: 'sato@example.jp', items: [ITEM], stopUrl: null };
    const { subject, text } = recoveryNotice('ja', facts, clockAt(NOW, START));
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
        '停止していた時間 : 2時間5分',
        '接続を試みた時間 : 2026/11/22 14:30:05 +09:00 ～ 2026/11/22 16:00:05 +09:00',
        '',
      ].join('\n'),
    );
  });

  it('say the same in English', () => {
    const facts = { mail: 'sato@example.jp', items: [ITEM], stopUrl: null };
    const { subject, text } = recoveryNotice('en', facts, clockAt(NOW, START));
    assert.equal(subject, 'Server recovery notice');
    assert.equal(
      text,
      [
        'To: sato@example.jp',
        '',
        'Server recovery notice',
        '',
        'The server below is back.',
        '',
        'Server   : www.example.jp (172.27.178.80)',
        'Recovered: 2026/11/22 16:30:05 +09:00',
        'Was away : 2 h 5 min',
        'You tried: 2026/11/22 14:30:05 +09:00 to 2026/11/22 16:00:05 +09:00',
        '',
      ].join('\n'),
    );
  });

  it('tell of several servers one after the other, each with its own times', () => {
    const other = { ...ITEM, server: '172.27.178.81', serverName: null, fromMs: ITEM.recoveredMs - 90_000 };
    const english = textOf([ITEM, other]);
    assert.ok(english.includes('The servers below are back.\n'));
    const japanese = textOf([ITEM, other], { language: 'ja' });
    for (const text of [english, japanese]) {
      const [, first = '', second = ''] = text.split(/\n\n(?=Server +:|復旧サーバ)/);
      assert.match(first, /: www\.example\.jp \(172\.27\.178\.80\)$/m);
      assert.match(second, /: 172\.27\.178\.81$/m);
      assert.equal(first.trim().split('\n').length, second.trim().split('\n').length);
    }
    assert.match(english, /Was away : 1 min 30 s$/m);
    assert.match(japanese, /停止していた時間 : 1分30秒$/m);
  });

  it('name a server without a name by its address alone', () => {
    for (const language of ['en', 'ja'] as const) {
      const text = textOf([{ ...ITEM, serverName: null, server: '2001:db8:178::80' }], { language });
      assert.match(text, /: 2001:db8:178::80$/m);
    }
  });

  it('give the time away in its two largest units', () => {
    for (const [ms, english, japanese] of [
      [0, '1 s', '1秒'],
      [1499, '1 s', '1秒'],
      [59_400, '59 s', '59秒'],
      [59_500, '1 min', '1分'],
      [61_000, '1 min 1 s', '1分1秒'],
      [HOUR_MS - 1000, '59 min 59 s', '59分59秒'],
      [HOUR_MS + 59_000, '1 h', '1時間'],
      [DAY_MS - 1000, '23 h 59 min', '23時間59分'],
      [DAY_MS + 59 * MINUTE_MS, '1 d', '1日'],
      [400 * DAY_MS + 5 * HOUR_MS, '400 d 5 h', '400日5時間'],
    ] as const) {
      const item = { ...ITEM, fromMs: ITEM.recoveredMs - ms };
      assert.match(textOf([item]), new RegExp(`^Was away : ${english}$`, 'm'));
      assert.match(textOf([item], { language: 'ja' }), new RegExp(`^停止していた時間 : ${japanese}$`, 'm'));
    }
  });

  it('give one time for a try that a machine repeated', () => {
    for (const item of [
      { ...ITEM, lastMs: ITEM.firstMs, tries: 1 },
      { ...ITEM, lastMs: ITEM.firstMs + 59_000, tries: 6 },
    ]) {
      assert.match(textOf([item]), /^You tried: 2026\/11\/22 14:30:05 \+09:00$/m);
      assert.match(textOf([item], { language: 'ja' }), /^接続を試みた時間 : 2026\/11\/22 14:30:05 \+09:00$/m);
    }
  });

  it('have no dates while the clock is wrong, and say how long ago it was', () => {
    const english = textOf([ITEM], { wall: null });
    assert.match(english, /^Recovered: 1 h before this mail was sent$/m);
    assert.match(english, /^Was away : 2 h 5 min$/m);
    const japanese = textOf([ITEM], { wall: null, language: 'ja' });
    assert.match(japanese, /^復旧時間 : このメールの送信の1時間前$/m);
    for (const text of [english, japanese]) {
      assert.doesNotMatch(text, /\d{4}\/|tried|接続|null|undefined|NaN/);
    }
  });

  it('have the dates that are known when the clock was wrong for a while', () => {
    const times = [ITEM.fromMs, ITEM.firstMs, ITEM.lastMs, ITEM.recoveredMs];
    for (let known = 0; known < 16; known++) {
      const wall = (ms: number): number | null => (known & (1 << times.indexOf(ms)) ? START : null);
      for (const language of ['en', 'ja'] as const) {
        const text = textOf([ITEM], { wall, language });
        assert.doesNotMatch(text, /null|undefined|NaN|1970/);
        assert.match(text, /: 2 h 5 min$|: 2時間5分$/m);
      }
    }
  });

  it('end with where to say that no more are wanted, if there is such a place', () => {
    const stopUrl = 'http://172.27.179.1:8480/stop/x.y';
    for (const language of ['en', 'ja'] as const) {
      const [without, text] = [null, stopUrl].map((url) => textOf([ITEM], { language, stopUrl: url }));
      assert.ok(text?.startsWith(without ?? assert.fail()));
      assert.ok(text?.endsWith(`\n${stopUrl}\n`));
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
