/** Mail in: one session with a POP3 server (RFC 1939) and one of its mailboxes. */

import { POPS_PORT } from '../config/relay/schema.ts';
import type { PopTls } from '../config/relay/types.ts';
import type { Time } from '../time.ts';
import { POP_TIMEOUTS, PopConnection, type PopTimeouts, type Reply } from './connection.ts';
import { PopError } from './error.ts';
import { checkLogin, isRight, type LoginWay, loginWays, secretsOf } from './login.ts';
import { refusalOf, sizeOf, totalOf, uidlOf } from './replies.ts';
import { type Content, LineContent, MessageContent, WireError } from './wire.ts';

export interface PopOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: PopTls;
  /** This server has offered TLS before (see `offeredTls`): with `auto`, never without it. */
  readonly mustTls: boolean;
  /** Without control characters, at most 248 bytes (RFC 2449 section 4: 255 for the command). */
  readonly user: string;
  readonly password: string;
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string;
  /** Others than those of `POP_TIMEOUTS`. */
  readonly timeouts?: Partial<PopTimeouts>;
  readonly time: Time;
}

/** A message as the server lists it. */
export interface MailboxEntry {
  /** From 1; good for this session only. */
  readonly number: number;
  /**
   * Printable ASCII, 1 to 70 characters in most cases: the same in every session, though a server may give it to two
   * messages with the same content (RFC 1939 section 7). null: the server has no name for it.
   */
  readonly uidl: string | null;
  /** About the size: some servers count the end of a line as one byte; 0 where it is not known. */
  readonly bytes: number;
}

interface Listing {
  /** How many messages the mailbox holds. */
  readonly total: number;
  /** The newest of them, in the order of their numbers. */
  readonly entries: readonly MailboxEntry[];
}

const MAX_CAPABILITIES = 256;
/**
 * One session, one command at a time. Everything rejects with `PopError`; after any but `refused` the session is
 * over, the connection is closed and nothing is deleted.
 */
export class Mailbox {
  readonly #connection: PopConnection;
  /** Names in upper case, with their parameters alike; null: the server has no CAPA, which says nothing about the rest. */
  #capabilities: ReadonlyMap<string, readonly string[]> | null = null;
  #offeredTls = false;
  /** The greeting. */
  #banner = '';

  private constructor(connection: PopConnection) {
    this.#connection = connection;
  }

  /**
   * Connects, takes TLS as `tls` says, and logs in. Rejects with `configuration` for a user or password that
   * no command can carry, before anything is sent. `signal` ends the session at any time.
   */
  static async open(options: PopOptions, signal?: AbortSignal): Promise<Mailbox> {
    checkLogin(options);
    let mailbox = await Mailbox.#connect(options, signal);
    // A server that ends the session because of this question is not asked again.
    if (!(await mailbox.#canAskCapabilities())) mailbox = await Mailbox.#connect(options, signal);
    await mailbox.#enter(options);
    return mailbox;
  }

  static async #connect(options: PopOptions, signal: AbortSignal | undefined): Promise<Mailbox> {
    const { host, port, tls, user, password, ca, time } = options;
    const connection = await PopConnection.open(
      {
        host,
        port,
        verify: tls !== 'auto',
        ca,
        secrets: (banner) => secretsOf({ user, password, banner }),
        timeouts: { ...POP_TIMEOUTS, ...options.timeouts },
        time,
      },
      signal,
    );
    const isImplicit = tls === 'implicit' || (tls === 'auto' && port === POPS_PORT);
    if (isImplicit) await connection.secure();
    const mailbox = new Mailbox(connection);
    const { line } = await mailbox.#command(null);
    mailbox.#banner = line;
    return mailbox;
  }

  /** Whether TLS protects the session. */
  get isEncrypted(): boolean {
    return this.#connection.isSecure;
  }

  /** Whether the server has offered or spoken TLS: to be remembered as `mustTls` of the next session. */
  get offeredTls(): boolean {
    return this.#offeredTls;
  }

  /** False when the session is over. */
  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** The newest `mostEntries` messages. To be called before anything is removed. */
  async list(mostEntries: number): Promise<Listing> {
    const { line } = await this.#command('STAT');
    const total = totalOf(line) ?? this.#broken('STAT', line);
    if (total === 0) return { total, entries: [] };
    const first = Math.max(1, total - mostEntries + 1);
    const uidls = await this.#names(first, total);
    const sizes = await this.#scan('LIST', sizeOf, first, total);
    for (const number of uidls.keys()) {
      if (!sizes.has(number)) this.#broken('LIST', `no message ${number}, which UIDL has`);
    }
    const entries = [...sizes].map(([number, bytes]) => ({
      number,
      uidl: uidls.get(number) ?? null,
      bytes: bytes ?? 0,
    }));
    return { total, entries: entries.sort((a, b) => a.number - b.number) };
  }

  /**
   * The header and the first `lines` lines of the text, as `retrieve`. null, too, if the server has no TOP (it is
   * optional).
   */
  async top(number: number, lines: number, mostBytes: number): Promise<Buffer | null> {
    if (this.#capabilities !== null && !this.#has('TOP')) return null;
    const content = new MessageContent(mostBytes);
    try {
      await this.#command(`TOP ${number} ${lines}`, content);
    } catch (error) {
      // Without CAPA, this may be the answer of a server that does not know the command.
      if (this.#capabilities === null && this.isOpen) return null;
      throw error;
    }
    return content.message;
  }

  /** The message, its bytes as they are, lines end with CRLF; null if it has more than `mostBytes`. */
  async retrieve(number: number, mostBytes: number): Promise<Buffer | null> {
    const content = new MessageContent(mostBytes);
    await this.#command(`RETR ${number}`, content);
    return content.message;
  }

  /** Marks a message for deletion, which happens with `quit`. */
  async remove(number: number): Promise<void> {
    await this.#command(`DELE ${number}`);
  }

  /** Deletes what was marked and ends the session. Rejects if the server did not say that it has. */
  async quit(): Promise<void> {
    try {
      await this.#command('QUIT');
    } finally {
      this.#connection.close();
    }
  }

  /** Ends the session; nothing is deleted. */
  abandon(): void {
    this.#connection.abandon();
  }

  /** false: the server has closed the connection. */
  async #canAskCapabilities(): Promise<boolean> {
    try {
      await this.#askCapabilities();
      return true;
    } catch (error) {
      if (error instanceof PopError && error.kind === 'connection') return false;
      throw error;
    }
  }

  /** TLS as it is wanted, and the login. */
  async #enter({ tls, mustTls, user, password }: PopOptions): Promise<void> {
    const wasSecure = this.isEncrypted;
    this.#offeredTls = wasSecure || this.#has('STLS');
    if (!wasSecure && (tls === 'auto' || tls === 'starttls')) await this.#takeTls(tls, mustTls);
    const [capabilities, banner] = [this.#capabilities, this.#banner];
    await this.#logIn(loginWays({ user, password, capabilities, banner, isSecure: this.isEncrypted }));
  }

  async #takeTls(tls: 'auto' | 'starttls', mustTls: boolean): Promise<void> {
    const connection = this.#connection;
    if (!this.#has('STLS')) {
      if (tls === 'starttls') throw connection.fail('tls', 'CAPA', 'the server does not offer STLS');
      if (!mustTls) return;
      const reason =
        'the server does not offer STLS, and has done so before: somebody may be in between, and gets no password';
      throw connection.fail('tls', 'CAPA', reason);
    }
    await this.#command('STLS');
    // It would be taken for what came under TLS.
    if (!connection.isOpen)
      throw connection.error('tls', 'STLS', 'the server sent more in clear behind its +OK');
    await connection.secure();
    // RFC 2595 section 4: what was said before may have been anybody's.
    await this.#askCapabilities();
  }

  async #askCapabilities(): Promise<void> {
    const capabilities = new Map<string, readonly string[]>();
    const content = new LineContent(MAX_CAPABILITIES, (line) => {
      const [name = '', ...parameters] = line
        .toUpperCase()
        .trim()
        .split(/[ \t]+/);
      capabilities.set(name, parameters);
    });
    const { ok } = await this.#connection.exchange('CAPA', content);
    this.#capabilities = ok ? capabilities : null;
  }

  #has(capability: string): boolean {
    return this.#capabilities?.has(capability) ?? false;
  }

  async #logIn([way, ...others]: readonly LoginWay[]): Promise<void> {
    const connection = this.#connection;
    for (const [i, command] of way?.commands.entries() ?? []) {
      const { text, shown, isAsked } = command;
      const reply = await connection.exchange(text, null, shown, isAsked);
      if (isRight(command, reply)) continue;
      if (reply.ok) this.#broken(shown, reply.line);
      const isHarmless = i < (way?.harmless ?? 0) && refusalOf(shown, reply.line) === 'login';
      if (!isHarmless || others.length === 0) throw this.#refused(shown, reply.line);
      return await this.#logIn(others);
    }
  }

  /** The names of messages by number; none where the server has no UIDL. */
  async #names(first: number, last: number): Promise<ReadonlyMap<number, string | null>> {
    try {
      return await this.#scan('UIDL', uidlOf, first, last);
    } catch (error) {
      // It goes on: what it has said is that it does not know the command.
      if (error instanceof PopError && error.kind === 'refused') return new Map();
      throw error;
    }
  }

  /** What a listing's lines say by message number, from `first` to `last`. */
  async #scan<Value>(
    command: string,
    read: (line: string) => { readonly number: number; readonly value: Value } | null,
    first: number,
    last: number,
  ): Promise<ReadonlyMap<number, Value>> {
    const found = new Map<number, Value>();
    const content = new LineContent(last, (line) => {
      const { number, value } = read(line) ?? { number: 0 };
      // A line of another form has no number, which is in no range.
      if (value === undefined || number < 1 || number > last || found.has(number)) {
        throw new WireError(`in its listing: ${line}`);
      }
      if (number >= first) found.set(number, value);
    });
    await this.#command(command, content);
    return found;
  }

  /** A command that is to be answered with `+OK`. */
  async #command(command: string | null, content: Content | null = null): Promise<Reply> {
    const shown = command ?? 'the greeting';
    const reply = await this.#connection.exchange(command, content, shown);
    if (reply.ok) return reply;
    throw this.#refused(shown, reply.line);
  }

  #refused(shown: string, line: string): PopError {
    const connection = this.#connection;
    const kind = refusalOf(shown, line);
    const reason = `the server said ${connection.shown(line)}`;
    return kind === 'refused' ? connection.error(kind, shown, reason) : connection.fail(kind, shown, reason);
  }

  /** Ends the session of a server that does not speak POP3. */
  #broken(command: string, text: string): never {
    throw this.#connection.fail('protocol', command, `the server said ${this.#connection.shown(text)}`);
  }
}
