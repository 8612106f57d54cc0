/** What c8 has found, by room: node --import tsx test/coverage.ts DIRECTORY, where its coverage-summary.json is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { transformSync } from 'esbuild';

interface Count {
  readonly total: number;
  readonly covered: number;
}
type Counts = Readonly<Record<'lines' | 'branches' | 'functions', Count>>;

const ROOT = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const HOST = join(ROOT, 'host');
const KINDS = ['lines', 'branches', 'functions'] as const;

/** The room of a file of the host; those at the top have one of their own. */
function roomOf(file: string): string {
  const parts = relative(HOST, file).split(sep);
  return parts.length > 1 ? `host/${parts[0]}` : 'host';
}

/** Whether anything is left of it when its types are gone. */
function says(file: string): boolean {
  const { code } = transformSync(readFileSync(file, 'utf8'), { loader: 'ts', legalComments: 'none' });
  return code.replace('export {};', '').trim() !== '';
}

function percent(kind: (typeof KINDS)[number], files: readonly Counts[]): string {
  const sum = (of: keyof Count): number => files.reduce((before, file) => before + file[kind][of], 0);
  return sum('total') === 0 ? '' : `${((100 * sum('covered')) / sum('total')).toFixed(1)} %`;
}

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(10)))
    .join('')
    .trimEnd();

const [directory = 'build/coverage'] = process.argv.slice(2);
const { total: _, ...found }: Record<string, Counts> = JSON.parse(
  readFileSync(join(directory, 'coverage-summary.json'), 'utf8'),
);
const rooms = new Map<string, Counts[]>();
for (const [file, counts] of Object.entries(found))
  rooms.set(roomOf(file), [...(rooms.get(roomOf(file)) ?? []), counts]);
console.log(row(['', ...KINDS]));
for (const [room, counts] of [...rooms].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(row([room, ...KINDS.map((kind) => percent(kind, counts))]));
console.log(row(['all', ...KINDS.map((kind) => percent(kind, Object.values(found)))]));

const all = readdirSync(HOST, { recursive: true, encoding: 'utf8' }).map((name) => join(HOST, name));
const missed = all.filter((file) => file.endsWith('.ts') && !(file in found) && says(file)).sort();
const MOST_NAMED = 10;
if (missed.length > 0) {
  const names = missed.map((file) => relative(ROOT, file));
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  console.log(`\nloaded by none of these tests: ${names.slice(0, MOST_NAMED).join(' ')}${more}`);
}
console.log(`\n${join(directory, 'index.html')}, ${join(directory, 'lcov.info')}`);
