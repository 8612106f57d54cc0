/**
 * iproute2, kept running: `ip -batch -` reads commands from a pipe and carries each out within a fraction of a millisecond,
 * where a process of its own for each would take ten. No shell is involved.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { messageOf, RingbackError, systemCodeOf } from '../../errors.ts';
import type { Time, Timer } from '../../time.ts';

/** Nothing that the kernel does to an interface takes so long, unless its driver hangs. */
const LIMIT_MS = 5000;
const MAX_BYTES = 1 << 26;

/** One line for `ip -batch`. */
export interface IpCommand {
  readonly line: string;
  /** It may fail without harm: what it wants may be so already. */
  readonly optional?: true;
}

interface Run {
  readonly commands: readonly IpCommand[];
  readonly about: string;
  readonly resolve: (shown: string) => void;
  readonly reject: (error: Error) => void;
}

export class IpBatch {
  #child: ChildProcess | null = null;
  readonly #waiting: Run[] = [];
  #current: Run | null = null;
  #timer: Timer | null = null;
  /** Lines that the child has been given. */
  #lines = 0;
  #firstLine = 0;
  #output = '';
  #errors = '';
  #closed = false;
  readonly #time: Time;
  readonly #options: readonly string[];

  /** `options` for all commands: in a batch none of them can have its own. */
  constructor(time: Time, options: readonly string[] = []) {
    this.#time = time;
    this.#options = options;
  }

  /** Starts it, so that the first command does not wait for that. */
  start(): void {
    this.#spawn();
  }

  /**
   * Carries out the commands in order, each whatever became of those before, and then says what `ip link show dev ABOUT`
   * says (lo if it is not there). Rejects with the first failure of a command that is not optional.
   */
  run(commands: readonly IpCommand[], about = 'lo'): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commands, about, resolve, reject });
      this.#next();
    });
  }

  close(): void {
    this.#closed = true;
    this.#child?.stdin?.end();
  }

  #spawn(): ChildProcess {
    const argv = [...this.#options, '-oneline', '-force', '-batch', '-'];
    const child = spawn('ip', argv, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.#lines = 0;
    child.stdin?.on('error', () => {});
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      // What it wrote to the other pipe before arrives in the same turn.
      if (this.#output.endsWith('\n')) void this.#time.settled().then(() => this.#finish(child));
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    child.on('error', (error) => {
      const missing = systemCodeOf(error) === 'ENOENT';
      this.#lost(
        child,
        missing ? 'there is no program ip; install iproute2 (OpenWrt: ip-full)' : messageOf(error),
      );
    });
    child.on('close', () => this.#lost(child, `ip ended: ${this.#errors.trim()}`));
    return child;
  }

  #next(): void {
    if (this.#current !== null) return;
    const run = this.#waiting.shift();
    if (run === undefined) return;
    const child = this.#child ?? this.#spawn();
    this.#current = run;
    this.#output = '';
    this.#errors = '';
    this.#firstLine = this.#lines + 1;
    const lines = [...run.commands.map(({ line }) => line), `link show dev ${run.about}`];
    if (run.about !== 'lo') lines.push('link show dev lo');
    this.#lines += lines.length;
    this.#timer = this.#time.after(LIMIT_MS, () => {
      child.kill('SIGKILL');
      this.#lost(child, `no answer from the kernel within ${LIMIT_MS / 1000} s`);
    });
    child.stdin?.write(`${lines.join('\n')}\n`);
  }

  #finish(child: ChildProcess): void {
    const run = this.#current;
    // The line about lo is the last one.
    if (run === null || child !== this.#child || !/^\d+: lo: .*\n$/m.test(this.#output)) return;
    this.#end();
    const failure = this.#failureOf(run);
    if (failure === null)
      run.resolve(run.about === 'lo' ? this.#output : (this.#output.split('\n')[0] ?? ''));
    else run.reject(new Error(failure));
    this.#next();
  }

  /** `ip` ends each complaint with `Command failed -:LINE`. */
  #failureOf({ commands }: Run): string | null {
    let words: string[] = [];
    for (const line of this.#errors.split('\n')) {
      const number = /^Command failed -:(\d+)$/.exec(line)?.[1];
      if (number === undefined) {
        words.push(line.trim());
        continue;
      }
      const command = commands[Number(number) - this.#firstLine];
      if (command !== undefined && command.optional !== true) {
        return `ip ${command.line}: ${words.filter((word) => word !== '').join(' ')}`;
      }
      words = [];
    }
    return null;
  }

  #end(): void {
    this.#current = null;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #lost(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = null;
    const run = this.#current;
    this.#end();
    if (run !== null) run.reject(new Error(reason));
    if (!this.#closed) this.#next();
  }
}

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** What `ip -json …` says. Throws RingbackError('unavailable') when there is no iproute2, or it fails. */
export async function ipJson(...argv: readonly string[]): Promise<unknown> {
  return (await ipJsons(argv, null))[0] ?? [];
}

/**
 * What `ip -json ARGV -batch -` says to each of the commands, in one process. Throws RingbackError('unavailable') when
 * there is no iproute2, or one of them fails.
 */
export function ipJsonBatch(argv: readonly string[], commands: readonly string[]): Promise<unknown[]> {
  return ipJsons([...argv, '-batch', '-'], `${commands.join('\n')}\n`);
}

/** One value a line. */
function ipJsons(argv: readonly string[], input: string | null): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void =>
      reject(new RingbackError('unavailable', `ip ${argv.join(' ')}: ${reason}`, { cause }));
    const options = { maxBuffer: MAX_BYTES };
    const child = execFile('ip', ['-json', ...argv], options, (error, stdout, stderr) => {
      if (systemCodeOf(error) === 'ENOENT') {
        fail('there is no such program; install iproute2 (OpenWrt: ip-full)', error);
      } else if (error !== null) fail(stderr.trim() || messageOf(error), error);
      else {
        try {
          resolve(stdout.split('\n').flatMap((line) => (line.trim() === '' ? [] : [JSON.parse(line)])));
        } catch (cause) {
          fail('it does not speak JSON; install iproute2 (OpenWrt: ip-full)', cause);
        }
      }
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}
