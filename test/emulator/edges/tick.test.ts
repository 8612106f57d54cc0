/** What a world does as often as the daemon does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');

it("A world's fabric looks at its clock as often as the daemon", () => {
  const [, daemon] = /^#define TICK_US (\d+)u$/m.exec(read('board/fabricd/main.c')) ?? [];
  const [, world] = /^const TICK_US = ([\d_]+);$/m.exec(read('host/emulator/edges/fabric.ts')) ?? [];
  assert.ok(daemon !== undefined);
  assert.equal(world?.replaceAll('_', ''), daemon);
});
