import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { page } from './mail-replies.ts';

const FILE = fileURLToPath(new URL('../../docs/mail-replies.md', import.meta.url));

it('the page of mail replies says what the program does', () => {
  const told = page();
  // GOLDEN=write takes what the program does now for right; look at the difference before it is committed.
  if (process.env.GOLDEN === 'write') writeFileSync(FILE, told);
  assert.equal(readFileSync(FILE, 'utf8'), told);
});
