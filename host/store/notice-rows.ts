/** Notices as they are on disk: what one says, and what it waits for. */
import type { Language } from '../config/types.ts';
import type { Row } from './database.ts';

/** One server that is back, for the addressee. Times are milliseconds of the state's clock. */
export interface NoticeItem {
  readonly server: string;
  readonly serverName: string | null;
  /** Where people ask for it, `ADDRESS:PORT` or an address, if that is not the server's own address. */
  readonly places?: readonly string[];
  readonly client: string;
  /** Further addresses of the addressee that waited, as many as are named. */
  readonly otherClients?: readonly string[];
  /** The ports of it that were down, 0 for the host as a whole; not known where a list brought it. */
  readonly ports?: readonly number[];
  /** The outage, from its first failed attempt to the sign that it was over. */
  readonly fromMs: number;
  readonly recoveredMs: number;
  /** What it counts for, by the names of `countFates`; of an older version it counts for nothing. */
  readonly tellings?: readonly string[];
  /** The tries of all his clients. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly tries: number;
}

/** A mail names no more places of one server. */
export const MAX_PLACES = 8;

/** A mail names no more: an operator may have one mail address for all machines of a house. */
const MAX_CLIENTS = 32;

/** The clients of an item, out of one or more, the most important first. */
export function clientsOfItem(clients: Iterable<string>): Pick<NoticeItem, 'client' | 'otherClients'> {
  const [client = '', ...otherClients] = [...new Set(clients)].slice(0, MAX_CLIENTS);
  return otherClients.length === 0 ? { client } : { client, otherClients };
}

/** All clients that an item names. */
export function namedClients({ client, otherClients = [] }: NoticeItem): string[] {
  return [client, ...otherClients];
}

/**
 * All that waited for a server, or a part of them, for the one who tells them. Times are milliseconds of the state's
 * clock.
 */
export interface ListFacts {
  /** The same in all parts of a list, and in no other list. */
  readonly id: string;
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  readonly server: string;
  readonly serverName: string | null;
  readonly places?: readonly string[];
  /** The outage, as in a notice. */
  readonly fromMs: number;
  readonly recoveredMs: number;
  /** How many there are in this part. */
  readonly clients: number;
  /**
   * Of them, how many people they are as far as their mail addresses are known here, and clients of which that is nobody's;
   * not set by an older version, which counted all of them as people.
   */
  readonly people?: number;
  readonly handedOver?: number;
  /** What they count for, as in a notice. */
  readonly telling?: string;
}

/** Who is on a list. */
export type Listed = Pick<NoticeItem, 'client' | 'firstMs' | 'lastMs' | 'tries'>;

/** One mail to one person. */
export interface Notice {
  /** With its angle brackets (RFC 5322 section 3.6.4); the same however often it is attempted. */
  readonly messageId: string;
  readonly mail: string;
  readonly language: Language;
  readonly items: readonly NoticeItem[];
  /** Set for a list, which has no items. */
  readonly list?: ListFacts;
}

/** A notice that is entered; a list with those who are on it, which nobody needs to have in memory before it is sent. */
export interface NewNotice extends Notice {
  readonly listed?: readonly Listed[];
}

export type NoticeState = 'queued' | 'sent' | 'given up';

/** What keeps a queued one from being sent, beside its time; the column is the place in this list. */
export const WAITS = [
  'nothing',
  /** Others that the same person is about to get. */
  'company',
  /** The person had as many mails as allowed. */
  'room',
  /** Servers that it tells of and that are down again. */
  'server',
] as const;
export type Wait = (typeof WAITS)[number];
/** From here on it collects whatever else there is for its person. */
export const COLLECTING = WAITS.indexOf('room');

export interface OutboxRow extends Notice {
  readonly state: NoticeState;
  /** Attempts that failed so far, and why the last one did. */
  readonly tries: number;
  readonly reason: string | null;
  readonly createdMs: number;
  /** When it is attempted next; means nothing once it is not queued any more. */
  readonly dueMs: number;
  readonly finishedMs: number | null;
  readonly waitsFor: Wait;
  /** Whether it is on its way, or may have been before: it keeps its name and its words. */
  readonly admitted: boolean;
}

/** What a row is made of. */
export const COLUMNS =
  'message_id, state, held, admitted, mail, language, items, list, created_ms, due_ms, tries, reason, finished_ms';
export function rowOf(row: Row): OutboxRow {
  return {
    messageId: String(row.message_id),
    state: String(row.state) as NoticeState,
    mail: String(row.mail),
    language: row.language === 'ja' ? 'ja' : 'en',
    items: JSON.parse(String(row.items)) as NoticeItem[],
    ...(row.list === null ? {} : { list: JSON.parse(String(row.list)) as ListFacts }),
    createdMs: Number(row.created_ms),
    dueMs: Number(row.due_ms),
    tries: Number(row.tries),
    reason: row.reason === null ? null : String(row.reason),
    finishedMs: row.finished_ms === null ? null : Number(row.finished_ms),
    waitsFor: WAITS[Number(row.held)] ?? 'nothing',
    admitted: row.admitted === 1,
  };
}
