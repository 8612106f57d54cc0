/** The machines that the daemon is made for, the commands by which this one does so and is one of them. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../..');

interface Architecture {
  /** As OpenWrt's packages begin, but for their processor. */
  readonly name: string;
  /** What Debian's cross compiler is called by. */
  readonly triple: string;
  /** qemu-NAME is such a processor with this machine's kernel. */
  readonly qemu: string;
}

export const ARCHITECTURES: readonly Architecture[] = [
  { name: 'x86_64', triple: 'x86_64-linux-gnu', qemu: 'x86_64' },
  { name: 'aarch64', triple: 'aarch64-linux-gnu', qemu: 'aarch64' },
  { name: 'armhf', triple: 'arm-linux-gnueabihf', qemu: 'arm' },
  { name: 'mipsel', triple: 'mipsel-linux-gnu', qemu: 'mipsel' },
  { name: 'mips, big-endian', triple: 'mips-linux-gnu', qemu: 'mips' },
  { name: 'riscv64', triple: 'riscv64-linux-gnu', qemu: 'riscv64' },
  { name: 'powerpc, big-endian', triple: 'powerpc-linux-gnu', qemu: 'ppc' },
  { name: 's390x, big-endian', triple: 's390x-linux-gnu', qemu: 's390x' },
];

export interface Made {
  readonly daemon: string;
  readonly vectors: string;
  readonly sendFrames: string;
}

/** The daemon and what its tests need, static, for the machine that the compiler makes it for. */
export async function make(triple: string, flags: readonly string[] = []): Promise<Made> {
  const directory = join(ROOT, 'build/arch', triple);
  mkdirSync(directory, { recursive: true });
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
  const made = {
    daemon: join(directory, 'ringback-fabricd'),
    vectors: join(directory, 'fabric-vectors'),
    sendFrames: join(directory, 'send-frames'),
  };
  const where = [`WASM=${ROOT}/build/fabricd.wasm`, `OUT=${made.daemon}`, `BUILD=${directory}`];
  const command = ['make', '-s', '-C', join(ROOT, 'board/fabricd'), `CC=${triple}-gcc`, 'LDFLAGS=-static'];
  // Test files run at the same time and share what is made.
  const lock = join(directory, '.lock');
  await promisify(execFile)('flock', [lock, ...command, ...where, ...flags, ...Object.values(made)], { env });
  return made;
}
