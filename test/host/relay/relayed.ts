/** What the tests of the relay share: its configuration, list mails as the router makes them, and a reader of a mailbox. */

import type { TestContext } from 'node:test';
import { machineChance } from '../../../host/chance.ts';
import { parseRelayConfiguration } from '../../../host/config/relay/file.ts';
import type { RelayConfiguration } from '../../../host/config/relay/types.ts';
import { composeList, createList, type ListMailFacts } from '../../../host/mail/list-writer.ts';
import { composeMessage } from '../../../host/mail/message.ts';
import { Outbox } from '../../../host/mail/outbox.ts';
import type { Delivery } from '../../../host/mail/smtp.ts';
import { HOUR_MS } from '../../../host/net/duration.ts';
import { Mailbox } from '../../../host/pop/mailbox.ts';
import { MailboxReader, type MailboxReaderOptions } from '../../../host/relay/reader.ts';
import { hostNameOf } from '../../../host/relay/resolver.ts';
import type { Clock } from '../../../host/store/clock.ts';
import type { OutboxRow } from '../../../host/store/notice-rows.ts';
import { listNotices } from '../../../host/store/outbox.ts';
import { Store } from '../../../host/store/store.ts';
import { machineTime } from '../../../host/time.ts';
import { type LoggedLine, recordingLog } from '../tools.ts';
import { PASSWORD, type PopServerOptions, popServer, USER } from './support.ts';

export const KEY = 'list-secret';
export const SERVER = '172.27.178.80';
export const SATO = '172.27.179.151';
export const TANAKA = '172.27.179.150';
export const STRANGER = '172.27.179.159';
const ROUTER = 'ringback@router.example';
const NOTIFIER = 'sav_1@example.jp';

/** A file of `ringback relay` whose mailbox is at this port; `more` are further sections. */
export function relayText(port: number, more = ''): string {
  return `
state: false
relay: {pop: {host: 127.0.0.1, port: ${port}, user: ${USER}, password: ${PASSWORD}}, resolve: false}
smtp: {host: 127.0.0.1, from: relay@www.example.jp}
clients:
  - {address: ${SATO}, mail: sato@example.jp, language: ja}
  - {address: ${TANAKA}, mail: tanaka@example.jp}
list_key: ${KEY}
${more}`;
}

export function relayConfiguration(port: number): RelayConfiguration {
  return parseRelayConfiguration(relayText(port), 'relay.yaml');
}

/** A whole second, as list mails have them. */
const now = (): number => Math.floor(Date.now() / 1000) * 1000;

/** A clock whose milliseconds are Unix time; null: it is certainly wrong. */
export function wallClock(isRight = true): Clock {
  return { nowMs: now, dateOf: (ms) => (isRight ? new Date(ms) : null) };
}

interface SentList {
  readonly clients?: readonly string[];
  readonly key?: string;
  readonly clock?: Clock;
  readonly facts?: Partial<ListMailFacts>;
}

/** The messages of a list, as the router sends them: down for an hour, back a minute ago. */
export function listMessages({
  clients = [SATO, TANAKA, STRANGER],
  key = KEY,
  clock = wallClock(),
  facts = {},
}: SentList = {}): string[] {
  const recoveredMs = now() - 60_000;
  const tried = { firstMs: recoveredMs - HOUR_MS / 2, lastMs: recoveredMs - HOUR_MS / 4, tries: 3 };
  const parts = createList({
    mail: NOTIFIER,
    id: '00112233445566778899aabbccddeeff',
    server: SERVER,
    serverName: 'www.example.jp',
    fromMs: recoveredMs - HOUR_MS,
    recoveredMs,
    listed: clients.map((client) => ({ client, ...tried })),
    from: ROUTER,
    ...facts,
  });
  return parts.map((part) => {
    if (part.list === undefined) throw new Error('a list without facts');
    return composeMessage(composeList(part, part.list, part.listed ?? [], { from: ROUTER, clock, key }));
  });
}

interface OpenReader {
  readonly reader: MailboxReader;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly lines: LoggedLine[];
  /** One look into the mailbox. */
  look(): Promise<void>;
  /** All notices there are. */
  notices(): readonly OutboxRow[];
  /** The fields of the events of that name, without what differs from one run to the next. */
  said(event: string): readonly Readonly<Record<string, unknown>>[];
}

/** A reader of the mailbox at this port, and an outbox that nothing leaves; closed with the test. */
export async function openReader(
  test: TestContext,
  configuration: RelayConfiguration,
  more: Partial<MailboxReaderOptions> = {},
): Promise<OpenReader> {
  const { log, lines } = recordingLog();
  const store = await Store.open({ directory: null, log, time: machineTime });
  const outbox = new Outbox({
    store,
    sender: { send: () => new Promise<Delivery>(() => {}), close: () => {} },
    from: configuration.smtp.from,
    giveUpMs: HOUR_MS,
    stopUrl: () => null,
    log,
    time: machineTime,
    chance: machineChance,
  });
  test.after(async () => {
    await outbox.close(0);
    store.close();
  });
  const reader = new MailboxReader({
    ...{ store, outbox, configuration, log, time: machineTime, hostNameOf, ...more },
    mailbox: (options, signal) => Mailbox.open(options, signal),
  });
  return {
    reader,
    store,
    outbox,
    lines,
    look: () => reader.look(new AbortController().signal),
    notices: () => store.read((sql) => listNotices(sql, 100_000)),
    said: (event) => lines.filter((line) => line.event === event).map(({ fields }) => fields),
  };
}

/** A reader of a mailbox on a server of its own. */
export async function opened(test: TestContext, options: PopServerOptions) {
  const server = await popServer(test, options);
  const configuration = relayConfiguration(server.port);
  return { server, configuration, ...(await openReader(test, configuration)) };
}
