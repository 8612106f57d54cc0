/** The recovery notice: what it is about, and the mail that it becomes. */

import { createHash } from 'node:crypto';
import type { Most } from '../config/most.ts';
import type { Language } from '../config/types.ts';
import { cleanName } from '../net/clean-text.ts';
import type { Clock } from '../store/clock.ts';
import { type Notice, type NoticeItem, namedClients } from '../store/notice-rows.ts';
import { recoveryNotice } from './texts.ts';

/** A mail to one recipient. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** null: the router does not know what time it is, and the mail says nothing about it. */
  readonly date: Date | null;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface NoticeFacts {
  /** The addressee's mail address. */
  readonly mail: string;
  readonly language: Language;
  readonly item: NoticeItem;
  /** What tells this outage from all others, for ever; a relay knows the name of its list. */
  readonly outage: number | string;
  /** What it counts for; without it the outage. */
  readonly telling?: string;
  /** The sender's mail address. */
  readonly from: string;
}

/** A notice of these facts: its name is cleaned here, once, and its identity (RFC 5322 section 3.6.4) derived. */
export function createNotice({ mail, language, item, outage, telling, from }: NoticeFacts): Notice {
  // JSON keeps the parts apart whatever they contain.
  const identity = JSON.stringify([item.server, item.client, mail, outage]);
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, 32);
  const serverName = item.serverName === null ? null : cleanName(item.serverName);
  return {
    // Without smtp there is no sender; the notice waits for one, and keeps the name that it has then.
    messageId: `<${hash}.ringback@${from.slice(from.lastIndexOf('@') + 1) || 'localhost'}>`,
    mail,
    language,
    items: [{ ...item, serverName, tellings: [telling ?? String(outage)] }],
  };
}

export interface NoticeContext {
  /** The sender's mail address. */
  readonly from: string;
  readonly clock: Clock;
  /** Where the addressee says that he wants no more of these (RFC 8058); null: nowhere. */
  readonly stopUrl: string | null;
  /** What an address gets that nobody has confirmed; null: it is confirmed, or the operator's. */
  readonly unconfirmed?: Most | null;
}

/**
 * The mail of a notice, dated at the recovery: the same at every attempt, as long as the clock was right. `Auto-Submitted`
 * keeps out-of-office answers away (RFC 3834 section 5).
 */
export function composeNotice(
  notice: Notice,
  { from, clock, stopUrl, unconfirmed = null }: NoticeContext,
): Mail {
  const { messageId, mail, language, items } = notice;
  const { subject, text } = recoveryNotice(language, { mail, items, stopUrl, unconfirmed }, clock);
  const recoveredMs = Math.max(...items.map((item) => item.recoveredMs));
  const each = (values: readonly string[]): string => [...new Set(values)].join(', ');
  return {
    from,
    to: mail,
    subject,
    text,
    date: clock.dateOf(recoveredMs),
    messageId,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Ringback-Server': each(items.flatMap(({ server, places }) => places ?? [server])),
      'X-Ringback-Client': each(items.flatMap(namedClients)),
      ...(stopUrl === null
        ? {}
        : { 'List-Unsubscribe': `<${stopUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
    },
  };
}
