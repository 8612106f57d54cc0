import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import addressparser from 'nodemailer/lib/addressparser';
import {
  canonicalDomain,
  canonicalMailAddress,
  foldMailAddress,
  mailOwner,
  wireMailAddress,
} from '../../../host/net/mail-address.ts';

const ACCEPTED = [
  'sato@example.jp',
  'sav_1@example.jp',
  'tanaka.taro@mail.example.jp',
  'nakamura+router@example.co.jp',
  "!#$%&'*+-/=?^_`{|}~@example.jp",
  'SATO@EXAMPLE.JP',
  'a@b.c',
  '1@1.example',
  'root@router',
  'sato@xn--r8jz45g.jp',
  'sato@例え.jp',
  'sato@b\u00fccher.example',
  'sato@bu\u0308cher.example',
  'sato@a-b--c.example',
  `${'a'.repeat(64)}@example.jp`,
  `sato@${'a'.repeat(63)}.jp`,
  // As mobile networks gave them.
  'ab..c.@docomo.example',
  '.sato@docomo.example',
  'sato.@docomo.example',
  // As people type them.
  'sato＠example.jp',
  'sato@example.jp.',
  'ab..c.＠例え.jp.',
];

const REFUSED = [
  '',
  '@',
  'sato',
  'sato@',
  '@example.jp',
  'sato@@example.jp',
  'sato@tanaka@example.jp',
  // What a mail library reads as more than one address, or as another one.
  'victim@x\r\nBcc: evil@y',
  'victim@x\nevil@y',
  'victim@x\revil@y',
  'victim@x,evil@y',
  'victim@x, evil@y',
  'victim@x;evil@y',
  'victim@x evil@y',
  '<evil@y>',
  'Sato <evil@y>',
  '"Sato" <evil@y>',
  'victim@x<evil@y>',
  'group:evil@y;',
  'victim@x (comment)',
  'victim(comment)@x',
  'victim@(comment)x',
  '"quoted"@example.jp',
  '"evil@y"@example.jp',
  '"a b"@example.jp',
  'a\\@b@example.jp',
  'sato@[172.27.179.25]',
  'sato@[IPv6:::1]',
  'sato@example.jp\0',
  'sato\0@example.jp',
  'sa\tto@example.jp',
  'sato@example.jp\u2028',
  ' sato@example.jp',
  'sato@example.jp ',
  'mailto:sato@example.jp',
  'sato@example.jp?bcc=evil@y',
  // Dots and hyphens out of place.
  '.@example.jp',
  '...@example.jp',
  'sato@.example.jp',
  'sato@example.jp..',
  'sato@example..jp',
  'sato@-example.jp',
  'sato@example-.jp',
  'sato@example_.jp',
  'sato@exam%70le.jp',
  'sato@example.jp/x',
  'sato@example.jp:25',
  // What a URL parser would make an address of.
  'sato@172.27.179.25',
  'sato@1.2',
  'sato@127',
  'sato@0x7f.1',
  'sato@0x7f',
  'sato@0x7f.0x1.example.0x7f',
  'sato@example.0x7f',
  // Look-alikes and letters that SMTP has no room for.
  '佐藤@example.jp',
  'sato＠＠example.jp',
  'sato@tanaka＠example.jp',
  'sato@ｅxample.jp',
  'sato@example。jp',
  'sato@ex\u00adample.jp',
  'sato@ex\u200bample.jp',
  'sato@ﬁ.jp',
  'sato@xn--a.jp',
  // Lengths.
  `${'a'.repeat(65)}@example.jp`,
  `sato@${'a'.repeat(64)}.jp`,
  `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(62)}`,
  `sato@${'a.'.repeat(200)}jp`,
  `sato@${'あ'.repeat(60)}.${'い'.repeat(60)}.${'う'.repeat(60)}.${'え'.repeat(60)}.jp`,
];

describe('a mail address', () => {
  it('is accepted when it is one plain address', () => {
    for (const text of ACCEPTED) assert.notEqual(canonicalMailAddress(text), null, text);
  });

  it('is refused when it could be anything else', () => {
    for (const text of REFUSED) assert.equal(canonicalMailAddress(text), null, JSON.stringify(text));
  });

  it('is refused with any control character, space or separator anywhere', () => {
    const signs = [
      '\r',
      '\n',
      '\t',
      '\0',
      '\x7f',
      '\x85',
      '\u00a0',
      ' ',
      ',',
      ';',
      ':',
      '<',
      '>',
      '"',
      '(',
      ')',
      '[',
      ']',
      '\\',
    ];
    for (const sign of signs) {
      for (let at = 0; at <= 'sato@example.jp'.length; at += 1) {
        const text = `${'sato@example.jp'.slice(0, at)}${sign}${'sato@example.jp'.slice(at)}`;
        assert.equal(canonicalMailAddress(text), null, JSON.stringify(text));
      }
    }
  });

  it('is to the mail library one address and the same', () => {
    for (const text of ACCEPTED) {
      const wire = wireMailAddress(canonicalMailAddress(text) ?? '');
      const [parsed, ...more] = addressparser(wire);
      assert.deepEqual(more, []);
      const quoted = wire.startsWith('"');
      assert.equal(quoted ? parsed?.address?.replaceAll('"', '') : parsed?.address, wire.replaceAll('"', ''));
    }
  });

  it('is what was meant by a full-width @ and a last dot', () => {
    assert.equal(canonicalMailAddress('sato＠example.jp'), 'sato@example.jp');
    assert.equal(canonicalMailAddress('Sato@EXAMPLE.jp.'), 'Sato@example.jp');
    const longest = `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    assert.equal(canonicalMailAddress(`${longest}.`), longest);
  });

  it('keeps its dots, and is quoted on its way where they ask for it', () => {
    for (const [text, wire] of [
      ['ab..c.@docomo.example', '"ab..c."@docomo.example'],
      ['.sato@docomo.example', '".sato"@docomo.example'],
      ['tanaka.taro@example.jp', 'tanaka.taro@example.jp'],
      ["o'tanaka+x@example.jp", "o'tanaka+x@example.jp"],
    ] as const) {
      assert.equal(canonicalMailAddress(text), text);
      assert.equal(wireMailAddress(text), wire);
    }
  });

  it('is one person’s whatever its case, and folded only to be counted', () => {
    assert.equal(mailOwner('S.Ato+x@Example.jp'), 's.ato+x@example.jp');
    assert.equal(foldMailAddress('S.Ato+x.y+z@Mail.Example.jp'), 'sato@mail.example.jp');
  });

  it('has 254 octets at most, with U-labels counted as they travel', () => {
    const domain = `${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    assert.equal(`${'a'.repeat(64)}@${domain}`.length, 254);
    assert.notEqual(canonicalMailAddress(`${'a'.repeat(64)}@${domain}`), null);
    const long = Array.from('あいうえおか', (letter) => `${letter}佐藤田中佐藤田中`).join('.');
    assert.ok(long.length < 60 && (canonicalDomain(long)?.length ?? 0) > 190);
    assert.notEqual(canonicalMailAddress(`sato@${long}`), null);
    assert.equal(canonicalMailAddress(`${'a'.repeat(64)}@${long}`), null);
  });

  it('keeps its local part and gets its domain in lower-case A-labels', () => {
    assert.equal(canonicalMailAddress('Sato@EXAMPLE.jp'), 'Sato@example.jp');
    assert.equal(canonicalMailAddress('sato@例え.jp'), 'sato@xn--r8jz45g.jp');
    assert.equal(canonicalMailAddress('sato@XN--R8JZ45G.jp'), 'sato@xn--r8jz45g.jp');
    assert.equal(canonicalDomain('Bücher.example'), 'xn--bcher-kva.example');
  });
});
