/** Every number has one owner: what the module, the daemon and the program agree on is written once. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadModule } from '../../host/fabric/module.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { codes } = loadModule();

const COMMENT = /\/\*.*?\*\/|\/\/[^\n]*/gs;
const TEXT = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/gs;
/** In decimal: others are bits. */
const NUMBER = /(?<![\w.$])\d[\d_]*(?![\w.])/g;
/** A constant of TypeScript or of the module, or one of C. */
const CONSTANT =
  /^(?:export )?const ([A-Z][A-Z0-9_]+)(?:: \w+)? = ([^;{[]+);|^#define ([A-Z][A-Z0-9_]+) (.+)$/gm;

/** Files by their path in the project, without what is written for people in them. */
function sources(folder: string, ending: RegExp): Map<string, string> {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).sort();
  const paths = names.filter((name) => ending.test(name)).map((name) => join(folder, name));
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, path), 'utf8').replaceAll(COMMENT, '')]));
}

const HOST = sources('host', /\.ts$/);
const MODULE = sources('assembly', /\.ts$/);
const DAEMON = sources('board/fabricd', /\.[ch]$/);

const numberOf = (text: string): number => Number(text.replaceAll('_', ''));

/** What a constant is, however it is written: `30_000`, `30 * 1000`, `1 << 24`; a text that is no number as it is. */
function meaningOf(written: string): string {
  const text = written
    .replaceAll(/<[ui]\d+>|(?<=\d)u(?:ll)?\b/g, '')
    .replaceAll(/[()]/g, '')
    .trim();
  const [, base, operator, by] = /^(\w+) (<<|\*\*|\*) (\w+)$/.exec(text) ?? [];
  const [a, b] = [numberOf(base ?? text), numberOf(by ?? '')];
  if (operator === undefined) return Number.isNaN(a) ? text : String(a);
  const value = operator === '<<' ? a * 2 ** b : operator === '**' ? a ** b : a * b;
  return Number.isNaN(value) ? text : String(value);
}

/** Where in the files each `NAME = VALUE` stands. */
function constants(...rooms: readonly ReadonlyMap<string, string>[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [path, text] of rooms.flatMap((room) => [...room])) {
    for (const [, name, value, macro, body] of text.matchAll(CONSTANT)) {
      const id = `${name ?? macro} = ${meaningOf(value ?? body ?? '')}`;
      found.set(id, [...(found.get(id) ?? []), path]);
    }
  }
  return found;
}

/** Of a wire format everything belongs to its own file: where its header ends says nothing of another's. */
const ofFormat = (path: string): boolean => path.startsWith('assembly/wire/');

/** Called alike and as large by chance: one may change without the other. */
const BY_CHANCE = new Set([
  // Lines of the history, and of what was put aside.
  'CAPACITY = 10000',
  // The page's steering, and mail.
  'FIRST_WAIT_MS = 1000',
  // Names of lists, and of what was put aside.
  'ID_BYTES = 16',
  // Programs of the system, each with its own.
  'LIMIT_MS = 5000',
  // A daemon's look at its clock: `test/emulator/edges/tick.test.ts` holds the two together.
  'TICK_US = 100000',
  // Notices in one transaction, rows in one go.
  'PAGE = 500',
  // The neighbours' list, and a disk.
  'RETRY_MS = 30000',
  // WebAssembly's, for both engines.
  'PAGE_BYTES = 65536',
]);

/** Numbers that people know, and the file that has them. */
const OWNED: readonly (readonly [number, readonly string[]])[] = [
  // The port of takeovers; and the priority of their rules, by which an operator knows them.
  [7373, ['host/config/takeover/schema.ts', 'host/takeover/machine/interfaces.ts']],
  [8480, ['host/config/router/page.ts']],
  [86_400_000, []],
  [2 ** 31 - 1, []],
];

/** The module's sizes and limits, those that nothing else has by chance. */
const OF_MODULE = ['MAX_SERVERS', 'MAX_RECORDS', 'MAX_INTERFACES', 'MAX_WAIT_US', 'FRAME_BYTES'];
/** Rooms that speak to the module, or size it. */
const NEAR_MODULE = /^host\/(?:fabric|router|config\/router|takeover\/machine\/announce-link)/;

function literals(text: string): number[] {
  return [...text.replaceAll(TEXT, '').matchAll(NUMBER)].map(([number]) => numberOf(number));
}

/** `FILE: what` for every match in these files. */
function matches(files: ReadonlyMap<string, string>, pattern: RegExp): string[] {
  return [...files].flatMap(([path, text]) =>
    [...text.matchAll(pattern)].map(([what]) => `${path}: ${what}`),
  );
}

describe('A number', () => {
  it('has no second owner that calls it alike', () => {
    const all = constants(HOST, MODULE, DAEMON);
    assert.ok(all.size > 600, `they are found: ${all.size}`);
    const twice = [...all].filter(
      ([id, paths]) => new Set(paths.filter((path) => !ofFormat(path))).size > 1 && !BY_CHANCE.has(id),
    );
    assert.deepEqual(twice, []);
  });

  it('is not said to be the same by chance where it no longer is', () => {
    const all = constants(HOST, MODULE, DAEMON);
    assert.deepEqual(
      [...BY_CHANCE].filter((id) => (all.get(id)?.length ?? 0) < 2),
      [],
    );
  });

  it('that bounds another is MAX or MIN', () => {
    const all = [HOST, MODULE, DAEMON, sources('test', /\.(?:ts|[ch])$/)];
    assert.deepEqual(
      all.flatMap((files) =>
        matches(files, /(?<![\w$])(?:MOST|LONGEST|LARGEST|LEAST|SHORTEST|SMALLEST)_[A-Z]\w*/g),
      ),
      [],
    );
  });

  it('that people know stands in its own file only', () => {
    for (const [number, owners] of OWNED) {
      const places = [...HOST].filter(([, text]) => literals(text).includes(number)).map(([path]) => path);
      assert.deepEqual(places, owners, String(number));
    }
  });
});

describe("The module's numbers", () => {
  it('are not written again where the program speaks to it', () => {
    const near = [...HOST].filter(([path]) => NEAR_MODULE.test(path));
    assert.ok(near.length > 50, 'the rooms are found');
    for (const name of OF_MODULE) {
      const number = codes.number(name);
      const places = near.filter(([, text]) => literals(text).includes(number)).map(([path]) => path);
      assert.deepEqual(places, [], `${name} is ${number}`);
    }
  });

  it('are the only ones by which the program finds the fields of a record', () => {
    const fabric = new Map([...HOST].filter(([path]) => path.startsWith('host/fabric/')));
    assert.deepEqual(matches(fabric, /\b[gs]et(?:Ui|I|BigUi|BigI)nt\d+\(\d+/g), []);
    const kinds = codes.entries('Carrier').map(([, kind]) => kind);
    for (const [path, text] of fabric)
      assert.deepEqual(
        literals(text).filter((number) => kinds.includes(number)),
        [],
        path,
      );
  });

  it('are the only ones by which the daemon does', () => {
    assert.deepEqual(matches(DAEMON, /\b(?:record|command)s? ?(?:\[|\+) ?\d+/g), []);
    // The bytes of a number at the most.
    const own = literals(DAEMON.get('board/fabricd/record.c') ?? '').filter((number) => number > 8);
    assert.deepEqual(own, []);
  });

  it('size its own buffers', () => {
    // An address is 16 bytes wherever there is one.
    assert.deepEqual(matches(MODULE, /memory\.data\((?!16\b)\d+/g), []);
  });

  it('are those of the module that shows what the daemon gives it', () => {
    const probe = readFileSync(join(ROOT, 'test/board/probe.wat'), 'utf8');
    const exported = [...probe.matchAll(/\(export "([\w.]+)"\) i32 \(i32\.const (\d+)\)/g)];
    assert.ok(exported.length > 30, 'they are found');
    // A version, and a frame, of its own: nothing else would show that they are the module's.
    const own = new Set(['ABI', 'OUTGOING_BYTES']);
    for (const [, name = '', value] of exported)
      if (!own.has(name)) assert.equal(Number(value), codes.number(name), name);
  });

  it('are those that the manual says', () => {
    const said = (name: string): string => codes.number(name).toLocaleString('en');
    const manual = (name: string): string => readFileSync(join(ROOT, 'docs/man', name), 'utf8');
    const times = `up to ${said('MAX_INTERFACES')} times`;
    assert.ok(manual('ringback-fabricd.8').includes(times), times);
  });
});
