import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import type { UciLayout } from '../../../../host/config/uci/layout.ts';
import { readUciText } from '../../../../host/config/uci/text.ts';
import { truthOf } from '../../../../host/config/uci/words.ts';
import { writeUci } from '../../../../host/config/uci/write.ts';
import { readYaml } from '../../../../host/config/yaml.ts';
import { yamlText } from '../../../../host/config/yaml-text.ts';
import { random } from '../../../random.ts';
import { FILE, inUci, ROLES } from './files.ts';
import { made, mended } from './made.ts';

const ROUNDS = 300;

type Tree = Record<string, unknown>;

/** A directory by the name of `off` is nothing that UCI can say. */
const isUnwritable = (layout: UciLayout, tree: Tree): boolean => {
  const { unwritable } = writeUci(layout, tree);
  for (const { path } of unwritable) {
    const value = path.reduce<unknown>((at, step) => (at as Tree)[String(step)], tree);
    assert.ok(typeof value === 'string' && truthOf(value) !== null, path.join('.'));
  }
  return unwritable.length > 0;
};

for (const role of ROLES) {
  const { command, schema, layout, said } = role;

  describe(`a file of ringback ${command} in its other form`, () => {
    it('means the same as YAML, as UCI, and as YAML again, whatever the schema allows', () => {
      const draw = random(16);
      const used = new Set<string>();
      let converted = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const tree = mended(schema, made(schema, draw, round / ROUNDS) as Tree);
        // Of a list whose items may be there once only, one may be there twice.
        if (tree === null || isUnwritable(layout, tree)) continue;
        const meaning = v.parse(schema, tree);
        converted++;
        const { text } = writeUci(layout, tree);
        const read = said(text);
        assert.deepEqual(read.mistakes, [], text);
        assert.deepEqual(v.parse(schema, read.value), meaning, text);
        const yaml = yamlText(read.value as Tree);
        const again = readYaml(yaml);
        assert.deepEqual(again.mistakes, [], yaml);
        assert.deepEqual(again.value, read.value, yaml);
        const once = writeUci(layout, again.value as Tree).text;
        assert.deepEqual(v.parse(schema, said(once).value), meaning, once);
        assert.equal(writeUci(layout, said(once).value as Tree).text, once, 'and nothing changes any more');
        for (const { type, options } of readUciText(text).sections)
          for (const option of options.keys()) used.add(`${type}.${option}`);
      }
      assert.ok(converted > ROUNDS / 2, `${converted}`);
      const all = [...layout.sections.values()].flatMap(({ type, options }) =>
        [...options.keys()].map((option) => `${type}.${option}`),
      );
      assert.deepEqual(
        all.filter((one) => !used.has(one)),
        [],
      );
    });

    it('means the same for the examples', () => {
      for (const yaml of role.examples) {
        const text = inUci(role, yaml);
        assert.deepEqual(role.read(text, FILE).configuration, role.read(yaml, 'r.yaml').configuration);
      }
    });
  });
}

describe('a value in UCI', () => {
  const layout = ROLES[0]?.layout;
  assert.ok(layout !== undefined);

  it('that would mean something else is refused', () => {
    const { unwritable } = writeUci(layout, { state: 'off' });
    assert.deepEqual(unwritable, [
      { path: ['state'], message: 'means no to UCI; write another name, a directory as ./NAME' },
    ]);
    assert.equal(writeUci(layout, { state: './off' }).unwritable.length, 0);
  });

  it('ends where it ends, whatever is in it', () => {
    const name = "x'\n\toption mail 'tanaka@example.jp\"; reboot #";
    const { text } = writeUci(layout, { servers: [{ address: '172.27.178.80', name }] });
    const [, server] = readUciText(text).sections;
    assert.deepEqual([...(server?.options.keys() ?? [])], ['address', 'name']);
    assert.equal(server?.options.get('name')?.values[0]?.text, name);
  });

  it('that is a number, a truth value, or nothing is written as what it is', () => {
    const { text } = writeUci(layout, {
      state: false,
      detect: { watch: ['172.27.178.0/24'], unanswered: false, refused: true, unreachable: false },
      recover: { traps: { communities: [], listen: 162 }, settle: '5s' },
      page: false,
      notify: { most: false },
    });
    assert.equal(
      text,
      `config ringback 'ringback'
	option enabled '1'
	option state '0'

config detect 'detect'
	list watch '172.27.178.0/24'
	option unreachable '0'
	option unanswered '0'
	option refused '1'

config recover 'recover'
	option traps_listen '162'
	option traps_communities '0'
	option settle '5s'

config notify 'notify'
	option most '0'

config page 'page'
	option enabled '0'
`,
    );
  });
});
