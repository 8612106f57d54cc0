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
/** In the way of one frame, as the daemon has it, and of those of a capture. */
const LINE = '  const us = time(timeLow, timeHigh);\n';
const LINE_OF_CAPTURES = '    const us = queued.us;\n';
const STRANGE_LENGTH = 1234;

describe('What make debug makes', () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-debug-'));
  const made = join(place, 'build/debug');
  after(() => rmSync(place, { recursive: true }));

  /** Where the assertions are, as FILE:LINE. */
  let where = '';
  let whereOfCaptures = '';
  before(() => {
    for (const name of LINKED) symlinkSync(join(root, name), join(place, name));
    cpSync(join(root, 'assembly'), join(place, 'assembly'), { recursive: true });
    let text = readFileSync(join(root, DOOR), 'utf8');
    const planted = (line: string, length: string): string => {
      const [head = '', tail] = text.split(line);
      assert.ok(tail, `${DOOR} has the line ${line.trim()}`);
      const indent = /^ */.exec(line)?.[0] ?? '';
      text = `${head}${indent}assert(${length} != ${STRANGE_LENGTH}, 'it is planted');\n${line}${tail}`;
      return `${DOOR}:${head.split('\n').length}`;
    };
    // From the end to the beginning: what is planted moves what comes after it.
    whereOfCaptures = planted(LINE_OF_CAPTURES, 'queued.length').replace(/\d+$/, (line) =>
      String(Number(line) + 1),
    );
    where = planted(LINE, 'length');
    writeFileSync(join(place, DOOR), text);
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
    assert.ok(stderr.includes(`it is planted at ${whereOfCaptures}:`), stderr);
    assert.match(stderr, / at Engine\.frames .*\/host\/fabric\/engine\.ts:\d+/);
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
