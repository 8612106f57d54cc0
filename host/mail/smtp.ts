/** Mail out: one SMTP server, a few pooled connections, one recipient a mail. */

import { hostname } from 'node:os';
import { Readable } from 'node:stream';
import SMTPPool from 'nodemailer/lib/smtp-pool';
import type { SmtpConfiguration } from '../config/types.ts';
import { RingbackError } from '../errors.ts';
import type { LocalPorts } from '../net/local-ports.ts';
import { canonicalMailAddress, wireMailAddress } from '../net/mail-address.ts';
import type { Time, Timer } from '../time.ts';
import type { Mail } from './mail.ts';
import { composeMessage } from './message.ts';
import { enhancedCodeOf, fateOfReply, type SmtpFate, stepOf } from './smtp-fate.ts';
import { Connecting } from './smtp-socket.ts';
import { type MailServerPlace, shownLines, smtpFailure } from './smtp-words.ts';

/** Why a mail was not taken. */
export interface Reason {
  /** For people. */
  readonly reason: string;
  /** For machines: the reply's enhanced code (RFC 3463), or its reply code, or the system's. */
  readonly code?: string | null | undefined;
}

/**
 * What became of one attempt. `refused` is about the recipient, unless it is `doubted` and the server takes no mail from
 * us at all. `later` with `about: 'server'` means that the next mail would fare no better, or need not; `refusal` is set
 * where the server has said so itself: of this mail only, of all, or of our login.
 */
export type Delivery =
  | { readonly outcome: 'delivered' }
  | ({ readonly outcome: 'refused'; readonly isDoubted?: boolean } & Reason)
  | ({
      readonly outcome: 'later';
      readonly about: 'recipient' | 'server';
      readonly refusal?: 'mail' | 'all' | 'login';
    } & Reason);

/** How many connections to the server there are at most. */
export const SMTP_CONNECTIONS = 4;
/** How long a connection is kept for the next mail: a switch's thirty servers come back within such a time. */
const IDLE_MS = 30_000;
const MAX_REASON = 500;

interface SmtpTimeouts {
  readonly connectMs: number;
  readonly greetingMs: number;
  /** From a command, or the end of the message, to the reply. */
  readonly silenceMs: number;
  /** A server that trickles its replies is never silent; a mail takes no longer than this once it has its connection. */
  readonly mailMs: number;
}

/**
 * RFC 5321 section 4.5.3.2: five minutes for the greeting and for replies, ten for the one to the end of the message: who
 * gives up earlier sends twice.
 */
export const SMTP_TIMEOUTS: SmtpTimeouts = {
  connectMs: 30_000,
  greetingMs: 300_000,
  silenceMs: 630_000,
  mailMs: 1_800_000,
};

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
  verify(callback: (error: Error | null) => void): void;
  close(options: { force: boolean }): void;
}

/** A line of the conversation with the server, without what is secret in it. */
type Hear = (by: 'server' | 'client', line: string) => void;

interface SenderOptions {
  readonly timeouts?: Partial<SmtpTimeouts>;
  /** Where its connections come from; without them any port will do. */
  readonly localPorts?: LocalPorts | null;
  /** Who listens to its conversations; without it nobody. */
  readonly hear?: Hear;
}

/** Sends mails through one SMTP server. */
export class MailSender {
  readonly #options: SmtpConfiguration;
  readonly #time: Time;
  readonly #timeouts: SmtpTimeouts;
  readonly #connecting: Connecting;
  readonly #hear: Hear | null;
  #pool: Pool;
  /** The server has taken our login, or there is none. */
  #isKnown: boolean;
  /** The one mail that finds out. */
  #first: Promise<Delivery> | null = null;
  #isClosed = false;

  /** Throws `configuration` when `from` is not one plain mail address. */
  constructor(
    options: SmtpConfiguration,
    time: Time,
    { timeouts = {}, localPorts = null, hear }: SenderOptions = {},
  ) {
    if (canonicalMailAddress(options.from) === null) {
      throw new RingbackError('configuration', `smtp.from: not a mail address: ${options.from}`);
    }
    this.#options = options;
    this.#time = time;
    this.#timeouts = { ...SMTP_TIMEOUTS, ...timeouts };
    this.#connecting = new Connecting(options, this.#timeouts.connectMs, time, localPorts);
    this.#hear = hear ?? null;
    this.#pool = this.#newPool();
    this.#isKnown = options.user === null;
  }

  /** Attempts a mail once; never rejects. */
  async send({ from: sender, to: addressee, ...rest }: Mail): Promise<Delivery> {
    // These two become SMTP commands and header fields: nothing but one plain address gets past here.
    const [from, to] = [canonicalMailAddress(sender), canonicalMailAddress(addressee)];
    if (from === null || to === null) return { outcome: 'refused', reason: 'not a mail address' };
    const mail = { ...rest, from, to };
    // A wrong password is given once, not by every mail that waits.
    while (!this.#isKnown && this.#first !== null) {
      const delivery = await this.#first;
      if (isOfServer(delivery)) return delivery;
    }
    if (this.#isKnown) return await this.#attempt(mail);
    this.#first = this.#attempt(mail);
    const delivery = await this.#first;
    this.#first = null;
    if (!isOfServer(delivery)) this.#isKnown = true;
    return delivery;
  }

  /** Connects, takes TLS and logs in as for a mail; null: all that went well, else why not, for people. Never rejects. */
  async verify(): Promise<string | null> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#pool.verify((error) => (error ? reject(error) : resolve()));
      });
      return null;
    } catch (error) {
      return smtpFailure(error, this.#options);
    }
  }

  /** Closes idle connections now and busy ones after their mail, or all of them now with `force`. */
  close(force: boolean): void {
    this.#isClosed = true;
    if (force) this.#connecting.close();
    this.#pool.close({ force });
  }

  /** `from` and `to` are canonical. */
  async #attempt(mail: Mail): Promise<Delivery> {
    const timeout = new AbortController();
    let timer: Timer | undefined;
    try {
      const bytes = Buffer.from(composeMessage(mail));
      const outgoing: Outgoing = {
        data: { signal: timeout.signal },
        message: {
          // A new envelope and stream each time: the connection writes into the one and uses up the other.
          getEnvelope: () => {
            // It has its connection now: those before it may have taken their time.
            timer?.cancel();
            timer = this.#time.after(this.#timeouts.mailMs, () => timeout.abort());
            return { from: wireMailAddress(mail.from), to: [wireMailAddress(mail.to)] };
          },
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
      const delivery = deliveryOf(error, this.#options);
      if (delivery.outcome === 'later' && delivery.refusal === 'login') this.#stopLogins();
      return delivery;
    } finally {
      timer?.cancel();
    }
  }

  /** Mails that wait for a connection would each try the password again. */
  #stopLogins(): void {
    if (!this.#isKnown) return;
    this.#isKnown = false;
    this.#pool.close({ force: false });
    if (!this.#isClosed) this.#pool = this.#newPool();
  }

  #newPool(): Pool {
    const pool = createPool(this.#options, this.#timeouts, this.#hear);
    pool.getSocket = (_options, callback) => this.#connecting.open(callback);
    return pool;
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

function createPool(
  { host, port, tls, user, password, from }: SmtpConfiguration,
  { connectMs, greetingMs, silenceMs }: SmtpTimeouts,
  hear: Hear | null,
): SMTPPool {
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
    maxConnections: SMTP_CONNECTIONS,
    maxMessages: Number.POSITIVE_INFINITY,
    // Beyond one for a connection that died while idle, trying again is the outbox's business.
    maxRequeues: 1,
    idleTimeout: IDLE_MS,
    // All until the session is set up: the library cuts the greeting's time to what is left of this one.
    connectionTimeout: connectMs + greetingMs,
    greetingTimeout: greetingMs,
    socketTimeout: silenceMs,
    ...(hear === null ? {} : { debug: true, logger: listener(hear, { host, port, user, password }) }),
  });
}

/** What the library says, for the one who listens. */
function listener(hear: Hear, place: MailServerPlace): SMTPPool.Options['logger'] {
  const debug = ({ tnx }: { tnx?: string } = {}, line: string): void => {
    if (tnx === 'server' || tnx === 'client') hear(tnx, shownLines(line, place));
  };
  const nothing = (): void => undefined;
  const [trace, info, warn, error, fatal] = [nothing, nothing, nothing, nothing, nothing];
  return { trace, debug, info, warn, error, fatal, level: nothing };
}

/** The next mail would fare no better. */
function isOfServer(delivery: Delivery): boolean {
  return delivery.outcome === 'later' && delivery.about === 'server' && delivery.refusal !== 'mail';
}

/** What an error of the library means, of the server that is there. */
export function deliveryOf(error: unknown, place: MailServerPlace): Delivery {
  const { responseCode, response, command, code } = error as {
    responseCode?: number;
    response?: string;
    command?: string;
    code?: string;
  };
  const reason = smtpFailure(error, place).slice(0, MAX_REASON);
  const enhanced = enhancedCodeOf(response ?? '');
  const fate: SmtpFate =
    responseCode === undefined ? 'server' : fateOfReply(stepOf(command ?? ''), responseCode, enhanced);
  const why = { reason, code: enhanced ?? responseCode?.toString() ?? code ?? null };
  switch (fate) {
    case 'final':
      return { outcome: 'refused', ...why };
    case 'doubted':
      return { outcome: 'refused', ...why, isDoubted: true };
    case 'recipient':
      return { outcome: 'later', about: 'recipient', ...why };
    case 'us':
      return { outcome: 'later', about: 'server', ...why, refusal: 'mail' };
    case 'sender':
      return { outcome: 'later', about: 'server', ...why, refusal: 'all' };
    case 'login':
      return { outcome: 'later', about: 'server', ...why, refusal: 'login' };
    case 'server':
      return { outcome: 'later', about: 'server', ...why };
  }
}
