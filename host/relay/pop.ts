/** Mail in: one session with a POP3 server (RFC 1939) and one of its mailboxes. */

import type { PopTls } from '../config/relay/types.ts';
import { RingbackError } from '../errors.ts';
import { POP_TIMEOUTS, PopConnection, type PopTimeouts, type Reply } from './pop-connection.ts';
import type { PopErrorKind } from './pop-error.ts';
import { type Content, LineContent, MessageContent, WireError } from './pop-wire.ts';

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
}

/** A message as the server lists it. */
export interface MailboxEntry {
  /** From 1; good for this session only. */
  readonly number: number;
  /**
   * 1 to 70 characters of 0x21 to 0x7E: the same in every session, though a server may give it to two messages
   * with the same content (RFC 1939 section 7).
   */
  readonly uidl: string;
  /** About the size: some servers count the end of a line as one byte. */
  readonly bytes: number;
}

export interface Listing {
  /** How many messages the mailbox holds. */
  readonly total: number;
  /** The newest of them, in the order of their numbers. */
  readonly entries: readonly MailboxEntry[];
}

/** RFC 2449 section 4: 255 bytes for a command with its argument and the end of the line. */
const MAX_ARGUMENT_BYTES = 248;
const IMPLICIT_PORT = 995;
const MAX_CAPABILITIES = 256;
/** The codes of RFC 2449 section 8.1 and RFC 3206. */
const KINDS: ReadonlyMap<string, PopErrorKind> = new Map([
  ['AUTH', 'login'],
  ['IN-USE', 'in-use'],
  ['LOGIN-DELAY', 'temporary'],
  ['SYS/TEMP', 'temporary'],
  ['SYS/PERM', 'permanent'],
]);
/** The digits are no more than a number can hold exactly. */
const STAT_REPLY = /^\+OK (\d{1,9}) \d{1,15}(?: |$)/;
const UIDL_LINE = /^(\d{1,9}) ([!-~]{1,70})$/;
/** What a server may tell beyond the size is to be ignored (RFC 1939 section 5). */
const LIST_LINE = /^(\d{1,9}) (\d{1,15})(?: |$)/;

/**
 * One session, one command at a time. Everything rejects with `PopError`; after any but `refused` the session is
 * over, the connection is closed and nothing is deleted.
 */
export class Mailbox {
  readonly #connection: PopConnection;
  /** Names in upper case; null: the server has no CAPA, which says nothing about the rest. */
  #capabilities: ReadonlySet<string> | null = null;
  #offeredTls = false;

  private constructor(connection: PopConnection) {
    this.#connection = connection;
  }

  /**
   * Connects, takes TLS as `tls` says, and logs in. Rejects with `configuration` for a user or password that
   * no command can carry, before anything is sent. `signal` ends the session at any time.
   */
  static async open(options: PopOptions, signal?: AbortSignal): Promise<Mailbox> {
    const { host, port, tls, mustTls, user, password, ca } = options;
    checkArgument('relay.pop.user', user);
    checkArgument('relay.pop.password', password);
    const connection = await PopConnection.open(
      {
        host,
        port,
        verify: tls !== 'auto',
        ca,
        secret: password,
        timeouts: { ...POP_TIMEOUTS, ...options.timeouts },
      },
      signal,
    );
    const mailbox = new Mailbox(connection);
    const implicit = tls === 'implicit' || (tls === 'auto' && port === IMPLICIT_PORT);
    if (implicit) await connection.secure();
    await mailbox.#command(null, { refusal: 'temporary' });
    await mailbox.#askCapabilities();
    mailbox.#offeredTls = implicit || mailbox.#has('STLS');
    if (!implicit && tls !== 'none') await mailbox.#takeTls(tls, mustTls);
    await mailbox.#command(`USER ${user}`, { shown: 'USER', refusal: 'login' });
    await mailbox.#command(`PASS ${password}`, { shown: 'PASS', refusal: 'login' });
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
    const { line } = await this.#command('STAT', { refusal: 'permanent' });
    const total = Number(STAT_REPLY.exec(line)?.[1] ?? this.#broken('STAT', line));
    if (total === 0) return { total, entries: [] };
    const first = Math.max(1, total - mostEntries + 1);
    const uidls = await this.#scan('UIDL', UIDL_LINE, first, total);
    const sizes = await this.#scan('LIST', LIST_LINE, first, total);
    const entries = [...uidls].map(([number, uidl]) => {
      const bytes = sizes.get(number) ?? this.#broken('LIST', `no message ${number}, which UIDL has`);
      return { number, uidl, bytes: Number(bytes) };
    });
    if (sizes.size !== uidls.size) this.#broken('LIST', 'messages that UIDL does not have');
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
      await this.#command(`TOP ${number} ${lines}`, { content });
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
    await this.#command(`RETR ${number}`, { content });
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

  async #takeTls(tls: 'auto' | 'starttls', mustTls: boolean): Promise<void> {
    const connection = this.#connection;
    if (!this.#has('STLS')) {
      if (tls === 'starttls') throw connection.fail('tls', 'CAPA', 'the server does not offer STLS');
      if (!mustTls) return;
      const reason =
        'the server does not offer STLS, and has done so before: somebody may be in between, and gets no password';
      throw connection.fail('tls', 'CAPA', reason);
    }
    await this.#command('STLS', { refusal: 'tls' });
    // It would be taken for what came under TLS.
    if (!connection.isOpen)
      throw connection.error('tls', 'STLS', 'the server sent more in clear behind its +OK');
    await connection.secure();
    // RFC 2595 section 4: what was said before may have been anybody's.
    await this.#askCapabilities();
  }

  async #askCapabilities(): Promise<void> {
    const names = new Set<string>();
    const content = new LineContent(MAX_CAPABILITIES, (line) => {
      const [name = ''] = line.split(' ', 1);
      names.add(name.toUpperCase());
    });
    const { ok } = await this.#connection.exchange('CAPA', content);
    this.#capabilities = ok ? names : null;
  }

  #has(capability: string): boolean {
    return this.#capabilities?.has(capability) ?? false;
  }

  /** The second words of a listing's lines by message number, from `first` to `last`. */
  async #scan(
    command: string,
    pattern: RegExp,
    first: number,
    last: number,
  ): Promise<ReadonlyMap<number, string>> {
    const found = new Map<number, string>();
    const content = new LineContent(last, (line) => {
      const [, number, value = ''] = pattern.exec(line) ?? [];
      const at = Number(number);
      // A line of another form has no number, which is in no range.
      if (!(at >= 1 && at <= last) || found.has(at)) throw new WireError(`in its listing: ${line}`);
      if (at >= first) found.set(at, value);
    });
    await this.#command(command, { content, refusal: 'permanent' });
    return found;
  }

  /** A command that is to be answered with `+OK`. `refusal` is what `-ERR` means that says no more. */
  async #command(
    command: string | null,
    options: { content?: Content; shown?: string; refusal?: PopErrorKind } = {},
  ): Promise<Reply> {
    const connection = this.#connection;
    const { content = null, shown = command ?? 'the greeting', refusal = 'refused' } = options;
    const reply = await connection.exchange(command, content, shown);
    if (reply.ok) return reply;
    const [, code = ''] = /^-ERR \[([^\]]*)\]/.exec(reply.line) ?? [];
    const kind = KINDS.get(code.toUpperCase()) ?? refusal;
    const reason = `the server said ${connection.shown(reply.line)}`;
    throw kind === 'refused' ? connection.error(kind, shown, reason) : connection.fail(kind, shown, reason);
  }

  /** Ends the session of a server that does not speak POP3. */
  #broken(command: string, text: string): never {
    throw this.#connection.fail('protocol', command, `the server said ${this.#connection.shown(text)}`);
  }
}

/** What goes into a command: no line's end that makes it two commands, nothing that the server would cut. */
function checkArgument(key: string, text: string): void {
  const problem =
    text === ''
      ? 'is empty'
      : /\p{Cc}/u.test(text)
        ? 'contains a control character'
        : Buffer.byteLength(text) > MAX_ARGUMENT_BYTES
          ? `has more than ${MAX_ARGUMENT_BYTES} bytes`
          : null;
  if (problem !== null) throw new RingbackError('configuration', `${key} ${problem}`);
}
