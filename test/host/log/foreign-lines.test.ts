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

/** What leaves the program when a configuration wants the log so. */
function raw(env: NodeJS.ProcessEnv, script: string): string[] {
  const { stdout } = spawnSync('sh', ['-c', script], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', NODE: process.execPath, PROGRAM, ...env },
  });
  return stdout.trimEnd().split('\n');
}

const RUN = '"$NODE" --import tsx "$PROGRAM" "$VERBOSE"';

describe('The log as a configuration wants it', () => {
  it('has priorities and no time for journald, and only what is wanted', () => {
    const lines = raw({ VERBOSE: '-' }, `${RUN} journald warn 2>/dev/null`);
    assert.ok(
      lines.every((line) => /^<[34]>library\.said message=/.test(line)),
      lines.join('\n'),
    );
    assert.ok(lines.some((line) => line.startsWith('<3>')));
    const verbose = raw({ VERBOSE: 'verbose' }, `${RUN} journald warn 2>/dev/null`);
    assert.ok(
      verbose.some((line) => line.startsWith('<7>')),
      'verbose says all',
    );
  });

  it('is JSON with priorities where journald listens, and without where something else does', () => {
    // The shell's own output is what it gives to the program.
    const journal = 'JOURNAL_STREAM="$(stat -Lc %d:%i /proc/self/fd/3)"; export JOURNAL_STREAM;';
    const heard = raw({ VERBOSE: '-' }, `exec 3>&1; ${journal} ${RUN} auto info 2>/dev/null >&3`);
    assert.ok(heard.length > 3);
    for (const line of heard) assert.match(line, /^<[346]>\{"time":/);
    const other = raw({ VERBOSE: '-', JOURNAL_STREAM: '1:2' }, `${RUN} auto info 2>/dev/null`);
    for (const line of other) JSON.parse(line);
    const json = raw({ VERBOSE: '-' }, `exec 3>&1; ${journal} ${RUN} json info 2>/dev/null >&3`);
    for (const line of json) JSON.parse(line);
  });
});

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
