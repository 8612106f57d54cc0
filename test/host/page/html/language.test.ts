import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseLanguage } from '../../../../host/page/html/language.ts';

/** The header's choice, where it decides; the other fallback would show if it did not. */
function choice(header: string): string {
  const [english, japanese] = [chooseLanguage(header, 'en'), chooseLanguage(header, 'ja')];
  return english === japanese ? english : 'fallback';
}

describe('the language of a page', () => {
  it('is the fallback where the browser does not say', () => {
    assert.equal(chooseLanguage(undefined, 'en'), 'en');
    assert.equal(chooseLanguage(undefined, 'ja'), 'ja');
    for (const header of ['', ' , ,', 'fr, de;q=0.5', '*', '*;q=0.1', 'fr-CH, *;q=0.5']) {
      assert.equal(choice(header), 'fallback', header);
    }
  });

  it('is the one that browsers name, with or without a region', () => {
    for (const header of [
      'ja',
      'JA',
      'ja-JP',
      'ja-JP,ja;q=0.9,en-US;q=0.8,en;q=0.7',
      'fr, ja;q=0.1',
      ' ja ',
    ]) {
      assert.equal(choice(header), 'ja', header);
    }
    for (const header of ['en', 'en-GB', 'en-Latn-GB-oxendict', 'EN-us,en;q=0.5', 'de,en;q=0.001']) {
      assert.equal(choice(header), 'en', header);
    }
  });

  it('is the one of the greater weight, and of equals the first', () => {
    assert.equal(choice('en;q=0.4, ja;q=0.5'), 'ja');
    assert.equal(choice('ja;q=0.499,en;q=0.5'), 'en');
    assert.equal(choice('en,ja'), 'en');
    assert.equal(choice('ja,en'), 'ja');
    assert.equal(choice('en;q=1.000,ja;q=1'), 'en');
    assert.equal(choice('en-GB;q=0.2, ja;q=0.5, en;q=0.9'), 'en');
    assert.equal(choice('ja ; q=0.5 , en ; Q=0.6'), 'en');
  });

  it('is not one of weight 0 while there is another', () => {
    assert.equal(choice('en;q=0'), 'ja');
    assert.equal(choice('ja;q=0.000'), 'en');
    assert.equal(choice('*, en;q=0'), 'ja');
    assert.equal(choice('en;q=0, ja;q=0'), 'fallback');
  });

  it('takes a star for what is not named', () => {
    assert.equal(choice('en;q=0.5, *'), 'ja');
    assert.equal(choice('ja;q=0.5, *;q=0.1'), 'ja');
    assert.equal(choice('ja;q=0.5, *;q=0.7'), 'en');
    assert.equal(choice('ja, *;q=0'), 'ja');
  });

  it('passes over what is no language range', () => {
    const broken = [
      'ja;q=2',
      'ja;q=-1',
      'ja;q=0.5555',
      'ja;q=',
      'ja;q=x',
      'ja;level=1',
      'ja_JP',
      'ja-',
      'j a',
    ];
    for (const header of [...broken, '日本語', 'ja\u0000', '<ja>', 'japaneseland', ';q=1', 'ja;;q=1']) {
      assert.equal(choice(header), 'fallback', header);
      assert.equal(choice(`${header}, en;q=0.1`), 'en', header);
    }
    assert.equal(choice('constructor, __proto__, ja;q=0.1'), 'ja');
  });

  it('looks at the beginning of a very long header only', () => {
    assert.equal(choice(`ja,${'en,'.repeat(3000)}`), 'ja');
    assert.equal(choice(`${'fr,'.repeat(3000)}ja`), 'fallback');
    assert.equal(choice(`${'-'.repeat(8000)},ja`), 'fallback');
    assert.equal(choice(`a${'-a'.repeat(4000)},ja`), 'fallback');
    assert.equal(choice(`${' '.repeat(8000)};q=1`), 'fallback');
  });
});
