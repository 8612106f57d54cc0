/**
 * A relay's way to its mailbox at a world's mail server: a POP3 session as delays and answers. Its messages are those that were
 * sent, to the last byte.
 */
import { PopError } from '../../pop/error.ts';
import type { MailboxEntry, PopOptions } from '../../pop/mailbox.ts';
import type { OpenMailbox, PopSession } from '../../pop/session.ts';
import { pause, type Time } from '../../time.ts';
import type { Loop } from '../kernel/loop.ts';
import { AWAY_MS, type MailHost, type StoredMessage } from './mail-host.ts';

interface MailboxesOptions {
  readonly host: MailHost;
  /** The relay's: what it waits for ends with it. */
  readonly time: Time;
  readonly loop: Loop;
  /** Whether the relay's machine gets to the mail server. */
  readonly isConnected: () => boolean;
}

/** A command and its answer; a session begins with four of them. */
const TURN_MS = 1;
const LOGIN_MS = 4;

/** What a relay on a host of the world opens. */
export function mailboxesOf({ host, time, loop, isConnected }: MailboxesOptions): OpenMailbox {
  return async ({ host: name, port, user }: PopOptions, signal) => {
    const place = `${name}:${port}`;
    const isAway = (): boolean => host.state === 'away' || !isConnected();
    await pause(time, isAway() ? AWAY_MS : LOGIN_MS, signal);
    if (signal.aborted) throw new PopError('aborted', `${place}: the session was ended`);
    if (isAway()) throw new PopError('connection', `${place}: connect ETIMEDOUT`);
    if (host.state === 'busy')
      throw new PopError('temporary', `${place}: the server said -ERR [SYS/TEMP] try later`);
    const messages = host.mailbox(user);
    if (messages === null)
      throw new PopError('login', `${place}: the server said -ERR [AUTH] no such mailbox`);
    return new WorldPopSession(messages, { place, time, loop, signal, isConnected });
  };
}

interface SessionOptions {
  readonly place: string;
  readonly time: Time;
  readonly loop: Loop;
  readonly signal: AbortSignal;
  readonly isConnected: () => boolean;
}

class WorldPopSession implements PopSession {
  readonly offeredTls = false;
  readonly #mailbox: StoredMessage[];
  /** As they were at the beginning: numbers are theirs. */
  readonly #listed: readonly StoredMessage[];
  readonly #removed = new Set<StoredMessage>();
  readonly #options: SessionOptions;
  /** Whoever has a message reads it now: a parser takes turns of the event loop that no calendar knows. */
  #release: () => void = () => {};

  constructor(mailbox: StoredMessage[], options: SessionOptions) {
    this.#mailbox = mailbox;
    this.#listed = [...mailbox];
    this.#options = options;
  }

  async list(mostEntries: number): Promise<{ total: number; entries: MailboxEntry[] }> {
    await this.#turn();
    const total = this.#listed.length;
    const entries = this.#listed.map(({ uidl, bytes }, at) => ({
      number: at + 1,
      uidl,
      bytes: bytes.length,
    }));
    return { total, entries: entries.slice(-mostEntries) };
  }

  async top(number: number, lines: number, mostBytes: number): Promise<Buffer | null> {
    const whole = await this.retrieve(number, mostBytes);
    if (whole === null) return null;
    const end = whole.indexOf('\r\n\r\n');
    return lines > 0 || end < 0 ? whole : whole.subarray(0, end + 4);
  }

  async retrieve(number: number, mostBytes: number): Promise<Buffer | null> {
    await this.#turn();
    const { bytes } = this.#message(number);
    if (bytes.length > mostBytes) return null;
    this.#release = this.#options.loop.hold();
    return bytes;
  }

  async remove(number: number): Promise<void> {
    await this.#turn();
    this.#removed.add(this.#message(number));
  }

  async quit(): Promise<void> {
    await this.#turn();
    const left = this.#mailbox.filter((message) => !this.#removed.has(message));
    this.#mailbox.splice(0, this.#mailbox.length, ...left);
  }

  abandon(): void {
    this.#release();
  }

  async #turn(): Promise<void> {
    const { time, signal, place, isConnected } = this.#options;
    this.#release();
    await pause(time, isConnected() ? TURN_MS : AWAY_MS, signal);
    if (!isConnected()) throw new PopError('timeout', `${place}: nothing came`);
    if (signal.aborted) throw new PopError('aborted', `${place}: the session was ended`);
  }

  #message(number: number): StoredMessage {
    const message = this.#listed[number - 1];
    if (message === undefined) throw new PopError('refused', `${this.#options.place}: no message ${number}`);
    return message;
  }
}
