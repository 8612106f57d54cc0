/**
 * Which machine an address is: the kernel's neighbour table (`ip neigh`), as it was when somebody new last came. A machine on
 * the link chooses its IPv6 addresses itself, and IPv4 ones if it likes, so only its MAC address tells it from others. A
 * visitor's is in the table, for his connection has been answered.
 */

import { messageOf } from '../../errors.ts';
import type { Log } from '../../log/log.ts';
import type { Time } from '../../time.ts';

/** A machine on a link of the router's. */
export interface Neighbour {
  readonly mac: string;
  readonly interface: string;
}

interface NeighboursOptions {
  /** The table as `ip neigh show` writes it. */
  readonly list: (timeoutMs: number) => Promise<string>;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly time: Time;
}

/** Linux keeps 1,024 of an IP version, unless it is told to keep more. */
const MAX_NEIGHBOURS = 8192;
/** Addresses that the table did not have; beyond them all are looked for anew. */
const MAX_STRANGERS = 4096;
/** A table of so many lines is read once a second at most, a larger one the more seldom. */
const LINES_A_SECOND = 1024;
/** An address may have gone to another machine. */
const OLD_MS = 60_000;
const LISTING_MS = 2000;
/** After a reading that failed. */
const RETRY_MS = 30_000;
/** Whoever registers waits no longer for a reading to begin. */
const PATIENCE_MS = 1000;

/** Addresses of links are written in canonical form: inet_ntop does otherwise only with IPv4 inside of IPv6. */
const LINE = /^(\S+) dev (\S+) .*?\blladdr (\S+)/;

export class Neighbours {
  readonly #options: NeighboursOptions;
  #known = new Map<string, Neighbour>();
  /** They came, and the table did not have them. */
  readonly #strangers = new Set<string>();
  /** To be looked for by the next reading. */
  #sought = new Set<string>();
  /** The reading that has not begun; it has all who came before. */
  #planned: Promise<void> | null = null;
  #running: Promise<void> = Promise.resolve();
  #readMs = Number.NEGATIVE_INFINITY;
  /** The last reading failed, and that was said. */
  #isFailing = false;
  /** No reading begins before. */
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(options: NeighboursOptions) {
    this.#options = options;
  }

  /** At once, from the last reading: null if it is none, undefined if nobody has looked yet, which begins then. */
  find(address: string): Neighbour | null | undefined {
    const known = this.#known.get(address) ?? (this.#strangers.has(address) ? null : undefined);
    if (known === undefined && this.#sought.size < MAX_STRANGERS) this.#sought.add(address);
    if (known === undefined || this.#options.nowMs() - this.#readMs >= OLD_MS) this.#plan();
    return known;
  }

  /** The same when somebody has looked, unless that takes too long. */
  async found(address: string): Promise<Neighbour | null> {
    const known = this.find(address);
    if (known !== undefined) return known;
    if (this.#dueMs - this.#options.nowMs() > PATIENCE_MS) return null;
    await this.#plan();
    return this.#known.get(address) ?? null;
  }

  /** Resolves when a reading is over that begins from now on. */
  #plan(): Promise<void> {
    this.#planned ??= this.#next();
    return this.#planned;
  }

  async #next(): Promise<void> {
    await this.#running;
    const { nowMs, time } = this.#options;
    const waitMs = this.#dueMs - nowMs();
    if (waitMs > 0) await new Promise<void>((resolve) => void time.after(waitMs, resolve).unref());
    this.#planned = null;
    this.#running = this.#read();
    await this.#running;
  }

  async #read(): Promise<void> {
    const { list, log, nowMs } = this.#options;
    const sought = this.#sought;
    this.#sought = new Set();
    try {
      const lines = (await list(LISTING_MS)).split('\n');
      this.#isFailing = false;
      this.#readMs = nowMs();
      this.#dueMs = this.#readMs + 1000 * Math.ceil(lines.length / LINES_A_SECOND);
      this.#known = neighboursOf(lines);
      if (this.#strangers.size + sought.size > MAX_STRANGERS) this.#strangers.clear();
      for (const address of sought) this.#strangers.add(address);
      for (const address of this.#known.keys()) this.#strangers.delete(address);
    } catch (error) {
      this.#dueMs = nowMs() + RETRY_MS;
      const message = 'until it can be read, who is on a link counts by his address, as a household does';
      if (!this.#isFailing) log.warn('page.neighbours', { reason: messageOf(error), message });
      this.#isFailing = true;
    }
  }
}

/** Whom the kernel looks for in vain has no MAC address. */
function neighboursOf(lines: readonly string[]): Map<string, Neighbour> {
  const neighbours = new Map<string, Neighbour>();
  for (const line of lines) {
    const [, address = '', card = '', mac = ''] = LINE.exec(line) ?? [];
    if (mac !== '' && neighbours.size < MAX_NEIGHBOURS) neighbours.set(address, { mac, interface: card });
  }
  return neighbours;
}
