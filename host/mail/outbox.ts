/** Notices on their way out: each has its own fate, none waits for another, and none is lost with the process. */
import type { Chance } from '../chance.ts';
import { OUTBOX_CAPACITY } from '../config/capacity.ts';
import type { Most } from '../config/most.ts';
import type { Log } from '../log/log.ts';
import type { Admission } from '../store/admission.ts';
import type { Clock } from '../store/clock.ts';
import type { Sql } from '../store/database.ts';
import type { NewNotice, Notice, NoticeItem, OutboxRow } from '../store/notice-rows.ts';
import {
  type Added,
  addNotice,
  bringBack,
  countQueued,
  finishNotice,
  finishSent,
  isAnyAhead,
  isAnyHeld,
  loadListed,
  nextDueMs,
  type OutboxCounts,
  oldestSendable,
  postponeNotice,
  pruneFinished,
} from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import type { Time, Timer } from '../time.ts';
import { waitMs } from './backoff.ts';
import { DueNotices, WINDOW } from './due-notices.ts';
import { composeList } from './list-writer.ts';
import { composeNotice, type Mail } from './mail.ts';
import { type MailFate, MailServer } from './mail-server.ts';
import { sayOf } from './outbox-events.ts';
import type { Delivery, Reason } from './smtp.ts';

/** What the outbox needs of a mail sender. */
export interface Sender {
  send(mail: Mail): Promise<Delivery>;
  close(force: boolean): void;
}

export interface OutboxOptions {
  readonly store: Store;
  readonly sender: Sender;
  /** The mails' sender address. */
  readonly from: string;
  /** A notice that could not be delivered for so long is given up. */
  readonly giveUpMs: number;
  /** Undelivered notices; more are refused. Without it OUTBOX_CAPACITY. */
  readonly capacity?: number;
  /** Where this addressee says that he wants no more notices; null: nowhere. */
  readonly stopUrl: (mail: string) => string | null;
  /** What lists are signed with; null: there is no key, and they wait for one. */
  readonly listKey?: string | null;
  /** The clock on which the notices' times are; without it the state's. */
  readonly times?: Clock;
  /** Whether this addressee has said so since the notice was entered. */
  readonly isStopped?: (mail: string) => boolean;
  /** How many mails this addressee gets; null, and without it: as many as there are. */
  readonly mostFor?: (mail: string) => Most | null;
  /** The same for an address that nobody has confirmed, which its mails say; null: it is confirmed, or the operator's. */
  readonly unconfirmed?: (mail: string) => Most | null;
  /** Whether what an item says is back is down again. */
  readonly isDown?: (item: NoticeItem) => boolean;
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
}

/** A notice with how long it shall wait for others to the same person, and what became of it. */
interface Queued extends Added {
  readonly notice: Notice;
}

/** What a send came to, until it is on disk. */
type Result = { readonly row: OutboxRow } & (
  | { readonly state: 'sent' }
  | { readonly state: 'given up'; readonly reason: string }
  | { readonly state: 'queued'; readonly reason: string; readonly dueMs: number }
);

const NO_KEY: Delivery = { outcome: 'later', about: 'recipient', reason: 'no list_key is configured' };

/** Sends under way at the same time. */
export const OUTSTANDING = 16;
/** Results are written in groups; what a crash keeps from being written is sent again, with the same Message-ID. */
const WRITE_MS = 200;
/** Those of long ago are looked for when there are so many more: the look goes through all that are kept. */
const PRUNED_AFTER = 2000;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #due: DueNotices;
  /** Message-IDs of those being sent, or whose result is not written yet. */
  readonly #claimed = new Set<string>();
  #results: Result[] = [];
  /** What an earlier process has left is looked at first. */
  #unpruned = PRUNED_AFTER;
  #pending: number;
  /** No notice is too old before. */
  #expiryMs = Number.NEGATIVE_INFINITY;
  #sent = 0;
  #failed = 0;
  #outstanding = 0;
  #timer: Timer | null = null;
  #writeTimer: Timer | null = null;
  #closed = false;
  /** What becomes of sends under way is not looked at any more. */
  #isOver = false;
  #idle: () => void = () => {};
  #onSent: (row: OutboxRow) => void = () => {};
  readonly #server: MailServer<OutboxRow>;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#pending = options.store.read(countQueued);
    this.#server = new MailServer(options.log, options.chance);
    const { store, time, chance, mostFor = () => null, isDown = () => false } = options;
    this.#due = new DueNotices({
      store,
      time,
      rules: { mostFor, isDown, chance },
      onAdmission: (admission) => this.#heldBack(admission),
      onDue: () => this.#pump(),
    });
    store.whenBack(() => this.wake());
  }

  /**
   * Enters notices as part of somebody's transaction; when that has succeeded, `announce` must be told. Each may wait
   * `holdMs` for others to the same person. Changes nothing but the database.
   */
  enter(sql: Sql, notices: readonly (NewNotice & { readonly holdMs: number })[]): Queued[] {
    const nowMs = this.#options.store.clock.nowMs();
    let { room } = this;
    let noneHeld = !isAnyHeld(sql);
    return notices.map(({ holdMs, listed, ...notice }) => {
      const entered = listed === undefined ? notice : { ...notice, listed };
      const added = addNotice(sql, entered, { nowMs, holdMs, isFull: room <= 0, noneHeld });
      if (added.outcome === 'queued') room--;
      if (holdMs > 0) noneHeld = false;
      return { ...added, notice };
    });
  }

  /** They are on disk: says so, and starts to send. */
  announce(queued: readonly Queued[]): void {
    for (const { outcome, messageId, notice } of queued) {
      if (outcome === 'queued') this.#pending++;
      if (outcome === 'queued' || outcome === 'merged')
        sayOf(this.#options.log, 'info', 'queued', { ...notice, messageId }, {});
      if (outcome === 'full') {
        this.#failed++;
        sayOf(this.#options.log, 'error', 'failed', notice, {
          reason: `the outbox holds ${this.#capacity} notices already`,
          final: true,
        });
      }
    }
    const { store, giveUpMs } = this.#options;
    this.#expiryMs = Math.min(this.#expiryMs, store.clock.nowMs() + giveUpMs);
    this.#pump();
  }

  /** Looks at the database anew: somebody changed it, or what decides about it. `first` are due, and go first. */
  wake(first: readonly OutboxRow[] = []): void {
    const { store } = this.#options;
    // What is settled already must not be counted as pending again.
    this.#write();
    const nowMs = store.clock.nowMs();
    if (store.read((sql) => isAnyAhead(sql, nowMs))) store.write((sql) => bringBack(sql, nowMs));
    this.#due.reconsider();
    this.#expiryMs = Number.NEGATIVE_INFINITY;
    this.#pending = store.read(countQueued);
    this.#due.reset(first, nowMs);
    this.#pump();
  }

  /** What the mail server said may mean nothing any more: it is another one, or we are somebody else there. */
  reconfigured(): void {
    this.#server.reset();
    this.wake();
  }

  /** A server went down, or came back. */
  serversChanged(): void {
    this.#due.serversChanged();
  }

  /** What to do when a mail server has taken one. */
  whenSent(f: (row: OutboxRow) => void): void {
    this.#onSent = f;
  }

  /** How many notices more it can take. */
  get room(): number {
    return this.#capacity - this.#pending;
  }

  get #capacity(): number {
    return this.#options.capacity ?? OUTBOX_CAPACITY;
  }

  /** Whether it is being sent at this moment. */
  isBeingSent(messageId: string): boolean {
    return this.#claimed.has(messageId);
  }

  /** Whether it is about to end, and the state with it. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The operator wants these now, whatever the mail server said last; on disk they are due. */
  retried(rows: readonly OutboxRow[]): void {
    for (const row of rows) sayOf(this.#options.log, 'info', 'retried', row, {});
    this.#server.endPause();
    this.wake(rows);
  }

  /** The operator does not want these any more; on disk they are given up. */
  dropped(rows: readonly OutboxRow[]): void {
    this.#failed += rows.length;
    for (const row of rows)
      sayOf(this.#options.log, 'warn', 'failed', row, { reason: String(row.reason), final: true });
    this.wake();
  }

  counts(): OutboxCounts {
    return { pending: this.#pending, sent: this.#sent, failed: this.#failed };
  }

  /**
   * Starts no more sends and waits for those under way, at most `graceMs`; closes the connections. Returns how many
   * notices are left: they go out when the program runs again, unless the state is in memory, which is logged.
   */
  async close(graceMs: number): Promise<number> {
    this.#closed = true;
    this.#due.close();
    this.#timer?.cancel();
    if (this.#outstanding > 0) {
      let grace: Timer | undefined;
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        grace = this.#options.time.after(graceMs, resolve);
      });
      grace?.cancel();
    }
    this.#isOver = true;
    this.#write();
    this.#options.sender.close(true);
    const { log, store } = this.#options;
    const notices = this.#pending;
    const { place, reason } = store.health;
    if (notices > 0 && place === 'memory')
      log.error('outbox.lost', { notices, reason: reason ?? 'the configuration keeps it there' });
    else if (notices > 0) log.info('outbox.kept', { notices });
    return notices;
  }

  /** Starts what may start now, gives up what is too old, and sets the timer for the next time. */
  #pump(): void {
    if (this.#closed) return;
    const { store } = this.#options;
    const nowMs = store.clock.nowMs();
    if (!this.#expire(nowMs)) {
      this.#pumpIn(0);
      return;
    }
    const places = this.#server.places(OUTSTANDING);
    let dueMs = this.#server.untilMs;
    if (nowMs >= dueMs) {
      dueMs = Number.POSITIVE_INFINITY;
      while (this.#outstanding < places) {
        const row = this.#pending > this.#claimed.size ? this.#due.next(nowMs, this.#claimed) : undefined;
        if (row === undefined || row === 'again') {
          dueMs = row === 'again' ? nowMs : store.read((sql) => nextDueMs(sql, nowMs));
          break;
        }
        void this.#attempt(row);
      }
    }
    this.#pumpIn(Math.max(Math.min(dueMs, this.#expiryMs) - nowMs, 1));
  }

  /** Unless there is nothing to do. */
  #pumpIn(sleepMs: number): void {
    this.#timer?.cancel();
    if (this.#pending === 0) return;
    this.#timer = this.#options.time.after(Math.ceil(sleepMs), () => this.#pump());
  }

  #heldBack({ held, more }: Admission): void {
    this.#pending += more;
    const { clock } = this.#options.store;
    for (const { notice, reason, untilMs } of held) {
      const until = clock.dateOf(untilMs)?.toISOString() ?? null;
      sayOf(this.#options.log, 'info', 'held', notice, { reason, until });
    }
  }

  /** Gives up some that are too old; returns whether that was all: of very many the program must not stand still. */
  #expire(nowMs: number): boolean {
    const { giveUpMs, store } = this.#options;
    if (nowMs < this.#expiryMs) return true;
    const rows = store
      .read((sql) => oldestSendable(sql, WINDOW + this.#claimed.size))
      .filter(({ messageId }) => !this.#claimed.has(messageId));
    const old = rows.filter(({ createdMs }) => nowMs - createdMs >= giveUpMs);
    if (old.length === 0) {
      this.#expiryMs = (rows[0]?.createdMs ?? Number.POSITIVE_INFINITY) + giveUpMs;
      return true;
    }
    for (const row of old) {
      this.#claimed.add(row.messageId);
      this.#giveUp(row, { reason: `given up: ${row.reason ?? 'never attempted'}` });
    }
    this.#write();
    this.#due.reset([], nowMs);
    return false;
  }

  async #attempt(row: OutboxRow): Promise<void> {
    const { sender, store, isStopped } = this.#options;
    this.#claimed.add(row.messageId);
    if (row.list === undefined && isStopped?.(row.mail)) {
      this.#giveUp(row, { reason: 'the addressee wants no more notices' });
      return;
    }
    this.#outstanding++;
    const { epoch } = this.#server;
    const mail = this.#compose(row);
    const delivery: Delivery = mail === null ? NO_KEY : await sender.send(mail);
    if (this.#isOver) return;
    this.#outstanding--;
    const nowMs = store.clock.nowMs();
    const sent = { row, epoch, others: this.#outstanding };
    for (const fate of this.#server.answered(sent, delivery, nowMs)) this.#meet(fate, nowMs);
    if (this.#closed && this.#outstanding === 0) this.#idle();
    this.#pump();
  }

  #meet(fate: MailFate<OutboxRow>, nowMs: number): void {
    const { row, state } = fate;
    if (state === 'sent') {
      this.#sent++;
      sayOf(this.#options.log, 'info', 'sent', row, {});
      this.#onSent(row);
      this.#settle({ row, state });
    } else if (state === 'given up') {
      this.#giveUp(row, fate);
    } else if (nowMs - row.createdMs >= this.#options.giveUpMs) {
      this.#giveUp(row, { ...fate, reason: `given up: ${fate.reason}` });
    } else {
      const { reason, code, maxMs } = fate;
      sayOf(this.#options.log, 'warn', 'failed', row, { reason, code, final: false });
      this.#settle({
        row,
        state: 'queued',
        reason,
        dueMs: nowMs + waitMs(this.#options.chance, row.tries + 1, { maxMs }),
      });
    }
  }

  /** null: it is a list, and there is nothing to sign it with. */
  #compose(row: OutboxRow): Mail | null {
    const { from, store, stopUrl, unconfirmed, listKey = null, times = store.clock } = this.#options;
    if (row.list === undefined) {
      const until = unconfirmed?.(row.mail) ?? null;
      return composeNotice(row, { from, clock: times, stopUrl: stopUrl(row.mail), unconfirmed: until });
    }
    if (listKey === null) return null;
    const listed = store.read((sql) => loadListed(sql, row.messageId));
    return composeList(row, row.list, listed, { from, clock: times, key: listKey });
  }

  #giveUp(row: OutboxRow, { reason, code }: Reason): void {
    this.#failed++;
    sayOf(this.#options.log, 'error', 'failed', row, { reason, code, final: true });
    this.#settle({ row, state: 'given up', reason });
  }

  /** A result, to be written with the next group. */
  #settle(result: Result): void {
    this.#results.push(result);
    if (result.state !== 'queued') this.#pending--;
    else this.#expiryMs = Math.min(this.#expiryMs, result.row.createdMs + this.#options.giveUpMs);
    this.#writeTimer ??= this.#options.time.after(WRITE_MS, () => {
      this.#write();
      this.#pump();
    });
  }

  #write(): void {
    this.#writeTimer?.cancel();
    this.#writeTimer = null;
    const results = this.#results;
    this.#results = [];
    if (results.length === 0) return;
    const { store } = this.#options;
    const nowMs = store.clock.nowMs();
    this.#unpruned += results.length;
    store.write((sql) => {
      for (const result of results) {
        const { row, state } = result;
        if (state === 'queued') postponeNotice(sql, row.messageId, { ...result, tries: row.tries + 1 });
        else if (state === 'given up') finishNotice(sql, row, state, result.reason, nowMs);
      }
      const sent = results.filter(({ state }) => state === 'sent').map(({ row }) => row);
      finishSent(sql, sent, nowMs);
      if (this.#unpruned >= PRUNED_AFTER) pruneFinished(sql);
    });
    if (this.#unpruned >= PRUNED_AFTER) this.#unpruned = 0;
    for (const { row } of results) this.#claimed.delete(row.messageId);
  }
}
