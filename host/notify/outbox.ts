/**
 * Notices on their way out: each has its own fate, and none waits for another.
 *
 * They live in memory: what is undelivered when the process ends is lost, and `close` says how much that is.
 */

import type { Log } from '../log.ts';
import { DueQueue } from './due-queue.ts';
import { composeNotice, type Mail, messageIdOf, type Notice } from './mail.ts';
import type { Delivery } from './smtp.ts';

/** What the outbox needs of a mail sender. */
export interface Sender {
  send(mail: Mail): Promise<Delivery>;
  close(force: boolean): void;
}

export interface OutboxOptions {
  readonly sender: Sender;
  /** The mails' sender address. */
  readonly from: string;
  /** A notice that could not be delivered for so long is dropped. */
  readonly giveUpMs: number;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Notices in memory; more are refused. */
  readonly capacity?: number;
}

export interface OutboxCounts {
  readonly pending: number;
  readonly sent: number;
  /** Dropped: refused for good, too old, or no room. */
  readonly failed: number;
}

export interface PendingNotice {
  readonly notice: Notice;
  readonly sending: boolean;
  /** Attempts that failed so far, and why the last one did. */
  readonly tries: number;
  readonly reason: string | null;
}

interface Entry {
  readonly notice: Notice;
  readonly expiresMs: number;
  sending: boolean;
  tries: number;
  reason: string | null;
}

const CAPACITY = 100_000;
/** Sends under way at the same time. */
const OUTSTANDING = 8;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 600_000;
/** The server itself is asked more often: one connection a minute is no burden, and everybody waits for it. */
const LONGEST_SERVER_WAIT_MS = 60_000;
/** The longest delay that a timer takes is 2^31 - 1 ms; waking up for nothing now and then is simpler. */
const LONGEST_SLEEP_MS = 3_600_000;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #capacity: number;
  /** Undelivered ones by identity, oldest first. */
  readonly #pending = new Map<string, Entry>();
  /** Those of them that are not being sent. */
  readonly #queue = new DueQueue<Entry>();
  /** Identities of the latest that were sent or dropped, oldest first: adding them again does nothing. */
  readonly #done = new Set<string>();
  #sent = 0;
  #failed = 0;
  #outstanding = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #idle: () => void = () => {};
  /**
   * The server as a whole. After a failure of its own nobody tries until the pause is over, and then only one
   * at a time until one gets an answer. `epoch` tells apart what was sent before and after the last change,
   * so that eight sends that fail together lengthen the pause once.
   */
  #server = { failures: 0, pausedUntilMs: 0, epoch: 0 };

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? CAPACITY;
  }

  /**
   * Takes a notice over for delivery. `known`: this identity is pending or was dealt with, nothing happens.
   * `refused`: there is no room or the outbox is closed; the notice is not kept, and that is logged.
   */
  add(notice: Notice): 'queued' | 'known' | 'refused' {
    if (this.#pending.has(notice.id) || this.#done.has(notice.id)) return 'known';
    if (this.#closed || this.#pending.size >= this.#capacity) {
      const reason = this.#closed ? 'shutting down' : `the outbox holds ${this.#capacity} notices already`;
      this.#report('error', notice, reason, true);
      this.#failed += 1;
      return 'refused';
    }
    const nowMs = this.#options.nowMs();
    const entry = {
      notice,
      expiresMs: nowMs + this.#options.giveUpMs,
      sending: false,
      tries: 0,
      reason: null,
    };
    this.#pending.set(notice.id, entry);
    this.#queue.add(nowMs, entry);
    this.#options.log.info('notice.queued', this.#fields(notice));
    this.#pump();
    return 'queued';
  }

  counts(): OutboxCounts {
    return { pending: this.#pending.size, sent: this.#sent, failed: this.#failed };
  }

  /** The undelivered ones, oldest first. */
  list(): PendingNotice[] {
    return Array.from(this.#pending.values(), ({ notice, sending, tries, reason }) => {
      return { notice, sending, tries, reason };
    });
  }

  /**
   * Starts no more sends and waits for those under way, at most `graceMs`; closes the connections. Returns
   * how many notices were left undelivered: they are lost with the process, which is logged, each and their number.
   */
  async close(graceMs: number): Promise<number> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#outstanding > 0) {
      let grace: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        grace = setTimeout(resolve, graceMs);
      });
      clearTimeout(grace);
    }
    const left = this.#pending.size;
    // What becomes of those under way is not looked at any more.
    for (const entry of this.#pending.values()) this.#drop(entry, 'shutting down');
    this.#options.sender.close(true);
    if (left > 0) this.#options.log.error('outbox.lost', { notices: left });
    return left;
  }

  /** Starts what may start now, drops what is too old, and sets the timer for the next time. */
  #pump(): void {
    if (this.#closed) return;
    const nowMs = this.#options.nowMs();
    const oldestMs = this.#expire(nowMs);
    const { failures, pausedUntilMs } = this.#server;
    const atOnce = failures > 0 ? 1 : OUTSTANDING;
    if (nowMs >= pausedUntilMs) {
      while (this.#outstanding < atOnce) {
        const entry = this.#queue.take(nowMs);
        if (entry === undefined) break;
        // Dropped entries stay in the queue until their turn comes.
        if (this.#pending.get(entry.notice.id) === entry) void this.#attempt(entry);
      }
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    const startMs =
      this.#outstanding < atOnce ? Math.max(this.#queue.nextMs, pausedUntilMs) : Number.POSITIVE_INFINITY;
    const sleepMs = Math.min(Math.max(Math.min(startMs, oldestMs) - nowMs, 1), LONGEST_SLEEP_MS);
    this.#timer = this.#pending.size === 0 ? null : setTimeout(() => this.#pump(), sleepMs);
  }

  /** Drops those whose time is over and that are not being sent; returns when the next one's will be. */
  #expire(nowMs: number): number {
    for (const entry of this.#pending.values()) {
      if (entry.expiresMs > nowMs) return entry.expiresMs;
      if (!entry.sending) this.#drop(entry, `given up: ${entry.reason ?? 'never tried'}`);
    }
    return Number.POSITIVE_INFINITY;
  }

  async #attempt(entry: Entry): Promise<void> {
    const { sender, from } = this.#options;
    const { epoch } = this.#server;
    this.#outstanding += 1;
    entry.sending = true;
    const delivery = await sender.send(composeNotice(entry.notice, from));
    this.#outstanding -= 1;
    entry.sending = false;
    if (this.#pending.get(entry.notice.id) !== entry) return;
    this.#settle(entry, delivery, epoch);
    if (this.#outstanding === 0) this.#idle();
    this.#pump();
  }

  #settle(entry: Entry, delivery: Delivery, epoch: number): void {
    const nowMs = this.#options.nowMs();
    const serverFailed = delivery.outcome === 'later' && delivery.about === 'server';
    if (serverFailed) this.#serverFailed(epoch, nowMs);
    else if (this.#server.failures > 0) this.#serverAnswered();
    if (delivery.outcome === 'delivered') {
      this.#finish(entry);
      this.#sent += 1;
      this.#options.log.info('notice.sent', this.#fields(entry.notice));
      return;
    }
    entry.tries += 1;
    entry.reason = delivery.reason;
    if (delivery.outcome === 'refused' || nowMs >= entry.expiresMs) {
      this.#drop(entry, delivery.outcome === 'refused' ? delivery.reason : `given up: ${delivery.reason}`);
      return;
    }
    this.#report('warn', entry.notice, delivery.reason, false);
    // After a failure of the server, too: a mail that makes it hang up must not be the first one every time.
    const longestMs = serverFailed ? LONGEST_SERVER_WAIT_MS : LONGEST_WAIT_MS;
    this.#queue.add(nowMs + waitMs(entry.tries, longestMs), entry);
  }

  #serverFailed(epoch: number, nowMs: number): void {
    if (epoch !== this.#server.epoch) return;
    const failures = this.#server.failures + 1;
    this.#server = {
      failures,
      pausedUntilMs: nowMs + waitMs(failures, LONGEST_SERVER_WAIT_MS),
      epoch: epoch + 1,
    };
  }

  #serverAnswered(): void {
    this.#server = { failures: 0, pausedUntilMs: 0, epoch: this.#server.epoch + 1 };
  }

  #drop(entry: Entry, reason: string): void {
    this.#finish(entry);
    this.#failed += 1;
    this.#report('error', entry.notice, reason, true);
  }

  #finish({ notice }: Entry): void {
    this.#pending.delete(notice.id);
    this.#done.add(notice.id);
    if (this.#done.size <= this.#capacity) return;
    const [oldest] = this.#done;
    if (oldest !== undefined) this.#done.delete(oldest);
  }

  #report(level: 'warn' | 'error', notice: Notice, reason: string, final: boolean): void {
    this.#options.log[level]('notice.failed', { ...this.#fields(notice), reason, final });
  }

  #fields(notice: Notice): Readonly<Record<string, string>> {
    const { server, client, mail } = notice;
    return { server, client, mail, messageId: messageIdOf(notice, this.#options.from) };
  }
}

/** Doubling from the first wait to the longest, less up to a quarter of it at random, so that nobody marches in step. */
function waitMs(failures: number, longestMs: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), longestMs) * (1 - Math.random() / 4);
}
