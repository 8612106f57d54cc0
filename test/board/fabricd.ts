/** What the daemon's tests share: building it, a network namespace to run it in, its records. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadModule } from '../../host/fabric/module.ts';

const root = resolve(import.meta.dirname, '../..');
export const version: string = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
export const fabricModule = join(root, 'build/fabricd.wasm');
const { codes } = loadModule();
export const RECORD_BYTES = codes.number('RECORD_BYTES');

/** Paths of what was built around one module; `sanitized` is the same once more with sanitizers. */
interface Built {
  readonly daemon: string;
  readonly vectors: string;
  readonly filterCheck: string;
  readonly sendFrames: string;
  readonly noRing: string;
  readonly sanitized: { readonly daemon: string; readonly vectors: string };
}

/** Builds the daemon around the probe (test/board/probe.wat) or around the real module. */
export function build(module: 'probe' | 'fabric'): Built {
  const directory = join(root, 'build/test-board', module);
  mkdirSync(directory, { recursive: true });
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
  const make = ['make', '-s', '-C', join(root, 'board/fabricd'), 'all', 'tests', 'sanitize'];
  const wasm = module === 'probe' ? join(directory, 'probe.wasm') : fabricModule;
  const variables = [`WASM=${wasm}`, `OUT=${join(directory, 'ringback-fabricd')}`, `BUILD=${directory}`];
  // Test files run at the same time and share what is built.
  execFileSync('flock', [join(directory, '.lock'), ...make, ...variables], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    daemon: join(directory, 'ringback-fabricd'),
    vectors: join(directory, 'fabric-vectors'),
    filterCheck: join(directory, 'filter-check'),
    sendFrames: join(directory, 'send-frames'),
    noRing: join(directory, 'no-ring.so'),
    sanitized: {
      daemon: join(directory, 'sanitize/ringback-fabricd'),
      vectors: join(directory, 'sanitize/fabric-vectors'),
    },
  };
}

const isRoot = process.getuid?.() === 0;
const unshareFlags = isRoot ? ['-n'] : ['-Urn'];

/** Why no network namespace can be made here, or false: for a test's `skip`. */
export const noNamespace: string | false =
  spawnSync('unshare', [...unshareFlags, 'ip', 'link', 'add', 'a0', 'type', 'veth', 'peer', 'name', 'b0'])
    .status === 0
    ? false
    : 'needs root or unprivileged user namespaces, iproute2, and a kernel with veth';

/** A network namespace with pairs of interfaces, each connected back to back: lan0–far0, lan1–far1, … */
export class Bench {
  readonly #holder: ChildProcess;
  /** What a command is put behind to run in there. */
  readonly enter: readonly string[];
  readonly #daemons: Daemon[] = [];

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
    const user = isRoot ? [] : ['-U', '--preserve-credentials'];
    this.enter = ['-t', String(holder.pid), '-n', ...user];
  }

  static async open(pairs: number): Promise<Bench> {
    const holder = spawn('unshare', [...unshareFlags, 'sleep', 'infinity'], { stdio: 'ignore' });
    await until('the namespace', () => readFileSync(`/proc/${holder.pid}/comm`, 'utf8') === 'sleep\n');
    const bench = new Bench(holder);
    bench.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6');
    bench.run('ip', 'link', 'set', 'lo', 'up');
    for (let i = 0; i < pairs; i++) bench.addPair(i);
    return bench;
  }

  addPair(number: number): void {
    this.run('ip', 'link', 'add', `lan${number}`, 'type', 'veth', 'peer', 'name', `far${number}`);
    for (const name of [`lan${number}`, `far${number}`]) this.run('ip', 'link', 'set', name, 'up');
    this.untilRunning(`lan${number}`);
  }

  /** The kernel says a moment later, in its own time, that an interface runs. */
  untilRunning(name: string): void {
    while (!this.run('ip', '-o', 'link', 'show', name).includes(' state UP '));
  }

  run(...command: string[]): string {
    return execFileSync('nsenter', [...this.enter, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** Runs to its end and tells how it ended. */
  result(...command: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync('nsenter', [...this.enter, ...command], { encoding: 'utf8', input: '' });
  }

  send(built: Pick<Built, 'sendFrames'>, name: string | readonly string[], frames: readonly Buffer[]): void {
    const input = frames.map((frame) => `${frame.toString('hex')}\n`).join('');
    execFileSync('nsenter', [...this.enter, built.sendFrames, ...[name].flat()], { input });
  }

  start(command: readonly string[], env: NodeJS.ProcessEnv = {}): Daemon {
    // The leak check at exit wants to look into the process, which a process that changed its user does not let it.
    const all = { ...process.env, ASAN_OPTIONS: 'detect_leaks=0', ...env };
    const daemon = new Daemon(spawn('nsenter', [...this.enter, ...command], { env: all, stdio: 'pipe' }));
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Ends the daemons that are left, so that no test finds another's. */
  async clear(): Promise<void> {
    for (const daemon of this.#daemons) daemon.kill('SIGKILL');
    await Promise.all(this.#daemons.splice(0).map((daemon) => daemon.ended));
  }

  close(): void {
    this.#holder.kill('SIGKILL');
  }
}

/** Polls until `look` gives something (it may throw meanwhile); fails after a minute. */
export async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (const start = Date.now(); ; await wait(5)) {
    let found: T | undefined | false;
    let problem = '';
    try {
      found = look();
    } catch (error) {
      problem = `: ${error}`;
    }
    if (found) return found;
    if (Date.now() - start > 60_000) throw new Error(`waited in vain for ${what}${problem}`);
  }
}

/** One event record; what lies behind the first 16 bytes is up to its kind. */
export class Event {
  readonly bytes: Buffer;
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
  get kind(): number {
    return this.bytes.readUInt8(0);
  }
  get code(): number {
    return this.bytes.readUInt8(1);
  }
  get port(): number {
    return this.bytes.readUInt16LE(2);
  }
  get tries(): number {
    return this.bytes.readUInt16LE(6);
  }
  get nowUs(): bigint {
    return this.bytes.readBigUInt64LE(8);
  }
  get value(): number {
    return this.bytes.readUInt32LE(16);
  }
  /** Of what a command asked for: its number for the frame. */
  get ticket(): number {
    return this.bytes.readUInt16LE(4);
  }
  /** Of an interface: its Ethernet address, or nothing. */
  get hardware(): string {
    return this.bytes[62] === 0 ? '' : this.bytes.toString('hex', 56, 62).replaceAll(/(..)(?!$)/g, '$1:');
  }
  /** The text at 16. */
  get text(): string {
    return this.bytes.toString('utf8', 16, this.bytes.indexOf(0, 16));
  }
  /** Of an interface: frames taken, frames dropped by the kernel, events lost. */
  get counts(): readonly number[] {
    const [taken, dropped] = [32, 40].map((at) => Number(this.bytes.readBigUInt64LE(at)));
    return [taken ?? 0, dropped ?? 0, this.bytes.readUInt32LE(48)];
  }
  /** Of an interface: frames of conversations that were passed over. */
  get shed(): number {
    return this.bytes.readUInt32LE(52);
  }
  /** Of the probe: how much of the frame is looked at, and how long it was on the wire. */
  get captured(): number {
    return this.bytes.readUInt16LE(16);
  }
  get wireLength(): number {
    return this.bytes.readUInt16LE(18);
  }
  /** Of the probe: the first bytes of the frame. */
  get frame(): Buffer {
    return this.bytes.subarray(20, 20 + Math.min(44, this.captured));
  }
}

/** The probe's own, and the daemon's. */
export const Kind = {
  frame: 1,
  long: 2,
  ready: codes.number('Carrier.Ready'),
  interface: codes.number('Carrier.Interface'),
  refused: codes.number('Carrier.Refused'),
  sent: codes.number('Carrier.Sent'),
};

/** Cuts a stream into records. */
export class Events {
  readonly all: Event[] = [];
  #rest: Buffer = Buffer.alloc(0);

  readonly feed = (chunk: Buffer): void => {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (bytes.length % RECORD_BYTES);
    for (let at = 0; at < whole; at += RECORD_BYTES)
      this.all.push(new Event(bytes.subarray(at, at + RECORD_BYTES)));
    this.#rest = bytes.subarray(whole);
  };

  of(kind: number): Event[] {
    return this.all.filter((event) => event.kind === kind);
  }

  async expect(what: string, test: (event: Event) => boolean): Promise<Event> {
    return until(what, () => this.all.find(test));
  }
}

/** A command of the probe: kind and the number at 8. */
export function command(kind: number, value = 0): Buffer {
  const record = Buffer.alloc(RECORD_BYTES);
  record[0] = kind;
  record.writeUInt32LE(value, 8);
  return record;
}

export class Daemon {
  readonly events = new Events();
  readonly child: ReturnType<typeof spawn>;
  stderr = '';
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(child: ReturnType<typeof spawn>) {
    this.child = child;
    child.stdout?.on('data', this.events.feed);
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    child.stdin?.on('error', () => {});
    this.ended = new Promise((done) => child.on('close', (code, signal) => done(code ?? signal)));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** A line of /proc/PID/status. */
  status(name: string): string {
    const line = readFileSync(`/proc/${this.pid}/status`, 'utf8').match(
      new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'm'),
    );
    return line?.[1] ?? '';
  }

  /** User and system time used so far, in ticks of 10 ms. */
  get cpuTicks(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  }

  descriptor(number: number): string {
    return readlinkSync(`/proc/${this.pid}/fd/${number}`);
  }

  async ready(): Promise<Event> {
    return this.events.expect('Ready', (event) => event.kind === Kind.ready);
  }

  /** The newest word on an interface, once it says `up`. */
  async interface(name: string, up: boolean): Promise<Event> {
    return until(`${name} ${up ? 'up' : 'down'}`, () => {
      const last = this.events.of(Kind.interface).findLast((event) => event.text === name);
      return last?.code === Number(up) ? last : undefined;
    });
  }

  write(...records: readonly Uint8Array[]): void {
    for (const record of records) this.child.stdin?.write(record);
  }

  /** Ends the way a host leaves; gives the exit status. */
  async leave(): Promise<number | NodeJS.Signals | null> {
    this.child.stdin?.end();
    return this.ended;
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.child.kill(signal);
  }
}
