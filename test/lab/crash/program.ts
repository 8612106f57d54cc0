/** A program that is killed and started again, over and over. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.ts';

/** One life of a program. Times are Unix milliseconds. */
export interface Life {
  readonly number: number;
  readonly startedMs: number;
  /** When this test killed it; null otherwise. */
  killedMs: number | null;
  /** What it wrote for people. */
  said: string;
}

interface ProgramOptions {
  readonly name: string;
  readonly command: string;
  readonly argv: readonly string[];
  readonly journal: Journal;
  readonly onLine: (line: string, life: Life) => void;
  /** Of every life; `code` is null when a signal ended it. */
  readonly onEnd: (life: Life, code: number | null) => void;
}

export class Program {
  readonly #options: ProgramOptions;
  readonly #all: Life[] = [];
  #life: Life | null = null;
  #child: ChildProcess | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);

  constructor(options: ProgramOptions) {
    this.#options = options;
  }

  /** The life at that moment, null in between. */
  lifeAt(ms: number): Life | null {
    const life = this.#all.findLast(({ startedMs }) => startedMs <= ms);
    return life === undefined || (life.killedMs !== null && life.killedMs <= ms) ? null : life;
  }

  start(): void {
    if (this.#life !== null) return;
    const { name, command, argv, journal, onLine, onEnd } = this.#options;
    const life: Life = { number: this.#all.length + 1, startedMs: Date.now(), killedMs: null, said: '' };
    // The test runner's and the loader's settings are not for what is tested.
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
    const child = spawn(command, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#all.push(life);
    this.#life = life;
    this.#child = child;
    journal.note(`${name} ${life.number}: started`);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      // What a kill cut off was never said.
      rest = lines.pop() ?? '';
      for (const line of lines) {
        journal.note(`${name} ${life.number}: ${line}`);
        onLine(line, life);
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      life.said += text;
      journal.note(`${name} ${life.number}: stderr: ${text.trim()}`);
    });
    this.#ended = new Promise((resolve) => {
      child.once('close', (code) => {
        journal.note(`${name} ${life.number}: ended`);
        this.#life = null;
        onEnd(life, code);
        resolve(code);
      });
    });
  }

  /** Kills it as soon as it lives, and waits until it is gone. */
  async kill(): Promise<void> {
    while (this.#life === null || this.#life.killedMs !== null) await sleep(5);
    this.#options.journal.note(`${this.#options.name} ${this.#life.number}: SIGKILL`);
    this.#life.killedMs = Date.now();
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Asks it to stop; its exit status, null if a signal ended it. */
  stop(): Promise<number | null> {
    this.#options.journal.note(`${this.#options.name} ${this.#life?.number}: SIGTERM`);
    this.#child?.kill('SIGTERM');
    return this.#ended;
  }

  /** At the end of the test, whatever state it is in. */
  async remove(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }
}
