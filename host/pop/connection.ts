/** The connection under a POP3 session: TCP, TLS, one command at a time, and an end to every wait. */

import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { systemCodeOf } from '../errors.ts';
import { cleanName } from '../net/clean-text.ts';
import { tlsProblem } from '../net/tls-text.ts';
import type { Time, Timer } from '../time.ts';
import { PopError, type PopErrorKind, WHAT_TO_DO } from './error.ts';
import { replyStatus } from './replies.ts';
import { type Content, LineReader, LinesReader, type ReplyReader, WireError } from './wire.ts';

export interface PopTimeouts {
  /** Until the connection stands, and again until its TLS does. */
  readonly connectMs: number;
  /** From a command to the last byte of its reply, however steadily it trickles. */
  readonly commandMs: number;
  /** From the start of the connection to its end. */
  readonly sessionMs: number;
  /** Of a reply that may be over: that nothing more comes. */
  readonly quietMs: number;
}

export const POP_TIMEOUTS: PopTimeouts = {
  connectMs: 30_000,
  commandMs: 300_000,
  sessionMs: 3_600_000,
  quietMs: 3000,
};

interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Whether the certificate must be good for the host. */
  readonly verify: boolean;
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca: string | undefined;
  /** What no error may show. */
  readonly secrets: (banner: string) => readonly string[];
  readonly timeouts: PopTimeouts;
  readonly time: Time;
}

/** The first line of a reply. */
export interface Reply {
  /** `+OK`, not `-ERR`. */
  readonly ok: boolean;
  /** `+` alone: the server waits for more (RFC 5034). */
  readonly isChallenge: boolean;
  /** The whole line as it came, one character for each byte: not fit to be shown. */
  readonly line: string;
}

/** The connection is waiting for this. */
interface Wait {
  /** The command, or what else it is. */
  readonly what: string;
  /** What the next bytes are; null: the server has nothing to say now. */
  reader: ReplyReader | null;
  /** `reader` has all it wanted: sets the next one, or ends the wait. */
  readonly onRead: () => void;
  readonly timer: Timer;
  readonly reject: (error: PopError) => void;
}

/** Some servers send one behind the end of a list. */
const MAX_EMPTY_LINES = 8;

export class PopConnection {
  readonly #options: ConnectionOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #sessionTimer: Timer;
  readonly #onAbort = (): void => this.abandon();
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);
  readonly #onEnd = (): void => this.#onLost(null);
  #socket: Socket;
  #wait: Wait | null = null;
  /** Why the session is over. */
  #end: PopError | null = null;
  #secure = false;
  #banner = '';
  /** Until a reply that may be over is. */
  #quiet: Timer | undefined;

  private constructor(options: ConnectionOptions, signal: AbortSignal | undefined) {
    this.#options = options;
    this.#signal = signal;
    const { host, port, timeouts, time } = options;
    this.#sessionTimer = time.after(timeouts.sessionMs, () =>
      this.fail('timeout', 'the session', `took more than ${timeouts.sessionMs / 1000} s`),
    );
    this.#socket = connect({ host, port, noDelay: true });
    this.#listen();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** A connection over TCP, in clear. */
  static async open(options: ConnectionOptions, signal: AbortSignal | undefined): Promise<PopConnection> {
    const connection = new PopConnection(options, signal);
    if (signal?.aborted) connection.abandon();
    await connection.#during<void>('connecting', options.timeouts.connectMs, (done) => {
      connection.#socket.once('connect', () => done());
      return { reader: null, onRead: () => undefined };
    });
    connection.#socket.on('data', connection.#onData);
    return connection;
  }

  get isSecure(): boolean {
    return this.#secure;
  }

  get isOpen(): boolean {
    return this.#end === null;
  }

  /** TLS from the next byte on. */
  async secure(): Promise<void> {
    const { host, verify, ca, timeouts } = this.#options;
    await this.#during<void>('TLS', timeouts.connectMs, (done) => {
      // Its end and its bytes are the TLS socket's from now on.
      this.#socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd);
      const socket: TLSSocket = connectTls({
        socket: this.#socket,
        host,
        rejectUnauthorized: verify,
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(ca === undefined ? {} : { ca }),
      });
      this.#socket = socket;
      this.#listen();
      socket.once('secureConnect', () => {
        this.#secure = true;
        done();
      });
      return { reader: null, onRead: () => undefined };
    });
    // Not sooner: a greeting may come with the end of the handshake, before anybody waits for it.
    this.#socket.on('data', this.#onData);
  }

  /**
   * Sends a command (null: the greeting comes by itself) and reads the reply: its first line, and if that is `+OK` and
   * `content` is given, the lines after it. `shown` is what errors call it; `mayAsk`: the server may want to know more.
   */
  exchange(
    command: string | null,
    content: Content | null = null,
    shown = command ?? 'the greeting',
    mayAsk = false,
  ): Promise<Reply> {
    return this.#during<Reply>(shown, this.#options.timeouts.commandMs, (done) => {
      const first = new LineReader();
      let reply: Reply | null = null;
      let empty = 0;
      if (command !== null) this.#socket.write(`${command}\r\n`);
      return {
        reader: first,
        onRead: () => {
          if (reply !== null) return done(reply);
          const line = first.text;
          if (line === '' && ++empty <= MAX_EMPTY_LINES) return;
          const status = replyStatus(line);
          const isChallenge = status === 'challenge';
          if (status === null || (isChallenge && !mayAsk)) {
            throw new WireError(`neither +OK nor -ERR: ${line}`);
          }
          if (command === null) this.#banner = line;
          reply = { ok: status !== 'error', isChallenge, line };
          if (!reply.ok || content === null || this.#wait === null) return done(reply);
          this.#wait.reader = new LinesReader(content);
        },
      };
    });
  }

  /** Text of the server made fit for a message. */
  shown(text: string): string {
    let shown = text;
    for (const secret of this.#options.secrets(this.#banner)) {
      shown = shown.replaceAll(Buffer.from(secret).toString('latin1'), '***');
    }
    return cleanName(Buffer.from(shown, 'latin1').toString('utf8')) ?? '';
  }

  /** Ends the session, unless it is over already; returns the error that it ended with. */
  fail(kind: PopErrorKind, what: string, reason: string, cause?: unknown): PopError {
    if (this.#end !== null) return this.#end;
    const error = this.error(kind, what, reason, cause);
    this.#end = error;
    this.#release();
    this.#socket.destroy();
    this.#stopWaiting()?.reject(error);
    return error;
  }

  /** An error that leaves the session as it is. `what` is the command, or what else was done. */
  error(kind: PopErrorKind, what: string, reason: string, cause?: unknown): PopError {
    const { host, port } = this.#options;
    const advice = WHAT_TO_DO[kind];
    const where = `POP server ${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    const text = `${where}: ${what}: ${reason}${advice === undefined ? '' : ` (${advice})`}`;
    return new PopError(kind, text, { cause });
  }

  abandon(): void {
    this.fail('aborted', 'the session', 'was given up');
  }

  /** Closes the connection in good order. */
  close(): void {
    if (this.#end !== null) return;
    this.#end = this.error('aborted', 'the session', 'is over');
    this.#release();
    this.#socket.destroySoon();
  }

  #release(): void {
    this.#sessionTimer.cancel();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  /** Waits for one thing, for so long, or until the session ends. */
  async #during<T>(
    what: string,
    limitMs: number,
    begin: (done: (value: T) => void) => Pick<Wait, 'reader' | 'onRead'>,
  ): Promise<T> {
    if (this.#end !== null) throw this.#end;
    if (this.#wait !== null) throw new Error(`${what}: still waiting for ${this.#wait.what}`);
    return new Promise<T>((resolve, reject) => {
      const timer = this.#options.time.after(limitMs, () =>
        this.fail('timeout', what, `not done within ${limitMs / 1000} s`),
      );
      const reading = begin((value) => {
        this.#stopWaiting();
        resolve(value);
      });
      this.#wait = { what, timer, reject, ...reading };
    });
  }

  #stopWaiting(): Wait | null {
    const wait = this.#wait;
    wait?.timer.cancel();
    this.#quiet?.cancel();
    this.#wait = null;
    return wait;
  }

  #listen(): void {
    this.#socket.on('end', this.#onEnd).on('close', this.#onEnd);
    this.#socket.on('error', (error) => this.#onLost(error));
  }

  #onLost(error: Error | null): void {
    const what = this.#wait?.what ?? 'the session';
    // Certificates speak in errors, too; an error of several tries, one for each address of a name, has only a code.
    const text = error === null ? null : (cleanName(tlsProblem(error)) ?? systemCodeOf(error));
    this.fail(
      what === 'TLS' ? 'tls' : 'connection',
      what,
      text ?? 'the server closed the connection',
      error ?? undefined,
    );
  }

  #take(chunk: Buffer): void {
    this.#quiet?.cancel();
    try {
      for (let at = 0; at < chunk.length && this.#end === null; ) {
        const reader = this.#wait?.reader ?? null;
        if (reader === null) {
          this.#onUnasked(chunk.toString('latin1', at));
          return;
        }
        at = reader.take(chunk, at);
        if (at === -1) {
          if (reader.mayBeOver === true) this.#awaitQuiet();
          return;
        }
        this.#wait?.onRead();
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.fail(
        'protocol',
        this.#wait?.what ?? 'the session',
        `the server sent ${this.shown(error.message)}`,
      );
    }
  }

  #awaitQuiet(): void {
    const { time, timeouts } = this.#options;
    this.#quiet = time.after(timeouts.quietMs, () => this.#wait?.onRead());
  }

  /** A server that ends an idle session may say so first. */
  #onUnasked(all: string): void {
    const text = all.replace(/^(?:\r\n)+/, '');
    if (text === '') return;
    const kind = text.startsWith('-ERR') ? 'connection' : 'protocol';
    this.fail(kind, 'the session', `the server said unasked: ${this.shown(text)}`);
  }
}
