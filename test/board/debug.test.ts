/** `make debug`, of a copy of the sources in which something does not hold. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SATO, SERVER, syn } from '../host/fabric/fabric.ts';
import { pcap } from '../host/replay/captures.ts';

const root = resolve(import.meta.dirname, '../..');
const LINKED = ['Makefile', 'asconfig.json', 'board', 'dist', 'host', 'node_modules', 'package.json'];
const DOOR = 'assembly/index.ts';
const LINE = '  const us = time(timeLow, timeHigh);\n';
const STRANGE_LENGTH = 1234;

describe('What make debug makes', () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-debug-'));
  const made = join(place, 'build/debug');
  after(() => rmSync(place, { recursive: true }));

  /** Where the assertion is, as FILE:LINE. */
  let where = '';
  before(() => {
    for (const name of LINKED) symlinkSync(join(root, name), join(place, name));
    cpSync(join(root, 'assembly'), join(place, 'assembly'), { recursive: true });
    const [head = '', tail] = readFileSync(join(root, DOOR), 'utf8').split(LINE);
    assert.ok(tail, `${DOOR} has the line`);
    writeFileSync(
      join(place, DOOR),
      `${head}  assert(length != ${STRANGE_LENGTH}, 'it is planted');\n${LINE}${tail}`,
    );
    where = `${DOOR}:${head.split('\n').length}`;
    const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
    // Never npm ci through the link.
    const built = ['-o', 'node_modules/.package-lock.json', '-o', 'dist/node-sqlite3-wasm.wasm'];
    execFileSync('make', ['-C', place, ...built, 'debug'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  });

  it('says in which line of host/ an exception was thrown', () => {
    const planted = encodeURIComponent('console.log = () => { throw new TypeError("it is planted"); };');
    const { stderr } = spawnSync(join(made, 'ringback.mjs'), ['--version'], {
      env: { ...process.env, NODE_OPTIONS: `--import data:text/javascript,${planted}` },
      encoding: 'utf8',
    });
    const line = /TypeError: it is planted\n(?:.*\n)*? +at main \(.*\/host\/cli\/main\.ts:(\d+):\d+\)/.exec(
      stderr,
    )?.[1];
    assert.ok(line, stderr);
    const said = readFileSync(join(root, 'host/cli/main.ts'), 'utf8').split('\n')[Number(line) - 1];
    assert.match(said ?? '', /^ +console\.log\(`ringback /);
  });

  it('says which line of assembly/ does not hold, in the program', () => {
    const file = join(place, 'strange.pcap');
    const record = { timeUs: Date.UTC(2026, 4, 1, 12) * 1000, bytes: syn(SATO, SERVER, 1) };
    writeFileSync(file, pcap([{ ...record, wireLength: STRANGE_LENGTH }]));
    const { stderr, status } = spawnSync(join(made, 'ringback.mjs'), ['replay', file], { encoding: 'utf8' });
    assert.ok(stderr.includes(`it is planted at ${where}:`), stderr);
    assert.match(stderr, / at Engine\.frame .*\/host\/fabric\/engine\.ts:\d+/);
    assert.equal(status, 1);
  });

  it('says which line of assembly/ does not hold, in the daemon, and stops there', () => {
    const input = `frame 1 1 1 1000000 - 60\nframe 1 1 1 1000000 - ${STRANGE_LENGTH}\n`;
    const { stderr, stdout, signal } = spawnSync(join(made, 'fabricd/fabric-vectors'), {
      input,
      encoding: 'utf8',
    });
    assert.ok(stderr.includes(`the fabric module asserts at ${where}:3 it is planted\n`), stderr + stdout);
    assert.equal(signal, 'SIGILL');
  });
});
