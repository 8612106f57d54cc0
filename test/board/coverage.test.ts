/** `make coverage`, of one test each. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';

const root = resolve(import.meta.dirname, '../..');
const MANY = 90;

/** Of the lines of a file, how many in a hundred were run. */
function linesOf(info: string, file: string): number {
  const [, record = ''] = new RegExp(`^SF:${file}$([^]*?)end_of_record`, 'm').exec(info) ?? [];
  const count = (name: string): number => Number(new RegExp(`^${name}:(\\d+)$`, 'm').exec(record)?.[1]);
  return (100 * count('LH')) / count('LF');
}

describe('Coverage', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-coverage-'));
  after(() => rmSync(directory, { recursive: true }));
  // A runner in a runner would run nothing.
  const {
    MAKEFLAGS: _flags,
    MAKELEVEL: _level,
    MFLAGS: _more,
    NODE_TEST_CONTEXT: _runner,
    ...env
  } = process.env;

  it('of the host is by room, and by line in lcov’s form', () => {
    const words = [
      '-C',
      root,
      'coverage',
      'ONLY=test/host/takeover/protocol/datagram.test.ts',
      `BUILD=${directory}`,
    ];
    const said = execFileSync('make', words, { env, encoding: 'utf8' });
    assert.match(said, /^host\/takeover +\d+\.\d % +\d+\.\d % +\d+\.\d %$/m);
    const info = readFileSync(join(directory, 'coverage/lcov.info'), 'utf8');
    assert.ok(linesOf(info, 'host/takeover/protocol/datagram.ts') > MANY, info);
    assert.ok(linesOf(info, 'host/net/address.ts') < MANY, 'not all of it is needed there');
    assert.ok(!said.includes('loaded by none'), said);
  });

  it('of tests that are not there is refused', () => {
    for (const only of ['test/host/nosuch', 'test/host/packages.txt']) {
      const words = ['-C', root, 'coverage', `ONLY=${only}`, `BUILD=${directory}`];
      const { status, stderr } = spawnSync('make', words, { env, encoding: 'utf8' });
      assert.notEqual(status, 0, only);
      assert.match(stderr, /^coverage: ONLY=test\/host\/\S+: no test is there$/m);
    }
  });

  it('of the module is by line in lcov’s form, of what the tests run', () => {
    const configuration = 'test/assembly/coverage/as-pect';
    const words = ['--config', `${configuration}.config.js`, '--as-config', `${configuration}.asconfig.json`];
    execFileSync(join(root, 'node_modules/.bin/asp'), [...words, '--no-logo', '--summary'], {
      cwd: root,
      env: { ...env, NODE_PATH: root, COVERAGE: directory },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const info = readFileSync(join(directory, 'module.info'), 'utf8');
    for (const file of ['assembly/path/expiry.ts', 'assembly/path/tcp.ts', 'assembly/wire/ipv4.ts'])
      assert.ok(linesOf(info, file) > MANY, file);
    assert.match(info, /^FNDA:[1-9]\d*,checked$/m);
  });
});
