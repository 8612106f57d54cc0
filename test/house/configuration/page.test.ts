import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RELAY_FIXED } from '../../../host/relay/role.ts';
import { ROUTER_FIXED } from '../../../host/router/role.ts';
import { assertPage } from '../golden.ts';
import { editorSchema } from './editor.ts';
import { manual } from './manual.ts';
import { page } from './page.ts';
import { FILES, rowsOf, SCENARIO } from './rows.ts';
import { uciPage } from './uci.ts';

/** What the schemas make of each page. */
const PAGES: readonly (readonly [file: string, made: () => string])[] = [
  ['configuration.md', page],
  ['uci.md', uciPage],
  ['man/ringback.yaml.5', manual],
  ...[...FILES, SCENARIO].map(
    (one) =>
      [`schema/${one.file}.schema.json`, () => `${JSON.stringify(editorSchema(one), null, 2)}\n`] as const,
  ),
];

describe('The reference of the configuration', () => {
  for (const [file, made] of PAGES) {
    it(`is what the schemas say: ${file}`, () => {
      assertPage(file, made());
    });
  }

  it('says of a key that it is read at the start if it is', () => {
    for (const [command, fixed] of [
      ['run', ROUTER_FIXED],
      ['relay', RELAY_FIXED],
    ] as const) {
      const schema = FILES.find((one) => one.command === command)?.schema;
      assert.ok(schema);
      const said = rowsOf(schema).filter(({ about }) => about.endsWith(' Read at the start.'));
      assert.deepEqual(said.map(({ path }) => path).sort(), [...fixed].sort(), command);
    }
  });

  it('has a sentence for every key, and every key once', () => {
    for (const { command, schema } of FILES) {
      const rows = rowsOf(schema);
      assert.ok(rows.length > 30, `they are found: ${rows.length}`);
      for (const { path, about } of rows) assert.match(about, /^[A-Z].*\.$/, `${command}: ${path}`);
      const paths = rows.map(({ path, variant }) => `${path} ${variant}`);
      assert.equal(new Set(paths).size, paths.length, command);
    }
  });
});
