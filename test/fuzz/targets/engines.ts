/** The module through wasm2c, as it is built and with sanitizers: both say to everything what the module says in this process. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { build } from '../../board/fabricd.ts';
import { changeLine, courseOf, dist, linesOf, modulesOf, played, seeds, understood } from '../script.ts';
import type { Target } from '../target.ts';

export function open(): Target {
  const { vectors, sanitized } = build('fabric');
  const instance = modulesOf(dist);
  const first = instance();
  const configure = first.codes.number('Command.Configure');
  return {
    seeds: seeds(first),
    parts: linesOf,
    change: changeLine,
    play(input) {
      const lines = understood(input, configure);
      const script = lines.map((line) => `${line}\n`).join('');
      const ours = played(instance(), lines);
      compare(vectors, script, ours);
      compare(sanitized.vectors, script, ours);
      return courseOf(ours);
    },
  };
}

function compare(program: string, script: string, ours: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, {
    input: script,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, stderr);
  const its = stdout.split('\n').slice(0, -1);
  const at = ours.findIndex((line, i) => line !== its[i]);
  if (at < 0 && ours.length === its.length) return;
  throw new Error(`${program} differs in line ${at + 1}:\nhere:   ${ours[at]}\ndaemon: ${its[at]}`);
}
