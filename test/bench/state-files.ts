/** States on disk as an earlier process would have left them, for the benches to start with. */

import { address } from '../../board/lab/lab.ts';
import { logTo } from '../../host/log/log.ts';
import { createNotice } from '../../host/mail/mail.ts';
import type { Notice, NoticeItem } from '../../host/store/notice-rows.ts';
import { type OutageRow, saveClients, saveOutage, type WaitingRow } from '../../host/store/outages.ts';
import { addNotice } from '../../host/store/outbox.ts';
import { register } from '../../host/store/registrations.ts';
import { Store } from '../../host/store/store.ts';
import { machineTime } from '../../host/time.ts';

export const SERVERS = 1000;
export const CLIENTS = 100_000;
/** Of them wait for one server, and have a mail address. */
export const CHAIN_CLIENTS = 10_000;
export const FROM = 'ringback@router.example';
/** The networks of all the servers. */
export const WATCH = ['172.27.178.0/24', '10.178.0.0/16'] as const;
/** The outage of those with a mail address; its server is one of the lab's. */
export const CHAIN = { id: 1, server: address('s80'), port: 0, cause: 'unreachable' } as const;

/** Long enough ago to be before any start of the program, short enough for a machine that has just started. */
const AGO_MS = 30_000;

export const SILENT = logTo((level, event, fields) => {
  if (level === 'error') throw new Error(`${event} ${JSON.stringify(fields)}`);
});

export const clientAddress = (number: number): string =>
  `10.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
export const mailAddress = (number: number): string => `client-${number}@example.jp`;

function chainOutage(nowMs: number): OutageRow {
  return { ...CHAIN, triedPort: 80, fromMs: nowMs - AGO_MS, told: false, telling: null, suspected: false };
}

function waitingSince(nowMs: number): WaitingRow {
  return { firstMs: nowMs - AGO_MS, lastMs: nowMs - AGO_MS / 2, tries: 3 };
}

/** The notice for a client of the chain. */
export function noticeFor(number: number, nowMs: number): Notice {
  const item: NoticeItem = {
    server: CHAIN.server,
    serverName: 's80.example.jp',
    client: clientAddress(number),
    fromMs: nowMs - AGO_MS,
    recoveredMs: nowMs,
    ...waitingSince(nowMs),
  };
  return createNotice({ mail: mailAddress(number), language: 'ja', item, outage: CHAIN.id, from: FROM });
}

/** 100,000 clients wait for 1,000 servers, 10,000 of them for one. */
export async function prepareWaiting(directory: string): Promise<void> {
  const store = await Store.open({ directory, log: SILENT, time: machineTime });
  const nowMs = store.clock.nowMs();
  const waiting = waitingSince(nowMs);
  store.write((sql) => {
    saveOutage(sql, chainOutage(nowMs));
    for (let i = 1; i < SERVERS; i++) {
      const server = `10.178.${i >> 8}.${i & 255}`;
      saveOutage(sql, { ...chainOutage(nowMs), id: CHAIN.id + i, server });
    }
    for (let i = 0; i < CLIENTS; i++) {
      const isOfChain = i < CHAIN_CLIENTS;
      const outage = isOfChain ? CHAIN.id : CHAIN.id + 1 + (i % (SERVERS - 1));
      saveClients(sql, outage, [[clientAddress(i), waiting]]);
      if (!isOfChain) continue;
      register(sql, {
        client: clientAddress(i),
        mail: mailAddress(i),
        language: 'ja',
        registeredMs: waiting.firstMs,
      });
    }
  });
  store.close();
}

/** So many wait for the server of the chain, and nobody here knows their mail addresses. */
export async function prepareChain(directory: string, clients = CHAIN_CLIENTS): Promise<void> {
  const store = await Store.open({ directory, log: SILENT, time: machineTime });
  const nowMs = store.clock.nowMs();
  store.write((sql) => {
    saveOutage(sql, chainOutage(nowMs));
    for (let i = 0; i < clients; i++) saveClients(sql, CHAIN.id, [[clientAddress(i), waitingSince(nowMs)]]);
  });
  store.close();
}

/** So many notices are queued. */
export async function prepareQueued(directory: string, count: number): Promise<void> {
  const store = await Store.open({ directory, log: SILENT, time: machineTime });
  const nowMs = store.clock.nowMs();
  store.write((sql) => {
    for (let i = 0; i < count; i++) {
      addNotice(sql, noticeFor(i, nowMs), { nowMs, holdMs: 0, isFull: false });
    }
  });
  store.close();
}
