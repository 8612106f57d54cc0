/** A relay's memory: which lists it has had, and what became of the messages in its mailbox. */
import type { Row, Sql } from './database.ts';
import { type Fates, fatesOf, MAX_TELLINGS } from './fates.ts';

/** A part of a list that was received. */
export interface ReceivedList {
  /** What tells the list from all others, for ever. */
  readonly list: string;
  readonly part: number;
  readonly parts: number;
  readonly server: string;
  /** Who was on it, and how many people are to be told. */
  readonly clients: number;
  readonly people: number;
  /** Milliseconds of the state's clock. */
  readonly receivedMs: number;
}

/** What became of a message. */
export type ListFate =
  /** What it asks for is on disk: it is only to be removed. */
  | 'taken'
  /** It was taken, and the server said that it is removed: what has its name now may be another. */
  | 'removed'
  /** It is none of ours, or more than one can be. */
  | 'left'
  /** It looks like one of ours and is not to be believed. */
  | 'refused';

export interface KnownMessage {
  readonly fate: ListFate;
  /** What a refusal hangs on: under other rules it is looked at again. */
  readonly rules: string | null;
}

/** Of the latest parts so many are remembered with their people: some parts never come. */
const MAX_OPEN = 4096;

/**
 * Enters it, if it is not there yet. `owners`: who is told by it, by the owners of their mail addresses, which is remembered
 * until all parts are there.
 */
export function addList(sql: Sql, received: ReceivedList, owners: readonly string[] = []): void {
  const { list, part, parts, server, clients, people, receivedMs } = received;
  sql.run(
    'INSERT INTO lists VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list, part) DO NOTHING',
    ...[list, part, parts, server, clients, people, receivedMs, parts > 1 ? JSON.stringify(owners) : null],
  );
  sql.run('DELETE FROM lists WHERE rowid <= (SELECT max(rowid) FROM lists) - ?', MAX_TELLINGS);
  if (parts === 1) return;
  // A router that was killed between two of them may have made more of what was left.
  if (sql.number('SELECT count(*) >= max(parts) FROM lists WHERE list = ?', list) === 1)
    sql.run('UPDATE lists SET people = NULL WHERE list = ? AND people IS NOT NULL', list);
  // The sign keeps it from looking at all the others by their numbers.
  sql.run(
    'UPDATE lists SET people = NULL WHERE people IS NOT NULL AND +rowid <= (SELECT max(rowid) FROM lists) - ?',
    MAX_OPEN,
  );
}

/** Who was told by other parts of a list that is not complete, by the owners of their mail addresses. */
export function toldByOthers(sql: Sql, list: string): Set<string> {
  const rows = sql.all('SELECT people FROM lists WHERE list = ? AND people IS NOT NULL', list);
  return new Set(rows.flatMap(({ people }) => JSON.parse(String(people)) as string[]));
}

export function hasList(sql: Sql, list: string, part: number): boolean {
  return sql.get('SELECT 1 FROM lists WHERE list = ? AND part = ?', list, part) !== null;
}

/** The name under which is counted what became of those who are to be told by a part of a list. */
export function tellingOfList({ list, part }: Pick<ReceivedList, 'list' | 'part'>): string {
  return `${list}/${part}`;
}

/** The latest ones, latest first, with what has become of those who were to be told. */
export function latestLists(sql: Sql, limit: number): (ReceivedList & { readonly fates: Fates })[] {
  const query = 'SELECT * FROM lists ORDER BY received_ms DESC, rowid DESC LIMIT ?';
  return sql.all(query, limit).map((row) => {
    const list = listOf(row);
    return { ...list, fates: fatesOf(sql, tellingOfList(list)) };
  });
}

function listOf(row: Row): ReceivedList {
  return {
    list: String(row.list),
    part: Number(row.part),
    parts: Number(row.parts),
    server: String(row.server),
    clients: Number(row.clients),
    people: Number(row.told),
    receivedMs: Number(row.received_ms),
  };
}

/** By the name that the mail server has for each message. */
export function loadMessages(sql: Sql): Map<string, KnownMessage> {
  return new Map(
    sql
      .all('SELECT * FROM mailbox')
      .map(({ uidl, fate, rules }) => [
        String(uidl),
        { fate: String(fate) as ListFate, rules: rules === null ? null : String(rules) },
      ]),
  );
}

export function saveMessage(sql: Sql, uidl: string, { fate, rules }: KnownMessage): void {
  sql.run('INSERT OR REPLACE INTO mailbox VALUES (?, ?, ?)', uidl, fate, rules);
}

export function removeMessage(sql: Sql, uidl: string): void {
  sql.run('DELETE FROM mailbox WHERE uidl = ?', uidl);
}
