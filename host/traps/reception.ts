/** The place where traps are listened for, which a new configuration may change or close. */
import type { TrapConfiguration } from '../config/types.ts';
import type { Log } from '../log/log.ts';
import type { Time } from '../time.ts';
import { listenForTraps, type Trap, type TrapCounters, type TrapListener } from './listener.ts';
import type { OpenTrapSocket } from './socket.ts';

interface TrapReceptionOptions {
  readonly onTrap: (trap: Trap) => void;
  readonly log: Log;
  readonly time: Time;
  /** The configuration's section about it, for messages. */
  readonly section: string;
  readonly openSocket: OpenTrapSocket;
}

export class TrapReception {
  readonly #options: TrapReceptionOptions;
  #configuration: TrapConfiguration | null = null;
  #key: string | null = null;
  #listener: TrapListener | null = null;

  constructor(options: TrapReceptionOptions) {
    this.#options = options;
  }

  /** null: it does not listen. */
  get counters(): TrapCounters | null {
    return this.#listener?.counters ?? null;
  }

  /**
   * Listens so, or not at all (null); `key` signs announcements. Throws as listenForTraps does, and then goes on as
   * before.
   */
  async use(next: TrapConfiguration | null, key: string | null): Promise<void> {
    const old = this.#configuration;
    const oldKey = this.#key;
    if (JSON.stringify([old, oldKey]) === JSON.stringify([next, key])) return;
    const before = this.#listener;
    // Two cannot listen on one port, unless their addresses have nothing in common.
    if (before === null || old?.listen.port !== next?.listen.port) {
      this.#listener = await this.#listen(next, key);
      this.#configuration = next;
      this.#key = key;
      await before?.close();
      return;
    }
    this.#listener = null;
    await before.close();
    try {
      this.#listener = await this.#listen(next, key);
      this.#configuration = next;
      this.#key = key;
    } catch (error) {
      this.#listener = await this.#listen(old, oldKey);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#listener?.close();
  }

  async #listen(traps: TrapConfiguration | null, key: string | null): Promise<TrapListener | null> {
    return traps === null
      ? null
      : await listenForTraps(traps, this.#options.onTrap, { ...this.#options, key });
  }
}
