/** Who may import whom: the floors that docs/architecture.md lists, and no circle. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOST = join(ROOT, 'host');
const IMPORT = /^(?:import|export)\b[^;]*?from '(\.[^']*)';/gms;

/** From the top down; a file at the top of `host/` is in no room, and below all of them. */
function floors(): ReadonlyMap<string, number> {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const [, rest = ''] = page.split('| floor | rooms |');
  const rows = rest.split('\n').slice(2);
  const table = rows.slice(
    0,
    rows.findIndex((row) => !row.startsWith('|')),
  );
  return new Map(
    table.flatMap((row, floor) => {
      const [, , rooms = ''] = row.split('|');
      return [...rooms.matchAll(/`([^`]+)`/g)].map(([, room = '']) => [room, floor] as const);
    }),
  );
}

/** What each file imports of the others, both from `host/`. */
function imports(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync(HOST, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(HOST, file), 'utf8');
      const names = [...text.matchAll(IMPORT)].map(([, name = '']) => name);
      return [file, names.map((name) => relative(HOST, resolve(HOST, dirname(file), name)))];
    }),
  );
}

const roomOf = (file: string): string => (dirname(file) === '.' ? '' : dirname(file));

/** The files of a circle that can be reached from this one; null: there is none. */
function circle(from: string, graph: ReadonlyMap<string, readonly string[]>): string | null {
  const seen = new Set<string>();
  const follow = (file: string, path: readonly string[]): string | null => {
    for (const next of graph.get(file) ?? []) {
      if (next === from) return [...path, next].join(' -> ');
      if (seen.has(next)) continue;
      seen.add(next);
      const found = follow(next, [...path, next]);
      if (found !== null) return found;
    }
    return null;
  };
  return follow(from, [from]);
}

describe('The rooms of the host', () => {
  const list = floors();
  const graph = imports();

  it('are all on the list of floors, and the list has no others', () => {
    const rooms = new Set([...graph.keys()].map(roomOf));
    rooms.delete('');
    assert.deepEqual([...rooms].sort(), [...list.keys()].sort());
  });

  it('import downwards only', () => {
    const wrong: string[] = [];
    let arrows = 0;
    for (const [file, names] of graph) {
      for (const name of names) {
        const from = roomOf(file);
        const to = roomOf(name);
        if (from === to || to === '') continue;
        arrows++;
        if ((list.get(from) ?? Number.POSITIVE_INFINITY) >= (list.get(to) ?? -1))
          wrong.push(`${file} imports ${name}`);
      }
    }
    assert.ok(arrows > 300, `it finds them: ${arrows}`);
    assert.equal(wrong.join('\n'), '');
  });

  it('have no circle of files, types included', () => {
    const circles = [...graph.keys()].map((file) => circle(file, graph)).filter((found) => found !== null);
    assert.equal(circles.join('\n'), '');
  });
});
