/** What the README and docs/ tell people to write and to open. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readOwnFile } from '../../host/own-file.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)];
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
/** A key of each role, which its files alone have. */
const WHOLE = /^(?:detect|relay|takeover):/m;

/** What a log is given as an event, directly or by those who say it for others. */
const EVENT =
  /(?:(?:\b(?:info|warn|error|debug|note|report|complain|tell)|\[level\])(?:\(\s*(?:'(?:info|warn|error|debug)',\s*)?))'([a-z]+\.[a-zA-Z]+)'/g;

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

  it('has every event of the log', () => {
    const sources = readdirSync(join(ROOT, 'host'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const said = sources.flatMap((name) =>
      [...textOf(`host/${name}`).matchAll(EVENT)].map(([, event = '']) => event),
    );
    assert.ok(new Set(said).size > 70, 'they are found');
    const [ofAll, ofTakeover] = [textOf('docs/log.md'), textOf('docs/takeover.md')];
    for (const event of said) {
      const [isThere, text] = /^(?:takeover|hook)\./.test(event)
        ? [event.replace('takeover.', ''), ofTakeover]
        : [event, ofAll];
      assert.ok(text.includes(`\`${isThere}\``) || text.includes(`\`takeover.${isThere}\``), event);
    }
  });

  it('has every page in the list of the README', () => {
    for (const page of PAGES.slice(1))
      assert.match(textOf('README.md'), new RegExp(`^\\| \\[.*\\(${page}\\) \\|`, 'm'));
  });
});
