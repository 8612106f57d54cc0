/** `make fuzz`: that it finds what is planted, and for a second each that it finds nothing else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { type FuzzOptions, fuzz } from '../fuzz/fuzz.ts';
import { noNamespace } from './fabricd.ts';

const root = resolve(import.meta.dirname, '../..');

describe('Fuzzing', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringback-fuzz-'));
  after(() => rmSync(directory, { recursive: true }));

  async function planted(name: string, more: Partial<FuzzOptions> = {}) {
    const lines: string[] = [];
    const targets = { [name]: join(root, 'test/fuzz/planted', `${name}.ts`) };
    const failures = await fuzz({
      targets,
      secondsEach: 1,
      seed: 1,
      directory,
      print: (line) => lines.push(line),
      ...more,
    });
    return { failures, said: lines.join('\n') };
  }

  it('finds what is wrong, makes it as small as it can be, and says how to play it again', async () => {
    const { failures, said } = await planted('wrong');
    const [failure, ...others] = failures;
    assert.deepEqual(others, [], 'the same wrong is said once');
    assert.equal(readFileSync(failure?.file ?? '', 'latin1'), '<>');
    assert.match(failure?.what ?? '', /^RangeError: it is planted, at 0\n.*planted\/wrong\.ts/);
    assert.ok(said.includes(`again: make fuzz ONLY=wrong INPUT=${failure?.file}`), said);
    const again = await planted('wrong', { input: failure?.file });
    assert.deepEqual(
      again.failures.map(({ file }) => file),
      [failure?.file],
    );
  });

  it('ends what never ends, and keeps its input', async () => {
    const { failures } = await planted('endless', { hangMs: 5000 });
    assert.deepEqual(
      failures.map(({ what, file }) => [what, readFileSync(file, 'hex')]),
      [['it never ends', '0001']],
    );
  });

  it('outlives what ends the process, and keeps its input', async () => {
    const { failures } = await planted('deadly');
    assert.deepEqual(
      failures.map(({ file }) => readFileSync(file, 'hex')),
      ['0001'],
    );
    assert.match(failures[0]?.what ?? '', /^the process ended: SIGABRT/);
  });

  it('says which seed comes to what an input alone does not', async () => {
    const { failures, said } = await planted('forgetful');
    assert.equal(failures.length, 1);
    assert.ok(said.includes('not by itself: make fuzz ONLY=forgetful SEED=1 SECONDS_EACH=1'), said);
  });

  it('finds nothing at any door in a second', { skip: noNamespace }, () => {
    const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync('make', ['-C', root, 'fuzz', 'SECONDS_EACH=1'], {
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
    const [, wanted = ''] = /^seed \d+, 1 s each: (.*)$/m.exec(stdout) ?? [];
    for (const target of wanted.split(' '))
      assert.match(stdout, new RegExp(`^${target}: [1-9]\\d* inputs, [1-9]\\d* outcomes$`, 'm'));
  });
});
