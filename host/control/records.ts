/** What the state tells people about past outages and notices, and what they may order: for the process that has it. */

import { RingbackError } from '../errors.ts';
import { portFields } from '../net/target.ts';
import type { Sql } from '../store/database.ts';
import type { Fates } from '../store/fates.ts';
import { listHistory, type Untold } from '../store/history.ts';
import { latestLists } from '../store/lists.ts';
import type { NoticeState, OutboxRow } from '../store/notice-rows.ts';
import { findNotices, finishNotice, pageOfNotices, pruneFinished, retryNotice } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';
import type { Time } from '../time.ts';

/** What is needed of a store. */
export type RecordState = Pick<Store, 'clock' | 'read' | 'write'>;

/** Times are ISO 8601; null where the clock was wrong. */
export interface PastOutageRecord {
  readonly server: string;
  /** 0: the host as a whole. */
  readonly port: number;
  /** Only of a service that is not of TCP. */
  readonly protocol?: 'udp';
  readonly cause: string;
  readonly from: string | null;
  readonly to: string | null;
  /** How long it lasted, in seconds, whatever the clock said. */
  readonly seconds: number;
  /** What showed that it was back; null when nobody was left who waited for that. */
  readonly sign: string | null;
  /** Clients that waited at the end: addresses, of which one person may have several, and several one. */
  readonly clients: number;
  /**
   * People who were to be told, and of them those whose mail the mail server has taken, those whose mail is on its way, and
   * those whose mail was given up. null: an older version entered it, and what it called told was queued.
   */
  readonly people: number;
  readonly told: number;
  readonly queued: number | null;
  readonly failed: number | null;
  /**
   * Why others are not told: clients of whom nobody's mail address is known, people who tried too long ago, who want no
   * notices; and people of the queued who had as many mails as allowed.
   */
  readonly untold: (Omit<Untold, 'handedOver'> & { readonly limited: number }) | null;
  /**
   * Clients on a list of whom nobody's mail address is known here, and of them those whose list the mail server has taken,
   * those whose list is on its way, and those whose list was given up. null: an older version entered it, and counted all on
   * a list as people.
   */
  readonly handedOver: HandedOver | null;
}

interface HandedOver {
  readonly clients: number;
  readonly sent: number;
  readonly queued: number;
  readonly failed: number;
}

/** Times are ISO 8601; null where the clock was wrong. */
export interface NoticeRecord {
  /** The beginning of the Message-ID, as long as it takes to tell it from all others. */
  readonly id: string;
  readonly messageId: string;
  readonly mail: string;
  /** Servers that it tells of, and the addressee's clients that tried them. */
  readonly servers: readonly string[];
  readonly clients: readonly string[];
  /** Servers and clients that are left out of both; only where some are. */
  readonly unnamed?: number;
  /** The servers among them; only where there are some. */
  readonly unnamedServers?: number;
  /** Set for a list of all that waited for one server, which has a part of them. */
  readonly list: { readonly part: number; readonly parts: number; readonly clients: number } | null;
  readonly state: NoticeState;
  /** Whether it is being sent at this moment. */
  readonly beingSent: boolean;
  /** Attempts that failed so far, and why the last one did. */
  readonly tries: number;
  readonly reason: string | null;
  readonly entered: string | null;
  /** The next attempt, not before then; null when there is none. */
  readonly next: string | null;
  /** Seconds until then, whatever the clock says; 0: it is due. */
  readonly nextInSeconds: number | null;
  readonly finished: string | null;
}

/** A part of a list that was received. */
export interface ListRecord {
  readonly server: string;
  readonly part: number;
  readonly parts: number;
  /** Who was on it. */
  readonly clients: number;
  /** People who were to be told, and what has become of their mails, as of an outage. */
  readonly people: number;
  readonly told: number;
  readonly queued: number;
  readonly failed: number;
  /** ISO 8601; null where the clock was wrong. */
  readonly received: string | null;
}

export interface HistoryAnswer {
  /** Latest first. */
  readonly outages: readonly PastOutageRecord[];
  /** Of a relay; latest first. */
  readonly lists: readonly ListRecord[];
}

export interface OutboxAnswer {
  /** Undelivered ones, listed or not. */
  readonly queued: number;
  /** Undelivered ones first, oldest first; then the others, latest first. */
  readonly notices: readonly NoticeRecord[];
}

/** How many notices an order was carried out for, and how many were left alone because they are being sent. */
export interface OrderAnswer {
  readonly notices: number;
  readonly beingSent: number;
}

/** Notices that an order is about: beginnings of Message-IDs, or every one that it makes sense for. */
export type Which = { readonly ids: readonly string[] } | { readonly all: true };

/** What sends the notices of this store, and must hear what was changed. */
export interface Post {
  /** Whether the state may be closed at any moment. */
  readonly isClosed: boolean;
  isBeingSent(messageId: string): boolean;
  retried(rows: readonly OutboxRow[]): void;
  dropped(rows: readonly OutboxRow[]): void;
}

/** What an order is carried out with. */
export interface Hands {
  readonly store: RecordState;
  readonly post: Post;
  readonly time: Time;
}

/** Nobody sends: the state is open to be looked at. */
export const NOBODY: Post = {
  isClosed: false,
  isBeingSent: () => false,
  retried: () => {},
  dropped: () => {},
};

/** Notices that are changed in one transaction, and looked at in one go. */
const PAGE = 500;

/**
 * Of one server, or of all; latest first. `countsLimited`: who waits for room is counted among the queued, which takes as long as
 * there are many of them.
 */
export function pastOutages(
  store: RecordState,
  last: number,
  of: string | null = null,
  countsLimited = true,
): PastOutageRecord[] {
  const date = dates(store);
  return store
    .read((sql) => listHistory(sql, last, of, countsLimited))
    .map(({ server, port, cause, fromMs, toMs, sign, clients, people, fates, ...others }) => {
      const { untold, limited, handedOverFates } = others;
      return {
        server,
        ...portFields(port),
        cause,
        from: date(fromMs),
        to: date(toMs),
        seconds: Math.round(toMs - fromMs) / 1000,
        sign,
        clients,
        people,
        told: fates?.sent ?? people,
        queued: fates === null ? null : left(people, fates),
        failed: fates?.failed ?? null,
        untold: untold === null ? null : untoldOf(untold, limited),
        handedOver: untold === null ? null : handedOverOf(untold, handedOverFates),
      };
    });
}

function untoldOf({ noAddress, stale, stopped }: Untold, limited: number): PastOutageRecord['untold'] {
  return { noAddress, stale, stopped, limited };
}

function handedOverOf({ handedOver: clients }: Untold, fates: Fates | null): HandedOver | null {
  return clients === undefined || fates === null ? null : { clients, queued: left(clients, fates), ...fates };
}

/** How many of so many have met no fate yet. */
function left(count: number, { sent, failed }: Fates): number {
  return Math.max(count - sent - failed, 0);
}

/** The latest lists that a relay has received, latest first. */
export function lastLists(store: RecordState, last: number): ListRecord[] {
  const date = dates(store);
  return store
    .read((sql) => latestLists(sql, last))
    .map(({ server, part, parts, clients, people, fates, receivedMs }) => {
      const { sent, failed } = fates;
      const counts = { clients, people, told: sent, queued: left(people, fates), failed };
      return { server, part, parts, ...counts, received: date(receivedMs) };
    });
}

/** Undelivered notices, past outages and lists that the status tells of; `ringback outbox` and `ringback history` tell of more. */
export const IN_STATUS = 5;

/** Tries them now: those that wait for their next attempt, and those that were given up, as if they were new. */
export function retry(hands: Hands, which: Which): Promise<OrderAnswer> {
  return carryOut(hands, which, RETRY);
}

/** Gives up those that are queued. */
export function drop(hands: Hands, which: Which): Promise<OrderAnswer> {
  return carryOut(hands, which, DROP);
}

export function dates({ clock }: RecordState): (ms: number) => string | null {
  return (ms) => clock.dateOf(ms)?.toISOString() ?? null;
}

interface Order {
  /** Why it makes no sense for this notice; null: it does. */
  readonly objection: (row: OutboxRow) => string | null;
  /** Changes it on disk; returns what it is then. */
  readonly change: (sql: Sql, row: OutboxRow, nowMs: number) => OutboxRow;
  readonly tell: (post: Post, rows: readonly OutboxRow[]) => void;
}

const RETRY: Order = {
  objection: ({ state }) => (state === 'sent' ? 'was sent already' : null),
  change: (sql, row, nowMs) => {
    retryNotice(sql, row.messageId, nowMs);
    return { ...row, state: 'queued', tries: 0, createdMs: nowMs, dueMs: nowMs, finishedMs: null };
  },
  tell: (post, rows) => post.retried(rows),
};

const DROPPED = 'dropped by the operator';
const DROP: Order = {
  objection: ({ state }) => (state === 'queued' ? null : `was ${state} already`),
  change: (sql, row, nowMs) => {
    finishNotice(sql, row, 'given up', DROPPED, nowMs);
    return { ...row, state: 'given up', reason: DROPPED, finishedMs: nowMs };
  },
  tell: (post, rows) => post.dropped(rows),
};

/**
 * Throws RingbackError('input'), and changes nothing, when it can't be done for one that was named;
 * RingbackError('unavailable') when the program ends meanwhile.
 */
async function carryOut({ store, post, time }: Hands, which: Which, order: Order): Promise<OrderAnswer> {
  if ('ids' in which) {
    const rows = named(store, post, which.ids, order);
    change(store, post, rows, order);
    return { notices: rows.length, beingSent: 0 };
  }
  const answer = { notices: 0, beingSent: 0 };
  let after = 0;
  for (;;) {
    const page = store.read((sql) => pageOfNotices(sql, after, PAGE));
    if (page.rows.length === 0) return answer;
    after = page.last;
    const possible = page.rows.filter((row) => order.objection(row) === null);
    const rows = possible.filter(({ messageId }) => !post.isBeingSent(messageId));
    answer.notices += rows.length;
    answer.beingSent += possible.length - rows.length;
    change(store, post, rows, order);
    // There may be very many, and others have things to do, too.
    await time.settled();
    if (post.isClosed) {
      const message = `stopped in the middle, after ${answer.notices}; do it again`;
      throw new RingbackError('unavailable', message);
    }
  }
}

function change(store: RecordState, post: Post, rows: readonly OutboxRow[], order: Order): void {
  if (rows.length === 0) return;
  const nowMs = store.clock.nowMs();
  const changed = store.write((sql) => {
    const after = rows.map((row) => order.change(sql, row, nowMs));
    pruneFinished(sql);
    return after;
  });
  order.tell(post, changed);
}

/** The notices whose Message-IDs begin so. */
function named(store: RecordState, post: Post, ids: readonly string[], order: Order): OutboxRow[] {
  const found = new Map<string, OutboxRow>();
  const problems: string[] = [];
  for (const id of ids) {
    const [row, other] = store.read((sql) => findNotices(sql, id));
    if (row === undefined) {
      problems.push(`no notice has a Message-ID that begins with ${JSON.stringify(id)}`);
    } else if (other !== undefined) {
      const both = `${row.messageId} and ${other.messageId}`;
      problems.push(`${JSON.stringify(id)} is the beginning of several Message-IDs, among them ${both}`);
    } else {
      const objection = post.isBeingSent(row.messageId)
        ? 'is being sent at this moment; ask again when that has ended'
        : order.objection(row);
      if (objection !== null) problems.push(`${row.messageId} to ${row.mail} ${objection}`);
      found.set(row.messageId, row);
    }
  }
  if (problems.length > 0) throw new RingbackError('input', problems.join('\n'));
  return [...found.values()];
}
