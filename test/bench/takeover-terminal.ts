/** The lab's terminal with test/bench/terminal.c on it. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Lab } from '../../board/lab/lab.ts';
import { BUILD } from './engines.ts';

/** What a terminal saw since it was last asked. */
interface Window {
  readonly sent: number;
  readonly answered: number;
  /** The longest time between two answers. */
  readonly longestUs: number;
  /** Since the last answer. */
  readonly openUs: number;
}

export function buildTerminal(): void {
  mkdirSync(BUILD, { recursive: true });
  const { MAKEFLAGS: _flags, MAKELEVEL: _level, MFLAGS: _more, ...env } = process.env;
  const argv = ['-s', '-C', fileURLToPath(new URL('.', import.meta.url)), `BUILD=${BUILD}`];
  execFileSync('make', [...argv, `${BUILD}/terminal`], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

export class Terminal {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #diagnostics = '';

  private constructor(lab: Lab, node: string, address: string) {
    this.#process = lab.spawn(node, [`${BUILD}/terminal`, address]);
    this.#process.stderr?.on('data', (text: Buffer) => {
      this.#diagnostics += text;
    });
    if (this.#process.stdout === null) throw new Error('the terminal has no output');
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  /** Pings the address from that machine every millisecond until the lab ends; it was answered when this returns. */
  static async start(lab: Lab, node: string, address: string): Promise<Terminal> {
    const terminal = new Terminal(lab, node, address);
    await terminal.#line();
    return terminal;
  }

  /** What happened since this was last asked, or since the start. */
  async window(): Promise<Window> {
    this.#process.kill('SIGUSR1');
    return JSON.parse(await this.#line()) as Window;
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the terminal ended: ${this.#diagnostics}`);
    return value;
  }
}
