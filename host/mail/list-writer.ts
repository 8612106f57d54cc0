/** The list mail: who waited for a server that is back, for the one who tells them (figure 18 of the seed). */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { cleanName } from '../net/clean-text.ts';
import type { Clock } from '../store/clock.ts';
import type { Listed, ListFacts, NewNotice, Notice } from '../store/notice-rows.ts';
import type { Mail } from './mail.ts';

/** Clients in one mail; a longer list becomes several. */
export const MAX_LISTED = 1000;
export const SIGNATURE_HEADER = 'X-Ringback-Signature';
const SUBJECT = 'Server recovery list';

export interface ListMailFacts {
  /** The mail address of the one who tells the people. */
  readonly mail: string;
  /** What tells this list from all others, for ever. */
  readonly id: string;
  readonly server: string;
  readonly serverName: string | null;
  readonly places?: readonly string[];
  /** The outage. */
  readonly fromMs: number;
  readonly recoveredMs: number;
  /** What those on it count for. */
  readonly telling?: string;
  readonly listed: readonly Listed[];
  /** Whose clients they are, as far as that is known here; without it nobody's. */
  readonly people?: ListedPeople;
  /** Parts of it that were entered before, by an earlier process. */
  readonly entered?: ListProgress;
  /** The sender's mail address. */
  readonly from: string;
}

interface ListedPeople {
  /** Who has this client, by the owner of his mail address; null: it is not known here. */
  ownerOf(client: string): string | null;
  /** Those who are counted elsewhere. */
  readonly counted: Iterable<string>;
}

/** How far a list has been entered. */
export interface ListProgress {
  readonly id: string;
  /** The last part that was; 0: none. */
  readonly part: number;
  readonly parts: number;
}

/** The list's parts, as they are entered into the outbox; none if nobody is on it. */
export function createList({ mail, listed, people, entered, from, ...facts }: ListMailFacts): NewNotice[] {
  const serverName = facts.serverName === null ? null : cleanName(facts.serverName);
  const id = entered?.id ?? facts.id;
  const { ownerOf, counted } = people ?? { ownerOf: () => null, counted: [] };
  const counts = new Set(counted);
  const all = partsOf(listed, ownerOf);
  const first = (entered?.part ?? 0) + 1;
  const parts = Math.max(entered?.parts ?? 0, first - 1 + all.length);
  return all.map((some, i) => {
    const part = first + i;
    const hash = createHash('sha256')
      .update(JSON.stringify([id, part, mail]))
      .digest('hex');
    const before = counts.size;
    let handedOver = 0;
    for (const { client } of some) {
      const owner = ownerOf(client);
      if (owner === null) handedOver++;
      else counts.add(owner);
    }
    const sizes = { clients: some.length, people: counts.size - before, handedOver };
    return {
      messageId: `<${hash.slice(0, 32)}.ringback@${from.slice(from.lastIndexOf('@') + 1) || 'localhost'}>`,
      mail,
      language: 'en',
      items: [],
      list: { ...facts, id, serverName, part, parts, ...sizes },
      listed: some,
    };
  });
}

/** As many in each as fit, all clients of one person in the same: he is told once, whatever becomes of the others. */
function partsOf(listed: readonly Listed[], ownerOf: (client: string) => string | null): Listed[][] {
  const together = new Map<string, Listed[]>();
  for (const one of listed) {
    const name = ownerOf(one.client) ?? one.client;
    const others = together.get(name);
    if (others === undefined) together.set(name, [one]);
    else others.push(one);
  }
  const parts: Listed[][] = [];
  for (const own of together.values()) {
    // Nobody has so many that they do not fit, but for a mistake.
    for (let at = 0; at < own.length; at += MAX_LISTED) {
      const some = own.slice(at, at + MAX_LISTED);
      const part = parts.at(-1);
      if (part === undefined || part.length + some.length > MAX_LISTED) parts.push(some);
      else part.push(...some);
    }
  }
  return parts;
}

interface ListMailContext {
  /** The sender's mail address. */
  readonly from: string;
  readonly clock: Clock;
  /** What it is signed with. */
  readonly key: string;
}

/**
 * The mail of a list. All that its reader acts upon stands in the text, which is signed. Moments are left out where the
 * clock was wrong; `Away` is right in any case. It says itself when it was sent, because its age decides whether it is
 * believed, and the mail's own date is not signed.
 */
export function composeList(
  { messageId, mail }: Notice,
  list: ListFacts,
  listed: readonly Listed[],
  { from, clock, key }: ListMailContext,
): Mail {
  const { id, part, parts, server, serverName, places, fromMs, recoveredMs } = list;
  const nowMs = clock.nowMs();
  const moment = (name: string, ms: number): string[] => {
    const date = dateText(clock.dateOf(ms));
    return date === null ? [] : [`${name}: ${date}`];
  };
  const lines = [
    `List: ${id}`,
    `Part: ${part}/${parts}`,
    `Server: ${server}`,
    ...(serverName === null ? [] : [`Name: ${serverName}`]),
    ...(places === undefined ? [] : [`Places: ${places.join(' ')}`]),
    `Away: ${Math.max(0, Math.round((recoveredMs - fromMs) / 1000))}`,
    ...moment('Down-Since', fromMs),
    ...moment('Recovered', recoveredMs),
    ...moment('Sent', nowMs),
    ...listed.flatMap(({ client, firstMs, lastMs, tries }) => {
      const [first, last] = [dateText(clock.dateOf(firstMs)), dateText(clock.dateOf(lastMs))];
      return [
        `Client: ${client}`,
        ...(first === null || last === null ? [] : [`Tried: ${first} ${last} ${tries}`]),
      ];
    }),
  ];
  const text = `${lines.join('\n')}\n`;
  return {
    from,
    to: mail,
    subject: SUBJECT,
    text,
    date: clock.dateOf(nowMs),
    messageId,
    headers: {
      // RFC 3834 section 5: nobody's holidays are an answer to this.
      'Auto-Submitted': 'auto-generated',
      'X-Ringback-Server': server,
      [SIGNATURE_HEADER]: signatureOf(text, key),
    },
  };
}

/** ISO 8601 in whole seconds. */
function dateText(date: Date | null): string | null {
  return date === null ? null : `${date.toISOString().slice(0, 19)}Z`;
}

/**
 * The signature of a text, hexadecimal: HMAC-SHA-256 over its lines, each ended by CRLF, without what mail servers add
 * or take away on the way: white space at the end of lines, and empty lines at the end.
 */
export function signatureOf(text: string, key: string): string {
  const lines = text.split(/\r\n|\r|\n/).map(withoutEnd);
  while (lines.at(-1) === '') lines.pop();
  return createHmac('sha256', key)
    .update(lines.map((line) => `${line}\r\n`).join(''))
    .digest('hex');
}

/** A regular expression looks at a long run of blanks in a line once for each of them, and anybody may send one. */
function withoutEnd(line: string): string {
  let length = line.length;
  while (length > 0 && (line[length - 1] === ' ' || line[length - 1] === '\t')) length--;
  return line.slice(0, length);
}

/** Whether the text was signed with this key; it takes as long whatever is wrong with the signature. */
export function isSignedBy(key: string, text: string, signature: string): boolean {
  const expected = Buffer.from(signatureOf(text, key), 'hex');
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
