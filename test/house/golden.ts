/** Pages that are made of the program. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

/**
 * Throws where a page of `docs/` is not what is made now. GOLDEN=write takes what the program does now for right; look at the
 * difference before it is committed.
 */
export function assertPage(file: string, made: string): void {
  if (process.env.GOLDEN === 'write') writeFileSync(DOCS + file, made);
  const there = readFileSync(DOCS + file, 'utf8');
  if (there === made) return;
  const [old, own] = [there.split('\n'), made.split('\n')];
  // Whichever is the longer one: at the end of the other there is nothing.
  const at = [...(old.length > own.length ? old : own).keys()].find((line) => old[line] !== own[line]) ?? 0;
  assert.fail(`docs/${file}:${at + 1}, make golden:\n- ${old[at] ?? ''}\n+ ${own[at] ?? ''}`);
}
