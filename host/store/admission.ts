/**
 * Which of the notices that are due may be sent now. What a person has no room for becomes one mail, which waits on disk
 * until there is room; of that, what tells of a server that is down again waits until it is back.
 */
import type { Chance } from '../chance.ts';
import type { Most } from '../config/most.ts';
import {
  collectingFor,
  combined,
  insertWaiting,
  isCollecting,
  removeNotice,
  setAdmitted,
  setCollected,
  setWaiting,
} from './collecting.ts';
import type { Sql } from './database.ts';
import { latestRecovery } from './history.ts';
import { type Full, Mailed, pruneMailed } from './mailed.ts';
import type { Notice, NoticeItem, OutboxRow } from './notice-rows.ts';

export interface AdmissionRules {
  readonly nowMs: number;
  readonly chance: Pick<Chance, 'bytes'>;
  /** How many mails this address gets; null: as many as there are. */
  readonly mostFor: (mail: string) => Most | null;
  /** Whether what an item says is back is down again. */
  readonly isDown: (item: NoticeItem) => boolean;
}

/** A notice that has to wait now, under the name of the mail that it became part of. */
interface HeldBack extends Full {
  readonly notice: Notice;
}

export interface Admission {
  /** Those to be sent, in their order. */
  readonly rows: readonly OutboxRow[];
  readonly held: readonly HeldBack[];
  /** By how many the queued ones have become more. */
  readonly more: number;
  /** Whether any waits for its server. */
  readonly waitsForServer: boolean;
}

/** Whatever happens, it is looked at again after so long. */
const LOOK_AGAIN_MS = 3_600_000;
const ID_BYTES = 16;

/** `due` are as they are on disk. Lists are let through: they go to one mailbox that the operator names. */
export function admitNotices(sql: Sql, due: readonly OutboxRow[], rules: AdmissionRules): Admission {
  pruneMailed(sql, rules.nowMs);
  const admission = new Admitting(sql, due, rules);
  // What has been waiting goes first; and nothing becomes part of it once it was looked at.
  const [collecting, others] = [due.filter(isCollecting), due.filter((row) => !isCollecting(row))];
  for (const row of [...collecting, ...others]) admission.decide(row);
  admission.write();
  return admission;
}

class Admitting implements Admission {
  readonly rows: OutboxRow[] = [];
  readonly held: HeldBack[] = [];
  more = 0;
  waitsForServer = false;
  readonly #sql: Sql;
  readonly #rules: AdmissionRules;
  /** By the mail address; null: as many as there are. */
  readonly #mosts = new Map<string, Most | null>();
  readonly #mailed: Mailed;
  /** Those that are sent as they are. */
  readonly #admitted: string[] = [];

  constructor(sql: Sql, due: readonly OutboxRow[], rules: AdmissionRules) {
    this.#sql = sql;
    this.#rules = rules;
    for (const { mail, list } of due) if (list === undefined) this.#mosts.set(mail, rules.mostFor(mail));
    const limited = [...this.#mosts].filter(([, most]) => most !== null).map(([mail]) => mail);
    this.#mailed = new Mailed(sql, limited, rules.nowMs);
  }

  /** What has been decided, as far as it is not on disk. */
  write(): void {
    setAdmitted(this.#sql, this.#admitted);
    this.#mailed.write();
  }

  decide(row: OutboxRow): void {
    const { isDown } = this.#rules;
    if (row.list !== undefined) {
      this.rows.push(row);
      return;
    }
    const down = isCollecting(row) ? row.items.filter(isDown) : [];
    if (down.length > 0 && down.length === row.items.length) {
      this.#leave(row, down);
      return;
    }
    const most = this.#mosts.get(row.mail) ?? null;
    const full = most === null ? null : this.#mailed.fullFor(row, most);
    if (full === null) this.#admit(row, down);
    else this.#hold(row, full);
  }

  #admit(row: OutboxRow, down: readonly NoticeItem[]): void {
    const { nowMs, chance } = this.#rules;
    if (down.length > 0) {
      const name = chance.bytes(ID_BYTES).toString('hex');
      const messageId = row.messageId.replace(/^<[^@]*@/, `<${name}.ringback@`);
      insertWaiting(this.#sql, { ...row, messageId, items: down }, this.#untilBack(down));
      this.more++;
      this.waitsForServer = true;
    }
    const admitted = { ...row, waitsFor: 'nothing', admitted: true } as const;
    if (isCollecting(row)) {
      const current = {
        ...admitted,
        items: this.#current(row.items, down),
        createdMs: nowMs,
        reason: null,
      };
      setCollected(this.#sql, current);
      this.rows.push(current);
    } else {
      if (!row.admitted) this.#admitted.push(row.messageId);
      this.rows.push(admitted);
    }
    this.#mailed.count(row);
  }

  /** Items that can be told, with the latest recovery of their servers: others may have come since. */
  #current(items: readonly NoticeItem[], down: readonly NoticeItem[]): NoticeItem[] {
    return items
      .filter((item) => !down.includes(item))
      .map((item) => {
        const latest = latestRecovery(this.#sql, item.server, item.ports ?? [0]);
        if (latest === null || latest.fromMs <= item.recoveredMs) return item;
        return { ...item, fromMs: latest.fromMs, recoveredMs: latest.toMs };
      });
  }

  /** Nothing of it can be told before a server is back. */
  #leave(row: OutboxRow, down: readonly NoticeItem[]): void {
    const waiting = this.#untilBack(down);
    setWaiting(this.#sql, row, 'server', waiting);
    this.waitsForServer = true;
    if (row.waitsFor !== 'server') this.held.push({ notice: row, ...waiting });
  }

  #untilBack(down: readonly NoticeItem[]): Full {
    const [first] = down;
    const reason = `${first?.server} is down again: waits until it is back`;
    return { reason, untilMs: this.#rules.nowMs + LOOK_AGAIN_MS };
  }

  #hold(row: OutboxRow, full: Full): void {
    if (row.admitted) {
      // It may have arrived already, and keeps its name and its words; the time until then does not make it too old.
      setWaiting(this.#sql, row, 'nothing', full, row.createdMs + full.untilMs - this.#rules.nowMs);
      return;
    }
    const other = isCollecting(row) ? undefined : collectingFor(this.#sql, row.mail);
    if (other === undefined) {
      setWaiting(this.#sql, row, 'room', full);
      if (row.waitsFor !== 'room') this.held.push({ notice: row, ...full });
      return;
    }
    removeNotice(this.#sql, row.messageId);
    this.more--;
    setWaiting(this.#sql, { ...other, items: combined(other.items, row.items) }, 'room', full);
    this.held.push({ notice: { ...row, messageId: other.messageId }, ...full });
  }
}
