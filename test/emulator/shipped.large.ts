/** The large scenarios, by the command line: what they must come to, and what they may take of a machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LARGE } from './large.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/ringback.mjs', import.meta.url));
/** Of a day of half a million people. */
const MOST = { cpuMs: 45_000, memoryKiB: 768 * 1024 };

interface Answer {
  readonly holds: boolean;
  readonly sentence: string;
  readonly promises: readonly { readonly breaches: readonly { readonly sentence: string }[] }[];
  readonly expectations: readonly { readonly holds: boolean; readonly sentence: string }[];
  readonly played: { readonly cpuMs: number; readonly memoryKiB: number };
}

function play(name: string): Answer {
  const { stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'emulate', name, '--json'], {
    encoding: 'utf8',
    maxBuffer: 1024 * 1024 * 1024,
  });
  const line = stdout.split('\n').find((one) => one.startsWith('{'));
  assert.ok(line !== undefined, stderr);
  return JSON.parse(line) as Answer;
}

describe('A large scenario', () => {
  for (const name of LARGE) {
    it(`comes out as it says, in time and room: ${name}`, (context) => {
      const { holds, promises, expectations, played } = play(name);
      context.diagnostic(`${name}: ${JSON.stringify(played)}`);
      const problems = [
        ...promises.flatMap(({ breaches }) => breaches.map(({ sentence }) => sentence)),
        ...expectations.filter((one) => !one.holds).map(({ sentence }) => sentence),
      ];
      assert.deepEqual(problems, []);
      assert.ok(holds);
      if (name !== 'half-a-million') return;
      assert.ok(played.memoryKiB <= MOST.memoryKiB, `${played.memoryKiB} KiB`);
      assert.ok(played.cpuMs <= MOST.cpuMs, `${played.cpuMs} ms of CPU`);
    });
  }
});
