import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { besideProgram } from '../../host/beside-program.ts';

const path = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

describe('What belongs to the program', () => {
  it('is where `make` puts it, for the sources', () => {
    assert.equal(besideProgram('fabric.wasm'), path('dist/fabric.wasm'));
  });

  it('is beside the bundle, and nowhere else: not even in the folder of that name', async (context) => {
    const directory = mkdtempSync(join(tmpdir(), 'ringback-beside-'));
    context.after(() => rmSync(directory, { recursive: true }));
    const entry = join(directory, 'entry.ts');
    writeFileSync(
      entry,
      `import { besideProgram } from '${path('host/beside-program.ts')}';\nconsole.log(besideProgram('x'));\n`,
    );
    const bundle = join(directory, 'lib/ringback.mjs');
    await build({ entryPoints: [entry], outfile: bundle, bundle: true, platform: 'node', format: 'esm' });
    const { stdout } = spawnSync(process.execPath, [bundle], { encoding: 'utf8' });
    assert.equal(resolve(stdout.trim()), join(directory, 'lib/x'));
  });
});
