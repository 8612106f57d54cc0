/** `ringback` as users start it: the bundle in dist/, a process of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../tools.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/ringback.mjs', import.meta.url));
/** Only a program that hangs takes so long. */
const HANGS_MS = 60_000;

export interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it to its end. */
export function ringback(...argv: readonly string[]): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...argv], {
    encoding: 'utf8',
    timeout: HANGS_MS,
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}

/** The same without waiting in this process, whose own servers it may want to ask. */
export async function ringbackBeside(...argv: readonly string[]): Promise<Result> {
  const running = new Running(...argv);
  const status = await running.ended();
  return {
    status: typeof status === 'number' ? status : null,
    stdout: running.stdout,
    stderr: running.stderr,
  };
}

/** One that runs until it is told to stop. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  #end: number | NodeJS.Signals | null = null;

  constructor(...argv: readonly string[]) {
    this.child = spawn(process.execPath, [PROGRAM, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.on('close', (status, signal) => {
      this.#end = status ?? signal;
    });
  }

  /** The log so far. */
  get lines(): Record<string, unknown>[] {
    const whole = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  }

  /** Waits for an event in the log; its line. */
  async logged(event: string, count = 1): Promise<Record<string, unknown>> {
    const found = (): Record<string, unknown>[] => this.lines.filter((line) => line.event === event);
    await until(`${event}; so far: ${this.stdout}${this.stderr}`, () => {
      return found().length >= count || this.#end !== null;
    });
    const line = found()[count - 1];
    if (line === undefined) throw new Error(`no ${event}: ${this.stdout}${this.stderr}`);
    return line;
  }

  /** Its exit status, or what killed it. */
  async ended(): Promise<number | NodeJS.Signals> {
    await until('its end', () => this.#end !== null);
    return this.#end ?? 0;
  }
}
