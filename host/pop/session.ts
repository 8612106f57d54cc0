/** A session with a mailbox, as whoever reads it needs it; a real one is a `Mailbox`. */
import type { MailboxEntry, PopOptions } from './mailbox.ts';

export interface PopSession {
  /** Whether the server has offered or spoken TLS. */
  readonly offeredTls: boolean;
  list(mostEntries: number): Promise<{ readonly total: number; readonly entries: readonly MailboxEntry[] }>;
  top(number: number, lines: number, mostBytes: number): Promise<Buffer | null>;
  retrieve(number: number, mostBytes: number): Promise<Buffer | null>;
  remove(number: number): Promise<void>;
  quit(): Promise<void>;
  abandon(): void;
}

/** Everything rejects with `PopError`, or a RingbackError `configuration`. */
export type OpenMailbox = (options: PopOptions, signal: AbortSignal) => Promise<PopSession>;
