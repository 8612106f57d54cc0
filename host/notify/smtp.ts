/** Mail out: one SMTP server, a few pooled connections, one recipient a mail. */

import { hostname } from 'node:os';
import { createTransport } from 'nodemailer';
import { canonicalMailAddress } from '../config/mail-address.ts';
import type { SmtpConfiguration } from '../config/types.ts';
import { messageOf, RingbackError } from '../errors.ts';
import type { Mail } from './mail.ts';
import { cleanName } from './texts.ts';

/**
 * What became of one attempt. `later` with `about: 'server'` means that the server could not be talked to
 * (connection, TLS, login, our sender address), so that the next mail would fare no better.
 */
export type Delivery =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'later'; readonly about: 'recipient' | 'server'; readonly reason: string };

const CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 30_000;
const GREETING_TIMEOUT_MS = 60_000;
/** RFC 5321 section 4.5.3.2: giving up earlier on a slow final reply would send twice. */
const SILENCE_TIMEOUT_MS = 300_000;
/** A server that trickles its replies is never silent; a mail takes no longer than this. */
const MAIL_TIMEOUT_MS = 900_000;
/** How long a connection is kept for the next mail: a switch's thirty servers come back within such a time. */
const IDLE_MS = 30_000;
const MAX_REASON = 300;

/** Sends mails through one SMTP server. */
export class MailSender {
  readonly #transport: ReturnType<typeof createPool>;

  /** Throws `configuration` when `from` is not one plain mail address. */
  constructor(options: SmtpConfiguration) {
    if (canonicalMailAddress(options.from) === null) {
      throw new RingbackError('configuration', `smtp.from: not a mail address: ${options.from}`);
    }
    this.#transport = createPool(options);
  }

  /** Attempts a mail once; never rejects. */
  async send(mail: Mail): Promise<Delivery> {
    // The library reads address strings as lists: nothing but one plain address gets past here.
    const [from, to] = [canonicalMailAddress(mail.from), canonicalMailAddress(mail.to)];
    if (from === null || to === null) return { outcome: 'refused', reason: 'not a mail address' };
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), MAIL_TIMEOUT_MS);
    try {
      await this.#transport.sendMail({
        envelope: { from, to: [to] },
        from: { name: '', address: from },
        to: { name: '', address: to },
        subject: mail.subject,
        text: mail.text,
        date: mail.date,
        messageId: mail.messageId,
        headers: { ...mail.headers },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal: timeout.signal,
      });
      return { outcome: 'delivered' };
    } catch (error) {
      return fateOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes idle connections now and busy ones after their mail, or all of them now with `force`. */
  close(force: boolean): void {
    this.#transport.close({ force });
  }
}

function createPool({ host, port, tls, user, password, from }: SmtpConfiguration) {
  const secure = tls === 'implicit' || (tls === 'auto' && port === 465);
  return createTransport({
    pool: true,
    host,
    port,
    secure,
    // A name without a domain would make the library say [127.0.0.1], which some servers refuse.
    name: hostname().includes('.') ? hostname() : from.slice(from.lastIndexOf('@') + 1),
    ignoreTLS: tls === 'none',
    // With `auto`, a password is still never sent in clear because somebody struck STARTTLS from a reply.
    requireTLS: !secure && (tls === 'starttls' || (tls === 'auto' && password !== null)),
    // `auto` is opportunistic (RFC 7435): a certificate that nobody vouches for is better than no TLS.
    tls: { rejectUnauthorized: tls !== 'auto' },
    ...(user === null || password === null ? {} : { auth: { user, pass: password } }),
    maxConnections: CONNECTIONS,
    maxMessages: Number.POSITIVE_INFINITY,
    // Beyond one for a connection that died while idle, trying again is the outbox's business.
    maxRequeues: 1,
    idleTimeout: IDLE_MS,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: GREETING_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Commands whose refusal is about this recipient or message, not about us or the server. */
const ABOUT_RECIPIENT: ReadonlySet<string> = new Set(['RCPT TO', 'DATA']);
/** RFC 5321 section 3.8: the server is going away, whatever it was asked. */
const SERVICE_CLOSING = 421;
/** The session is in the wrong state, which another session is not. */
const BAD_SEQUENCE = 503;

/**
 * A refusal with a reply code to RCPT TO or DATA is the recipient's: 5yz for good, 4yz for now (RFC 5321
 * section 4.2.1). Anything else is between us and the server, even a 5yz: a login or a sender address that it
 * does not like is mended in the configuration, and must not cost anybody a notice.
 */
function fateOf(error: unknown): Delivery {
  const { responseCode, command, code } = error as { responseCode?: number; command?: string; code?: string };
  const hint = code === 'ETLS' ? ' (smtp.tls: none sends without TLS, a password included)' : '';
  const reason = `${(cleanName(messageOf(error)) ?? 'unknown').slice(0, MAX_REASON)}${hint}`;
  const recipient = ABOUT_RECIPIENT.has(command ?? '') && responseCode !== undefined;
  if (!recipient || responseCode === SERVICE_CLOSING) return { outcome: 'later', about: 'server', reason };
  const forGood = responseCode >= 500 && responseCode !== BAD_SEQUENCE;
  return forGood ? { outcome: 'refused', reason } : { outcome: 'later', about: 'recipient', reason };
}
