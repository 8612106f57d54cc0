/** Past outages and notices as tables and lines for people. */

import { spanText } from '../net/duration.ts';
import type { OutboxCounts } from '../store/outbox.ts';
import type { StoreHealth } from '../store/store.ts';
import type { HistoryAnswer, ListRecord, NoticeRecord, OutboxAnswer, PastOutageRecord } from './records.ts';

interface Place {
  readonly server: string;
  readonly port: number;
  readonly protocol?: 'udp';
}

/** A time in the local zone; the same words wherever a clock was wrong. */
export function dateText(iso: string | null): string {
  return iso === null ? 'unknown' : new Date(iso).toLocaleString('sv-SE');
}

/** Seconds in their two largest units. */
export function lastedText(seconds: number): string {
  return spanText(seconds * 1000, [' d', ' h', ' min', ' s'], ' ');
}

export function placeText({ server, port, protocol }: Place): string {
  if (port === 0) return server;
  return protocol === undefined ? `${server} port ${port}` : `${server} port ${port}/${protocol}`;
}

/** When a notice is tried next. */
function nextText({ state, beingSent, nextInSeconds }: NoticeRecord): string {
  if (state !== 'queued' || nextInSeconds === null) return '-';
  if (beingSent) return 'under way';
  return nextInSeconds === 0 ? 'now' : `in ${lastedText(nextInSeconds)}`;
}

/** What a mail is if it is no notice: `, list 1/3 of 1000`. */
function listText({ list }: NoticeRecord): string {
  if (list === null) return '';
  const part = list.parts === 1 ? '' : ` ${list.part}/${list.parts}`;
  return `, list${part} of ${list.clients}`;
}

/** Where what must not be lost is kept, and why it is not where it should be. */
export interface StatePlace extends StoreHealth {
  /** null: in memory, on purpose. */
  readonly directory: string | null;
}

export function triesText(tries: number): string {
  return `${tries} ${tries === 1 ? 'try' : 'tries'}`;
}

/** How many notices there are, and those of them that wait. */
export function noticesText(
  { pending, sent, failed }: OutboxCounts,
  first: readonly NoticeRecord[],
): string[] {
  const more = pending - first.length;
  return [
    `Notices: ${pending} pending, ${sent} sent, ${failed} failed`,
    ...first.map(pendingText),
    ...(first.length > 0 && more > 0 ? [`  and ${countText(more)} more`] : []),
  ];
}

function pendingText(notice: NoticeRecord): string {
  const { id, mail, tries, reason } = notice;
  const failed = reason === null ? '' : `, ${tries === 0 ? '' : `${triesText(tries)} failed: `}${reason}`;
  return `  ${id}  ${mail}${listText(notice)}  next ${nextText(notice)}${failed}`;
}

export function stateText({ place, reason, directory }: StatePlace): string {
  if (place === 'disk') return `The state is on disk in ${directory}.`;
  if (reason === null) return 'The state is in memory, as configured.';
  return `The state is in memory only, and not in ${directory}: ${reason}`;
}

export function countText(count: number): string {
  return `${count} ${count === 1 ? 'notice' : 'notices'}`;
}

export function historyText({ outages, lists }: HistoryAnswer): string {
  if (outages.length === 0) return lists.length === 0 ? 'No outage has ended yet.' : listsText(lists);
  const cells = (outage: PastOutageRecord): string[] => [
    placeText(outage),
    outage.cause,
    dateText(outage.from),
    dateText(outage.to),
    lastedText(outage.seconds),
    outage.sign ?? '-',
    String(outage.clients),
    `${outage.told} of ${outage.people}`,
    untoldText(outage) || '-',
  ];
  const head = ['SERVER', 'CAUSE', 'FROM', 'TO', 'LASTED', 'SIGN', 'CLIENTS', 'PEOPLE TOLD', 'NOT TOLD'];
  return table([head, ...outages.map(cells)]);
}

/** Who is not told, or not yet: `2 queued (1 over the limit), 1 failed, 3 clients without address`. */
export function untoldText({
  queued,
  failed,
  untold,
  handedOver,
}: Pick<PastOutageRecord, 'queued' | 'failed' | 'untold' | 'handedOver'>): string {
  const { limited = 0, noAddress = 0, stale = 0, stopped = 0 } = untold ?? {};
  const counts = [
    [queued ?? 0, `queued${limited > 0 ? ` (${limited} over the limit)` : ''}`],
    [failed ?? 0, 'failed'],
    [noAddress, noAddress === 1 ? 'client without address' : 'clients without address'],
    [stale, 'tried too long ago'],
    [stopped, 'want no notices'],
    [handedOver?.clients ?? 0, handedOverText(handedOver)],
  ] as const;
  return counts.flatMap(([count, words]) => (count > 0 ? [`${count} ${words}`] : [])).join(', ');
}

/** Of clients whose people somebody else knows: `clients handed over (2 queued, 1 failed)`. */
function handedOverText(handedOver: PastOutageRecord['handedOver']): string {
  const { clients = 0, queued = 0, failed = 0 } = handedOver ?? {};
  const fates = [...(queued > 0 ? [`${queued} queued`] : []), ...(failed > 0 ? [`${failed} failed`] : [])];
  const words = clients === 1 ? 'client handed over' : 'clients handed over';
  return fates.length === 0 ? words : `${words} (${fates.join(', ')})`;
}

/** What a relay has for a history. */
function listsText(lists: readonly ListRecord[]): string {
  const cells = (list: ListRecord): string[] => [
    list.server,
    dateText(list.received),
    `${list.part}/${list.parts}`,
    String(list.clients),
    `${list.told} of ${list.people}`,
    untoldText({ ...list, untold: null, handedOver: null }) || '-',
  ];
  return table([['SERVER', 'LIST CAME', 'PART', 'CLIENTS', 'PEOPLE TOLD', 'NOT TOLD'], ...lists.map(cells)]);
}

export function outboxText({ queued, notices }: OutboxAnswer): string {
  if (notices.length === 0) return 'There are no notices.';
  const cells = (notice: NoticeRecord): string[] => [
    notice.id,
    notice.mail,
    `${notice.servers.join(', ')}${listText(notice)}`,
    notice.state,
    String(notice.tries),
    nextText(notice),
    notice.reason ?? '-',
  ];
  const head = ['ID', 'MAIL', 'SERVERS', 'STATE', 'TRIES', 'NEXT', 'REASON'];
  const more = queued - notices.filter(({ state }) => state === 'queued').length;
  return [
    table([head, ...notices.map(cells)]),
    ...(more > 0 ? [`and ${more} more that are queued`] : []),
  ].join('\n');
}

/** Columns as wide as what is in them; numbers are no longer than their heads, and stay at the left. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
