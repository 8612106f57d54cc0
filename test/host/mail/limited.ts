import type { TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Most } from '../../../host/config/most.ts';
import type { Mail } from '../../../host/mail/mail.ts';
import type { OutboxOptions, Sender } from '../../../host/mail/outbox.ts';
import type { Delivery } from '../../../host/mail/smtp.ts';
import { MINUTE_MS } from '../../../host/net/duration.ts';
import type { Notice, OutboxRow } from '../../../host/store/notice-rows.ts';
import { listNotices } from '../../../host/store/outbox.ts';
import { FakeTime } from '../fake-time.ts';
import { noticeTo, type OpenOutbox, openOutbox } from './support.ts';

export const START_MS = 1_000_000;
export const MOST: Most = { hour: 6, day: 20 };
export const SATO = 'sato@example.jp';
export const ALL = 1_000_000;

/** A mail server that answers at once, and when it got what. */
class Counter implements Sender {
  readonly mails: { readonly mail: Mail; readonly ms: number }[] = [];
  answer: (mail: Mail) => Delivery = () => ({ outcome: 'delivered' });
  nowMs = (): number => 0;

  send(mail: Mail): Promise<Delivery> {
    const delivery = this.answer(mail);
    if (delivery.outcome === 'delivered') this.mails.push({ mail, ms: this.nowMs() });
    return Promise.resolve(delivery);
  }

  close(): void {}
}

interface Played extends OpenOutbox {
  readonly counter: Counter;
  nowMs: number;
  pass(ms: number): Promise<void>;
  queued(): OutboxRow[];
}

/** An outbox on a clock and timers of the test's own. */
export async function played(
  test: TestContext,
  options: Partial<OutboxOptions> = {},
  directory: string | null = null,
  nowMs = START_MS,
): Promise<Played> {
  const counter = new Counter();
  const time = new FakeTime();
  const open = await openOutbox(test, directory, counter, { mostFor: () => MOST, time, ...options });
  const clock = { ms: nowMs };
  counter.nowMs = () => clock.ms;
  test.mock.method(open.store.clock, 'nowMs', () => clock.ms);
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 4; i++) {
      await turn();
      // Those that are due at once, and the results.
      time.tick(300);
    }
  };
  return {
    ...open,
    counter,
    get nowMs() {
      return clock.ms;
    },
    async pass(ms) {
      await settle();
      clock.ms += ms;
      time.tick(ms);
      await settle();
    },
    queued: () => open.store.read((sql) => listNotices(sql, ALL)).filter(({ state }) => state === 'queued'),
  };
}

let outages = 0;
/** A notice of another outage, of this server. */
export function notice(server: string, mail = SATO, recoveredMs = START_MS): Notice {
  outages++;
  const item = { server, ports: [0], fromMs: recoveredMs - MINUTE_MS, recoveredMs };
  return noticeTo(mail, item, { outage: outages });
}

export const serverOf = (n: number): string => `172.27.178.${n}`;
export const serversIn = ({ mail }: { mail: Mail }): string[] =>
  String(mail.headers['X-Ringback-Server']).split(', ');

/** Whom history tells of. */
export const NOBODY = { people: 0, telling: null, untold: null } as const;
