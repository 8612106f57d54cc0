/** What shells complete behind `ringback`: the scripts, as the shells themselves read them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { COMMANDS } from '../../../host/cli/commands.ts';
import { OPTIONS } from '../../../host/cli/options.ts';
import { directory } from '../fabric/scripted.ts';
import { needs } from '../require.ts';
import { ringback } from '../router/program.ts';

const place = directory();
after(() => place.remove());
before(() => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { status, stdout, stderr } = ringback('completion', shell);
    assert.deepEqual([status, stderr], [0, '']);
    writeFileSync(place.path(shell), stdout);
  }
  writeFileSync(place.path('capture one.pcap'), '');
});

/** What is printed by a shell that has nothing to complain of. */
function said(program: string, ...argv: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8', cwd: place.path('') });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

/** What bash offers for the last of these words, which may be empty. */
function offered(...words: readonly string[]): string[] {
  const script = `source ./bash
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_ringback
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return said('bash', '-c', script, 'bash', ...words).sort();
}

describe('Completion in bash', () => {
  it('is asked for what stands behind ringback', () => {
    assert.deepEqual(said('bash', '-c', 'source ./bash; complete -p ringback'), [
      'complete -F _ringback ringback',
    ]);
  });

  it('offers every command', () => {
    assert.deepEqual(offered('ringback', ''), [...Object.keys(COMMANDS), '--help', '--version'].sort());
    assert.deepEqual(offered('ringback', 'out'), ['outbox']);
    assert.deepEqual(offered('ringback', 'outrage'), []);
  });

  it('offers every option of a command, and no others', () => {
    for (const [name, { options }] of Object.entries(COMMANDS)) {
      const forms = [...options, 'help' as const].flatMap((option) => {
        const about = OPTIONS[option];
        return [`--${option}`, ...('short' in about ? [`-${about.short}`] : [])];
      });
      assert.deepEqual(offered('ringback', name, '-'), forms.sort(), name);
    }
    assert.deepEqual(offered('ringback', 'history', '--l'), ['--last']);
    assert.deepEqual(offered('ringback', 'nothing', '-'), []);
  });

  it('offers words where one of them may come first', () => {
    assert.deepEqual(offered('ringback', 'outbox', ''), ['drop', 'list', 'retry']);
    assert.deepEqual(offered('ringback', 'outbox', '--json', 'r'), ['retry']);
    assert.deepEqual(offered('ringback', 'completion', ''), ['bash', 'fish', 'zsh']);
    assert.ok(!offered('ringback', 'outbox', 'retry', '').includes('drop'));
  });

  it('offers files where files are taken', () => {
    assert.deepEqual(offered('ringback', 'replay', 'cap'), ['capture one.pcap']);
    assert.deepEqual(offered('ringback', 'check', '-c', 'ba'), ['bash']);
    assert.deepEqual(offered('ringback', 'check', '--config', '=', 'ba'), ['bash']);
    assert.deepEqual(offered('ringback', 'check', '--config', '='), offered('ringback', 'replay', ''));
    assert.deepEqual(offered('ringback', 'history', '--last', ''), []);
  });
});

describe('Completion in other shells', () => {
  it('is right to zsh', { skip: needs('zsh') }, () => {
    assert.deepEqual(said('zsh', '-f', '-n', './zsh'), []);
  });

  it('offers in fish what it offers in bash', { skip: needs('fish') }, () => {
    const inFish = (line: string): string[] =>
      said('fish', '--no-config', '-c', `source ./fish; complete -C '${line}'`)
        .map((one) => one.split('\t')[0] ?? '')
        .sort();
    assert.deepEqual(inFish('ringback '), Object.keys(COMMANDS).sort());
    assert.deepEqual(inFish('ringback outbox '), ['drop', 'list', 'retry']);
    assert.deepEqual(inFish('ringback history --l'), ['--last']);
    assert.deepEqual(inFish('ringback check -c ba'), ['bash']);
    assert.deepEqual(inFish('ringback status ba'), []);
  });
});

describe('ringback completion', () => {
  for (const [argv, message] of [
    [[], /^ringback: completion: which shell\? there are bash, zsh, fish$/],
    [['fihs'], /no shell "fihs"; do you mean fish\?/],
    [['constructor'], /no shell "constructor"; there are bash, zsh, fish/],
    [['bash', 'zsh'], /completion: zsh is too much/],
  ] as const) {
    it(`ends with 2 and a remedy: ${argv.join(' ')}`, () => {
      const { status, stdout, stderr } = ringback('completion', ...argv);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr.trimEnd(), message);
    });
  }
});
