import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('foreign-program.ts', import.meta.url));

function said(...argv: readonly string[]) {
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', PROGRAM, ...argv], {
    encoding: 'utf8',
    // Those of this process are about its own command line.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { lines, stderr };
}

describe('What libraries write to the console', () => {
  it('is lines of the log, one each', () => {
    const { lines, stderr } = said();
    assert.equal(stderr, '');
    assert.deepEqual(
      lines.slice(0, 3).map(({ level, event, message }) => [level, event, message]),
      [
        ['info', 'library.said', 'one of 2'],
        ['info', 'library.said', 'two'],
        ['warn', 'library.said', 'three\nlines\n'],
      ],
    );
    assert.deepEqual(
      lines.slice(3).map(({ level, event }) => [level, event]),
      [
        ['error', 'library.said'],
        ['warn', 'library.said'],
        ['info', 'stopped'],
      ],
    );
    assert.match(lines[3].message, /^Error: four/);
    assert.match(lines[4].message, /seven/);
  });

  it('for those who look for a fault is there with --verbose', () => {
    const { lines, stderr } = said('verbose');
    assert.equal(stderr, '');
    assert.deepEqual(
      lines.filter(({ level }) => level === 'debug').map(({ message }) => message),
      ['five', 'six'],
    );
  });

  it('is on standard error with --syslog where it is a warning or an error, and else on standard output', () => {
    const { lines, stderr } = said('syslog');
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['info', 'info', 'info'],
    );
    const urgent = stderr.trimEnd().split('\n');
    assert.deepEqual(
      urgent.map((line) => JSON.parse(line).level),
      ['warn', 'error', 'warn'],
    );
  });
});
