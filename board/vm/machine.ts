/** A machine that boots as the lab's router: its own kernel, two network cards on the lab's switches, a console, a log. */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';

import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Lab } from '../lab/lab.ts';
import { LogLines } from '../lab/log-lines.ts';

const IMAGES = fileURLToPath(new URL('../../build/vm', import.meta.url));
const QEMU = 'qemu-system-x86_64';
const MEMORY_MIB = 512;
/** A kernel that runs on the processor itself is through long before. */
const KVM_MS = 5_000;
/** Emulated, on a machine that is busy with others. */
const BOOT_MS = 180_000;
/** For the program on it to be ready, among many services that start first. */
export const READY_MS = 300_000;
const TYPED_ANEW_MS = 5_000;

/** What it starts from: `router` and `openwrt` have Node, `daemon` has none (board/vm/image). */
export type MachineKind = 'router' | 'openwrt' | 'daemon';
/** Files by their path on the machine, beside those of its image. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

const BASE = ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', String(MEMORY_MIB)];
const KERNEL = ['-kernel', `${IMAGES}/kernel/vmlinuz`];

let processor: Promise<readonly string[]> | undefined;

/**
 * The processor itself if that works here: a kernel without a root must end by itself within seconds. Otherwise an emulated one, with all
 * that it can be: the usual one lacks instructions that WebAssembly needs.
 */
async function findProcessor(): Promise<readonly string[]> {
  const own = ['-accel', 'kvm', '-cpu', 'host'];
  const trial = [...BASE, ...KERNEL, ...own, '-append', 'panic=-1', '-serial', 'none'];
  const works =
    existsSync('/dev/kvm') &&
    (await promisify(execFile)(QEMU, trial, { timeout: KVM_MS, killSignal: 'SIGKILL' }).then(
      () => true,
      () => false,
    ));
  return works ? own : ['-accel', 'tcg', '-cpu', 'max', '-smp', '2'];
}

export class Machine {
  readonly log: LogLines;
  /** Where its console can be reached, a Unix socket, and what was said there. */
  readonly console: string;
  readonly #process: ChildProcess;
  #socket: Socket | undefined;
  #said = '';
  #asked = 0;

  private constructor(lab: Lab, child: ChildProcess, console: string) {
    this.console = console;
    this.#process = child;
    this.log = new LogLines(child, `${lab.directory}/ringback.log`);
    lab.reports.push(() => `the machine's log:\n${this.log.report()}\nits console:\n${this.#said}`);
  }

  /** In the place of the lab's router, from power on until it takes commands. */
  static async start(lab: Lab, kind: MachineKind, files: Files = {}): Promise<Machine> {
    processor ??= findProcessor();
    const on = `${lab.prefix}switch`;
    for (const segment of ['lan', 'wan']) {
      const port = `router-${segment}`;
      await ip('-n', on, 'link', 'delete', port);
      await ip('-n', on, 'tuntap', 'add', port, 'mode', 'tap');
      await ip('-n', on, 'link', 'set', port, 'master', segment, 'up');
    }
    const console = `${lab.directory}/console.sock`;
    const card = (name: string, number: number): string[] => [
      ...['-netdev', `tap,id=${name},ifname=router-${name},script=no,downscript=no`],
      ...['-device', `virtio-net-pci,netdev=${name},mac=02:00:5e:00:53:0${number}`],
    ];
    const child = lab.spawn('switch', [
      ...[QEMU, ...BASE, ...(await processor), ...KERNEL],
      ...[
        '-initrd',
        await initramfs(lab, files),
        '-append',
        'console=ttyS0 quiet panic=-1 random.trust_cpu=on',
      ],
      ...['-drive', `if=none,id=disk,file=${IMAGES}/${kind}.ext4,format=raw,snapshot=on`],
      ...['-device', 'virtio-blk-pci,drive=disk', '-device', 'virtio-rng-pci'],
      ...card('lan', 1),
      ...card('wan', 2),
      ...['-chardev', `socket,id=console,path=${console},server=on,wait=off`, '-serial', 'chardev:console'],
      // Its second serial port is this process's to read.
      ...['-chardev', 'stdio,id=log,signal=off', '-serial', 'chardev:log'],
    ]);
    const machine = new Machine(lab, child, console);
    await machine.#connect();
    await machine.#takesCommands();
    return machine;
  }

  /** Runs a line on its console's shell and gives what it says; one at a time. */
  async run(line: string, timeoutMs = 60_000): Promise<string> {
    const socket = this.#socket;
    if (socket === undefined) throw new Error('the machine is off');
    this.#asked += 1;
    const mark = `done ${this.#asked}`;
    const from = this.#said.length;
    // What is typed is echoed, too: there the mark is in two pieces.
    socket.write(`\n${line}; echo "do""ne ${this.#asked}"\n`);
    const end = await this.#until(() => this.#said.indexOf(`${mark}\r\n`, from), timeoutMs, line);
    return this.#said.slice(from, end).replaceAll('\r', '');
  }

  /** So that somebody else may have it: it is one terminal. */
  leaveConsole(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** Off, as its power button does it, or pulled out if that takes too long. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    if (this.#socket === undefined) await this.#connect();
    this.#socket?.write('\npoweroff\n');
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 20_000);
    await this.log.ended;
    clearTimeout(late);
  }

  /** What is typed while it boots may be lost, or be for somebody else. */
  async #takesCommands(): Promise<void> {
    const timeout = AbortSignal.timeout(BOOT_MS);
    for (;;) {
      try {
        await this.run('true', TYPED_ANEW_MS);
        return;
      } catch (error) {
        if (timeout.aborted || this.#process.exitCode !== null) throw error;
      }
    }
  }

  async #connect(): Promise<void> {
    await this.#until(() => (existsSync(this.console) ? 0 : -1), 10_000, 'its console');
    const socket = connect(this.console);
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
  }

  async #until(find: () => number, timeoutMs: number, what: string): Promise<number> {
    const timeout = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = find();
      if (found >= 0) return found;
      if (timeout.aborted || this.#process.exitCode !== null) {
        throw new Error(`the machine did not come to: ${what}\n${this.#said}\n${this.log.report()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function ip(...argv: readonly string[]): Promise<unknown> {
  return promisify(execFile)('ip', argv);
}

/** That of the images, with these files behind it: an archive may follow another. */
async function initramfs(lab: Lab, files: Files): Promise<string> {
  const tree = join(lab.directory, 'machine');
  mkdirSync(tree, { recursive: true });
  for (const [path, contents] of Object.entries(files)) {
    const file = join(tree, 'over', path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, contents, { mode: 0o600 });
  }
  const made = join(lab.directory, 'initramfs');
  const pack = 'cd "$1" && { cat "$2"; find . | cpio --quiet -o -H newc -R 0:0; } >"$3"';
  await promisify(execFile)('sh', ['-c', pack, 'sh', tree, `${IMAGES}/initramfs`, made]);
  return made;
}

/** Whether there are images to start from. */
export const hasImages = (kind: MachineKind): boolean => existsSync(`${IMAGES}/${kind}.ext4`);
