/** What is written for people, and what it tells them to write and to open. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../../host/cli/commands.ts';
import { type OwnFile, readOwnFile } from '../../host/cli/role-files.ts';
import { needs } from '../host/require.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const within = (directory: string, ending: string): string[] =>
  readdirSync(join(ROOT, directory))
    .filter((name) => name.endsWith(ending))
    .map((name) => `${directory}/${name}`);
const OWN_PAGES = within('docs', '.md');
const PAGES = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...OWN_PAGES];
const EXAMPLES = within('docs/examples', '.yaml');
/** Those that `make install` puts where the program looks. */
const INSTALLED = within('board/debian', '.yaml.example');
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
/** A key of each role, which its files alone have. */
const WHOLE = /^(?:detect|relay|takeover):/m;

/** A file of the sources, as pages name it: `host/role/role.ts`, or within what a page's diagrams are about `router/run.ts`. */
const SOURCE = /(?<![\w/.-])((?:[\w-]+\/)+[\w.-]+\.(?:ts|c|h|yaml|wasm))(?![\w/.])/g;
/** A file of the sources by its name alone, in a page or a comment: `hearing.ts`. */
const BARE = /(?<![\w/.<"'@-])([a-z][\w-]*(?:\.test)?\.(?:ts|c))(?![\w/.('])/g;
/** What is made, and is not there before. */
const MADE = /^(?:dist|build)\//;
/** Papers of others: a reader has only the project. */
const ELSEWHERE = /\bspec\/|\b(?:the|our) contract\b|\(contract\b|\bissue #?\d/i;

const COMMENT = /\/\*.*?\*\/|^\s*\/\/[^\n]*/gms;
const OWN = 'test/house/docs.test.ts';
const SOURCES = ['host', 'assembly', 'board', 'test'].flatMap((room) =>
  readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|[ch]|example|service)$/.test(name))
    .map((name) => `${room}/${name}`),
);
const NAMES = new Set(SOURCES.map((file) => basename(file)));

/** Which of the files that a text names by their name alone are nowhere. */
const missing = (text: string): string[] =>
  [...text.matchAll(BARE)].map(([, name = '']) => name).filter((name) => !NAMES.has(name));

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('What is written for people', () => {
  for (const page of PAGES) {
    it(`leads to what is there: ${page}`, () => {
      const text = textOf(page);
      for (const [, target = ''] of text.matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)) {
        const [path = '', anchor] = target.split('#', 2);
        const file = path === '' ? join(ROOT, page) : resolve(dirname(join(ROOT, page)), path);
        assert.ok(existsSync(file), target);
        if (anchor !== undefined) assert.ok(anchorsOf(readFileSync(file, 'utf8')).includes(anchor), target);
      }
    });

    it(`names files that are there: ${page}`, () => {
      for (const [, file = ''] of textOf(page).matchAll(SOURCE)) {
        const places = ['', 'host/', 'assembly/', 'docs/'].map((room) => join(ROOT, room, file));
        assert.ok(MADE.test(file) || places.some((place) => existsSync(place)), file);
      }
    });

    it(`names files by their name alone that are there: ${page}`, () => {
      assert.deepEqual(missing(textOf(page)), []);
    });

    it(`has whole configurations that are right: ${page}`, () => {
      const directory = mkdtempSync(join(tmpdir(), 'ringback-docs-'));
      try {
        const file = join(directory, 'example.yaml');
        for (const [, yaml = ''] of textOf(page).matchAll(/```yaml\n(.*?)```/gs)) {
          if (!WHOLE.test(yaml)) continue;
          writeFileSync(file, yaml.replaceAll('…', '7f3c9a1e5d2b8460af91c3e75d08b264'), { mode: 0o600 });
          assert.ok(readOwnFile(file).does.length > 0);
        }
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }

  it('has every page in the list of the README', () => {
    for (const page of OWN_PAGES)
      assert.match(textOf('README.md'), new RegExp(`^\\| \\[.*\\(${page}\\) \\|`, 'm'));
  });

  it('points at nothing outside of the project', () => {
    assert.ok(SOURCES.length > 300, 'they are found');
    for (const file of [...PAGES, ...EXAMPLES, ...SOURCES]) {
      if (file !== OWN) assert.doesNotMatch(textOf(file), ELSEWHERE, file);
    }
  });

  it('names files that are there in comments', () => {
    const wrong = SOURCES.filter((file) => /\.(?:ts|[ch])$/.test(file) && file !== OWN).flatMap((file) => {
      const comments = [...textOf(file).matchAll(COMMENT)].map(([comment]) => comment).join('\n');
      return missing(comments).map((name) => `${file}: ${name}`);
    });
    assert.deepEqual(wrong, []);
  });
});

describe('The examples', () => {
  for (const example of [...EXAMPLES, ...INSTALLED]) {
    it(`are right, and say nothing that is probably not meant: ${example}`, () => {
      const { does, warnings } = readExample(example);
      assert.ok(does.length > 0);
      // Their keys are to be replaced, and their interfaces are no machine's.
      const usual = /^(?:list_key|takeover\.key) is made of a few words|^fabric\.interfaces: /;
      assert.deepEqual(
        warnings.filter((warning) => !usual.test(warning)),
        [],
      );
    });
  }

  for (const example of EXAMPLES) {
    it(`have a word of when they are used: ${example}`, () => {
      assert.ok(textOf('docs/operating.md').includes(`(examples/${basename(example)})`));
      assert.match(textOf(example), /^# `ringback (?:run|relay|takeover)` on /);
    });
  }

  it('are of every set-up', () => {
    const texts = EXAMPLES.map(textOf).join('\n');
    for (const part of [
      '# `ringback run`',
      '# `ringback relay`',
      '# `ringback takeover`',
      'via: server',
      'via: station',
      'sees: everything',
      'page:',
      'host: beside',
      'role: active',
      'role: standby',
    ])
      assert.ok(texts.includes(part), part);
  });
});

describe('The manual pages', () => {
  for (const page of ['ringback.8', 'ringback-fabricd.8', 'ringback.yaml.5']) {
    it(`are set without a complaint: ${page}`, { skip: needs('groff') }, () => {
      const argv = ['-mdoc', '-Tascii', '-ww', '-z', join(ROOT, 'docs/man', page)];
      const { status, stderr } = spawnSync('groff', argv, { encoding: 'utf8' });
      assert.deepEqual([status, stderr], [0, '']);
    });

    it(`are installed: ${page}`, () => {
      assert.match(textOf('Makefile'), new RegExp(`^MANUALS := .*man${page.at(-1)}/${page}(?: |$)`, 'm'));
    });
  }

  it('have every command and option', () => {
    const page = textOf('docs/man/ringback.8');
    for (const [name, { options }] of Object.entries(COMMANDS)) {
      assert.match(page, new RegExp(`^\\.It Cm ${name}$`, 'm'));
      for (const option of options) assert.match(page, new RegExp(`^\\.It Fl .*-${option}\\b`, 'm'));
    }
  });

  it('have every option of the daemon', () => {
    const usage = /usage\[\] =(.*?)";\n/s.exec(textOf('board/fabricd/options.c'))?.[1] ?? '';
    const options = new Set([...usage.matchAll(/--(\w+)/g)].map(([, option = '']) => option));
    assert.ok(options.size > 5);
    const page = textOf('docs/man/ringback-fabricd.8');
    for (const option of options) assert.match(page, new RegExp(`^\\.It Fl -${option}\\b`, 'm'));
  });
});

function readExample(example: string): OwnFile {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-docs-'));
  try {
    const file = join(directory, basename(example));
    // As their owner should keep them.
    writeFileSync(file, textOf(example), { mode: 0o600 });
    return readOwnFile(file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
