/** The recovery notice: what it is about, and the mail that it becomes. */

import { createHash } from 'node:crypto';
import type { Language } from '../config/types.ts';
import { cleanName, recoveryNotice } from './texts.ts';

/** One client's notice of one server's recovery. Addresses are canonical. */
export interface Notice {
  /** The same for the same server, client, mail address and outage, in every process and after every restart. */
  readonly id: string;
  readonly server: string;
  readonly serverName: string | null;
  readonly client: string;
  /** The addressee's mail address. */
  readonly mail: string;
  readonly language: Language;
  /** Wall time of the recovery. */
  readonly recoveredAt: Date;
  /** What tells this outage of the server from its others: when it began, or a number that is never reused. */
  readonly outageId: string;
}

/** A mail to one recipient. */
export interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly date: Date;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A notice of these facts: its name is cleaned here, once, and its identity derived. */
export function createNotice(facts: Omit<Notice, 'id'>): Notice {
  const { server, client, mail, outageId } = facts;
  // JSON keeps the four apart whatever they contain.
  const identity = JSON.stringify([server, client, mail, outageId]);
  return {
    ...facts,
    serverName: facts.serverName === null ? null : cleanName(facts.serverName),
    id: createHash('sha256').update(identity).digest('hex').slice(0, 32),
  };
}

/** The Message-ID of a notice (RFC 5322 section 3.6.4), the same however often the notice is attempted. */
export function messageIdOf(notice: Notice, from: string): string {
  return `<${notice.id}.ringback@${from.slice(from.lastIndexOf('@') + 1)}>`;
}

/**
 * The mail of a notice, byte for byte the same at every attempt: dated at the recovery. `Auto-Submitted`
 * keeps out-of-office answers away (RFC 3834 section 5).
 */
export function composeNotice(notice: Notice, from: string): Mail {
  const { subject, text } = recoveryNotice(notice.language, notice);
  return {
    from,
    to: notice.mail,
    subject,
    text,
    date: notice.recoveredAt,
    messageId: messageIdOf(notice, from),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Ringback-Server': notice.server,
      'X-Ringback-Client': notice.client,
    },
  };
}
