/** The words of the mails, in the languages of the contract; the Japanese ones are the seed's (figure 8). */

import type { Language } from '../config/types.ts';

interface NoticeFacts {
  /** The addressee's mail address. */
  readonly mail: string;
  readonly server: string;
  readonly serverName: string | null;
  readonly recoveredAt: Date;
}

interface Words {
  readonly subject: string;
  readonly lines: (addressee: string, server: string, time: string) => readonly string[];
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'Server recovery notice',
    lines: (addressee, server, time) => [
      `To: ${addressee}`,
      '',
      'Server recovery notice',
      '',
      'The server below is back.',
      '',
      `Server   : ${server}`,
      `Recovered: ${time}`,
    ],
  },
  ja: {
    subject: 'サーバ障害復旧通知',
    lines: (addressee, server, time) => [
      `${addressee} 殿`,
      '',
      '「サーバ障害復旧通知」',
      '',
      '下記のサーバが復旧したことをお知らせします。',
      '',
      `復旧サーバ : ${server}`,
      `復旧時間 : ${time}`,
    ],
  },
};

/** Subject and text (lines end with LF) of the recovery notice in a language. */
export function recoveryNotice(language: Language, facts: NoticeFacts): { subject: string; text: string } {
  const { subject, lines } = WORDS[language];
  const { mail, server, serverName, recoveredAt } = facts;
  const named = serverName === null ? server : `${serverName} (${server})`;
  return { subject, text: `${lines(mail, named, timeText(recoveredAt)).join('\n')}\n` };
}

/** `yyyy/mm/dd HH:MM:SS` in the local zone, and the zone as its distance from UTC: `2026/11/22 16:30:05 +09:00`. */
export function timeText(time: Date): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  const east = -time.getTimezoneOffset();
  const date = [String(time.getFullYear()).padStart(4, '0'), two(time.getMonth() + 1), two(time.getDate())];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two);
  const zone = [Math.floor(Math.abs(east) / 60), Math.abs(east) % 60].map(two);
  return `${date.join('/')} ${clock.join(':')} ${east < 0 ? '-' : '+'}${zone.join(':')}`;
}

/** The longest name that is shown: that of a DNS name (RFC 1035 section 2.3.4). */
const MAX_NAME = 255;

/**
 * A name from a file or a network, fit for a line of text: no control, format, surrogate or separator characters (they
 * could break lines, or show other words than are there), white space as single blanks; null if nothing is left.
 */
export function cleanName(name: string): string | null {
  const clean = name
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return clean === '' ? null : [...clean].slice(0, MAX_NAME).join('');
}
