/** What files export is for other files: what nobody imports is dead, or its own file's business. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXPORT =
  /^export (?:async )?(?:abstract )?(?:function\*?|class|const|let|type|interface|enum) +([A-Za-z0-9_$]+)/gm;
const IMPORT = /^(?:import|export) (?:type )?(?:\w+, )?\{([^}]*)\} from '(\.[^']*)';/gm;
const IMPORT_ALL = /^import \* as (\w+) from '(\.[^']*)';/gm;

function sources(folder: string): Map<string, string> {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  const paths = names.filter((name) => name.endsWith('.ts')).map((name) => join(ROOT, folder, name));
  return new Map(paths.map((path) => [path, readFileSync(path, 'utf8')]));
}

/** `FILE NAME` of all that these files import. */
function imported(files: ReadonlyMap<string, string>): Set<string> {
  const found = new Set<string>();
  for (const [path, text] of files) {
    for (const [, whole = '', from = ''] of text.matchAll(IMPORT_ALL)) {
      const members = text.matchAll(new RegExp(`(?<![\\w$.])${whole}\\.(\\w+)`, 'g'));
      for (const [, own] of members) found.add(`${resolve(dirname(path), from)} ${own}`);
    }
    for (const [, names = '', from = ''] of text.matchAll(IMPORT)) {
      for (const name of names.split(',')) {
        const [own = ''] = name
          .trim()
          .replace(/^type /, '')
          .split(' as ');
        found.add(`${resolve(dirname(path), from)} ${own}`);
      }
    }
  }
  return found;
}

/** Types for the program, and a page for people that is made by a test. */
const FOR_PEOPLE = new Set(['host/log/events.ts CHAPTERS']);

/** The module's tests have exports of their own; targets are loaded by the name of their file, and the compiler alone reads what it refuses. */
const NOT_BY_NAME = /^test\/(?:assembly|fuzz\/(?:targets|planted))\/|\/typed\.test\.ts$/;

describe('What a file exports', () => {
  it('is imported by another one, or used there and imported by a test', () => {
    const host = sources('host');
    const byHost = imported(host);
    const byTests = imported(new Map([...sources('test'), ...sources('board')]));
    const unused: string[] = [];
    let count = 0;
    for (const [path, text] of host) {
      for (const [, name = ''] of text.matchAll(EXPORT)) {
        count++;
        const isUsed = [...text.matchAll(new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'g'))].length > 1;
        const id = `${path} ${name}`;
        const spoken = `${relative(ROOT, path)} ${name}`;
        if (byHost.has(id) || (isUsed && byTests.has(id)) || FOR_PEOPLE.has(spoken)) continue;
        unused.push(spoken);
      }
    }
    assert.ok(count > 500, `it finds them: ${count}`);
    assert.equal(unused.join('\n'), '');
  });

  it('is imported by another one in the tests and the lab, too', () => {
    const tests = new Map([...sources('test'), ...sources('board')]);
    const byTests = imported(tests);
    const unused: string[] = [];
    for (const [path, text] of tests) {
      const file = relative(ROOT, path);
      if (NOT_BY_NAME.test(file)) continue;
      for (const [, name = ''] of text.matchAll(EXPORT))
        if (!byTests.has(`${path} ${name}`)) unused.push(`${file} ${name}`);
    }
    assert.equal(unused.join('\n'), '');
  });

  it('has a name that nothing else in the host has', () => {
    const places = new Map<string, string[]>();
    for (const [path, text] of sources('host')) {
      for (const [, name = ''] of text.matchAll(EXPORT)) {
        places.set(name, [...(places.get(name) ?? []), relative(ROOT, path)]);
      }
    }
    const twice = [...places].filter(([, files]) => files.length > 1);
    assert.equal(twice.map(([name, files]) => `${name}: ${files.join(' ')}`).join('\n'), '');
  });
});
