/** A real state with outages that are over and notices of every kind, and what may be asked of it. */

import type { TestContext } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import { outbox } from '../../../host/control/notice-records.ts';
import { NOBODY } from '../../../host/control/records.ts';
import { RingbackError } from '../../../host/errors.ts';
import { createNotice } from '../../../host/mail/mail.ts';
import { Outbox } from '../../../host/mail/outbox.ts';
import type { Delivery } from '../../../host/mail/smtp.ts';
import { addToHistory, type PastOutage } from '../../../host/store/history.ts';
import type { Notice } from '../../../host/store/notice-rows.ts';
import { addNotice, findNotices, finishNotice, postponeNotice } from '../../../host/store/outbox.ts';
import { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { OTHER, SATO, SERVER } from '../router/world.ts';
import { type LoggedLine, recordingLog } from '../tools.ts';

const FROM = 'ringback@router.example';
/** Nothing is due meanwhile. */
const LATER_MS = 3_600_000;

/** Opened in the directory, or null: in memory; closed with the test, if not before. */
export async function opened(context: TestContext, directory: string | null): Promise<Store> {
  const store = await Store.open({ directory, log: recordingLog().log, time: machineTime });
  context.after(() => store.close());
  return store;
}

/** The same with an outbox that sends by hand, once it is woken; closed before the state. */
export async function sending(
  context: TestContext,
  directory: string | null,
): Promise<{ store: Store; hand: Hand; post: Outbox; lines: LoggedLine[] }> {
  const { log, lines } = recordingLog();
  const store = await Store.open({ directory, log, time: machineTime });
  const hand = new Hand();
  const giveUpMs = 24 * LATER_MS;
  const post = new Outbox({
    store,
    sender: hand,
    from: FROM,
    giveUpMs,
    stopUrl: () => null,
    log,
    time: machineTime,
    chance: machineChance,
  });
  context.after(async () => {
    await post.close(0);
    store.close();
  });
  return { store, hand, post, lines };
}

/** A notice about the outage of that number. */
export function noticeTo(mail: string, outage: number, server = SERVER): Notice {
  const times = { fromMs: 0, recoveredMs: 1000, firstMs: 0, lastMs: 500, tries: 2 };
  const item = { server, serverName: null, client: SATO, ...times };
  return createNotice({ mail, language: 'en', item, outage, from: FROM });
}

/** Enters notices that nobody has tried to send yet; their Message-IDs. */
export function enter(store: Store, ...notices: readonly Notice[]): string[] {
  const nowMs = store.clock.nowMs();
  store.write((sql) => {
    for (const notice of notices) addNotice(sql, notice, { nowMs, holdMs: 0, isFull: false });
  });
  return notices.map(({ messageId }) => messageId);
}

/** It has failed so many times, and is tried again much later. */
export function fail(store: Store, messageId: string, tries: number, reason: string): void {
  const dueMs = store.clock.nowMs() + LATER_MS;
  store.write((sql) => postponeNotice(sql, messageId, { tries, reason, dueMs }));
}

export function finish(
  store: Store,
  messageId: string,
  state: 'sent' | 'given up',
  reason: string | null,
): void {
  store.write((sql) => {
    for (const notice of findNotices(sql, messageId))
      finishNotice(sql, notice, state, reason, store.clock.nowMs());
  });
}

/** An outage that has lasted for 2.5 s until now. */
export function over(store: Store, more: Partial<PastOutage> = {}): void {
  const toMs = store.clock.nowMs();
  store.write((sql) =>
    addToHistory(sql, {
      server: SERVER,
      port: 0,
      cause: 'unanswered',
      sign: 'arp',
      fromMs: toMs - 2500,
      toMs,
      clients: 3,
      people: 2,
      telling: null,
      untold: null,
      ...more,
    }),
  );
}

/** A mail server that answers when and what the test wants. */
export class Hand {
  readonly asked: string[] = [];
  #answers: ((delivery: Delivery) => void)[] = [];

  send({ messageId }: { readonly messageId: string }): Promise<Delivery> {
    this.asked.push(messageId);
    return new Promise((resolve) => this.#answers.push(resolve));
  }

  /** To all that were sent so far. */
  answer(delivery: Delivery): void {
    for (const resolve of this.#answers.splice(0)) resolve(delivery);
  }

  close(): void {}
}

/** One notice of each kind: waiting, never tried, sent, given up. */
export function four(store: Store): { waiting: string; fresh: string; sent: string; lost: string } {
  const notices = ['sato', 'tanaka', 'nakamura', 'suzuki'].map((name, i) =>
    noticeTo(`${name}@example.jp`, i, i === 0 ? OTHER : SERVER),
  );
  const [waiting = '', fresh = '', sent = '', lost = ''] = enter(store, ...notices);
  fail(store, waiting, 3, 'connection refused');
  finish(store, sent, 'sent', null);
  finish(store, lost, 'given up', '550 no such user');
  return { waiting, fresh, sent, lost };
}

/** The state of each notice. */
export const states = (store: Store): Record<string, string> =>
  Object.fromEntries(outbox(store, NOBODY, 100).notices.map(({ messageId, state }) => [messageId, state]));

/** What is thrown when an order makes no sense. */
export const refusal = (message: RegExp) => (error: unknown) =>
  error instanceof RingbackError && error.code === 'input' && message.test(error.message);
