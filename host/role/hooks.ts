/** The operator's own commands, told of what happens; nothing waits for them, and none for another. */
import type { Log } from '../log/log.ts';
import type { Time } from '../time.ts';
import type { OutsideCommand, StartOutside } from './outside-command.ts';

const LIMIT_MS = 30_000;
/** How long the end of this program waits for them. */
const LAST_MS = 2000;
/** A hook that hangs must not make this program grow. */
const MAX_WAITING = 1000;

interface HooksOptions {
  readonly start: StartOutside;
  readonly log: Log;
  readonly time: Time;
}

export class Hooks {
  readonly #options: HooksOptions;
  #hooks = new Map<string, Hook>();
  /** Those that are told nothing more, and are not done yet. */
  #leaving = new Map<string, Hook>();

  constructor(commands: readonly (readonly string[])[], options: HooksOptions) {
    this.#options = options;
    this.use(commands);
  }

  /** From now on; what a command is still to be told it is told. */
  use(commands: readonly (readonly string[])[]): void {
    const before = new Map([...this.#leaving, ...this.#hooks].filter(([, hook]) => hook.isBusy));
    const entries = commands.map((command): [string, Hook] => {
      const key = JSON.stringify(command);
      return [key, before.get(key) ?? new Hook(command, this.#options)];
    });
    this.#hooks = new Map(entries);
    this.#leaving = new Map([...before].filter(([key]) => !this.#hooks.has(key)));
  }

  /** Each command with these words behind its own, of which the first is the event; `-` for what there is none of. */
  tell(words: readonly string[]): void {
    for (const hook of this.#hooks.values()) hook.tell(words);
  }

  /** Resolves when all have been told all, or there has been time enough; what still runs is ended. */
  async close(): Promise<void> {
    await Promise.all([...this.#hooks.values(), ...this.#leaving.values()].map((hook) => hook.close()));
  }
}

/** One command, which is told one thing after the other. */
class Hook {
  readonly #command: readonly string[];
  readonly #options: HooksOptions;
  readonly #waiting: (readonly string[])[] = [];
  #running: OutsideCommand | null = null;
  #onIdle: (() => void) | null = null;

  constructor(command: readonly string[], options: HooksOptions) {
    this.#command = command;
    this.#options = options;
  }

  tell(words: readonly string[]): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.#options.log.error('hook.dropped', {
        command: this.#command[0],
        about: words[0],
        reason: `${MAX_WAITING} are waiting already`,
      });
      return;
    }
    this.#waiting.push(words);
    this.#next();
  }

  get isBusy(): boolean {
    return this.#running !== null;
  }

  async close(): Promise<void> {
    if (this.#running === null) return;
    await new Promise<void>((resolve) => {
      const late = this.#options.time.after(LAST_MS, () => {
        this.#waiting.length = 0;
        this.#running?.end();
      });
      this.#onIdle = () => {
        late.cancel();
        resolve();
      };
    });
  }

  #next(): void {
    if (this.#running !== null) return;
    const words = this.#waiting.shift();
    if (words === undefined) {
      this.#onIdle?.();
      return;
    }
    const { start, time } = this.#options;
    const command = start([...this.#command, ...words], LIMIT_MS, time);
    this.#running = command;
    void command.ended.then(({ failure, said }) => {
      this.#running = null;
      if (failure !== null) {
        const reason = said === '' ? failure : `${failure}: ${said}`;
        this.#options.log.warn('hook.failed', { command: this.#command[0], about: words[0], reason });
      }
      this.#next();
    });
  }
}
