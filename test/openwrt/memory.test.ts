/** What the program takes of a router's memory while nothing happens: the bundle of the package, started for real. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { noNamespace } from '../board/fabricd.ts';
import { root } from './packing.ts';

/** 30 MB. */
const MAX_ANONYMOUS_KIB = 30_000_000 / 1024;

describe('The program on a router', { skip: noNamespace }, () => {
  const place = mkdtempSync(join(tmpdir(), 'ringback-memory-'));
  let program: ChildProcess | undefined;
  after(async () => {
    if (program?.exitCode === null && program.kill('SIGTERM')) await once(program, 'exit');
    rmSync(place, { recursive: true });
  });

  it('takes little memory of its own while nothing happens', async (test) => {
    const file = join(place, 'ringback.json');
    const configuration = {
      fabric: { interfaces: ['lan0'], daemon: [join(root, 'dist/ringback-fabricd')] },
      detect: { watch: ['172.27.178.0/24'] },
      recover: { traps: false },
      smtp: { host: '172.27.179.25', from: 'ringback@router.example' },
      state: join(place, 'state'),
      control: join(place, 'ringback.sock'),
    };
    writeFileSync(file, JSON.stringify(configuration));
    const commands = 'ip link add lan0 type veth peer name far && ip link set lan0 up && ip link set far up';
    const bundle = join(root, 'build/feed/ringback.mjs');
    const [, flag = ''] = /^#!\S+ (--\S+)$/m.exec(readFileSync(bundle, 'utf8')) ?? [];
    const words = [
      'sh',
      '-c',
      `${commands} && exec "$@"`,
      'sh',
      process.execPath,
      flag,
      bundle,
      'run',
      '-c',
      file,
    ];
    const flags = process.getuid?.() === 0 ? ['-n'] : ['-Urn'];
    program = spawn('unshare', [...flags, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
    const { stdout, pid } = program;
    assert.ok(stdout !== null);
    let isReady = false;
    for await (const line of createInterface(stdout)) {
      isReady = line.includes('"event":"ready"');
      if (isReady) break;
    }
    assert.ok(isReady, 'it is ready');
    const anonymous = (): number =>
      Number(/^Anonymous: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
    // Node gives back some time after its start what that took.
    for (let looks = 0; looks < 60 && anonymous() > MAX_ANONYMOUS_KIB; looks++) await wait(500);
    const kib = anonymous();
    test.diagnostic(`the program, idle: ${kib} KiB anonymous`);
    assert.ok(kib > 0 && kib <= MAX_ANONYMOUS_KIB, `${kib} KiB`);
  });
});
