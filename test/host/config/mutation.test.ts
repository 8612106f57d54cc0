import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { explainRouter } from '../../../host/config/router/explain.ts';
import { routerWarnings } from '../../../host/config/router/warnings.ts';
import { RingbackError } from '../../../host/errors.ts';
import { tables } from '../../../host/fabric/module.ts';
import { EXAMPLE, SECRETS } from './example.ts';
import { parseRouterConfiguration } from './parsed.ts';

/** The text is accepted, or refused with a place on every line; no other error, and no secret anywhere. */
function check(text: string): 'accepted' | 'refused' {
  let said: string;
  let outcome: 'accepted' | 'refused';
  try {
    const configuration = parseRouterConfiguration(text, 'r.yaml');
    said = JSON.stringify([explainRouter(configuration, tables), routerWarnings(configuration)]);
    outcome = 'accepted';
  } catch (error) {
    if (!(error instanceof RingbackError)) throw new Error(`on ${JSON.stringify(text)}`, { cause: error });
    said = error.message;
    outcome = 'refused';
    const lines = text.split('\n');
    for (const line of said.split('\n')) {
      if (/^r\.yaml: and \d+ more mistakes$/.test(line)) continue;
      const [, at = '', column = ''] = /^r\.yaml:(\d+):(\d+): ./.exec(line) ?? [];
      const inside =
        Number(at) >= 1 && Number(column) >= 1 && Number(column) <= (lines[Number(at) - 1]?.length ?? -1) + 1;
      assert.ok(inside, `${line}\non ${JSON.stringify(text)}`);
    }
  }
  for (const secret of SECRETS) assert.ok(!said.includes(secret), `${said}\non ${text}`);
  return outcome;
}

type Tree = Record<string, unknown> | unknown[];

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null;
}

/** Every way to reach a value in the tree, from the top. */
function pathsOf(tree: Tree): string[][] {
  return Object.entries(tree).flatMap(([key, value]) => [
    [key],
    ...(isTree(value) ? pathsOf(value).map((path) => [key, ...path]) : []),
  ]);
}

const TREE = parse(EXAMPLE) as Tree;

/** A copy of the example with the value at the path changed in what holds it. */
function changed(
  path: readonly string[],
  change: (holder: Record<string, unknown>, key: string) => void,
): unknown {
  const copy: unknown = structuredClone(TREE);
  let holder = copy;
  for (const step of path.slice(0, -1)) holder = (holder as Record<string, unknown>)[step];
  change(holder as Record<string, unknown>, path.at(-1) ?? '');
  return copy;
}

const PATHS = pathsOf(TREE);

const WRONG: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  Number.NaN,
  '',
  ' ',
  'x',
  '30s',
  '0.0.0.0/0',
  '::',
  'a'.repeat(5000),
  'two\nlines',
  '\u2028',
  '\u{1f600}',
  '\ud800',
  [],
  {},
  [[]],
  [null],
  [{}],
  { x: 1 },
  { constructor: 1, toString: 2 },
  { length: 1, 0: 'a' },
];

describe('the example, changed in one place,', () => {
  it('has enough places to change', () => {
    assert.ok(PATHS.length > 75, String(PATHS.length));
    assert.equal(check(EXAMPLE), 'accepted');
    assert.equal(check(stringify(parse(EXAMPLE))), 'accepted');
  });

  it('is accepted or refused with a place when a key is left out', () => {
    const required = PATHS.filter((path) => {
      const text = stringify(
        changed(path, (holder, key) =>
          Array.isArray(holder) ? holder.splice(Number(key), 1) : delete holder[key],
        ),
      );
      return check(text) === 'refused';
    });
    assert.deepEqual(
      required.map((path) => path.join('.')).filter((path) => /^(detect|fabric|smtp|clients)/.test(path)),
      [
        'fabric',
        'fabric.interfaces',
        'fabric.daemon.0',
        'detect',
        'detect.watch',
        'detect.watch.0',
        'smtp',
        'smtp.host',
        'smtp.user',
        'smtp.password',
        'smtp.from',
        'clients.0.address',
        'clients.0.mail',
      ],
    );
  });

  it('is refused with a place when a key is renamed', () => {
    for (const path of PATHS) {
      for (const other of ['x', '__proto__', 'constructor', `${path.at(-1)}s_`]) {
        const text = stringify(
          changed(path, (holder, key) => {
            if (Array.isArray(holder)) return;
            Object.defineProperty(holder, other, { value: holder[key], enumerable: true });
            delete holder[key];
          }),
        );
        if (!/^\d+$/.test(path.at(-1) ?? '')) assert.equal(check(text), 'refused', text);
      }
    }
  });

  it('is accepted or refused with a place when a value is of another kind', () => {
    const accepted = new Set<string>();
    for (const path of PATHS) {
      for (const [index, wrong] of WRONG.entries()) {
        const tree = changed(path, (holder, key) => {
          holder[key] = wrong;
        });
        // YAML and JSON by turns.
        if (check(index % 2 === 0 ? stringify(tree) : JSON.stringify(tree)) === 'accepted')
          accepted.add(path.join('.'));
      }
    }
    for (const strict of [
      'detect.watch',
      'clients.0.mail',
      'smtp.from',
      'recover.confirm',
      'notify.via',
      'fabric',
    ]) {
      assert.ok(!accepted.has(strict), strict);
    }
  });

  it('is accepted or refused with a place when the text is cut short', () => {
    for (let length = 0; length < EXAMPLE.length; length += 7) check(EXAMPLE.slice(0, length));
  });

  it('is accepted or refused with a place when one sign is lost or put in', () => {
    const signs = [
      '',
      '\t',
      '\n',
      ' ',
      ':',
      ',',
      '"',
      "'",
      '{',
      ']',
      '#',
      '&',
      '*',
      '!',
      '|',
      '%',
      '@',
      '-',
      '\0',
      '\\',
    ];
    for (let at = 0; at < EXAMPLE.length; at += 5) {
      const sign = signs[(at / 5) % signs.length] ?? '';
      check(`${EXAMPLE.slice(0, at)}${sign}${EXAMPLE.slice(at + (sign === '' ? 1 : 0))}`);
    }
  });
});
