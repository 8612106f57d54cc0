/** A server of Debian's on a machine of the lab: it stays in the foreground, and can be stopped, killed, started again. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Lab } from '../../../board/lab/lab.ts';
import { needs } from '../../host/require.ts';

/** Times 20 ms. */
const MOST_LOOKS = 1000;

export interface DaemonOptions {
  readonly node: string;
  readonly argv: readonly string[];
  /** It is there when it listens on this TCP port. */
  readonly port: number;
  /** Where it says what is wrong. */
  readonly log: string;
}

export class Daemon {
  readonly #lab: Lab;
  readonly #options: DaemonOptions;
  #process: ChildProcess | null = null;

  constructor(lab: Lab, options: DaemonOptions) {
    this.#lab = lab;
    this.#options = options;
  }

  /** What it has written down so far. */
  get log(): string {
    return textOf(this.#options.log);
  }

  /** Starts it, and waits until it listens. */
  async start(): Promise<void> {
    const { node, argv, port } = this.#options;
    const child = this.#lab.spawn(node, argv);
    this.#process = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
    const look = `i=0; until ss -Hltn "sport = :${port}" | grep -q .; do
      i=$((i + 1)); [ $i -lt ${MOST_LOOKS} ] && kill -0 ${child.pid} || exit 1; sleep 0.02
    done`;
    const { code } = await this.#lab.run(node, ['sh', '-c', look]);
    if (code !== 0) throw new Error(`${argv.join(' ')} does not listen on ${port}: ${said}${this.log}`);
  }

  /** Asks it to end, and waits until it has. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Kills it with all its processes. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(signal === 'SIGKILL' ? -child.pid : child.pid, signal);
    await ended;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** For a test's `skip`: why postfix and dovecot can't run here, or which of the other programs is missing. */
export function noMailHost(...others: readonly string[]): string | false {
  // They put their parts under users of their own, and somebody who only is root in the lab has no other.
  const [, outside] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  if (outside === '0') return needs('postfix', 'dovecot', 'openssl', ...others);
  if (process.env.REQUIRE_ALL === '1') throw new Error('postfix and dovecot need root');
  return 'postfix and dovecot need root';
}
