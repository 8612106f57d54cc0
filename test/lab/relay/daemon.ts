/** A server of Debian's: it stays in the foreground, and can be stopped, killed, started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Lab } from '../../../board/lab/lab.ts';
import { needsRoot } from '../root.ts';

/** Times 20 ms. */
const MAX_LOOKS = 1000;

/** Where commands run: as process groups of their own, their output in pipes. */
export type Place = (argv: readonly string[]) => ChildProcess;

/** A machine of the lab. */
export function on(lab: Lab, node: string): Place {
  return (argv) => lab.spawn(node, argv);
}

/** Where the test runs. */
export const here: Place = ([program = '', ...argv]) =>
  spawn(program, argv, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });

interface DaemonOptions {
  readonly place: Place;
  readonly argv: readonly string[];
  /** It is there when it listens on this TCP port. */
  readonly port: number;
  /** Where it says what is wrong, if not on its standard output and error. */
  readonly log?: string;
}

export class Daemon {
  readonly #options: DaemonOptions;
  #process: ChildProcess | null = null;
  /** Of the process with all to which it has passed its output on. */
  #ended: Promise<unknown> = Promise.resolve();
  #said = '';

  constructor(options: DaemonOptions) {
    this.#options = options;
  }

  /** What it has reported so far. */
  get log(): string {
    const { log } = this.#options;
    return log === undefined ? this.#said : `${this.#said}${textOf(log)}`;
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<void> {
    const { place, argv, port } = this.#options;
    const child = place(argv);
    this.#process = child;
    this.#ended = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
      });
    }
    const look = `i=0; until ss -Hltn "sport = :${port}" | grep -q .; do
      i=$((i + 1)); [ $i -lt ${MAX_LOOKS} ] && kill -0 ${child.pid} || exit 1; sleep 0.02
    done`;
    const [code] = (await once(place(['sh', '-c', look]), 'exit')) as [number | null];
    if (code === 0) return;
    await this.kill();
    throw new Error(`${argv.join(' ')} does not listen on ${port}: ${this.log}`);
  }

  /** Asks all its processes to end, and waits until they have. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Kills it with all its processes. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, signal);
    }
    await this.#ended;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** For a test's `skip`: why there is no mail host here; `others` are more programs that it needs. */
export function noMailHost(...others: readonly string[]): string | false {
  return needsRoot('users of their own for the parts of postfix', 'postfix', 'dovecot', ...others);
}
