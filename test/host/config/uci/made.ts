/** Files made of a schema by chance, in which every key is right for itself. */
import * as v from 'valibot';
import { innerOf, schemaForm } from '../../../../host/config/form.ts';
import type { JsonSchema } from '../../../../host/config/shape.ts';

/** Some of these are right for whatever a key may be. */
const VALUES: readonly unknown[] = [
  ...[1, 2, 16, 25, 80, 1024, 65_535, true, false, '1', '0', 'no', 'off', 'on', 'yes', 'true', '0123', '1e3'],
  ...['20ms', '100ms', '1s', '30s', '10m', '1h', '12h', '3d'],
  ...['172.27.178.80', '2001:db8:178::80', '172.27.178.80/24', '172.27.178.0/24', '2001:db8:178::/64'],
  ...['0.0.0.0:162', '[2001:db8:178::13]:7373', '172.27.178.13:7373', '8480'],
  ...[
    'sato@example.jp',
    'www.example.jp',
    'http://172.27.179.1:8480',
    ' https://router.example.jp',
    'lan0',
    'pppoe-wan',
  ],
  ...[
    'connect',
    'none',
    'direct',
    'server',
    'station',
    'router',
    'en',
    'ja',
    'auto',
    'starttls',
    'implicit',
    'show',
    'pass',
  ],
  ...[
    'sha256',
    'md5',
    'aes',
    'active',
    'standby',
    'keep',
    'give',
    'manual',
    'automatic',
    'request',
    'reply',
    'everything',
  ],
  ...[
    'coldStart',
    'linkUp',
    '1.3.6.1.4.1.8072.4.0.1',
    '/etc/ringback/state',
    './off',
    '/run/ringback/ringback.sock',
  ],
  // Texts that are nobody's to mind: quotes, signs of a shell, of UCI and of YAML, words of other languages.
  ...[
    "it's",
    '"',
    "'",
    '\\',
    "'\\''",
    '# no comment',
    'a;b',
    ' ; option k v',
    'a b  c',
    ' blanks around ',
    '$(reboot)',
    '`id`',
  ],
  ...[
    'config t',
    'option',
    '- x',
    '{a: 1}',
    '[1]',
    '&a',
    '*a',
    '!x',
    '%y',
    '@z',
    '|',
    '>',
    'key: value',
    '~',
    'null',
    '.nan',
    '0x10',
  ],
  ...[
    'あいうえおかきく',
    'ünïcödé-key',
    '\u2028 line',
    '\u{1f600}\u{1f600}\u{1f600}\u{1f600}',
    'end\\',
    "''''''''",
    '""""""""',
  ],
];

/** From 0 to 1. */
type Draw = () => number;
const pick = <T>(items: readonly T[], draw: Draw): T => {
  const item = items[Math.floor(draw() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
};

const right = new Map<v.GenericSchema, readonly unknown[]>();
function valuesFor(schema: v.GenericSchema, { enum: words = [] }: JsonSchema): readonly unknown[] {
  const all = [...VALUES, ...(words as readonly unknown[])];
  const known = right.get(schema) ?? all.filter((value) => v.safeParse(schema, value).success);
  right.set(schema, known);
  return known;
}

/** Without the keys that do not go together with others; null: that was not enough. */
export function mended(
  schema: v.GenericSchema,
  tree: Record<string, unknown>,
): Record<string, unknown> | null {
  const { issues = [] } = v.safeParse(schema, tree);
  for (const { path = [] } of issues) {
    const keys = path.map(({ key }) => String(key));
    const last = keys.pop() ?? '';
    const holder = keys.reduce<unknown>(
      (at, key) => (at as Record<string, unknown> | undefined)?.[key],
      tree,
    );
    if (typeof holder === 'object' && holder !== null && !Array.isArray(holder))
      delete (holder as Record<string, unknown>)[last];
  }
  return v.safeParse(schema, tree).success ? tree : null;
}

/** What a schema takes; `often` is how often there is a key that need not be. */
export function made(schema: v.GenericSchema, draw: Draw, often: number): unknown {
  const form = schemaForm(schema);
  switch (form?.kind) {
    case 'value':
      return pick(valuesFor(schema, form.json), draw);
    case 'list': {
      const length = form.min + Math.floor(draw() * Math.min(form.max - form.min + 1, 4));
      return Array.from({ length }, () => made(form.item, draw, often));
    }
    case 'choice':
      return made(pick(form.of, draw), draw, often);
    case 'mapping': {
      const keys: [string, unknown][] = [];
      for (const [key, entry] of Object.entries(form.entries)) {
        const { schema: inner, isRequired } = innerOf(entry);
        const name = entry.also !== null && draw() < 0.5 ? entry.also : key;
        if (isRequired || draw() < often) keys.push([name, made(inner, draw, often)]);
      }
      return Object.fromEntries(keys);
    }
    default:
      return false;
  }
}
