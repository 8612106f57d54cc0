/** Notices that are due and may be sent now: a few are read at a time, the others wait on disk. */
import { type Admission, type AdmissionRules, admitNotices } from '../store/admission.ts';
import { isAnyCollecting, reconsider, waitingForServers } from '../store/collecting.ts';
import type { OutboxRow } from '../store/notice-rows.ts';
import { dueNotices } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import type { Time, Timer } from '../time.ts';

/** Rows in memory at the most, beside those being sent. */
export const WINDOW = 64;
/** Of those that are due: what is claimed is read again with them. */
const DUE_WINDOW = 512;
/** What was admitted is sent within this time, or admitted anew: it counts as a mail of the moment when it was admitted. */
const FRESH_MS = 60_000;
/** Servers that come back together are looked at together, once all about them is on disk. */
const GATHER_MS = 1000;

interface DueNoticesOptions {
  readonly store: Store;
  readonly time: Time;
  readonly rules: Omit<AdmissionRules, 'nowMs'>;
  /** What has become of those that were due. */
  readonly onAdmission: (admission: Admission) => void;
  /** Some more are due. */
  readonly onDue: () => void;
}

export class DueNotices {
  readonly #options: DueNoticesOptions;
  #window: OutboxRow[] = [];
  #admittedMs = Number.NEGATIVE_INFINITY;
  /** Whether any may be waiting for a server. */
  #waitsForServer = true;
  #timer: Timer | null = null;

  constructor(options: DueNoticesOptions) {
    this.#options = options;
  }

  /**
   * The next one, but for those that are claimed; undefined: there is none. `again`: those that were due have to wait, and
   * there may be others.
   */
  next(nowMs: number, claimed: ReadonlySet<string>): OutboxRow | 'again' | undefined {
    if (nowMs - this.#admittedMs > FRESH_MS) this.#window = [];
    if (this.#window.length > 0) return this.#window.shift();
    const due = this.#options.store
      .read((sql) => dueNotices(sql, nowMs, DUE_WINDOW + claimed.size))
      .filter(({ messageId }) => !claimed.has(messageId));
    this.#admit(due, nowMs);
    return this.#window.shift() ?? (due.length > 0 ? 'again' : undefined);
  }

  /** What was read is read anew. `first` are due, and go first. */
  reset(first: readonly OutboxRow[], nowMs: number): void {
    this.#waitsForServer = true;
    this.#admit(first, nowMs);
  }

  /** What decides about those that collect has changed. */
  reconsider(): void {
    const { store } = this.#options;
    if (!store.read(isAnyCollecting)) return;
    store.write((sql) => reconsider(sql, null, store.clock.nowMs()));
  }

  /** A server went down, or came back. */
  serversChanged(): void {
    if (!this.#waitsForServer) return;
    this.#timer ??= this.#options.time.after(GATHER_MS, () => {
      this.#timer = null;
      this.#lookForReturned();
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#waitsForServer = false;
  }

  #lookForReturned(): void {
    const { store, rules, onDue } = this.#options;
    const waiting = store.read(waitingForServers);
    this.#waitsForServer = waiting.length > 0;
    const ids = waiting
      .filter(({ items }) => !items.every((item) => rules.isDown(item)))
      .map(({ messageId }) => messageId);
    if (ids.length === 0) return;
    store.write((sql) => reconsider(sql, ids, store.clock.nowMs()));
    onDue();
  }

  #admit(due: readonly OutboxRow[], nowMs: number): void {
    this.#window = [...due];
    this.#admittedMs = nowMs;
    // Lists are not counted.
    if (due.every(({ list }) => list !== undefined)) return;
    const { store, rules, onAdmission } = this.#options;
    const admission = store.write((sql) => admitNotices(sql, due, { ...rules, nowMs }));
    this.#window = [...admission.rows];
    this.#waitsForServer ||= admission.waitsForServer;
    onAdmission(admission);
  }
}
