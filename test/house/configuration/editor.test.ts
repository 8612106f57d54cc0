/** The schemas for editors, held against the examples and against what the program itself takes. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import * as v from 'valibot';
import { parse } from 'yaml';
import { innerOf, schemaForm } from '../../../host/config/form.ts';
import type { Entry } from '../../../host/config/shape.ts';
import { EXAMPLE } from '../../host/config/example.ts';
import { EXAMPLE as RELAY, MINIMAL as RELAY_MINIMAL } from '../../host/config/relay/example.ts';
import { editorSchema } from './editor.ts';
import { FILES, SCENARIO } from './rows.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const textOf = (file: string): string => readFileSync(ROOT + file, 'utf8');
const within = (directory: string, ending: string): string[] =>
  readdirSync(ROOT + directory)
    .filter((name) => name.endsWith(ending))
    .map((name) => `${directory}/${name}`);

const ajv = new Ajv({ allErrors: true, keywords: ['errorMessage'] });
const VALID = new Map(
  [...FILES, SCENARIO].map((one) => [one.file as string, ajv.compile(editorSchema(one))]),
);

/** What an editor marks: `/detect/unanswered`, for each place once. */
function marked(file: string, configuration: unknown): string[] {
  const validate = VALID.get(file);
  assert.ok(validate, file);
  validate(configuration);
  const places = (validate.errors ?? []).map(({ instancePath, params }) =>
    'additionalProperty' in params ? `${instancePath}/${params.additionalProperty}` : instancePath,
  );
  return [...new Set(places)].sort();
}

describe('The schemas for editors', () => {
  for (const example of [...within('docs/examples', '.yaml'), ...within('board/debian', '.yaml.example')]) {
    it(`are named by an example, and find nothing wrong in it: ${example}`, () => {
      const text = textOf(example);
      const [, command = ''] = /^# `ringback (\w+)`/.exec(text) ?? [];
      const { file = '' } = FILES.find((one) => one.command === command) ?? {};
      const [, named = ''] = /^# yaml-language-server: \$schema=(.*)$/m.exec(text) ?? [];
      assert.equal(basename(named), `${file}.schema.json`);
      if (named.startsWith('.'))
        assert.equal(
          resolve(ROOT, dirname(example), named),
          resolve(ROOT, `docs/schema/${file}.schema.json`),
        );
      else assert.match(named, /^@PREFIX@\/share\/ringback\/[^/]+$/);
      assert.deepEqual(marked(file, parse(text)), []);
    });
  }

  it('find nothing wrong in a file with every key', () => {
    assert.deepEqual(marked('ringback', parse(EXAMPLE)), []);
    assert.deepEqual(marked('relay', parse(RELAY)), []);
    assert.deepEqual(marked('relay', parse(RELAY_MINIMAL)), []);
  });

  for (const scenario of within('host/emulator/scenario/shipped', '.yaml')) {
    it(`find nothing wrong in a scenario: ${basename(scenario)}`, () => {
      assert.deepEqual(marked('scenario', parse(textOf(scenario))), []);
    });
  }

  it('mark what is wrong in a scenario, and in the configuration that is in it', () => {
    const scenario = { scenario: 1, title: 'A world', for: '2m' };
    assert.deepEqual(marked('scenario', scenario), []);
    for (const [keys, place] of [
      [{ for: 3 }, '/for'],
      [{ fro: '3m' }, '/fro'],
      [{ router: { dtect: {} } }, '/router/dtect'],
      [{ router: { clients: [{ mail: 'sato@example.jp' }] } }, '/router/clients/0'],
      [{ hosts: { A: { is: 'linux' } } }, '/hosts/A'],
      [{ hosts: { a: { is: 'os2' } } }, '/hosts/a/is'],
      [{ relays: { station: { relay: { pop: { port: 'x' } } } } }, '/relays/station/relay/pop/port'],
      [{ script: [{ at: '5s', do: 'plugg s80' }] }, '/script/0/do'],
      [{ expect: [{ told: 'everybody' }] }, '/expect/0/told'],
    ] as const)
      assert.ok(marked('scenario', { ...scenario, ...keys }).includes(place), JSON.stringify(keys));
  });

  it('mark a key that nobody knows, one that is missing, and what is out of its limits', () => {
    const detect = { watch: ['172.27.178.0/24'] };
    for (const [configuration, place] of [
      [{ detect, dtect: {} }, '/dtect'],
      [{}, ''],
      [{ detect: {} }, '/detect'],
      [{ detect: { ...detect, unanswered: '30' } }, '/detect/unanswered'],
      [{ detect: { watch: [] } }, '/detect/watch'],
      [{ detect, notify: { via: 'post' } }, '/notify/via'],
      [{ detect, notify: { most: { hour: 10_001 } } }, '/notify/most/hour'],
      [{ detect, recover: { arp: 'yes' } }, '/recover/arp'],
      [{ detect, list_key: 'short' }, '/list_key'],
      [{ detect, page: { ports: [] } }, '/page/ports'],
      [{ detect, clients: [{ address: 'Sato' }] }, '/clients/0/address'],
    ] as const)
      assert.ok(marked('ringback', configuration).includes(place), JSON.stringify(configuration));
    const pair = { role: 'active', standby: '172.27.178.13', key: 'a shared secret' };
    const addresses = [{ address: '172.27.178.80/24', adapter: 'eth1' }];
    assert.deepEqual(marked('takeover', { takeover: { ...pair, addresses } }), []);
    const words = (address: object): string[] =>
      marked('takeover', { takeover: { ...pair, addresses: [{ address: '172.27.178.80/24', ...address }] } });
    assert.deepEqual(words({ interface: 'eth1' }), []);
    for (const wrong of [{}, { adapter: 'eth1', interface: 'eth1' }])
      assert.ok(words(wrong).includes('/takeover/addresses/0'), JSON.stringify(wrong));
    assert.ok(
      marked('takeover', { takeover: { ...pair, addresses, share: true } }).includes('/takeover/share'),
    );
  });

  it('refuse nothing that the program takes', () => {
    let taken = 0;
    for (const { file, schema } of [...FILES, SCENARIO]) {
      for (const [path, one] of valuesOf(schema, file)) {
        const form = schemaForm(one);
        assert.ok(form?.kind === 'value');
        const validate = ajv.compile(form.json);
        for (const input of ODD) {
          if (!v.safeParse(one, input).success) continue;
          taken++;
          assert.ok(validate(input), `${path}: ${JSON.stringify(input)}`);
        }
      }
    }
    assert.ok(taken > 1000, `there are some: ${taken}`);
  });
});

/** Every value in a schema, with the way to it. */
function valuesOf(schema: v.GenericSchema, path: string): [path: string, schema: v.GenericSchema][] {
  const form = schemaForm(schema);
  if (form === null) return [];
  if (form.kind === 'value') return [[path, schema]];
  if (form.kind === 'list') return valuesOf(form.item, `${path}[]`);
  if (form.kind === 'choice') return form.of.flatMap((one) => valuesOf(one, path));
  return Object.entries(form.entries).flatMap(([key, entry]: [string, Entry]) =>
    valuesOf(innerOf(entry).schema, `${path}.${key}`),
  );
}

/** What stands in files, and what is at the edge of it. */
const ODD: readonly unknown[] = [
  ...[true, false, null, 0, 1, 2, 3, 5, 16, 25, 110, 1000, 8480, 65_535, 65_536, 16_777_216, 1.5, -1],
  ...[
    '0s',
    '5ms',
    '20ms',
    '100ms',
    '500ms',
    '30s',
    '10m',
    '12h',
    '30d',
    '3650d',
    '000000000010s',
    '1w',
    '30 s',
  ],
  ...[
    '172.27.178.80',
    '0.0.0.0',
    '255.255.255.255',
    '2001:db8::80',
    '::',
    '::ffff:172.27.178.80',
    '2001:DB8::A',
  ],
  ...[
    '172.27.178.0/24',
    '0.0.0.0/0',
    '::/0',
    '2001:db8:178::/64',
    '172.27.178.80/32',
    '::ffff:172.27.178.0/120',
  ],
  ...[
    '172.27.178.13:7373',
    '[2001:db8::13]:7373',
    '[::ffff:172.27.178.13]:53',
    '7373',
    '0.0.0.0:162',
    '[::]:162',
  ],
  ...[
    'sato@example.jp',
    'sato＠example.jp',
    'a..b.@docomo.example',
    'sato@例え.jp',
    'sato@host',
    'sato@example.jp.',
  ],
  ...["!#$%&'*+/=?^`{|}~-_@example.jp", 'SATO@EXAMPLE.JP', 'Sato <sato@example.jp>', 'sato@@example.jp'],
  ...[
    'www.example.jp',
    'localhost',
    '例え.jp',
    'xn--r8jz45g.jp',
    'WWW.example.jp',
    'example.jp.',
    'a_b.example.jp',
  ],
  ...[
    'http://172.27.179.1:8480',
    'https://router.example/',
    'HTTP://R',
    ' http://r ',
    'http:r',
    'ftp://router',
  ],
  ...['lan0', 'eth0.100', 'br-lan', '@', 'a'.repeat(15), 'a'.repeat(16), '..', '-x', 'wlan0:1', 'a/b', 'a b'],
  ...[
    '/run/ringback.sock',
    'a'.repeat(107),
    'あ'.repeat(35),
    'a'.repeat(108),
    '',
    ' ',
    ' x ',
    'a\tb',
    '\u0000',
  ],
  ...[
    'coldStart',
    'linkDown',
    '1.3.6.1.4.1.8072.4.0.1',
    '.1.3',
    '0.0',
    '2.4294967295',
    '1',
    '1.3.',
    'coldstart',
  ],
  ...['en', 'ja', 'auto', 'none', 'implicit', 'starttls', 'connect', 'direct', 'server', 'station', 'router'],
  ...[
    'show',
    'pass',
    'everything',
    'keep',
    'give',
    'manual',
    'automatic',
    'request',
    'reply',
    'active',
    'standby',
  ],
  ...[
    'md5',
    'sha',
    'sha224',
    'sha256',
    'sha384',
    'sha512',
    'des',
    'aes',
    'aes256',
    'secret',
    'a secret of words',
  ],
  ...[
    'x'.repeat(8),
    'x'.repeat(63),
    'x'.repeat(64),
    'x'.repeat(248),
    'x'.repeat(253),
    'x'.repeat(255),
    'x'.repeat(256),
  ],
];
