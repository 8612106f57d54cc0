/** The form of luci-app-ringback against the schema: what it says holds where nothing is said does, and it offers what may be said. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { routerLayout } from '../../host/config/router/file.ts';
import { tables } from '../../host/fabric/module.ts';
import { APPLICATION } from './luci/server.ts';

interface FormOption {
  readonly section: string;
  readonly kind: string;
  readonly name: string;
  readonly choices: string[];
  readonly value: (key: string) => void;
  default?: string;
  placeholder?: string;
}

const RESOURCES = join(APPLICATION, 'htdocs/luci-static/resources');
const SECTIONS = routerLayout(tables.limits).sections;
/** What a package of OpenWrt has otherwise than the program elsewhere, or writes shorter. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'ringback.state': '/etc/ringback/state',
  'recover.traps_listen': '162',
};
/** `choice` says what holds where it is no choice of its own. */
const AS_ELSEWHERE = new Set([
  'client.language',
  'server.via',
  'recover_traps_user.auth_protocol',
  'recover_traps_user.priv_protocol',
]);

/** A module of the application, with these in the place of what it requires. */
function load(
  path: string,
  names: Readonly<Record<string, unknown>>,
): Record<string, (...given: unknown[]) => unknown> {
  const known = { L: {}, E: () => null, _: (text: string) => text, ...names };
  return new Function(...Object.keys(known), readFileSync(join(RESOURCES, path), 'utf8'))(
    ...Object.values(known),
  );
}

/** Every option that the form has. */
function formOptions(): FormOption[] {
  const found: FormOption[] = [];
  const extend = { extend: (keys: unknown) => keys };
  class StandInMap {
    section(kind: string, ...[first, second]: string[]) {
      const section = (kind === 'NamedSection' ? second : first) ?? '';
      return {
        option: (kind: string, name: string) => {
          const choices: string[] = [];
          const option = { section, kind, name, choices, value: (key: string) => void choices.push(key) };
          found.push(option);
          return option;
        },
      };
    }

    render = () => Promise.resolve(null);
  }
  const kinds = ['NamedSection', 'TableSection', 'Value', 'Flag', 'ListValue', 'DynamicList'];
  const form = { Map: StandInMap, ...Object.fromEntries(kinds.map((kind) => [kind, kind])) };
  const format = { value: () => '%s' };
  Object.defineProperty(String.prototype, 'format', { ...format, configurable: true });
  const { render } = load('view/ringback/settings.js', {
    ...{ view: extend, form, uci: { get: () => ({}), add: () => null } },
    ...{ api: {}, parts: {}, values: load('ringback/values.js', { baseclass: extend }) },
  });
  render?.([{}, [], { networks: [] }]);
  Reflect.deleteProperty(String.prototype, 'format');
  return found;
}

/** What the page of UCI, which is made from the schema, says of each option of the router: its default. */
function usual(): Map<string, string> {
  const found = new Map<string, string>();
  const page = readFileSync(join(import.meta.dirname, '../../docs/uci.md'), 'utf8');
  const [, router = ''] = page.split(/^## The router.*$/m);
  let section = '';
  for (const line of (router.split(/^## /m)[0] ?? '').split('\n')) {
    section = /^### config (\w+)/.exec(line)?.[1] ?? section;
    const [, named = '', , , holds = ''] = line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
    if (line.startsWith('| `')) found.set(`${section}.${named}`, holds);
  }
  return found;
}

describe('The form of LuCI', () => {
  const options = formOptions();
  const defaults = usual();

  it('has options of the configuration, and no others', () => {
    assert.ok(options.length > 45, `${options.length}`);
    for (const { section, name } of options) {
      assert.ok(defaults.has(`${section}.${name}`), `${section}.${name}`);
      assert.ok(name === 'enabled' || SECTIONS.get(section)?.options.has(name), `${section}.${name}`);
    }
  });

  it('says what holds where nothing is said', () => {
    for (const { section, name, kind, choices, placeholder, ...option } of options) {
      const key = `${section}.${name}`;
      const holds = defaults.get(key) ?? '';
      if (kind === 'Flag')
        assert.equal(option.default, { true: '1', false: '0', '{}': '1' }[holds] ?? holds, key);
      else if (kind === 'ListValue') {
        if (!AS_ELSEWHERE.has(key))
          assert.ok(holds === choices[0] || holds.startsWith(`${choices[0]};`), `${key}: ${holds}`);
      } else if (key in OTHERWISE) assert.equal(placeholder, OTHERWISE[key], key);
      else if (!/^(–|\*required\*|\[\]|an? |its )/.test(holds))
        assert.equal(placeholder, holds.replace(/^\[(.*)\]$/, '$1'), key);
    }
  });

  it('offers the words that an option takes, each of them', () => {
    for (const { section, name, kind, choices } of options) {
      if (kind !== 'ListValue') continue;
      const words = SECTIONS.get(section)
        ?.options.get(name)
        ?.json.flatMap(({ enum: all = [] }) => all as string[]);
      assert.deepEqual([...choices].sort(), [...(words ?? [])].sort(), `${section}.${name}`);
    }
  });
});
