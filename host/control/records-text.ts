/** Past outages and notices as tables and lines for people. */
import { spanText } from '../notify/texts.ts';
import type { HistoryAnswer, NoticeRecord, OutboxAnswer, PastOutageRecord } from './records.ts';

/** A time in the local zone; the same words wherever a clock was wrong. */
export function dateText(iso: string | null): string {
  return iso === null ? 'unknown' : new Date(iso).toLocaleString('sv-SE');
}

/** Seconds in their two largest units. */
export function lastedText(seconds: number): string {
  return spanText(seconds * 1000, [' d', ' h', ' min', ' s'], ' ');
}

export function placeText({ server, port }: { readonly server: string; readonly port: number }): string {
  return port === 0 ? server : `${server} port ${port}`;
}

/** When a notice is tried next. */
export function nextText({ state, beingSent, nextInSeconds }: NoticeRecord): string {
  if (state !== 'queued' || nextInSeconds === null) return '-';
  if (beingSent) return 'under way';
  return nextInSeconds === 0 ? 'now' : `in ${lastedText(nextInSeconds)}`;
}

/** What a mail is if it is no notice: `, list 1/3 of 1000`. */
export function listText({ list }: NoticeRecord): string {
  if (list === null) return '';
  const part = list.parts === 1 ? '' : ` ${list.part}/${list.parts}`;
  return `, list${part} of ${list.clients}`;
}

export function countText(count: number): string {
  return `${count} ${count === 1 ? 'notice' : 'notices'}`;
}

export function historyText({ outages }: HistoryAnswer): string {
  if (outages.length === 0) return 'No outage has ended yet.';
  const cells = (outage: PastOutageRecord): string[] => [
    placeText(outage),
    outage.cause,
    dateText(outage.from),
    dateText(outage.to),
    lastedText(outage.seconds),
    outage.sign ?? '-',
    String(outage.clients),
    String(outage.told),
  ];
  const head = ['SERVER', 'CAUSE', 'FROM', 'TO', 'LASTED', 'SIGN', 'CLIENTS', 'TOLD'];
  return table([head, ...outages.map(cells)]);
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
