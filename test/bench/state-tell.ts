/** The part of a release that is between the router and the disk. */

import { machineChance } from '../../host/chance.ts';
import { Outbox } from '../../host/mail/outbox.ts';
import { StoreJournal } from '../../host/router/journal.ts';
import type { Outage } from '../../host/router/outages.ts';
import { loadOutages } from '../../host/store/outages.ts';
import { Store } from '../../host/store/store.ts';
import { machineTime } from '../../host/time.ts';
import { CHAIN, CHAIN_CLIENTS, FROM, noticeFor, SILENT } from './state-files.ts';

const GIVE_UP_MS = 3_600_000;

/**
 * Ends the long chain of a state that `prepareWaiting` made: one transaction. Returns how long it took until all
 * notices were on disk, in milliseconds.
 */
export async function tell(directory: string): Promise<number> {
  const store = await Store.open({ directory, log: SILENT, time: machineTime });
  const sender = { send: () => new Promise<never>(() => undefined), close: () => undefined };
  const outbox = new Outbox({
    store,
    sender,
    from: FROM,
    giveUpMs: GIVE_UP_MS,
    stopUrl: () => null,
    log: SILENT,
    time: machineTime,
    chance: machineChance,
  });
  const journal = new StoreJournal(store, outbox, machineTime);
  const stored = store.read(loadOutages).find(({ id }) => id === CHAIN.id);
  if (stored === undefined) throw new Error('the state has no such outage');
  const outage: Outage = { ...stored, state: 'down' };
  const nowMs = store.clock.nowMs();
  const { server, port, cause, fromMs } = outage;
  const counts = { clients: CHAIN_CLIENTS, people: CHAIN_CLIENTS, telling: null, untold: null };
  const past = { server, port, cause, sign: 'arp', fromMs, toMs: nowMs, ...counts };
  const notices = Array.from({ length: CHAIN_CLIENTS }, (_, i) => ({ ...noticeFor(i, nowMs), holdMs: 0 }));
  const startMs = performance.now();
  journal.tell([{ outage, past }], notices);
  const tookMs = performance.now() - startMs;
  await outbox.close(0);
  store.close();
  return tookMs;
}
