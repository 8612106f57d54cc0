/** Notices that wait for others to the same person: for a moment, or because he had as many mails as allowed. */
import type { Sql } from './database.ts';
import { commaSeparated, ofMany, runForMany } from './many.ts';
import {
  COLLECTING,
  COLUMNS,
  clientsOfItem,
  type Notice,
  type NoticeItem,
  namedClients,
  type OutboxRow,
  rowOf,
  WAITS,
  type Wait,
} from './notice-rows.ts';

/** A notice to the same person that collects, or still waits for others. */
export function heldFor(sql: Sql, { mail }: Pick<Notice, 'mail'>, nowMs: number): OutboxRow | undefined {
  const held = heldOf(sql, mail);
  return held.find(isCollecting) ?? held.find(({ dueMs }) => dueMs > nowMs);
}

function heldOf(sql: Sql, mail: string): OutboxRow[] {
  const query = `SELECT ${COLUMNS} FROM outbox WHERE held > 0 AND mail = ? AND state = 'queued'`;
  return sql.all(query, mail).map(rowOf);
}

export function isAnyCollecting(sql: Sql): boolean {
  return sql.get(`SELECT 1 FROM outbox WHERE held > 0 AND held >= ${COLLECTING} LIMIT 1`) !== null;
}

/** That to this mail address which collects whatever else there is. */
export function collectingFor(sql: Sql, mail: string): OutboxRow | undefined {
  return heldOf(sql, mail).find(isCollecting);
}

/** Whether it takes in what else there is for its person, whatever he tried from where. */
export function isCollecting({ waitsFor }: OutboxRow): boolean {
  return WAITS.indexOf(waitsFor) >= COLLECTING;
}

/** One item for what was down: of what came again, the latest outage and all tries. */
export function combined(some: readonly NoticeItem[], more: readonly NoticeItem[]): NoticeItem[] {
  const items = new Map<string, NoticeItem>();
  for (const item of [...some, ...more]) {
    const name = [item.server, ...(item.ports ?? [])].join(' ');
    const other = items.get(name);
    items.set(name, other === undefined ? item : union(other, item));
  }
  return [...items.values()];
}

function union(one: NoticeItem, other: NoticeItem): NoticeItem {
  const [latest, before] = other.recoveredMs >= one.recoveredMs ? [other, one] : [one, other];
  return {
    ...latest,
    ...clientsOfItem([...namedClients(latest), ...namedClients(before)]),
    tellings: [...(one.tellings ?? []), ...(other.tellings ?? [])],
    firstMs: Math.min(one.firstMs, other.firstMs),
    lastMs: Math.max(one.lastMs, other.lastMs),
    tries: one.tries + other.tries,
  };
}

/** Those that wait for servers. */
export function waitingForServers(sql: Sql): OutboxRow[] {
  return waitingFor(sql, 'server');
}

/** Those that wait because their people had as many mails as allowed. */
export function waitingForRoom(sql: Sql): OutboxRow[] {
  return waitingFor(sql, 'room');
}

function waitingFor(sql: Sql, what: Wait): OutboxRow[] {
  const query = `SELECT ${COLUMNS} FROM outbox WHERE held > 0 AND held = ? AND state = 'queued'`;
  return sql.all(query, WAITS.indexOf(what)).map(rowOf);
}

/** What decides about these, or with `null` about all that collect, has changed: they are due. */
export function reconsider(sql: Sql, messageIds: readonly string[] | null, nowMs: number): void {
  const which = messageIds === null ? '' : 'AND message_id IN (SELECT value FROM json_each(?))';
  sql.run(
    `UPDATE outbox SET due_ms = ? WHERE held > 0 AND held >= ${COLLECTING} AND state = 'queued' AND due_ms > ? ${which}`,
    ...[nowMs, nowMs, ...(messageIds === null ? [] : [JSON.stringify(messageIds)])],
  );
}

const ADMIT = ofMany(
  (rows) => `UPDATE outbox SET held = 0, admitted = 1 WHERE message_id IN (${commaSeparated('?', rows)})`,
);

/** What has collected may be sent now, as this. */
export function setCollected(sql: Sql, { messageId, items, createdMs, reason }: OutboxRow): void {
  sql.run(
    'UPDATE outbox SET held = 0, admitted = 1, items = ?, created_ms = ?, reason = ? WHERE message_id = ?',
    ...[JSON.stringify(items), createdMs, reason, messageId],
  );
}

/** These may be sent now, as they are. */
export function setAdmitted(sql: Sql, messageIds: readonly string[]): void {
  runForMany(sql, ADMIT, messageIds, (id) => [id]);
}

/** It has to wait, with these items. */
export function setWaiting(
  sql: Sql,
  { messageId, items, createdMs }: OutboxRow,
  waitsFor: Wait,
  { reason, untilMs }: { readonly reason: string; readonly untilMs: number },
  sinceMs = createdMs,
): void {
  sql.run(
    'UPDATE outbox SET held = ?, items = ?, reason = ?, due_ms = ?, created_ms = ? WHERE message_id = ?',
    ...[WAITS.indexOf(waitsFor), JSON.stringify(items), reason, untilMs, sinceMs, messageId],
  );
}

/** A part of another one, which waits for servers. */
export function insertWaiting(
  sql: Sql,
  { messageId, mail, language, items, createdMs }: OutboxRow,
  { reason, untilMs }: { readonly reason: string; readonly untilMs: number },
): void {
  sql.run(
    `INSERT INTO outbox (message_id, state, held, mail, language, items, created_ms, due_ms, tries, reason)
     VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, 0, ?)`,
    ...[
      messageId,
      WAITS.indexOf('server'),
      mail,
      language,
      JSON.stringify(items),
      createdMs,
      untilMs,
      reason,
    ],
  );
}

/** It has become part of another one. */
export function removeNotice(sql: Sql, messageId: string): void {
  sql.run('DELETE FROM outbox WHERE message_id = ?', messageId);
}
