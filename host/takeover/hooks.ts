/** The operator's own commands, told of every change, one after the other; nothing waits for them. */
import { execFile } from 'node:child_process';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { unhurried } from './urgency.ts';

const LIMIT_MS = 30_000;
/** A hook that hangs must not make this program grow. */
const MOST_WAITING = 1000;

export class Hooks {
  readonly #log: Log;
  #commands: readonly (readonly string[])[];
  readonly #waiting: (readonly string[])[] = [];
  #running = false;

  constructor(commands: readonly (readonly string[])[], log: Log) {
    this.#commands = commands;
    this.#log = log;
  }

  use(commands: readonly (readonly string[])[]): void {
    this.#commands = commands;
  }

  /** Each command with these words behind its own: event, address, adapter, peer; `-` for what there is none of. */
  tell(event: string, address: string, adapter: string, peer: string): void {
    for (const command of this.#commands) {
      if (this.#waiting.length >= MOST_WAITING) {
        this.#log.error('hook.dropped', { command: command[0], about: event });
        return;
      }
      this.#waiting.push([...command, event, address, adapter, peer]);
    }
    this.#next();
  }

  #next(): void {
    if (this.#running) return;
    const command = this.#waiting.shift();
    if (command === undefined) return;
    const [program = '', ...argv] = unhurried(command);
    this.#running = true;
    execFile(program, argv, { timeout: LIMIT_MS, killSignal: 'SIGKILL' }, (error) => {
      this.#running = false;
      if (error !== null) this.#log.warn('hook.failed', { command: command[0], reason: messageOf(error) });
      this.#next();
    });
  }
}
