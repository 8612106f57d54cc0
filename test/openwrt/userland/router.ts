/**
 * A router's own userland, unpacked, in namespaces of its own: ubusd, procd, logd, and what they start. OPENWRT_ROOT names the
 * directory, a root file system of OpenWrt for x86-64 (or one with this machine's C library); it is copied, and stays as it is.
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { UCI_SAMPLE } from '../../uci-sample.ts';

const SOURCES = resolve(import.meta.dirname, '../../..');
const FILES = join(SOURCES, 'board/openwrt/ringback/files');
/** make hands on an empty one where none is given. */
const { OPENWRT_ROOT = '' } = process.env;

/** Why there is none here, or false: for a test's `skip`. */
export const noUserland: string | false =
  OPENWRT_ROOT === ''
    ? 'OPENWRT_ROOT names no unpacked root of OpenWrt'
    : process.getuid?.() === 0
      ? false
      : 'needs root';

/** A configuration with which the router's role starts; the options of some sections may be others. */
export const CONFIGURATION = `${UCI_SAMPLE}
config recover 'recover'
	option traps '0'
`;

const NETWORK = `
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	list ipaddr '127.0.0.1/8'

config interface 'lan'
	option device 'eth0'
	option proto 'static'
	list ipaddr '172.27.179.1/24'

config interface 'wan'
	option device 'eth1'
	option proto 'static'
	list ipaddr '172.27.178.1/24'
`;

/** What runs in it from the beginning. The first process reaps what others leave, and ends with the test. */
const BEGINNING = `
set -e
root=$1 node=$2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 dev "$root/dev"
for device in null zero random urandom tty full; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s null "$root/dev/kmsg"
# What the kernel says is about other networks, too.
mount --bind /dev/null "$root/proc/kmsg"
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p "$root/tmp/run/ubus" "$root/tmp/lock" "$root/tmp/log" "$root/tmp/state" "$root/tmp/.uci"
touch "$root/usr/bin/node"
mount --bind "$node" "$root/usr/bin/node"
ip link set lo up
for pair in eth0:far0 eth1:far1; do
	ip link add "\${pair%:*}" type veth peer name "\${pair#*:}"
	ip link set "\${pair#*:}" up
done
exec chroot "$root" /bin/sh -c '
	ubusd &
	while [ ! -S /var/run/ubus/ubus.sock ]; do :; done
	procd &
	ubus -t 30 wait_for service
	/etc/init.d/log start
	/etc/init.d/network start
	/etc/init.d/rpcd start
	ubus -t 30 wait_for session network.interface
	reload_config
	echo begun
	while :; do sleep 1000 & wait; done
'
`;

interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Router {
  readonly root: string;
  readonly #process: ChildProcess;

  private constructor(root: string, process: ChildProcess) {
    this.root = root;
    this.#process = process;
  }

  /** With the program on it, as its package leaves it, and this configuration; nothing of it has been started. */
  static async begin(test: TestContext, configuration = CONFIGURATION): Promise<Router> {
    const root = mkdtempSync(join(tmpdir(), 'ringback-userland-'));
    execFileSync('cp', ['-a', `${OPENWRT_ROOT}/.`, root]);
    install(root);
    writeFileSync(join(root, 'etc/config/network'), NETWORK);
    writeFileSync(join(root, 'etc/config/ringback'), configuration, { mode: 0o600 });
    const process_ = spawn(
      'setpriv',
      [
        // A test that is killed ends it, too.
        ...['--pdeathsig', 'KILL', 'unshare'],
        '-m',
        '-p',
        '-n',
        '-u',
        '-i',
        '-f',
        '--kill-child',
        'sh',
        '-c',
        BEGINNING,
        'sh',
        root,
        process.execPath,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const router = new Router(root, process_);
    test.after(() => router.#end());
    await router.#begun();
    return router;
  }

  async #begun(): Promise<void> {
    for await (const chunk of this.#process.stdout ?? []) if (String(chunk).includes('begun')) return;
    throw new Error('the userland has not begun');
  }

  async #end(): Promise<void> {
    const ended = new Promise((done) => this.#process.once('close', done));
    this.#process.kill('SIGKILL');
    await ended;
    rmSync(this.root, { recursive: true, force: true });
  }

  /** The first process there, as this machine numbers it. */
  get #first(): string {
    return childOf(this.#process);
  }

  /** A command as root's, on the router. */
  run(...argv: readonly string[]): Answer {
    const enter = ['-t', this.#first, '-m', '-p', '-n', '-u', '-i', '-r', '-w'];
    const { status, stdout, stderr } = spawnSync('nsenter', [...enter, ...argv], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
    });
    return { status, stdout, stderr };
  }

  sh(script: string): Answer {
    return this.run('/bin/sh', '-c', script);
  }

  /** What a command prints; it has to end with 0. */
  said(...argv: readonly string[]): string {
    const { status, stdout, stderr } = this.run(...argv);
    if (status !== 0) throw new Error(`${argv.join(' ')}: status ${status}: ${stdout}${stderr}`);
    return stdout;
  }

  init(script: string, action: string): Answer {
    return this.run(`/etc/init.d/${script}`, action);
  }

  uci(...lines: readonly string[]): void {
    for (const line of lines) this.said('uci', ...line.split(/ (?=ringback\.)/));
    this.said('uci', 'commit', 'ringback');
  }

  call(object: string, method: string, message: object = {}): unknown {
    return JSON.parse(this.said('ubus', 'call', object, method, JSON.stringify(message)) || '{}');
  }

  /** The running instances of a service, each with the number of its process. */
  pids(service: string): Record<string, number> {
    const services = this.call('service', 'list', { name: service }) as Record<
      string,
      { instances?: Record<string, { running: boolean; pid?: number }> }
    >;
    const instances = Object.entries(services[service]?.instances ?? {});
    return Object.fromEntries(
      instances.flatMap(([name, { running, pid = 0 }]) => (running ? [[name, pid]] : [])),
    );
  }

  log(): string {
    return this.run('logread').stdout;
  }

  /**
   * A machine at the other end of `lan` or `wan`, with this address, and the router as its way to everywhere; ended with the
   * test. Returns what runs a command on it.
   */
  async machine(
    test: TestContext,
    side: 'lan' | 'wan',
    address: string,
  ): Promise<(...argv: string[]) => Answer> {
    const device = side === 'lan' ? 'far0' : 'far1';
    // What it leaves running ends with its first process.
    const holder = spawn('unshare', ['-n', '-p', '-f', '--kill-child', 'sleep', 'infinity'], {
      stdio: 'ignore',
    });
    test.after(() => holder.kill('SIGKILL'));
    let pid = '';
    while (pid === '' || readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'sleep\n') {
      await wait(5);
      pid = childOf(holder);
    }
    execFileSync('nsenter', ['-t', this.#first, '-n', 'ip', 'link', 'set', device, 'netns', pid]);
    const run = (...argv: string[]): Answer => {
      const options = { encoding: 'utf8', timeout: 60_000 } as const;
      const { status, stdout, stderr } = spawnSync('nsenter', ['-t', pid, '-n', '-p', ...argv], options);
      return { status, stdout, stderr };
    };
    run('ip', 'link', 'set', 'lo', 'up');
    run('ip', 'address', 'add', `${address}/24`, 'dev', device);
    run('ip', 'link', 'set', device, 'up');
    run('ip', 'route', 'add', 'default', 'via', address.replace(/\.\d+$/, '.1'));
    return run;
  }

  async until(what: string, look: () => boolean): Promise<void> {
    for (let tries = 0; tries < 300; tries++) {
      if (look()) return;
      await wait(200);
    }
    throw new Error(`never: ${what}\n${this.log()}`);
  }

  ready(role = 'router'): Promise<void> {
    return this.until(`${role} is ready`, () => {
      const status = this.call('ringback', 'status', { role }) as { since?: string };
      return status.since !== undefined;
    });
  }
}

/** Its first child; empty: there is none yet. */
function childOf({ pid }: ChildProcess): string {
  const [child = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return child;
}

/** As the packages do. */
function install(root: string): void {
  const program = join(root, 'usr/lib/ringback');
  mkdirSync(program, { recursive: true });
  for (const name of ['ringback.mjs', 'fabric.wasm', 'node-sqlite3-wasm.wasm', 'ringback-launcher.node'])
    cpSync(join(SOURCES, 'dist', name), join(program, name));
  execFileSync('ln', ['-sf', '../lib/ringback/ringback.mjs', join(root, 'usr/bin/ringback')]);
  cpSync(join(SOURCES, 'dist/ringback-fabricd'), join(root, 'usr/sbin/ringback-fabricd'));
  execFileSync('cp', ['-a', `${FILES}/.`, root]);
  if (existsSync(join(root, 'etc/passwd'))) {
    const add = (file: string, line: string): void => writeFileSync(join(root, file), line, { flag: 'a' });
    add('etc/passwd', 'ringback:x:32768:32768:ringback:/var/run/ringback:/bin/false\n');
    add('etc/group', 'ringback:x:32768:\n');
    // Of a root with this machine's C library, ujail takes this one along.
    add('etc/nsswitch.conf', '');
  }
}
