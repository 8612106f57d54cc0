/** Every text of luci-app-ringback is in the template, and translated; LuCI finds each in what is compiled of it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { lmo, lmoKey } from '../../board/openwrt/lmo.ts';
import { readPo } from '../../board/openwrt/po.ts';
import { APPLICATION } from './luci/server.ts';
import { template, words } from './luci/words.ts';

const LANGUAGES = ['ja', 'de'];
const catalogue = (language: string) =>
  readPo(readFileSync(join(APPLICATION, `po/${language}/ringback.po`), 'utf8'));

describe('Words of luci-app-ringback', () => {
  it('are all in the template: GOLDEN=write writes it anew', () => {
    const file = join(APPLICATION, 'po/templates/ringback.pot');
    if (process.env.GOLDEN === 'write') writeFileSync(file, template(APPLICATION));
    assert.equal(readFileSync(file, 'utf8'), template(APPLICATION));
  });

  for (const language of LANGUAGES) {
    it(`are all translated (${language}), and nothing else is`, () => {
      const translated = catalogue(language).filter(({ id }) => id !== '');
      assert.deepEqual(translated.map(({ id }) => id).sort(), Array.from(words(APPLICATION).keys()).sort());
      for (const { id, text } of translated) {
        assert.notEqual(text, '', id);
        // LuCI puts values in their order in place of these.
        assert.deepEqual(text.match(/%[sd]/g), id.match(/%[sd]/g), id);
      }
    });

    it(`are found by their hash in what is compiled (${language})`, () => {
      const translations = catalogue(language);
      const compiled = lmo(translations);
      for (const { id, text } of translations)
        if (id !== '' && id !== text) assert.equal(find(compiled, lmoKey(id)), text, id);
      assert.match(find(compiled, 0) ?? '', /^nplurals=\d; plural=/);
      assert.equal(find(compiled, lmoKey('a text that nobody has')), undefined);
    });
  }

  it('are hashed as LuCI hashes them, whatever their length', () => {
    // Of LuCI's own po2lmo, over texts of 1 to 8 bytes and one beyond ASCII.
    const known = {
      a: 0x115ea782,
      ab: 0x516b8b44,
      abc: 0xd2be198a,
      abcd: 0xdad8b8db,
      abcde: 0x51ed072e,
      abcdef: 0x963b9dda,
      abcdefg: 0xf071c3ed,
      abcdefgh: 0xbe0f7428,
      復旧: 0xfdf7c7b2,
      é: 0xc4fba554,
    };
    for (const [text, key] of Object.entries(known)) assert.equal(lmoKey(text), key, text);
    assert.equal(lmoKey(''), 0);
  });

  it('are refused where a catalogue has what LuCI would not be given', () => {
    assert.throws(() => readPo('msgctxt "menu"\nmsgid "a"\nmsgstr "b"\n'), /line 1 /);
  });
});

/** As LuCI looks for a key: the index is ordered by it. */
function find(compiled: Buffer, key: number): string | undefined {
  const start = compiled.readUInt32BE(compiled.length - 4);
  let [low, high] = [0, (compiled.length - 4 - start) / 16 - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const at = start + middle * 16;
    const there = compiled.readUInt32BE(at);
    if (there === key) {
      const offset = compiled.readUInt32BE(at + 8);
      return compiled.toString('utf8', offset, offset + compiled.readUInt32BE(at + 12));
    }
    if (there < key) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
