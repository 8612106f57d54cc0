/** Databases that are full, and what may happen to one: a bit that falls over, a value that nobody wrote. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { confirmAddress } from '../../../host/store/confirmed.ts';
import type { Sql, Value } from '../../../host/store/database.ts';
import { addToHistory } from '../../../host/store/history.ts';
import { addList, saveMessage } from '../../../host/store/lists.ts';
import { Mailed } from '../../../host/store/mailed.ts';
import { saveClients, saveOutage } from '../../../host/store/outages.ts';
import { finishNotice } from '../../../host/store/outbox.ts';
import { register } from '../../../host/store/registrations.ts';
import { TABLES, type Table } from '../../../host/store/schema.ts';
import { saveService } from '../../../host/store/services.ts';
import { saveSetting } from '../../../host/store/settings.ts';
import { unsubscribe } from '../../../host/store/unsubscribed.ts';
import { enter, noticeNumber } from './support.ts';

/** The same numbers for the same seed (Marsaglia's xorshift, 32 bits). */
export class Drawn {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b1) || 1;
    for (let n = 0; n < 8; n++) this.below(1);
  }

  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }
}

const client = (n: number): string => `172.27.179.${1 + (n % 250)}`;
const server = (n: number): string => `172.27.178.${1 + (n % 250)}`;

/** Rows in every table but `aside`, as many as a router has after a bad week. */
export function fill(sql: Sql): void {
  saveSetting(sql, 'stop key', '0123456789abcdef'.repeat(4));
  saveSetting(sql, 'message', { text: 'We are moving.', untilMs: null });
  for (let n = 0; n < 12; n++) {
    const isTelling = n === 11;
    const telling = isTelling ? { recoveredMs: n, sign: 'arp', clients: 9, people: 2, untold: null } : null;
    const outage = { id: 1000 + n, server: server(n), port: n % 2 === 0 ? 0 : 80, triedPort: 80, fromMs: n };
    saveOutage(sql, { ...outage, cause: 'unanswered', told: n === 10, telling, suspected: n === 9 });
    for (let m = 0; m < 12; m++)
      saveClients(sql, 1000 + n, [[client(m), { firstMs: m, lastMs: m, tries: 1 }]]);
  }
  for (let n = 0; n < 200; n++) {
    register(sql, { client: client(n), mail: `sato${n}@example.jp`, language: 'ja', registeredMs: n });
    unsubscribe(sql, `stopped${n}@example.jp`, n);
    sql.run('INSERT INTO stopped_folded VALUES (?, ?)', `older${n}@example.jp`, n);
    confirmAddress(sql, `confirmed${n}@example.jp`, n);
    const notice = noticeNumber(n);
    // They wait: nobody shall send them while they are looked at.
    enter(sql, notice, 1e11);
    const mailed = new Mailed(sql, [notice.mail], n);
    mailed.count(notice);
    mailed.write();
    if (n % 3 === 0) finishNotice(sql, notice, 'sent', null, n);
    addToHistory(sql, {
      ...{ server: server(n), port: 80, cause: 'refused', sign: 'connect', fromMs: n, toMs: n + 1 },
      ...{ clients: 3, people: 2, telling: String(n), untold: { noAddress: 1, stale: 0, stopped: 0 } },
    });
  }
  for (let n = 0; n < 40; n++) {
    saveService(sql, { server: server(n), port: 80, heardMs: n, admitted: true, askedMs: n });
    saveMessage(sql, `uidl-${n}`, { fate: 'taken', rules: null });
    const list = { list: `list-${n}`, part: 1, parts: 1 + (n % 2), server: server(n) };
    addList(sql, { ...list, clients: 3, people: 2, receivedMs: n }, [`sato${n}@example.jp`]);
  }
}

/** One bit of the file, whichever it is. */
export function flipBit(path: string, drawn: Drawn): string {
  const file = openSync(path, 'r+');
  const at = drawn.below(fstatSync(file).size);
  const bit = drawn.below(8);
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.from([(byte[0] ?? 0) ^ (1 << bit)]), 0, 1, at);
  closeSync(file);
  return `bit ${bit} of byte ${at}`;
}

/** Columns that may hold any words. */
const WORDS = new Set(['reason', 'rules', 'serverName']);
const STRANGE_NUMBERS: readonly Value[] = ['soon', 1e300, new Uint8Array([1]) as never, -1e200, ''];
const STRANGE_WORDS: readonly Value[] = [new Uint8Array([7, 8]) as never, 'a\u0007b', ''];

/** A value in one row that nobody can have written. Returns where; null: the table does not take it. */
export function spoil(sql: Sql, drawn: Drawn): { table: Table; column: string; value: string } | null {
  const table = drawn.of(TABLES.filter((one) => one !== 'aside'));
  const columns = sql.all(`SELECT name, type FROM pragma_table_info('${table}')`);
  const { name, type } = drawn.of(columns);
  const column = String(name);
  const rows = sql.all(`SELECT * FROM ${table}`);
  if (rows.length === 0) return null;
  const row = drawn.of(rows);
  const isWords = type === 'TEXT';
  const values = WORDS.has(column) ? STRANGE_WORDS.slice(0, 1) : isWords ? STRANGE_WORDS : STRANGE_NUMBERS;
  const value = drawn.of(values);
  const which = Object.keys(row)
    .map((key) => `${key} IS ?`)
    .join(' AND ');
  try {
    sql.run('PRAGMA foreign_keys = off');
    const changed = sql.run(`UPDATE ${table} SET ${column} = ? WHERE ${which}`, value, ...Object.values(row));
    return changed === 0 ? null : { table, column, value: String(value) };
  } catch {
    return null;
  } finally {
    sql.run('PRAGMA foreign_keys = on');
  }
}

/** How many rows each table has. */
export function rowCounts(sql: Sql): Map<Table, number> {
  return new Map(TABLES.map((table) => [table, sql.number(`SELECT count(*) FROM ${table} NOT INDEXED`)]));
}
