/** Mail out: one SMTP server, a few pooled connections, one recipient a mail. */

import { hostname } from 'node:os';
import { Readable } from 'node:stream';
import SMTPPool from 'nodemailer/lib/smtp-pool';
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

/** How many connections to the server there are at most. */
export const CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 30_000;
const GREETING_TIMEOUT_MS = 60_000;
/** RFC 5321 section 4.5.3.2: giving up earlier on a slow final reply would send twice. */
const SILENCE_TIMEOUT_MS = 300_000;
/** A server that trickles its replies is never silent; a mail takes no longer than this. */
const MAIL_TIMEOUT_MS = 900_000;
/** How long a connection is kept for the next mail: a switch's thirty servers come back within such a time. */
const IDLE_MS = 30_000;
const MAX_REASON = 300;

/**
 * What the library's pool asks of a mail. The library's own mailer would build the message as a MIME tree behind
 * several streams, which takes two thirds of the processor time of a mail; a notice is a few lines of text, composed
 * here in one go.
 */
interface Outgoing {
  readonly data: { readonly signal?: AbortSignal | undefined };
  readonly message: {
    getEnvelope(): { from: string | false; to: string[] };
    getHeader(name: string): unknown;
    messageId(): string;
    createReadStream(): Readable;
  };
}

/** The part of the pool that is used: its `send` takes any `Outgoing`, as the compiler sees from its MailMessage. */
interface Pool {
  send(mail: Outgoing, callback: (error: Error | null) => void): boolean;
  close(options: { force: boolean }): void;
}

/** Sends mails through one SMTP server. */
export class MailSender {
  readonly #pool: Pool;

  /** Throws `configuration` when `from` is not one plain mail address. */
  constructor(options: SmtpConfiguration) {
    if (canonicalMailAddress(options.from) === null) {
      throw new RingbackError('configuration', `smtp.from: not a mail address: ${options.from}`);
    }
    this.#pool = createPool(options);
  }

  /** Attempts a mail once; never rejects. */
  async send(mail: Mail): Promise<Delivery> {
    // These two become SMTP commands and header fields: nothing but one plain address gets past here.
    const [from, to] = [canonicalMailAddress(mail.from), canonicalMailAddress(mail.to)];
    if (from === null || to === null) return { outcome: 'refused', reason: 'not a mail address' };
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), MAIL_TIMEOUT_MS);
    try {
      const bytes = Buffer.from(composeMessage({ ...mail, from, to }));
      const outgoing: Outgoing = {
        data: { signal: timeout.signal },
        message: {
          // A new envelope and stream each time: the connection writes into the one and uses up the other.
          getEnvelope: () => ({ from, to: [to] }),
          getHeader: () => mail.messageId,
          messageId: () => mail.messageId,
          createReadStream: () => readOnce(bytes),
        },
      };
      await new Promise<void>((resolve, reject) => {
        this.#pool.send(outgoing, (error) => (error ? reject(error) : resolve()));
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
    this.#pool.close({ force });
  }
}

function readOnce(bytes: Buffer): Readable {
  return new Readable({
    read() {
      this.push(bytes);
      this.push(null);
    },
  });
}

function createPool({ host, port, tls, user, password, from }: SmtpConfiguration): Pool {
  const secure = tls === 'implicit' || (tls === 'auto' && port === 465);
  return new SMTPPool({
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

/** RFC 5322 section 2.1.1: lines of the header should be no longer, without their CRLF. */
const LINE_LENGTH = 78;
/** RFC 2047 section 2: a line with an encoded word may be no longer, which with its blank leaves the word its 75. */
const ENCODED_LINE_LENGTH = 76;
const ENCODED_WORD = { start: '=?UTF-8?B?', end: '?=' };
/** RFC 2045 section 6.8. */
const BASE64_LINE = /.{76}(?=.)/g;
/** Words that can stand in a header field as they are, far enough from the 998 that no line may exceed. */
const PLAIN_VALUE = /^[!-~]{1,900}(?: [!-~]{1,900})*$/;
/**
 * What a text that goes out as it is must not have (RFC 2045 section 2.7): anything but printable ASCII, and lines
 * above 998. Those above 78 may stay: filters take ASCII in base64 for something that hides.
 */
const NOT_7BIT = /[^\t\r\n -~]|[^\r\n]{999}/;

/**
 * The message of a mail (RFC 5322; RFC 2045 for the text, RFC 2047 for the header), all ASCII, lines end with CRLF.
 * `from` and `to` are canonical addresses. Whatever else the mail consists of, no value leaves its header field and
 * no text gets into the header: control characters become blanks, and what is not plain is encoded.
 * Without a date there is no `Date` field: a submission server may add its own (RFC 6409 section 8.2).
 */
export function composeMessage(mail: Mail): string {
  const text = mail.text.replace(/\r?\n|\r/g, '\r\n');
  const plain = !NOT_7BIT.test(text);
  return [
    `From: ${mail.from}`,
    `To: ${mail.to}`,
    unstructured('Subject', mail.subject),
    // One word, which is not to be folded or encoded (RFC 5322 section 3.6.4).
    `Message-ID: ${mail.messageId.replace(/[^!-~]/g, '')}`,
    ...(mail.date === null ? [] : [`Date: ${dateText(mail.date)}`]),
    ...Object.entries(mail.headers).map(([name, value]) => unstructured(name, value)),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${plain ? '7bit' : 'base64'}`,
    '',
    plain ? text : `${Buffer.from(text).toString('base64').replace(BASE64_LINE, '$&\r\n')}\r\n`,
  ].join('\r\n');
}

/** RFC 5322 section 3.3, in UTC. */
function dateText(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** An unstructured header field (RFC 5322 section 3.2.5), folded, as encoded words where it is not plain ASCII. */
function unstructured(fieldName: string, fieldValue: string): string {
  // RFC 5322 section 3.6.8: printable ASCII without the colon.
  const name = fieldName.replace(/[^!-9;-~]/g, '');
  const value = fieldValue.replace(/\p{Cc}+/gu, ' ').trim();
  // A plain value that looks like an encoded word would be shown as something else.
  if (PLAIN_VALUE.test(value) && !value.includes('=?')) {
    return folded(`${name}:`, value.split(' '), LINE_LENGTH);
  }
  return folded(`${name}:`, encodedWords(value, name.length + 1), ENCODED_LINE_LENGTH);
}

/** The words after the field's name, as many on each line as fit. */
function folded(start: string, words: readonly string[], length: number): string {
  let [done, line] = ['', start];
  for (const word of words) {
    if (line !== start && line.length + 1 + word.length > length) {
      done += `${line}\r\n`;
      line = '';
    }
    line += ` ${word}`;
  }
  return done + line;
}

/** Encoded words (RFC 2047) of whole characters, the first of which fits on a line that is taken up to `column`. */
function encodedWords(value: string, column: number): string[] {
  const { start, end } = ENCODED_WORD;
  const room = ENCODED_LINE_LENGTH - ' '.length - start.length - end.length;
  const words: string[] = [];
  let [chunk, bytes, limit] = ['', 0, octetsIn(room - column)];
  for (const character of [...value, '']) {
    const more = Buffer.byteLength(character);
    if (chunk !== '' && (character === '' || bytes + more > limit)) {
      words.push(`${start}${Buffer.from(chunk).toString('base64')}${end}`);
      [chunk, bytes, limit] = ['', 0, octetsIn(room)];
    }
    chunk += character;
    bytes += more;
  }
  return words;
}

/** How many octets base64 can put into so many characters. */
function octetsIn(characters: number): number {
  return Math.floor(characters / 4) * 3;
}
