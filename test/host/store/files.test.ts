import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { makeDirectory } from '../../../host/store/files.ts';

describe('A directory that is made', () => {
  it('is its owner’s alone, and those above it can be passed', () => {
    const place = mkdtempSync(join(tmpdir(), 'ringback-'));
    const before = process.umask(0o022);
    try {
      makeDirectory(join(place, 'above', 'state'));
      const modes = ['above', 'above/state'].map((name) => statSync(join(place, name)).mode & 0o777);
      assert.deepEqual(modes, [0o755, 0o700]);
    } finally {
      process.umask(before);
      rmSync(place, { recursive: true });
    }
  });
});
