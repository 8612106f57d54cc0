/**
 * What was covered, by room: node --import tsx test/coverage.ts DIRECTORY [--part], where files in lcov's form (*.info) are;
 * of a part of the tests nobody expects that they load every file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { transformSync } from 'esbuild';

const ROOT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
/** How lcov says how many there are of each, and how many of them were run; see geninfo(1). */
const KINDS = { lines: ['LF', 'LH'], branches: ['BRF', 'BRH'], functions: ['FNF', 'FNH'] } as const;
const MAX_NAMED = 10;

type Counts = ReadonlyMap<string, number>;

/** The counts of each file. */
function countsIn(info: string): [string, Counts][] {
  return info
    .split('end_of_record')
    .map((record): [string, Counts] => [
      /^SF:(.*)$/m.exec(record)?.[1] ?? '',
      new Map(
        [...record.matchAll(/^([A-Z]+):(\d+)$/gm)].map(([, name = '', count]) => [name, Number(count)]),
      ),
    ])
    .filter(([file]) => file !== '');
}

/** The room of a file; those at the top have one of their own. */
function roomOf(file: string): string {
  return file.split('/').slice(0, -1).slice(0, 2).join('/');
}

function percent([total, covered]: readonly [string, string], files: readonly Counts[]): string {
  const sum = (name: string): number => files.reduce((before, counts) => before + (counts.get(name) ?? 0), 0);
  return sum(total) === 0 ? '' : `${((100 * sum(covered)) / sum(total)).toFixed(1)} %`;
}

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(10)))
    .join('')
    .trimEnd();

/** Whether anything is left of it when its types are gone. */
function says(file: string): boolean {
  const { code } = transformSync(readFileSync(join(ROOT, file), 'utf8'), {
    loader: 'ts',
    legalComments: 'none',
  });
  return code.replace('export {};', '').trim() !== '';
}

const [directory = 'build/coverage', part] = process.argv.slice(2);
const infos = readdirSync(directory).filter((name) => name.endsWith('.info'));
const found = new Map(infos.flatMap((name) => countsIn(readFileSync(join(directory, name), 'utf8'))));
const rooms = new Map<string, Counts[]>();
for (const [file, counts] of found) rooms.set(roomOf(file), [...(rooms.get(roomOf(file)) ?? []), counts]);

console.log(row(['', ...Object.keys(KINDS)]));
for (const [room, counts] of [...rooms].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(row([room, ...Object.values(KINDS).map((kind) => percent(kind, counts))]));

const host = readdirSync(join(ROOT, 'host'), { recursive: true, encoding: 'utf8' }).map(
  (name) => `host/${name}`,
);
const missed = host.filter((file) => file.endsWith('.ts') && !found.has(file) && says(file)).sort();
if (missed.length > 0 && part !== '--part') {
  const more = missed.length > MAX_NAMED ? ` and ${missed.length - MAX_NAMED} more` : '';
  console.log(`\nloaded by none of these tests: ${missed.slice(0, MAX_NAMED).join(' ')}${more}`);
}
const files = ['index.html', ...infos].map((name) => join(directory, name));
console.log(`\n${files.join(' ')}`);
