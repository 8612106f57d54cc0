/** Mail in: one session with a POP3 server (RFC 1939) and one of its mailboxes. */

/**
 * `auto`: TLS from the first byte on port 995, elsewhere STLS (RFC 2595) where the server offers it, whoever
 * signed the certificate (RFC 7435); `starttls`: STLS with a verified certificate or nothing; `implicit`: TLS
 * from the first byte (RFC 8314), verified; `none`: never.
 */
export type PopTls = 'auto' | 'starttls' | 'implicit' | 'none';

export interface PopTimeouts {
  /** Until the connection stands, and again for its TLS. */
  readonly connectMs: number;
  /** From a command to the last byte of its reply, however steadily it trickles. */
  readonly commandMs: number;
  /** From the start of the connection to its end. */
  readonly sessionMs: number;
}

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

/**
 * One session, one command at a time. Everything rejects with `PopError`; after any but `refused` the session is
 * over, the connection is closed and nothing is deleted.
 */
export declare class Mailbox {
  /**
   * Connects, takes TLS as `tls` says, and logs in. Rejects with `configuration` for a user or password that
   * no command can carry, before anything is sent. `signal` ends the session at any time.
   */
  static open(options: PopOptions, signal?: AbortSignal): Promise<Mailbox>;

  /** Whether TLS protects the session. */
  readonly isEncrypted: boolean;

  /** Whether the server has offered or spoken TLS: to be remembered as `mustTls` of the next session. */
  readonly offeredTls: boolean;

  /** False when the session is over. */
  readonly isOpen: boolean;

  /** The newest `mostEntries` messages. To be called before anything is removed. */
  list(mostEntries: number): Promise<Listing>;

  /**
   * The header and the first `lines` lines of the text, as `retrieve`. null, too, if the server has no TOP (it is
   * optional).
   */
  top(number: number, lines: number, mostBytes: number): Promise<Buffer | null>;

  /** The message, its bytes as they are, lines end with CRLF; null if it has more than `mostBytes`. */
  retrieve(number: number, mostBytes: number): Promise<Buffer | null>;

  /** Marks a message for deletion, which happens with `quit`. */
  remove(number: number): Promise<void>;

  /** Deletes what was marked and ends the session. Rejects if the server did not say that it has. */
  quit(): Promise<void>;

  /** Ends the session; nothing is deleted. */
  abandon(): void;
}
