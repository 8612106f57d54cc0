/** The daemon's page of the manual: its options, and the line of a key that `ringback beside` writes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { authorizedLine } from '../../host/cli/router-key.ts';
import { parseRouterConfiguration } from '../../host/config/router/file.ts';
import { memoryMibFor, tableSizes } from '../../host/config/router/sizes.ts';
import { tables } from '../../host/fabric/module.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const PAGE = readFileSync(path('docs/man/ringback-fabricd.8'), 'utf8');

const options = (text: string, pattern: RegExp): readonly string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();

describe('The page of the daemon', () => {
  it('has every option that the daemon says, and no other', () => {
    const { status, stdout } = spawnSync(path('dist/ringback-fabricd'), ['--help'], { encoding: 'utf8' });
    assert.equal(status, 0);
    const said = options(stdout, /--([a-z]+)/g);
    assert.deepEqual(options(PAGE, /^\.It Fl -([a-z]+)/gm), said);
    const synopsis = PAGE.slice(PAGE.indexOf('.Sh SYNOPSIS'), PAGE.indexOf('.Sh DESCRIPTION'));
    const lone = ['help', 'version'];
    assert.deepEqual(
      options(synopsis, /Fl -([a-z]+)/g),
      said.filter((name) => !lone.includes(name)),
    );
  });

  it('has for its example the line of a key that is written for tables of the usual size', () => {
    const fabric = 'fabric: {interfaces: [br-lan, wan], host: beside, router: root@192.0.2.1}';
    const text = `detect: {watch: [192.0.2.0/24]}\n${fabric}\n`;
    const configuration = parseRouterConfiguration(text, 'example', tables.limits);
    const memoryMib = memoryMibFor(tableSizes(configuration, 0), tables);
    const allowed = { daemon: '/usr/sbin/ringback-fabricd', interfaces: ['br-lan', 'wan'], memoryMib };
    const line = authorizedLine(allowed, 'ssh-ed25519 AAAA');
    assert.ok(PAGE.includes(`.Dl ${line.slice(0, line.indexOf('AAAA'))}AAAA...`), line);
  });
});
