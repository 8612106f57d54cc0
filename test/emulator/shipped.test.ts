/**
 * Every scenario that is shipped, and does not take long, is played twice: all promises and expectations are kept, both are the same
 * world to the last byte of each frame, and it is the world that it was when the golden file was written, whatever version of Node plays it.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { shippedScenarios } from '../../host/emulator/scenario/load.ts';
import { LARGE } from './large.ts';
import { playTwice } from './twice.ts';

const GOLDEN = fileURLToPath(new URL('./shipped.golden.json', import.meta.url));
const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Record<string, string>;
const isWriting = process.env.GOLDEN === 'write';

describe('A scenario that is shipped', () => {
  for (const name of shippedScenarios().filter((one) => !LARGE.includes(one))) {
    it(`comes out as it says, and alike each time: ${name}`, async () => {
      const { hash } = await playTwice(name, 'all');
      if (isWriting) golden[name] = hash;
      assert.equal(hash, golden[name], 'make golden, if it is another world on purpose');
    });
  }

  after(() => {
    const sorted = Object.fromEntries(Object.entries(golden).sort(([a], [b]) => (a < b ? -1 : 1)));
    if (isWriting) writeFileSync(GOLDEN, `${JSON.stringify(sorted, null, 2)}\n`);
  });
});
