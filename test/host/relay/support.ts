/** A POP server that does what the test says, and keeps to the RFCs where the test says nothing. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { createSecureContext, TLSSocket } from 'node:tls';
import { PopError, type PopErrorKind } from '../../../host/pop/error.ts';
import { Mailbox, type PopOptions } from '../../../host/pop/mailbox.ts';
import { machineTime } from '../../../host/time.ts';
import { type Certificate, selfSigned } from './certificate.ts';

export const USER = 'sav_1';
export const PASSWORD = 'a secret phrase of 復旧';

export const MAX_BYTES = 100_000;
export const MAX_ENTRIES = 1000;
export const LIST_MAIL = 'Subject: list\r\n\r\nServer: 172.27.178.80\r\nClient: 172.27.179.151\r\n';

/** Right answers of a server with one message. */
export const RIGHT: Readonly<Record<string, string>> = {
  greeting: '+OK ready\r\n',
  CAPA: '+OK\r\nTOP\r\nUIDL\r\n.\r\n',
  USER: '+OK\r\n',
  PASS: '+OK\r\n',
  STAT: '+OK 1 20\r\n',
  UIDL: '+OK\r\n1 a\r\n.\r\n',
  LIST: '+OK\r\n1 20\r\n.\r\n',
  RETR: '+OK\r\nSubject: x\r\n\r\ntext\r\n.\r\n',
  DELE: '+OK\r\n',
  QUIT: '+OK\r\n',
};

/** Vouched for by nobody, good for localhost and 127.0.0.1. */
export const CERTIFICATE: Certificate = selfSigned('localhost', '127.0.0.1');

/** A reply, as it goes out; null: the connection is closed; undefined: the function has done it all, if anything. */
type Answer =
  | string
  | Buffer
  | null
  | ((argument: string, session: PopSession) => string | Buffer | null | undefined);

export interface PopServerOptions {
  readonly messages?: readonly string[];
  /** Instead of the right answer, by command (`greeting` for the greeting). */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Offered before TLS, and with it. */
  readonly capabilities?: readonly string[];
  readonly secureCapabilities?: readonly string[];
  /** TLS from the first byte. */
  readonly implicit?: boolean;
  readonly certificate?: Certificate;
  /** One byte a segment. */
  readonly trickle?: boolean;
  readonly port?: number;
}

/** One connection. */
export interface PopSession {
  /** What carries the replies now. */
  socket: Socket;
  readonly raw: Socket;
  readonly secure: boolean;
  /** The name that the client has asked for under TLS, or none. */
  readonly serverName: string | null;
  readonly commands: string[];
  readonly closed: boolean;
}

export interface PopServer {
  readonly port: number;
  readonly sessions: readonly PopSession[];
  /** The commands of the last connection. */
  commands(): readonly string[];
  /** Numbers of the messages that are left. */
  left(): readonly number[];
}

/** The lines of a reply, dots stuffed, and the one that ends it. */
export function stuffed(text: string): string {
  return `${text.replace(/(^|\r\n)\./g, '$1..')}.\r\n`;
}

function list(lines: readonly string[]): string {
  return `+OK\r\n${stuffed(lines.map((line) => `${line}\r\n`).join(''))}`;
}

class Session implements PopSession {
  socket: Socket;
  readonly raw: Socket;
  readonly commands: string[] = [];
  secure = false;
  serverName: string | null = null;
  closed = false;
  #rest = '';
  readonly #deleted = new Set<number>();
  readonly #options: PopServerOptions;
  readonly #left: Map<number, string>;

  constructor(raw: Socket, options: PopServerOptions, left: Map<number, string>) {
    this.raw = raw.setNoDelay();
    this.socket = raw;
    this.#options = options;
    this.#left = left;
    // A client that goes away in the middle is one of the things to test.
    raw
      .on('error', () => undefined)
      .on('close', () => {
        this.closed = true;
      });
    if (options.implicit === true) this.#secure();
    else this.#listen();
    this.#answer('greeting', '');
  }

  #listen(): void {
    this.socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        const lines = (this.#rest + chunk.toString('latin1')).split('\r\n');
        this.#rest = lines.pop() ?? '';
        for (const line of lines) {
          const command = Buffer.from(line, 'latin1').toString();
          this.commands.push(command);
          const [verb = '', ...words] = command.split(' ');
          this.#answer(verb, words.join(' '));
        }
      });
  }

  #secure(): void {
    const { key, cert } = this.#options.certificate ?? CERTIFICATE;
    this.raw.removeAllListeners('data');
    const secureContext = createSecureContext({ key, cert });
    this.socket = new TLSSocket(this.raw, {
      isServer: true,
      secureContext,
      SNICallback: (name, done) => {
        this.serverName = name;
        done(null, secureContext);
      },
    });
    this.secure = true;
    this.#listen();
  }

  #answer(verb: string, argument: string): void {
    const played = this.#options.answers?.[verb];
    const answer = played === undefined ? this.#right(verb, argument) : played;
    const reply = typeof answer === 'function' ? answer(argument, this) : answer;
    if (reply === null) this.socket.end();
    else if (reply !== undefined) this.#write(reply);
    if (verb === 'STLS' && played === undefined) this.#secure();
    if (verb === 'QUIT' && played === undefined) this.socket.end();
  }

  #write(answer: string | Buffer): void {
    const bytes = Buffer.from(answer);
    if (this.#options.trickle !== true) this.socket.write(bytes);
    else for (let at = 0; at < bytes.length; at += 1) this.socket.write(bytes.subarray(at, at + 1));
  }

  #right(verb: string, argument: string): string {
    const { capabilities = ['TOP', 'UIDL', 'USER'], secureCapabilities = capabilities } = this.#options;
    const left = [...this.#left].filter(([number]) => !this.#deleted.has(number));
    const message = this.#left.get(Number.parseInt(argument, 10));
    switch (verb) {
      case 'CAPA':
        return list(this.secure ? secureCapabilities : capabilities);
      case 'USER':
        return argument === USER ? '+OK\r\n' : '-ERR [AUTH] nobody of that name\r\n';
      case 'PASS':
        return argument === PASSWORD ? '+OK logged in\r\n' : '-ERR [AUTH] wrong password\r\n';
      case 'STAT':
        return `+OK ${left.length} ${left.reduce((sum, [, text]) => sum + text.length, 0)}\r\n`;
      case 'UIDL':
        return list(left.map(([number]) => `${number} uidl-${number}`));
      case 'LIST':
        return list(left.map(([number, text]) => `${number} ${Buffer.byteLength(text)}`));
      case 'RETR':
      case 'TOP': {
        if (message === undefined) return '-ERR there is no such message\r\n';
        const head = message.slice(0, message.indexOf('\r\n\r\n') + 4);
        return `+OK\r\n${stuffed(verb === 'TOP' ? head : message)}`;
      }
      case 'DELE':
        this.#deleted.add(Number(argument));
        return '+OK\r\n';
      case 'QUIT':
        for (const number of this.#deleted) this.#left.delete(number);
        return '+OK\r\n';
      default:
        return '+OK at your service\r\n';
    }
  }
}

/** A server on loopback, closed with the test. */
export async function popServer(test: TestContext, options: PopServerOptions = {}): Promise<PopServer> {
  const left = new Map((options.messages ?? []).map((text, index) => [index + 1, text]));
  const sessions: Session[] = [];
  const server = createServer((socket) => sessions.push(new Session(socket, options, left)));
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    for (const { raw } of sessions) raw.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return {
    port: address.port,
    sessions,
    commands: () => sessions.at(-1)?.commands ?? [],
    left: () => [...left.keys()],
  };
}

export function popOptions(port: number, options: Partial<PopOptions> = {}): PopOptions {
  return {
    host: '127.0.0.1',
    port,
    tls: 'auto',
    mustTls: false,
    user: USER,
    password: PASSWORD,
    time: machineTime,
    ...options,
  };
}

/** A session that is given up with the test, if it is not over by then. */
export async function openMailbox(
  test: TestContext,
  port: number,
  options: Partial<PopOptions> = {},
): Promise<Mailbox> {
  const mailbox = await Mailbox.open(popOptions(port, options));
  test.after(() => mailbox.abandon());
  return mailbox;
}

/** A whole session that deletes what it has read. */
export async function wholeSession(
  port: number,
  options: Partial<PopOptions> = {},
  signal?: AbortSignal,
): Promise<void> {
  const mailbox = await Mailbox.open(popOptions(port, options), signal);
  try {
    const { entries } = await mailbox.list(MAX_ENTRIES);
    for (const { number } of entries) {
      await mailbox.retrieve(number, MAX_BYTES);
      await mailbox.remove(number);
    }
    await mailbox.quit();
  } finally {
    mailbox.abandon();
  }
}

/** Waits for the rejection with this kind; returns its message, which never shows the password. */
export async function fails(kind: PopErrorKind, doing: Promise<unknown>): Promise<string> {
  const outcome = await doing.then(
    (value) => assert.fail(`not rejected: ${String(value)}`),
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof PopError, String(outcome));
  assert.equal(outcome.kind, kind, outcome.message);
  assert.equal(outcome.code, 'pop');
  assert.equal(outcome.exitStatus, 1);
  assert.ok(!`${outcome.message} ${String(outcome.stack)}`.includes('secret'), outcome.message);
  assert.doesNotMatch(outcome.message, /\p{Cc}/u);
  return outcome.message;
}
