/** Disks that fail. Only inside the lab, whose mounts are its own. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { systemCodeOf } from '../../host/errors.ts';
import { needsRoot } from './root.ts';

/** SQLite's write-ahead log alone may take four. */
const MEBIBYTES = 12;

let disks = 0;

function run(command: string, ...argv: readonly string[]): string {
  return execFileSync(command, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

export class Disk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string | null;

  /** One in memory; in an image file there is one that the kernel may give up. */
  constructor({ image = false } = {}) {
    disks += 1;
    this.path = `/run/lab/${process.pid}-disk-${disks}`;
    this.#image = image ? `${this.path}.img` : null;
    mkdirSync(this.path);
    if (this.#image === null) {
      run('mount', '-t', 'tmpfs', '-o', `size=${MEBIBYTES}m`, 'disk', this.path);
    } else {
      run('truncate', '-s', `${MEBIBYTES}M`, this.#image);
      run('mkfs.ext4', '-q', this.#image);
      this.#mountImage(this.#image);
    }
  }

  /** For a test's `skip`: why there are no disks from image files here. */
  static get noImages(): string | false {
    return needsRoot('loop devices, which belong to the machine', 'mkfs.ext4', 'losetup');
  }

  /** To the last byte. */
  fill(): void {
    const file = openSync(`${this.path}/filler`, 'a');
    for (const size of [65_536, 4096, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if (systemCodeOf(error) !== 'ENOSPC') throw error;
      }
    }
    closeSync(file);
  }

  /** There is room again. */
  empty(): void {
    rmSync(`${this.path}/filler`);
  }

  /** While nobody has a file on it open for writing. `process` is one that has mounts of its own. */
  setReadOnly(readOnly: boolean, process?: number): void {
    const remount = ['mount', '-o', `remount,${readOnly ? 'ro' : 'rw'}`, this.path];
    run('env', ...remount);
    if (process !== undefined) run('nsenter', '--mount', '--target', String(process), ...remount);
  }

  /** The kernel finds an error on it and makes it read-only, whoever writes. */
  break(): void {
    const device = run('findmnt', '-n', '-o', 'SOURCE', this.path).trim().replace('/dev/', '');
    writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, 'test');
  }

  /** Somebody has made it whole: the same content in the same place. */
  repair(): void {
    const copy = `${this.#image}.repaired`;
    run('cp', String(this.#image), copy);
    run('umount', '--lazy', this.path);
    this.#mountImage(copy);
  }

  remove(): void {
    run('umount', '--lazy', this.path);
  }

  #mountImage(image: string): void {
    run('mount', '-o', 'loop,errors=remount-ro', image, this.path);
  }
}
