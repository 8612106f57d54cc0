import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Codec } from '../../host/fabric/codec.ts';
import { loadModule } from '../../host/fabric/module.ts';
import type { FabricEvent } from '../../host/fabric/records.ts';
import { Events, Kind } from '../board/fabricd.ts';
import { needs } from '../host/require.ts';
import { inProcess, scriptOf } from '../vectors/engines.ts';
import { STORIES } from '../vectors/stories.ts';
import { make } from './architectures.ts';
import { COMMANDS, SATO, WEB } from './story.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
/** From power on to power off it is a quarter of a minute where nothing else happens. */
const STUCK_MS = 240_000;

const { codes } = loadModule();
const codec = new Codec(codes);

const MACHINES = [
  {
    name: 'mipsel (malta)',
    debian: 'mipsel',
    kernel: 'linux-image-4kc-malta',
    triple: 'mipsel-linux-gnu',
    qemu: ['qemu-system-mipsel', '-M', 'malta', '-append', 'console=ttyS0 quiet panic=-1'],
  },
  {
    name: 's390x, big-endian',
    debian: 's390x',
    kernel: 'linux-image-s390x',
    triple: 's390x-linux-gnu',
    qemu: ['qemu-system-s390x', '-M', 's390-ccw-virtio', '-append', 'console=ttysclp0 quiet panic=-1'],
  },
] as const;
type Machine = (typeof MACHINES)[number];

/** The initial file system: the stories with what the module in this process says of them, daemon, commands, init. */
async function initramfs({ debian, kernel, triple }: Machine): Promise<{ kernel: string; initrd: string }> {
  const made = await make(triple);
  const base = join(ROOT, 'build/arch', `kernel-${debian}`);
  await run(join(ROOT, 'board/vm/kernel'), [debian, kernel, base, 'veth']);
  const root = join(ROOT, 'build/arch', `root-${debian}`);
  rmSync(root, { recursive: true, force: true });
  for (const directory of ['bin', 'lib', 'stories', 'etc'])
    mkdirSync(join(root, directory), { recursive: true });
  cpSync(join(import.meta.dirname, 'init'), join(root, 'init'));
  cpSync(join(base, 'modules'), join(root, 'modules'));
  for (const module of readdirSync(join(base, 'lib')))
    cpSync(join(base, 'lib', module), join(root, 'lib', module));
  cpSync(join(base, 'busybox'), join(root, 'bin/busybox'));
  cpSync(made.daemon, join(root, 'bin/ringback-fabricd'));
  cpSync(made.vectors, join(root, 'bin/fabric-vectors'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n');
  for (const [story, tell] of Object.entries(STORIES)) {
    const { steps } = tell();
    writeFileSync(join(root, 'stories', `${story}.script`), `${scriptOf(steps, codes, codec).join('\n')}\n`);
    writeFileSync(join(root, 'stories', `${story}.expected`), `${inProcess(steps).output.join('\n')}\n`);
  }
  writeFileSync(join(root, 'commands'), Buffer.concat(COMMANDS.map((command) => codec.encode(command))));
  const initrd = join(ROOT, 'build/arch', `${debian}.cpio`);
  await run('sh', ['-c', 'cd "$1" && find . | cpio --quiet -o -H newc -R 0:0 >"$2"', 'sh', root, initrd]);
  return { kernel: join(base, 'vmlinuz'), initrd };
}

/** What is said on the console from power on to power off, line by line. */
async function boot(machine: Machine): Promise<string[]> {
  const { kernel, initrd } = await initramfs(machine);
  const [program, ...options] = machine.qemu;
  const rest = ['-m', '256', '-no-reboot', '-nodefaults', '-display', 'none', '-serial', 'stdio'];
  const { stdout } = await run(program, [...options, '-kernel', kernel, '-initrd', initrd, ...rest], {
    timeout: STUCK_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 24,
  });
  return stdout.split(/\r?\n/);
}

/** The lines that begin so, without that. */
const those = (lines: readonly string[], begin: string): string[] =>
  lines.filter((line) => line.startsWith(`${begin}: `)).map((line) => line.slice(begin.length + 2));

for (const machine of MACHINES)
  describe(`on a kernel of ${machine.name}`, {
    skip: needs('cpio', 'flock', 'apt-get', 'modprobe', `${machine.triple}-gcc`, machine.qemu[0]),
  }, () => {
    it(`${machine.name}: its own kernel, ring and traffic: the stories, who was not answered, and a sign of life`, async () => {
      const lines = await boot(machine);
      const all = lines.join('\n');
      assert.equal(lines.filter((line) => line === 'off').length, 1, all);
      assert.deepEqual(those(lines, 'story').sort(), Object.keys(STORIES).sort(), all);
      assert.deepEqual(those(lines, 'confined'), ['2'], all);
      assert.deepEqual(those(lines, 'ended'), ['0'], all);
      assert.deepEqual(
        those(lines, 'words').filter((words) => words.includes('ring on')),
        [],
        'there is a ring',
      );

      const events = new Events();
      events.feed(Buffer.from(those(lines, 'record').join(''), 'hex'));
      const up = events.of(Kind.interface).filter(({ code }) => code === 1);
      assert.deepEqual(new Set(up.map(({ text }) => text)), new Set(['lan0', 'wan0']), all);
      const said: FabricEvent[] = events.all
        .filter(({ kind }) => kind < Kind.ready)
        .map(({ bytes }) => codec.decode(bytes));
      const waiting = said.find((event) => event.kind === 'waiting');
      assert.ok(waiting?.kind === 'waiting', all);
      assert.deepEqual(
        [waiting.cause, waiting.client, waiting.server],
        ['unanswered', SATO.address, WEB.address],
      );
      const sign = said.find((event) => event.kind === 'signal');
      assert.ok(sign?.kind === 'signal', all);
      assert.deepEqual([sign.sign, sign.server], ['announcement', WEB.address]);
    });
  });
