/**
 * Confirming a recovery by connecting to the port that people tried: a machine that answers ARP or says
 * coldStart may still be minutes away from serving anybody.
 */

import { setMaxListeners } from 'node:events';
import { pause, type Time } from '../time.ts';
import { type Dial, type Dialled, dial } from './dial.ts';
import { Places, type Rank, type Standing } from './places.ts';

interface ConfirmerOptions {
  readonly time: Time;
  /** How long the service must answer, from the first to the last connection; 0: one is enough. */
  readonly settleMs: number;
  /** How long one connection may take. */
  readonly connectTimeoutMs?: number;
  /** How long to wait for the first answer before giving up. */
  readonly patienceMs?: number;
  /** Connections at the same time, all servers together. */
  readonly connections?: number;
  /** Makes them. */
  readonly dial?: Dial;
  /** Once it aborts, nothing more is tried, and what is under way ends. */
  readonly closing?: AbortSignal;
}

/** What is to answer, and how much that matters. */
export interface Confirmed {
  readonly server: string;
  readonly ports: readonly number[];
  readonly standing: Standing;
}

/** What is made of the way to a confirmation. */
export interface Watcher {
  /** Whether that outcome at that port shows that it is back. */
  isBack(dialled: Dialled, port: number): boolean;
  /** The port has answered: from now on it settles. */
  onAnswer(port: number): void;
  /** None has answered, or one no longer while it settled. */
  onSilence(): void;
}

const ANSWERS: Watcher = {
  isBack: (dialled) => dialled === 'answered',
  onAnswer: () => {},
  onSilence: () => {},
};

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 5000;
/** While a service settles it is tried this often, but for a long settle time no more than so many times. */
const SETTLE_STEP_MS = 1000;
const MAX_SETTLE_STEPS = 10;

export class Confirmer {
  readonly #time: Time;
  readonly #settleMs: number;
  readonly #connectTimeoutMs: number;
  readonly #patienceMs: number;
  readonly #dial: Dial;
  readonly #closing: AbortSignal;
  /** For connections. */
  readonly #places: Places;

  constructor(options: ConfirmerOptions) {
    this.#time = options.time;
    this.#settleMs = options.settleMs;
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 5000;
    this.#patienceMs = options.patienceMs ?? 600_000;
    this.#places = new Places(options.connections ?? 64);
    this.#dial = options.dial ?? ((connection) => dial(connection, options.time));
    this.#closing = options.closing ?? new AbortController().signal;
    // One signal stands for all connections.
    setMaxListeners(0, this.#closing);
    this.#closing.addEventListener('abort', () => this.#places.letAllIn());
  }

  /**
   * The first of the ports that accepted connections for the settle time without a failure in between, or
   * null if none did before patience ran out, when aborted, or when there are no ports to try.
   *
   * A server that does not answer is tried after 0.5 s, 1 s, 2 s, … 5 s. Patience bounds the wait for an
   * answer, not the settling: a service that answers in time is followed to the end. However many do not, what settles and
   * what is known wait for none of them.
   */
  async confirm(
    confirmed: Confirmed,
    signal: AbortSignal,
    watcher: Watcher = ANSWERS,
  ): Promise<number | null> {
    if (confirmed.ports.length === 0) return null;
    const waiting = new AbortController();
    const stop = (): void => waiting.abort();
    const patience = this.#time.after(this.#patienceMs, stop);
    // One signal stands for the whole process, and a hundred servers may come back at once.
    setMaxListeners(0, signal);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      for (let waitMs = FIRST_WAIT_MS; !waiting.signal.aborted; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
        const port = await this.#answering(confirmed, signal, watcher);
        if (port !== null) {
          watcher.onAnswer(port);
          if (await this.#settles(confirmed, port, signal, watcher)) return port;
          waitMs = FIRST_WAIT_MS;
        }
        if (!signal.aborted) watcher.onSilence();
        await pause(this.#time, waitMs, waiting.signal);
      }
      return null;
    } finally {
      patience.cancel();
      signal.removeEventListener('abort', stop);
    }
  }

  /**
   * What becomes of a connection to the port within the connect time.
   */
  async probe(server: string, port: number, rank: Rank, signal?: AbortSignal): Promise<Dialled> {
    const closing = this.#closing;
    if (closing.aborted) return 'impossible';
    const place = this.#places.take(server, rank);
    if (place !== null) await place;
    const onClosed = (): void => this.#places.giveBack(server);
    if (signal?.aborted === true || closing.aborted) {
      onClosed();
      return 'impossible';
    }
    return this.#dial({ server, port, timeoutMs: this.#connectTimeoutMs, signal: closing, onClosed });
  }

  /** The port that answered first, or null if none does (or it does not matter any more). */
  async #answering(
    { server, ports, standing }: Confirmed,
    signal: AbortSignal,
    watcher: Watcher,
  ): Promise<number | null> {
    const tries = ports.map(async (port) => {
      if (!watcher.isBack(await this.probe(server, port, standing, signal), port))
        throw new Error('does not answer');
      return port;
    });
    return Promise.any(tries).catch(() => null);
  }

  async #settles(
    { server, standing }: Confirmed,
    port: number,
    signal: AbortSignal,
    watcher: Watcher,
  ): Promise<boolean> {
    if (this.#settleMs === 0) return !signal.aborted;
    const atLeastMs = Math.min(SETTLE_STEP_MS, this.#settleMs / 2);
    const steps = Math.min(Math.ceil(this.#settleMs / atLeastMs), MAX_SETTLE_STEPS);
    for (let step = 0; step < steps; step += 1) {
      await pause(this.#time, this.#settleMs / steps, signal);
      if (!watcher.isBack(await this.probe(server, port, `${standing} settling`, signal), port)) return false;
    }
    return !signal.aborted;
  }
}
