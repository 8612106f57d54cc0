import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isUci, readUciText } from '../../../../host/config/uci/text.ts';

/** What `uci export` prints of it, without the package. */
function exported(text: string): string {
  const { sections, mistakes } = readUciText(text);
  assert.deepEqual(mistakes, [], text);
  const quoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;
  return sections
    .map(({ type, name, options }) =>
      [
        `config ${type}${name === null ? '' : ` '${name}'`}`,
        ...[...options.values()].flatMap(({ name: option, isList, values }) =>
          values.map((value) => `\t${isList ? 'list' : 'option'} ${option} ${quoted(value.text)}`),
        ),
      ].join('\n'),
    )
    .join('\n');
}

/** Of each the second is what OpenWrt's own `uci export` made of the first. */
const READ: readonly (readonly [text: string, exported: string])[] = [
  ["config t 'n'\n\toption k 'v'\n", "config t 'n'\n\toption k 'v'"],
  ['config t\n option k v', "config t\n\toption k 'v'"],
  ["c t 'n'\no k v\nl l w\nl l x\n", "config t 'n'\n\toption k 'v'\n\tlist l 'w'\n\tlist l 'x'"],
  ['package other\nconfig t n\n', "config t 'n'"],
  // Comments, also behind and within a word.
  ['# a\n  # b\nconfig t n # c\n\toption k v#w\n', "config t 'n'\n\toption k 'v'"],
  ["config t n\n\toption k 'v#w'\n", "config t 'n'\n\toption k 'v#w'"],
  // Quotes stand beside each other, and beside text.
  [`config t n\n\toption k a'b c'"d e"f\n`, "config t 'n'\n\toption k 'ab cd ef'"],
  [`config t n\n\toption k "it's"\n`, "config t 'n'\n\toption k 'it'\\''s'"],
  ["config t n\n\toption k 'it'\\''s'\n", "config t 'n'\n\toption k 'it'\\''s'"],
  // A backslash is one within single quotes only.
  ['config t n\n\toption k a\\ b\\\\c\n', "config t 'n'\n\toption k 'a b\\c'"],
  ['config t n\n\toption k "a\\"b\\n"\n', `config t 'n'\n\toption k 'a"bn'`],
  ["config t n\n\toption k 'a\\b'\n", "config t 'n'\n\toption k 'a\\b'"],
  // Lines go on behind a backslash, and within quotes.
  ['config t n\n\toption k a\\\nb\n', "config t 'n'\n\toption k 'ab'"],
  ['config t n\n\toption k "a\\\nb"\n', "config t 'n'\n\toption k 'ab'"],
  ["config t n\n\toption k 'a\nb'\n", "config t 'n'\n\toption k 'a\nb'"],
  // Windows' ends of lines.
  ["config t 'n'\r\n\toption k 'v'\r\n\toption l w\r\n", "config t 'n'\n\toption k 'v'\n\toption l 'w'"],
  // Several commands in a line.
  [
    "config t 'n'; option k 'v' ; list l w ; list l 'x'\n",
    "config t 'n'\n\toption k 'v'\n\tlist l 'w'\n\tlist l 'x'",
  ],
  // What is given again.
  ['config t n\n\toption k v\n\toption k w\n', "config t 'n'\n\toption k 'w'"],
  ['config t n\n\toption k v\n\tlist k w\n', "config t 'n'\n\tlist k 'v'\n\tlist k 'w'"],
  ['config t n\n\tlist k v\n\toption k w\n', "config t 'n'\n\toption k 'w'"],
  [
    'config t n\n\toption k v\nconfig u m\nconfig t n\n\toption l w\n',
    "config t 'n'\n\toption k 'v'\n\toption l 'w'\nconfig u 'm'",
  ],
  // What is empty.
  ["config t n\n\toption k ''\n\toption l\n\tlist m ''\n", "config t 'n'\n\tlist m ''"],
  ["config t n\n\toption k v\n\toption k ''\n", "config t 'n'\n\toption k 'v'"],
  ["config t ''\n", 'config t'],
  ['', ''],
  ['config a.b-1 n\n', "config a.b-1 'n'"],
];

/** What libuci refuses, too. */
const REFUSED: readonly (readonly [text: string, at: string, message: RegExp])[] = [
  ['konfig t n\n', 'konfig', /^this is no line of UCI; a line begins with config, option, list, or #$/],
  ['config\n', 'config', /^this section has no type; /],
  ['config t a-b\n', 'a-b', /^this is no name of a section; /],
  ['config té n\n', 'té', /^this is no type of a section$/],
  ['option k v\n', 'option', /^this option stands before the first section; /],
  ['list k v\n', 'list', /^this list stands before the first section; /],
  ['config t n\n option\n', 'option', /^this option has no name; /],
  ['config t n\n option a-b v\n', 'a-b', /^this is no name of an option; letters, digits and _$/],
  ['config t n\n option k a b\n', 'b', /^this is a word too much; put a value that has blanks in quotes$/],
  ["config t n\n option k 'a\n", "'a", /^a quote is opened and not closed; close it$/],
  ['config t n\n option k "a\\"\n', '"a', /^a quote is opened and not closed; close it$/],
  ["config t n\nconfig u 'n'\n", "'n'", /^this name belongs to a section of another type above; /],
  ['config t ; option k v\n', '; option', /^a value in quotes is missing before this semicolon; /],
  ["config t 'n';\n", ';\n', /^nothing follows this semicolon; remove it$/],
  ['package\n', 'package', /^this package has no name; /],
  ['package a.b\n', 'a.b', /^this is no name of a package; /],
  ['config: {t: n}\n', 'config:', /^this is no line of UCI; /],
];

describe('the text of UCI', () => {
  for (const [text, out] of READ) {
    it(`is read as uci reads it: ${JSON.stringify(text)}`, () => {
      assert.equal(exported(text), out);
    });
  }

  for (const [text, at, message] of REFUSED) {
    it(`is refused with the place: ${JSON.stringify(text)}`, () => {
      const { mistakes } = readUciText(text);
      assert.equal(mistakes.length, 1, JSON.stringify(mistakes));
      assert.match(mistakes[0]?.message ?? '', message);
      assert.equal(mistakes[0]?.offset, text.lastIndexOf(at));
    });
  }

  it('has its mistakes found in every line', () => {
    const { mistakes } = readUciText("a\nconfig t\nb\n\toption k 'v' w\n\toption ok yes\nlist\n");
    assert.deepEqual(
      mistakes.map(({ offset }) => offset),
      [0, 11, 27, 44],
    );
  });

  it('loses nothing where libuci forgets the rest of a line', () => {
    // It ends the word at the semicolon, and then sees nothing behind it.
    const { mistakes } = readUciText('config t n\n\toption k v; option l w\n');
    assert.match(mistakes[0]?.message ?? '', /^a blank is missing before this semicolon; /);
  });

  it('is read in time that grows with its length', () => {
    const one = "config client\n\toption address '172.27.179.150'\n\toption mail 'sato@example.jp'\n";
    assert.equal(readUciText(one.repeat(50_000)).sections.length, 50_000);
    const long = readUciText(`config t n\n\toption k '${'x'.repeat(4_000_000)}'\n`);
    assert.equal(long.sections[0]?.options.get('k')?.values[0]?.text.length, 4_000_000);
  });

  it('is known by its place or its first line', () => {
    for (const text of ["config t 'n'\n", '# a\n\n\tconfig t\n', 'package a\n', "option k 'v'\n"])
      assert.equal(isUci(text, 'ringback.conf'), true, text);
    for (const text of [
      '',
      '# config t\n',
      'detect: {watch: []}\n',
      'config: 1\n',
      '{"detect": 1}',
      'configure t\n',
    ])
      assert.equal(isUci(text, '/etc/ringback/ringback.yaml'), false, text);
    assert.equal(isUci('', '/etc/config/ringback'), true);
    assert.equal(isUci('detect: 1', '/mnt/root/etc/config/ringback'), true);
    assert.equal(isUci('detect: 1', '/etc/config/ringback.yaml'), false);
  });
});
