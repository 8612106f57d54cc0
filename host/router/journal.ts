/** What the router knows, on its way to disk: in groups, to spare the flash, or at once where a promise hangs on it. */

import type { Outbox } from '../mail/outbox.ts';
import { nameOf, type Target } from '../net/target.ts';
import type { Sql } from '../store/database.ts';
import { type Fates, fatesOf } from '../store/fates.ts';
import { addToHistory, type PastOutage } from '../store/history.ts';
import { removeClients, removeOutage, saveClients, saveOutage, type TellingState } from '../store/outages.ts';
import { removeService, type ServiceRow, saveService } from '../store/services.ts';
import type { Store } from '../store/store.ts';
import type { Time, Timer } from '../time.ts';
import type { HeldNotice } from './notices.ts';
import type { Outage, Waiting } from './outages.ts';
import type { Journal, Rest } from './ports.ts';

/** At most one commit in this time. */
const GROUP_MS = 1000;
/** Another try of somebody who is known to wait does not hurry. */
const UPDATE_MS = 60_000;
/** What comes together is written together. */
const GATHER_MS = 20;

export class StoreJournal implements Journal {
  readonly #store: Store;
  readonly #outbox: Outbox;
  readonly #time: Time;
  // What is not on disk yet.
  readonly #outages = new Set<Outage>();
  readonly #clients = new Map<Outage, Set<string>>();
  /** Those without a time are removed. */
  readonly #services = new Map<string, ServiceRow | Target>();
  readonly #removed = new Map<Outage, PastOutage | null>();
  #committedMs = Number.NEGATIVE_INFINITY;
  #dueMs = Number.POSITIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(store: Store, outbox: Outbox, time: Time) {
    this.#store = store;
    this.#outbox = outbox;
    this.#time = time;
  }

  outage(outage: Outage, { hurry }: { hurry: boolean }): void {
    this.#outages.add(outage);
    this.#schedule(hurry);
  }

  client(outage: Outage, client: string, { hurry }: { hurry: boolean }): void {
    const clients = this.#clients.get(outage);
    if (clients === undefined) this.#clients.set(outage, new Set([client]));
    else clients.add(client);
    this.#schedule(hurry);
  }

  services(saved: readonly ServiceRow[], removed: readonly Target[]): void {
    for (const row of saved) this.#services.set(nameOf(row), row);
    for (const { server, port } of removed) this.#services.set(nameOf({ server, port }), { server, port });
    this.#schedule(true);
  }

  remove(outage: Outage, past: PastOutage | null): void {
    this.#outages.delete(outage);
    this.#clients.delete(outage);
    this.#removed.set(outage, past);
    this.#schedule(true);
  }

  tell(ended: readonly { outage: Outage; past: PastOutage }[], notices: readonly HeldNotice[]): Fates {
    for (const { outage } of ended) {
      this.#outages.delete(outage);
      this.#clients.delete(outage);
    }
    const { queued, fates } = this.#commit((sql) => {
      for (const { outage, past } of ended) {
        removeOutage(sql, outage.id);
        saveOutage(sql, { ...outage, told: true, telling: null, suspected: false });
        addToHistory(sql, past);
      }
      const telling = ended[0]?.past.telling ?? null;
      const entered = this.#outbox.enter(sql, notices);
      return { queued: entered, fates: fatesOf(sql, telling) };
    });
    this.#outbox.announce(queued);
    return fates;
  }

  tellSome(
    ending: readonly Outage[],
    telling: TellingState,
    { left, gone }: Rest,
    notices: readonly HeldNotice[],
  ): void {
    const queued = this.#commit((sql) => {
      for (const outage of ending) saveOutage(sql, { ...outage, told: false, telling, suspected: false });
      const [first] = ending;
      if (first !== undefined) saveClients(sql, first.id, left);
      for (const { id } of ending) removeClients(sql, id, gone);
      return this.#outbox.enter(sql, notices);
    });
    this.#outbox.announce(queued);
  }

  get room(): number {
    return this.#outbox.room;
  }

  /** Writes what is not on disk yet, at once. */
  flush(): void {
    const unsaved = this.#outages.size + this.#clients.size + this.#removed.size + this.#services.size;
    if (unsaved > 0) this.#commit(() => {});
    this.#timer?.cancel();
    this.#timer = null;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  /** Everything that waits to be written, and `more`, in one transaction. */
  #commit<T>(more: (sql: Sql) => T): T {
    const result = this.#store.write((sql) => {
      for (const [outage, past] of this.#removed) {
        removeOutage(sql, outage.id);
        if (past !== null) addToHistory(sql, past);
      }
      for (const outage of this.#outages) {
        const suspected = outage.state !== 'down';
        saveOutage(sql, { ...outage, told: false, telling: null, suspected });
      }
      for (const [outage, clients] of this.#clients) {
        const here: [string, Waiting][] = [];
        const gone: string[] = [];
        for (const client of clients) {
          const waiting = outage.clients.get(client);
          if (waiting === undefined) gone.push(client);
          else here.push([client, waiting]);
        }
        removeClients(sql, outage.id, gone);
        saveClients(sql, outage.id, here);
      }
      for (const row of this.#services.values()) {
        if ('heardMs' in row) saveService(sql, row);
        else removeService(sql, row.server, row.port);
      }
      return more(sql);
    });
    this.#services.clear();
    this.#removed.clear();
    this.#outages.clear();
    this.#clients.clear();
    this.#committedMs = this.#store.clock.nowMs();
    return result;
  }

  #schedule(hurry: boolean): void {
    const nowMs = this.#store.clock.nowMs();
    const waitMs = hurry ? Math.max(GATHER_MS, this.#committedMs + GROUP_MS - nowMs) : UPDATE_MS;
    if (nowMs + waitMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = nowMs + waitMs;
    this.#timer = this.#time.after(waitMs, () => this.flush());
  }
}
