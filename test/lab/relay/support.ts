/** What the stories of list mails share. */
import assert from 'node:assert/strict';
import { address, type Lab } from '../../../board/lab/lab.ts';
import type { LogEvent } from '../../../board/lab/log-lines.ts';
import { type Configuration, Ringback } from '../../../board/lab/ringback.ts';
import { LIST_KEY } from './list-mail.ts';
import { type Box, type MailHost, POP_PASSWORD, type StoredMail } from './mail-host.ts';

const SERVERS = { s80: 'sav_1@example.jp', s81: 'sav_2@example.jp' } as const;
/** How long after the router's list the relay tells people, while it looks often (docs/relay.md). */
const TELLS_WITHIN_MS = 10_000;

/** The router knows no users: they are the relays' (embodiments 2 and 3 of the seed). */
export function throughOthers(
  via: 'server' | 'station',
  sections: Configuration = {},
): Record<string, unknown> {
  const servers = Object.entries(SERVERS).flatMap(([node, mail]) =>
    ([4, 6] as const).map((version) => ({ address: address(node, version), ports: [80], mail })),
  );
  const station = { mail: 'station@example.jp' };
  return { notify: { via }, clients: [], servers, station, list_key: LIST_KEY, ...sections };
}

/** Sections of `ringback relay`: the mailbox that it looks into, and more of `relay:` and of `relay.pop:`. */
export function fetching(
  box: Box,
  { pop = {}, ...relay }: { readonly pop?: Configuration; readonly [key: string]: unknown } = {},
): Record<string, unknown> {
  const mailbox = { host: address('mail'), user: box, password: POP_PASSWORD, every: '1s', ...pop };
  return { relay: { pop: mailbox, resolve: false, ...relay }, list_key: LIST_KEY };
}

/** A station's relay that looks into its mailbox every second. */
export function startStation(lab: Lab, sections: Configuration = fetching('station')): Promise<Ringback> {
  return Ringback.startRelay(lab, 'station', sections);
}

/** The notice of sato, which is sent soon after the router has sent the list. */
export async function tellsSoon(relay: Ringback, listSent: LogEvent): Promise<LogEvent> {
  const notice = await relay.event({ event: 'notice.sent', mail: 'sato@example.jp' }, 120_000);
  const received = await relay.event({ event: 'list.received', server: String(listSent.server) });
  for (const { event, time } of [received, notice]) {
    const laterMs = Date.parse(time) - Date.parse(listSent.time);
    assert.ok(laterMs <= TELLS_WITHIN_MS, `${event} ${laterMs} ms after list.sent`);
  }
  return notice;
}

/** The one mail in a person's mailbox that this notice became. */
export async function noticeIn(host: MailHost, notice: LogEvent): Promise<StoredMail> {
  const box = String(notice.mail).split('@')[0] as Box;
  const mails = (await host.mails(box)).filter(
    ({ headers }) => headers.get('message-id') === notice.messageId,
  );
  assert.equal(mails.length, 1, `mails with Message-ID ${notice.messageId} for ${box}`);
  return mails[0] as StoredMail;
}

/** Everybody who was told, as often as he was: the addressees of all mails to people. */
export async function told(host: MailHost): Promise<readonly string[]> {
  return (await host.toPeople()).flatMap(({ to }) => to).toSorted();
}
