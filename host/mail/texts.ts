/** The words of the mails, in their languages; the Japanese ones are the seed's (figure 8). */

import type { Most } from '../config/most.ts';
import type { Language } from '../config/types.ts';
import { spanText } from '../net/duration.ts';
import { zoneText } from '../net/zone.ts';
import type { Clock } from '../store/clock.ts';
import type { NoticeItem } from '../store/notice-rows.ts';

interface Facts {
  /** The addressee's mail address. */
  readonly mail: string;
  readonly items: readonly NoticeItem[];
  /** Where to say that no more of these are wanted; null: nowhere. */
  readonly stopUrl: string | null;
  /** What the address gets until its owner confirms it there; null: it is confirmed, or the operator's. */
  readonly unconfirmed?: Most | null;
}

/** One server's lines. */
interface ServerFacts {
  readonly server: string;
  /** null: the clock was wrong. */
  readonly recovered: string | null;
  readonly ago: string;
  readonly away: string;
  /** The first and the last try; one and the same if they were hardly apart: machines repeat themselves. */
  readonly first: string | null;
  readonly last: string | null;
}

interface Words {
  readonly subject: string;
  readonly head: (addressee: string, servers: number) => readonly string[];
  readonly server: (facts: ServerFacts) => readonly string[];
  readonly stop: string;
  /** In its place where the address came in through the page, and nobody has confirmed it. */
  readonly confirm: (most: Most) => readonly string[];
  /** Days, hours, minutes and seconds; the two largest of them that are not zero. */
  readonly units: readonly [string, string, string, string];
  readonly between: string;
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Server recovery notice',
    head: (addressee, servers) => [
      `To: ${addressee}`,
      '',
      'Server recovery notice',
      '',
      servers === 1 ? 'The server below is back.' : 'The servers below are back.',
    ],
    server: ({ server, recovered, ago, away, first, last }) => [
      `Server   : ${server}`,
      `Recovered: ${recovered ?? `${ago} before this mail was sent`}`,
      `Was away : ${away}`,
      ...(first === null
        ? []
        : [`You tried: ${last === null || first === last ? first : `${first} to ${last}`}`]),
    ],
    stop: 'No more such notices:',
    confirm: ({ hour, day }) => [
      'This address was entered on a page, and nobody has confirmed it:',
      `until then it gets ${hour} of these mails an hour and ${day} a day at most.`,
      'Go on telling you, or no more such notices:',
    ],
    units: [' d', ' h', ' min', ' s'],
    between: ' ',
  },
  ja: {
    subject: 'サーバ障害復旧通知',
    head: (addressee) => [
      `${addressee} 殿`,
      '',
      '「サーバ障害復旧通知」',
      '',
      '下記のサーバが復旧したことをお知らせします。',
    ],
    server: ({ server, recovered, ago, away, first, last }) => [
      `復旧サーバ : ${server}`,
      `復旧時間 : ${recovered ?? `このメールの送信の${ago}前`}`,
      `停止していた時間 : ${away}`,
      ...(first === null
        ? []
        : [`接続を試みた時間 : ${last === null || first === last ? first : `${first} ～ ${last}`}`]),
    ],
    stop: '今後この通知が不要な方:',
    confirm: ({ hour, day }) => [
      'このメールアドレスは登録画面で入力されたもので、まだご本人の確認が済んでいません。',
      `確認が済むまで、通知は1時間に${hour}通、1日に${day}通までとなります。`,
      '今後も通知を希望される方、通知が不要な方:',
    ],
    units: ['日', '時間', '分', '秒'],
    between: '',
  },
};

/**
 * Subject and text (lines end with LF) of the recovery notice in a language. Times are printed in the local zone; where
 * the clock was wrong they are left out, or said as what has passed since.
 */
export function recoveryNotice(
  language: Language,
  { mail, items, stopUrl, unconfirmed = null }: Facts,
  clock: Clock,
): { subject: string; text: string } {
  const { subject, head, server: linesOf, stop, confirm, units, between } = WORDS[language];
  const span = (ms: number): string => spanText(ms, units, between);
  const time = (ms: number): string | null => {
    const date = clock.dateOf(ms);
    return date === null ? null : timeText(date);
  };
  const servers = byServer(items);
  const lines = servers.flatMap(({ server, serverName, places, fromMs, recoveredMs, firstMs, lastMs }) => [
    '',
    ...linesOf({
      server: nameText(serverName, places ?? [server]),
      recovered: time(recoveredMs),
      ago: span(clock.nowMs() - recoveredMs),
      away: span(recoveredMs - fromMs),
      first: time(firstMs),
      last: time(lastMs - firstMs < ONE_TRY_MS ? firstMs : lastMs),
    }),
  ]);
  const words = unconfirmed === null ? [stop] : confirm(unconfirmed);
  const foot = stopUrl === null ? [] : ['', ...words, stopUrl];
  return { subject, text: `${[...head(mail, servers.length), ...lines, ...foot].join('\n')}\n` };
}

/** Each server once, though it and a service of it were two outages: the latest, and all tries. */
function byServer(items: readonly NoticeItem[]): NoticeItem[] {
  const found = new Map<string, NoticeItem>();
  for (const item of items) {
    // Two services of one machine may be two servers for those outside.
    const name = [item.server, ...(item.places ?? [])].join(' ');
    const other = found.get(name);
    const latest = other === undefined || item.recoveredMs >= other.recoveredMs ? item : other;
    found.set(name, {
      ...latest,
      firstMs: Math.min(item.firstMs, other?.firstMs ?? item.firstMs),
      lastMs: Math.max(item.lastMs, other?.lastMs ?? item.lastMs),
    });
  }
  return [...found.values()];
}

function nameText(name: string | null, places: readonly string[]): string {
  return name === null ? places.join(', ') : `${name} (${places.join(', ')})`;
}

/** A program that gives up after a minute has asked several times by then; for its user that was one try. */
const ONE_TRY_MS = 60_000;

/** `yyyy/mm/dd HH:MM:SS` in the local zone, and the zone as its distance from UTC: `2026/11/22 16:30:05 +09:00`. */
export function timeText(time: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const date = [String(time.getFullYear()).padStart(4, '0'), two(time.getMonth() + 1), two(time.getDate())];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two);
  return `${date.join('/')} ${clock.join(':')} ${zoneText(time)}`;
}
