/** The keys of the configuration that are in LuCI's form; and those that are not, each with its reason. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { routerLayout } from '../../host/config/router/file.ts';
import { tables } from '../../host/fabric/module.ts';
import { APPLICATION } from './luci/server.ts';

const FORM = join(APPLICATION, 'htdocs/luci-static/resources/view/ringback/settings.js');
/** The type of a section, as it is made, and what comes until the next one. */
const SECTION = /map\.section\(form\.\w+, '(\w+)'([\s\S]*?)(?=map\.section\(|return view\.extend)/g;
const OPTION = /\b(?:option\(s, form\.\w+|(?:value|flag|choice|secret)\(s), '(\w+)'/g;
/** Of the init script, which starts the role; to the program it means nothing. */
const OF_INIT = 'ringback.enabled';

/** Why they are left to the file: LuCI has the usual keys. */
const LEFT: Readonly<Record<string, readonly string[]>> = {
  'a router’s own daemon is the package’s, and its socket is where scripts ask': [
    'ringback.control',
    'fabric.daemon',
    'fabric.socket',
  ],
  'of a program that runs on another machine than the router': [
    'fabric.host',
    'fabric.router',
    'fabric.keys',
  ],
  'sizes that fit a router as they are': [
    'fabric.capacity_servers',
    'fabric.capacity_clients',
    'fabric.capacity_attempts',
    'fabric.capacity_conversations',
  ],
  'of mirror ports, which are no part of a router': [
    'fabric_interface.name',
    'fabric_interface.sees',
    'fabric_interface.enabled',
  ],
  'traps of relays, and of other sorts than the usual': ['recover.traps_relays', 'recover.traps_accept'],
  'limits that nobody reaches who is not flooded': ['notify.most', 'notify.most_hour', 'notify.most_day'],
  'who is to count no longer is removed from the table': [
    'recover_traps_user.enabled',
    'client.enabled',
    'server.enabled',
  ],
  'of single servers, where the table would get too wide': ['server.names', 'server.ask', 'server.real'],
  'what is logged goes to logd, with its priorities, as the init script starts the role': [
    'log.format',
    'log.level',
  ],
  'of a page that asks elsewhere, or again sooner than after a month': ['page.form', 'page.ask_again'],
};

const sorted = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort();

describe('The form of settings', () => {
  const shown = [...readFileSync(FORM, 'utf8').matchAll(SECTION)].flatMap(([, type = '', text = '']) =>
    [...text.matchAll(OPTION)].map(([, name = '']) => `${type}.${name}`),
  );
  const known = [...routerLayout(tables.limits).sections.values()].flatMap(({ type, options, off }) =>
    [...options.keys(), ...(off === null ? [] : ['enabled'])].map((name) => `${type}.${name}`),
  );
  const left = Object.values(LEFT).flat();

  it('has every key of the router’s configuration, but those that are left to the file', () => {
    assert.deepEqual(sorted([...shown, ...left]), sorted([...known, OF_INIT]));
  });

  it('has no key that is said to be left to the file', () => {
    assert.deepEqual(
      left.filter((name) => shown.includes(name)),
      [],
    );
  });
});
