import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HOUR_MS } from '../../../../host/net/duration.ts';
import { keepingText, momentText, WORDS } from '../../../../host/page/html/words.ts';
import { PAGES, REFUSALS } from '../reading.ts';

const LANGUAGES = ['en', 'ja'] as const;

/** Every text of a language, those that are made of a number, too. */
function textsOf(language: 'en' | 'ja'): string[] {
  const words = WORDS[language];
  const plain = Object.values(words).filter((value): value is string => typeof value === 'string');
  return [
    ...plain,
    ...PAGES.flatMap((page) => Object.values<string>({ ...words.pages[page] })),
    ...REFUSALS.map((refusal) => words.refusals[refusal]),
    ...[1, 24, 30 * 24].map((hours) => keepingText(words, hours * HOUR_MS)),
    words.refreshing(30),
  ];
}

describe('the words of the pages', () => {
  it('are there in both languages for every page and every refusal', () => {
    for (const language of LANGUAGES) {
      for (const page of PAGES) assert.ok(WORDS[language].pages[page].heading.length > 3, page);
      for (const refusal of REFUSALS) assert.ok(WORDS[language].refusals[refusal].length > 10, refusal);
      for (const text of textsOf(language)) assert.notEqual(text.trim(), '');
    }
  });

  it('are clean text: no markup, no blanks around, no quotation marks of typewriters', () => {
    for (const text of LANGUAGES.flatMap(textsOf))
      assert.doesNotMatch(text, /[<>&"'\p{Cc}]|^\s|\s$| {2}/u, text);
  });

  it('are Japanese in Japanese, with the seed’s spelling of server', () => {
    for (const text of textsOf('ja')) {
      assert.match(text, /[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u);
      assert.doesNotMatch(text, /サーバー/);
    }
    for (const text of textsOf('en')) assert.doesNotMatch(text, /[^\x20-\x7e’]/);
  });

  it('say what the seed’s figure 32 says', () => {
    const { pages, question, invitation, mail } = WORDS.ja;
    assert.match(pages.outage.lead, /サーバに障害が発生/);
    assert.match(question, /復旧をメールでお知らせしますか/);
    assert.match(invitation, /メールアドレスを入力/);
    assert.match(invitation, /「サーバ障害復旧通知」/);
    assert.match(pages.registered.heading, /登録が完了/);
    assert.match(pages.registered.lead, /復旧/);
    assert.match(pages.declined.heading, /復旧通知はお送りしません/);
    assert.equal(mail, 'メールアドレス');
  });

  it('count a registration in hours below two days, in days above', () => {
    const [hour, day] = [HOUR_MS, 24 * HOUR_MS];
    assert.match(keepingText(WORDS.en, 1), /counts for 1 hour:/);
    assert.match(keepingText(WORDS.en, 12 * hour), /counts for 12 hours:/);
    assert.match(keepingText(WORDS.en, day), /counts for 24 hours:/);
    assert.match(keepingText(WORDS.en, 2 * day), /counts for 2 days:/);
    assert.match(keepingText(WORDS.en, 30 * day), /counts for 30 days:/);
    assert.match(keepingText(WORDS.ja, 12 * hour), /有効期間は12時間です/);
    assert.match(keepingText(WORDS.ja, 30 * day), /有効期間は30日間です/);
  });
});

describe('a moment on a page', () => {
  const zone = process.env.TZ;
  const setZone = (name: string | undefined): void => {
    if (name === undefined) delete process.env.TZ;
    else process.env.TZ = name;
  };
  before(() => setZone('Asia/Tokyo'));
  after(() => setZone(zone));

  it('is the router’s clock time to the minute, with its zone', () => {
    const at = new Date('2026-11-22T07:30:59Z');
    assert.deepEqual(momentText(WORDS.en, at), {
      words: '22 November 2026, 16:30 (UTC+09:00)',
      machine: '2026-11-22T16:30+09:00',
    });
    assert.deepEqual(momentText(WORDS.ja, at), {
      words: '2026年11月22日 16:30（UTC+09:00）',
      machine: '2026-11-22T16:30+09:00',
    });
  });

  it('is right west of Greenwich and in zones of half an hour', () => {
    const at = new Date('2026-01-01T00:05:00Z');
    setZone('America/St_Johns');
    assert.equal(momentText(WORDS.en, at).words, '31 December 2025, 20:35 (UTC-03:30)');
    setZone('UTC');
    assert.equal(momentText(WORDS.ja, at).words, '2026年1月1日 00:05（UTC+00:00）');
    assert.equal(momentText(WORDS.ja, at).machine, '2026-01-01T00:05+00:00');
  });
});
