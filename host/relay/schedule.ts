/**
 * When the mailbox is looked into: every so often, and in a series of looks as soon as a server is about to be back, which
 * its trap says, or this one is back itself (its relay starts, or its network returns): paragraphs 117 and 136.
 */
import type { Chance } from '../chance.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { HOUR_MS, MINUTE_MS } from '../net/duration.ts';
import { PopError, type PopErrorKind } from '../pop/error.ts';
import type { Time, Timer } from '../time.ts';

/** Whatever strangers do: looks are this far apart at least. */
const APART_MS = 2000;
/**
 * The list comes later than the sign: the router sees the sign at the same moment as we, and first makes sure that the
 * server answers. How long that takes nobody knows here, and people are to be told soon after the list: so for three
 * minutes looks are equally close. Then they are ever more seldom, and the last wait is that of all further ones.
 */
const SERIES_MS: readonly number[] = [...Array<number>(36).fill(5000), 10_000, 20_000, 40_000, 60_000];
/** A list that has not come for so long comes with the looks that there are anyway. */
const AWAITED_MS = HOUR_MS;
/** The further parts of a list come soon after the first one. */
const PARTS_MS = 2 * MINUTE_MS;
/** Servers whose list is awaited: traps are forged easily. Of more than that the oldest are not. */
const MAX_AWAITED = 1000;
/** This server's own list: it does not know by which of its addresses the router calls it. */
const OWN = 'own';
const FIRST_WAIT_MS = 5000;
const MAX_WAIT_MS = 300_000;
/** What somebody has to mend first is not tried often: mail servers lock out who keeps on giving a wrong password. */
const SELDOM_MS = 600_000;
export const TO_BE_MENDED: ReadonlySet<PopErrorKind> = new Set<PopErrorKind>(['login', 'tls', 'permanent']);
/** A login that the server has taken before is tried so often before it is somebody's to mend. */
const MAX_LOGINS = 4;

export interface MailboxHealth {
  /** Why the last look failed; null: it did not. */
  readonly reason: string | null;
  /** It is nothing that passes: until somebody has mended it, looks are seldom. */
  readonly isForMending: boolean;
  /** Milliseconds of the state's clock; null: there was none. */
  readonly lookedMs: number | null;
  readonly nextMs: number | null;
}

interface MailboxScheduleOptions {
  readonly look: (signal: AbortSignal) => Promise<void>;
  readonly everyMs: () => number;
  readonly nowMs: () => number;
  readonly time: Time;
  readonly chance: Chance;
  readonly log: Log;
}

export class MailboxSchedule {
  readonly #options: MailboxScheduleOptions;
  /** Of the look under way. */
  #abort = new AbortController();
  #isClosed = false;
  #timer: Timer | null = null;
  #dueMs: number | null = null;
  #looking: Promise<void> | null = null;
  #startedMs = Number.NEGATIVE_INFINITY;
  #lookedMs: number | null = null;
  /** By server, until when its list is awaited. */
  readonly #awaited = new Map<string, number>();
  /** Looks of the series. */
  #step = 0;
  /** Whether there was a sign while it was looking. */
  #isAsked = false;
  #failure: { readonly reason: string; readonly isForMending: boolean; readonly times: number } | null = null;
  /** In a row that were not taken although they were before. */
  #logins = 0;

  constructor(options: MailboxScheduleOptions) {
    this.#options = options;
  }

  get health(): MailboxHealth {
    const { reason = null, isForMending = false } = this.#failure ?? {};
    return { reason, isForMending, lookedMs: this.#lookedMs, nextMs: this.#dueMs };
  }

  /** Looks now; again after it was configured anew. `isAnother`: a look under way is into the wrong mailbox, and is ended. */
  start(isAnother = false): void {
    if (isAnother) this.#abort.abort();
    this.#failure = this.#failure && { ...this.#failure, times: 0, isForMending: false };
    this.#logins = 0;
    this.#await(OWN);
    this.#ask();
  }

  /** A server is about to be back, as its trap says. */
  trap(server: string): void {
    this.#sign(server);
  }

  /** This server's own network is back. */
  networkBack(): void {
    this.#failure = this.#failure && { ...this.#failure, times: 0 };
    this.#sign(OWN);
  }

  /** A list, or a part of one, has come. */
  came(server: string, parts: number): void {
    for (const awaited of [server, OWN]) {
      const untilMs = this.#awaited.get(awaited);
      if (untilMs === undefined) continue;
      if (parts > 1) this.#awaited.set(awaited, Math.min(untilMs, this.#options.nowMs() + PARTS_MS));
      else this.#awaited.delete(awaited);
    }
  }

  #sign(server: string): void {
    this.#await(server);
    if (this.#failure?.isForMending !== true) this.#ask();
  }

  #await(server: string): void {
    this.#step = 0;
    this.#awaited.delete(server);
    this.#awaited.set(server, this.#options.nowMs() + AWAITED_MS);
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size > MAX_AWAITED && oldest !== undefined) this.#awaited.delete(oldest);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#abort.abort();
    this.#timer?.cancel();
    await this.#looking;
  }

  #ask(): void {
    if (this.#looking === null) this.#schedule(0);
    else this.#isAsked = true;
  }

  #schedule(waitMs: number): void {
    if (this.#isClosed) return;
    const nowMs = this.#options.nowMs();
    const inMs = Math.max(waitMs, this.#startedMs + APART_MS - nowMs, 0);
    this.#timer?.cancel();
    this.#dueMs = nowMs + inMs;
    this.#timer = this.#options.time.after(Math.ceil(inMs), () => this.#look());
  }

  #look(): void {
    const { look, nowMs } = this.#options;
    this.#timer = null;
    this.#dueMs = null;
    this.#isAsked = false;
    this.#startedMs = nowMs();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#looking = look(signal)
      .then(
        () => this.#succeeded(),
        (error: unknown) => {
          if (!signal.aborted) this.#failed(error);
        },
      )
      .finally(() => {
        this.#looking = null;
        this.#lookedMs = nowMs();
        this.#schedule(this.#nextWaitMs());
      });
  }

  #nextWaitMs(): number {
    const everyMs = this.#options.everyMs();
    if (this.#failure?.isForMending) return this.#seldomMs;
    if (this.#isAsked) return 0;
    if (this.#failure === null) return Math.min(this.#seriesMs() ?? everyMs, everyMs);
    const doubledMs = FIRST_WAIT_MS * 2 ** Math.min(this.#failure.times - 1, 10);
    // It may be this server's own cable that was out, and those who wait for it are on the list: when it is back, that is
    // no later than it would have been.
    const maxMs = Math.min(Math.max(everyMs, FIRST_WAIT_MS), MAX_WAIT_MS);
    // Spread, so that all relays of a mail server that is back do not come at once.
    return Math.min(doubledMs, maxMs) * (1 - this.#options.chance.fraction() / 4);
  }

  /** Wait of the series; null: there is none. */
  #seriesMs(): number | null {
    const nowMs = this.#options.nowMs();
    for (const [server, untilMs] of this.#awaited) if (untilMs <= nowMs) this.#awaited.delete(server);
    if (this.#awaited.size === 0) return null;
    return SERIES_MS[Math.min(this.#step++, SERIES_MS.length - 1)] ?? null;
  }

  get #seldomMs(): number {
    return Math.max(this.#options.everyMs(), SELDOM_MS);
  }

  #succeeded(): void {
    if (this.#failure !== null) {
      this.#options.log.info('mailbox.back');
      // It may have been this server's own cable: its list comes when the router has made sure of it.
      this.#await(OWN);
    }
    this.#failure = null;
    this.#logins = 0;
  }

  /** Said once, and again when it turns out that somebody has to mend it. */
  #failed(error: unknown): void {
    const reason = messageOf(error);
    const kind = error instanceof PopError ? error.kind : null;
    this.#logins = kind === 'login-again' ? this.#logins + 1 : 0;
    const isForMending = kind === null || TO_BE_MENDED.has(kind) || this.#logins >= MAX_LOGINS;
    const before = this.#failure;
    this.#failure = { reason, isForMending, times: (before?.times ?? 0) + 1 };
    if (before !== null && (before.isForMending === isForMending || !isForMending)) return;
    const next = {
      triedAgainAfterSeconds: this.#seldomMs / 1000,
      message: 'SIGHUP makes it try at once: mend it first',
    };
    this.#options.log.error('mailbox.failed', { reason, ...(isForMending ? next : {}) });
  }
}
