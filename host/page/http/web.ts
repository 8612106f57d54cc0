/**
 * The HTTP of the page: limits, one request for each connection but those that are kept for a form, answers that arrive. Node's parser does the reading (RFC
 * 9112, strict); what it reports as broken is answered here.
 */

import { createServer, type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemCodeOf } from '../../errors.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import type { Listening } from '../../net/listening.ts';
import type { Target } from '../../net/target.ts';
import type { Clock } from '../../store/clock.ts';
import type { Time, Timer } from '../../time.ts';
import { type HttpAnswer, plainAnswer, RETRY_SECONDS } from './answers.ts';
import { type Connection, PageConnections } from './connections.ts';
import { listenOn } from './listen.ts';
import type { OriginSource } from './origins.ts';
import { bodyOf, type Head, headOf } from './requests.ts';

/** Cookies of the real server come along, of its whole domain. 32 KiB of fields, behind a line with as long a URL as is common. */
const HEADER_BYTES = (32 + 8) * 1024;
/** Three round trips over a satellite, with a loss. */
const HEADER_MS = 5000;
/** Head and body; both are short. */
const REQUEST_MS = 10_000;
const CHECK_MS = 1000;
/** What is read of an upload after its answer: who is cut off while sending may never see the answer (RFC 9112 9.6). */
const DRAIN_BYTES = 16 << 20;

/** An answer is the last one on its connection: the browser's next request shall find its way anew. */
const CLOSE = 'Connection: close\r\n';
/** Browsers give a connection up so much earlier than we do, for what is sent on it at its end is lost. */
const MARGIN_S = 10;
const RETRY = { 'Retry-After': String(RETRY_SECONDS) };

/** What an unfit request is told, by the code of Node's error; everything else is 400. */
const BROKEN: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

interface WebOptions {
  readonly clock: Clock;
  readonly time: Time;
  readonly origins: Pick<OriginSource, 'of'>;
  readonly targetOf: (localAddress: string) => Target | null;
  /** Answers a request with `send`, at once or later. */
  readonly answer: (asked: Asked) => void | Promise<void>;
  /** What is said before anything is asked, and the last thing that is; null: nothing. */
  readonly greet: (connection: Connection) => string | null;
  /** What was asked on the connection can't be read. */
  readonly refused: (connection: Connection) => void;
  /** Is told what these two threw. */
  readonly failed: (error: unknown) => void;
}

/**
 * Node's own way from an answer to the socket takes longer than all the rest of a request. An answer of ours is one text,
 * and Node hears that it is out as it does of its own.
 */
class WholeResponse extends ServerResponse {
  /** Once, and nothing else with this response. `onWritten`: the kernel has all of it. */
  sendWhole(text: string, onWritten?: () => void): void {
    this.socket?.write(text, 'latin1', onWritten);
    this.emit('finish');
  }
}

/** A request that waits for its answer. */
export class Asked {
  readonly connection: Connection;
  readonly head: Head;
  readonly incoming: IncomingMessage;
  readonly response: WholeResponse;
  readonly #web: Web;
  readonly #awaits100: boolean;

  constructor(
    web: Web,
    connection: Connection,
    incoming: IncomingMessage,
    response: WholeResponse,
    awaits100: boolean,
  ) {
    this.#web = web;
    this.connection = connection;
    this.head = headOf(incoming);
    this.incoming = incoming;
    this.response = response;
    this.#awaits100 = awaits100;
  }

  get method(): string {
    return this.incoming.method ?? '';
  }

  /** The whole body; `long` when it is too long for a form, `cut` when it does not come. */
  body(): Promise<Buffer | 'long' | 'cut'> {
    if (this.#awaits100) this.response.writeContinue();
    return bodyOf(this.incoming);
  }

  /** Sends the one answer of this connection; nothing where it has one already, or has gone. */
  send(answer: HttpAnswer): void {
    this.#web.send(this, answer, false);
  }

  /** The same, and the connection is kept for a form's answer if its sender may have that. */
  sendAndKeep(answer: HttpAnswer): void {
    this.#web.send(this, answer, true);
  }

  /** Ends the connection: who asks on one that has been answered on before asks again on a new one (RFC 9112 section 9.3.1). */
  drop(): void {
    this.#web.connections.close(this.connection);
  }

  /** Writes the head of an answer that goes on for long; false where that is too late. */
  begin(headers: string[]): boolean {
    return this.#web.begin(this, headers);
  }
}

export class Web {
  readonly connections: PageConnections;
  readonly #options: WebOptions;
  readonly #server: Server<typeof IncomingMessage, typeof WholeResponse>;
  readonly #timer: Timer;
  /** The Date field, for a second; empty: nobody knows the time. */
  #dateField: string;
  #broken = 0;

  constructor(options: WebOptions) {
    this.#options = options;
    this.connections = new PageConnections(() => options.clock.nowMs(), options.origins);
    const server = createServer({
      ServerResponse: WholeResponse,
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: HEADER_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: 0,
      insecureHTTPParser: false,
      // An answer is one write, and what ends it follows at once: the system call would be for nothing.
      noDelay: false,
      // Node's own refusal would not be counted, nor say that it is not to be kept.
      requireHostHeader: false,
    });
    // Bounded by their size; Node would overlook those beyond a number.
    server.maxHeadersCount = 0;
    server.on('connection', (socket) => {
      socket.on('close', () => this.connections.remove(socket));
      this.#accept(socket);
    });
    server.on('request', (incoming, response) => this.#take(incoming, response, false));
    // Without a listener Node would ask for every body, wanted or not, and refuse what it does not know.
    server.on('checkContinue', (incoming, response) => this.#take(incoming, response, true));
    server.on('checkExpectation', (incoming, response) => this.#take(incoming, response, false));
    server.on('connect', (_incoming, socket) => this.#refuseTunnel(socket));
    server.on('clientError', (error, socket) => this.#answerBroken(systemCodeOf(error), socket));
    this.#server = server;
    this.#dateField = this.#dateNow();
    this.#timer = options.time
      .every(CHECK_MS, () => {
        this.#dateField = this.#dateNow();
        this.connections.sweep();
      })
      .unref();
  }

  /** Throws RingbackError('unavailable') when it can't. */
  async listen(endpoint: Endpoint, listening?: Listening): Promise<void> {
    try {
      await listenOn(this.#server, endpoint, listening);
    } catch (error) {
      this.#timer.cancel();
      throw error;
    }
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Requests that were none. */
  get broken(): number {
    return this.#broken;
  }

  /** See Asked.send. */
  send({ connection, head, incoming, response }: Asked, answer: HttpAnswer, isKept: boolean): void {
    if (connection.state !== 'asking') return;
    const isWhole = !head.hasBody || incoming.complete;
    const leftS = Math.floor(this.connections.leftMs(connection) / 1000) - MARGIN_S;
    const keeps = isKept && leftS > 0 && isWhole && this.connections.canKeep(connection);
    if (keeps && response.shouldKeepAlive && incoming.httpVersionMinor === 1) {
      const keep = `Connection: keep-alive\r\nKeep-Alive: timeout=${leftS}\r\n`;
      this.connections.keep(connection);
      // What comes before that was sent without waiting for the answer, and many of those can be in one read.
      response.sendWhole(this.#textOf(answer, true, keep), () => this.#reopen(connection));
      return;
    }
    this.connections.leave(connection);
    response.sendWhole(this.#textOf(answer, incoming.method !== 'HEAD'));
    if (isWhole) process.nextTick(() => this.#hangUp(connection, incoming));
    else drain(incoming, () => connection.socket.end());
  }

  /** Its answer is out: the next request may come, unless one has come already. That one has no answer, and is asked again elsewhere. */
  #reopen(connection: Connection): void {
    if (connection.state !== 'kept') return;
    if (connection.ignored === 0) {
      connection.isTaken = false;
      return;
    }
    this.connections.leave(connection);
    connection.socket.end();
  }

  /**
   * Who has sent one request and nothing behind it, and whose answer the kernel has, can be forgotten: the rest of a
   * conversation costs as much as the whole request. All others are heard to the end, for bytes that are not read when
   * a connection is closed would make the kernel reset it, answer and all.
   */
  #hangUp({ socket, ignored }: Connection, incoming: IncomingMessage): void {
    if (incoming.complete && ignored === 0 && socket.writableLength === 0) socket.destroy();
    else socket.end();
  }

  /** See Asked.begin. */
  begin({ connection, response }: Asked, headers: string[]): boolean {
    if (connection.state !== 'asking') return false;
    response.sendDate = this.#dateField !== '';
    response.writeHead(200, headers);
    return true;
  }

  close(): Promise<void> {
    this.#timer.cancel();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.connections.closeAll();
    });
  }

  #accept(socket: Socket): void {
    try {
      const connection = this.connections.add(socket, this.#options.targetOf);
      if (connection !== null) {
        this.#greet(connection);
        return;
      }
    } catch (error) {
      this.#options.failed(error);
    }
    socket.destroy();
  }

  /** What comes on it after that is read, so that nothing is reset, and not understood. */
  #greet(connection: Connection): void {
    const greeting = this.#options.greet(connection);
    if (greeting === null) return;
    this.connections.leave(connection);
    connection.socket.end(greeting, 'latin1');
  }

  #take(incoming: IncomingMessage, response: WholeResponse, awaits100: boolean): void {
    const connection = this.connections.of(incoming.socket);
    if (connection === undefined) return;
    if (connection.isTaken) {
      this.connections.ignore(connection);
      return;
    }
    this.connections.resume(connection);
    connection.isTaken = true;
    const asked = new Asked(this, connection, incoming, response, awaits100);
    if (asked.head.isBroken) {
      this.#broken += 1;
      asked.send(plainAnswer(400, 'Not exactly one Host'));
      return;
    }
    try {
      const working = this.#options.answer(asked);
      working?.catch((error) => this.#giveUp(asked, error));
    } catch (error) {
      this.#giveUp(asked, error);
    }
  }

  #giveUp(asked: Asked, error: unknown): void {
    this.#options.failed(error);
    asked.send(plainAnswer(503, 'The router can’t answer at present', RETRY));
  }

  /** Nothing is done for CONNECT: this is no proxy, whatever the server was. */
  #refuseTunnel(socket: Duplex): void {
    // Node has let go of the socket.
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.end());
    socket.resume();
    const connection = this.connections.of(socket);
    if (connection === undefined || connection.isTaken) socket.destroy();
    else if (connection.target === null) this.#sendRaw(connection, plainAnswer(404, 'No tunnels here'));
    else this.#sendRaw(connection, plainAnswer(503, 'This server is down at present', RETRY));
  }

  /** A request that can't be read, or that does not come to an end; may be called again for the same one. */
  #answerBroken(code: string | undefined, socket: Duplex): void {
    const connection = this.connections.of(socket);
    const isLate = code === 'ERR_HTTP_REQUEST_TIMEOUT';
    if (connection !== undefined) this.connections.resume(connection);
    if (connection === undefined || code === 'ECONNRESET') socket.destroy();
    else if (connection.state !== 'asking') {
      // What follows an answered request is read and not understood, until the other side hangs up.
      if (isLate || connection.socket.bytesRead > DRAIN_BYTES) socket.destroy();
      else socket.end();
    } else if (!socket.writable || (isLate && connection.socket.bytesRead === 0)) {
      // Nobody asked anything on a connection that a browser kept ready.
      socket.destroy();
    } else this.#refuse(connection, BROKEN[code ?? ''] ?? 400);
  }

  #refuse(connection: Connection, status: number): void {
    this.#broken += 1;
    this.#options.refused(connection);
    this.#sendRaw(connection, plainAnswer(status, STATUS_CODES[status] ?? ''));
  }

  /** An answer where Node has no response for it. */
  #sendRaw(connection: Connection, answer: HttpAnswer): void {
    this.connections.leave(connection);
    connection.socket.end(this.#textOf(answer, true), 'latin1');
  }

  #textOf({ head, body }: HttpAnswer, withBody: boolean, connection = CLOSE): string {
    return `${head}${connection}${this.#dateField}\r\n${withBody ? body : ''}`;
  }

  /** Who does not know the time must not tell it (RFC 9110 section 6.6.1). */
  #dateNow(): string {
    const { clock } = this.#options;
    const date = clock.dateOf(clock.nowMs());
    return date === null ? '' : `Date: ${date.toUTCString()}\r\n`;
  }
}

/** Reads a body and forgets it, until it ends or is too much. */
function drain(incoming: IncomingMessage, done: () => void): void {
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DRAIN_BYTES) done();
  });
  incoming.once('end', done);
  incoming.once('close', done);
}
