/** What the router knows, on its way to disk: in groups, to spare the flash, or at once where a promise hangs on it. */

import type { Outbox } from '../mail/outbox.ts';
import type { Target } from '../net/target.ts';
import type { Sql } from '../store/database.ts';
import { type Fates, fatesOf } from '../store/fates.ts';
import { addToHistory, type PastOutage } from '../store/history.ts';
import {
  emptyOutage,
  removeClients,
  removeOutage,
  saveClients,
  saveOutage,
  type TellingState,
} from '../store/outages.ts';
import { removeService, type ServiceRow, saveService } from '../store/services.ts';
import type { Store } from '../store/store.ts';
import type { Time, Timer } from '../time.ts';
import type { HeldNotice } from './notices.ts';
import type { Outage, Waiting } from './outages.ts';
import type { Journal, Rest } from './ports.ts';
import { Unsaved, type UnsavedPart } from './unsaved.ts';

/** At most one commit in this time. */
const GROUP_MS = 1000;
/** Another try of somebody who is known to wait does not hurry. */
const UPDATE_MS = 60_000;
/** What comes together is written together. */
const GATHER_MS = 20;
/** Rows in one transaction at the most: no longer than others can wait. What is more goes on at once. */
const MAX_ROWS = 1000;

export class StoreJournal implements Journal {
  readonly #store: Store;
  readonly #outbox: Outbox;
  readonly #time: Time;
  readonly #unsaved = new Unsaved();
  /** Whether there is more of what was being removed: it goes on at once. */
  #isCut = false;
  #committedMs = Number.NEGATIVE_INFINITY;
  #dueMs = Number.POSITIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(store: Store, outbox: Outbox, time: Time) {
    this.#store = store;
    this.#outbox = outbox;
    this.#time = time;
  }

  outage(outage: Outage, { hurry }: { hurry: boolean }): void {
    this.#unsaved.outage(outage);
    this.#schedule(hurry);
  }

  client(outage: Outage, client: string, { hurry }: { hurry: boolean }): void {
    this.#unsaved.client(outage, client);
    this.#schedule(hurry);
  }

  services(saved: readonly ServiceRow[], removed: readonly Target[]): void {
    for (const row of saved) this.#unsaved.service(row);
    for (const { server, port } of removed) this.#unsaved.service({ server, port });
    this.#schedule(true);
  }

  remove(outage: Outage, past: PastOutage | null): void {
    this.#unsaved.remove(outage, past);
    this.#schedule(true);
  }

  get isBehind(): boolean {
    return this.#isCut || this.#unsaved.size > MAX_ROWS;
  }

  tell(ended: readonly { outage: Outage; past: PastOutage }[], notices: readonly HeldNotice[]): Fates {
    const { queued, fates, crowded } = this.#commit((sql) => {
      for (const { outage, past } of ended) {
        saveOutage(sql, { ...outage, told: true, telling: null, suspected: false });
        addToHistory(sql, past);
      }
      const telling = ended[0]?.past.telling ?? null;
      const entered = this.#outbox.enter(sql, notices);
      // Whoever waited there without being told means nothing any more.
      const left = ended.filter(({ outage }) => emptyOutage(sql, outage.id, MAX_ROWS) === MAX_ROWS);
      return { queued: entered, fates: fatesOf(sql, telling), crowded: left };
    });
    for (const { outage } of ended) this.#unsaved.forget(outage);
    for (const { outage } of crowded) this.#unsaved.remove(outage, 'told');
    this.#isCut ||= crowded.length > 0;
    if (this.#isCut) this.#schedule(true);
    this.#outbox.announce(queued);
    return fates;
  }

  keep(outages: readonly Outage[], clients: Rest['left']): void {
    this.#commit((sql) => {
      for (const outage of outages)
        saveOutage(sql, { ...outage, told: false, telling: null, suspected: false });
      const [first] = outages;
      if (first !== undefined) saveClients(sql, first.id, clients);
    });
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
    while (this.#unsaved.size > 0) this.#commit(() => {});
    this.#timer?.cancel();
    this.#timer = null;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  /** A part of it, and the others later. */
  #flushSome(): void {
    this.#timer = null;
    this.#dueMs = Number.POSITIVE_INFINITY;
    if (this.#unsaved.size > 0) this.#commit(() => {});
    if (this.#unsaved.size > 0) this.#schedule(true);
  }

  /** What waits to be written, as much as goes together, and `more`, in one transaction. */
  #commit<T>(more: (sql: Sql) => T): T {
    const part = this.#unsaved.part(MAX_ROWS);
    const { result, removed } = this.#store.write((sql) => {
      save(sql, part);
      const done = removeSome(sql, part);
      return { result: more(sql), removed: done };
    });
    this.#unsaved.saved(part, removed);
    this.#isCut = removed < part.removed.length;
    this.#committedMs = this.#store.clock.nowMs();
    return result;
  }

  #schedule(hurry: boolean): void {
    const nowMs = this.#store.clock.nowMs();
    const waitMs = this.isBehind
      ? 0
      : hurry
        ? Math.max(GATHER_MS, this.#committedMs + GROUP_MS - nowMs)
        : UPDATE_MS;
    if (nowMs + waitMs >= this.#dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = nowMs + waitMs;
    this.#timer = this.#time.after(waitMs, () => this.#flushSome());
  }
}

function save(sql: Sql, { outages, here, services, gone }: UnsavedPart): void {
  for (const outage of outages) {
    saveOutage(sql, { ...outage, told: false, telling: null, suspected: outage.state !== 'down' });
  }
  for (const [outage, clients] of here) {
    const waiting = clients.flatMap((client): [string, Waiting][] => {
      const one = outage.clients.get(client);
      return one === undefined ? [] : [[client, one]];
    });
    saveClients(sql, outage.id, waiting);
  }
  for (const row of services) {
    if ('heardMs' in row) saveService(sql, row);
    else removeService(sql, row.server, row.port);
  }
  for (const [{ id }, clients] of gone) removeClients(sql, id, clients);
}

/** Returns how many of them are not there any more: the others are, with fewer who wait. */
function removeSome(sql: Sql, { removed, room }: UnsavedPart): number {
  let [done, left] = [0, room];
  for (const [outage, how] of removed) {
    const { id } = outage;
    const emptied = emptyOutage(sql, id, left);
    left -= emptied;
    if (left === 0) {
      // Those who are left on disk wait for nothing.
      saveOutage(sql, { ...outage, told: true, telling: null, suspected: false });
      break;
    }
    if (how !== 'told') removeOutage(sql, id);
    if (how !== 'told' && how !== null) addToHistory(sql, how);
    done++;
  }
  return done;
}
