/**
 * Every scenario that is shipped, and does not take long, is played twice: all promises and expectations are kept, both are the same
 * world to the last byte of each frame, and it is the world that it was when the golden file was written, whatever version of Node plays it.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { judge } from '../../host/emulator/judge.ts';
import { loadScenario, shippedScenarios } from '../../host/emulator/scenario/load.ts';
import type { RunVerdict } from '../../host/emulator/truth/verdict.ts';
import { makeWorld } from '../../host/emulator/world/world.ts';
import { machineTime } from '../../host/time.ts';
import { Digest } from './digest.ts';
import { LARGE } from './large.ts';

const GOLDEN = fileURLToPath(new URL('./shipped.golden.json', import.meta.url));
const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Record<string, string>;
const isWriting = process.env.GOLDEN === 'write';

async function run(name: string): Promise<{ readonly digest: Digest; readonly verdict: RunVerdict }> {
  let digest: Digest | null = null;
  const { verdict } = await judge(loadScenario(name), {
    time: machineTime,
    make: makeWorld,
    watchers: ({ calendar }) => {
      digest = new Digest({ nowUs: () => calendar.nowUs, frames: true });
      return [{ witness: digest }];
    },
  });
  assert.ok(digest !== null);
  return { digest, verdict };
}

/** What is wrong, in sentences. */
function problems({ promises, expectations }: RunVerdict): string[] {
  return [
    ...promises.flatMap(({ breaches }) => breaches.map(({ sentence }) => sentence)),
    ...expectations.filter(({ holds }) => !holds).map(({ sentence }) => sentence),
  ];
}

describe('A scenario that is shipped', () => {
  for (const name of shippedScenarios().filter((one) => !LARGE.includes(one))) {
    it(`comes out as it says, and alike each time: ${name}`, async () => {
      const [first, second] = [await run(name), await run(name)];
      assert.deepEqual(problems(first.verdict), []);
      assert.ok(first.verdict.holds);
      const at = first.digest.checkpoints.findIndex(
        ({ hash }, index) => hash !== second.digest.checkpoints[index]?.hash,
      );
      const differsUs = at < 0 ? null : first.digest.checkpoints[at]?.us;
      assert.deepEqual([differsUs, second.digest.hash], [null, first.digest.hash]);
      if (isWriting) golden[name] = first.digest.hash;
      assert.equal(first.digest.hash, golden[name], 'make golden, if it is another world on purpose');
    });
  }

  after(() => {
    const sorted = Object.fromEntries(Object.entries(golden).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (isWriting) writeFileSync(GOLDEN, `${JSON.stringify(sorted, null, 2)}\n`);
  });
});
