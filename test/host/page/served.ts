/** A page on real sockets: loopback addresses stand for the aliases of dead servers, others for clients. */

import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Language, PageConfiguration } from '../../../host/config/types.ts';
import type { Target } from '../../../host/net/target.ts';
import type { OperatorMessage } from '../../../host/page/html/kinds.ts';
import type { Origin } from '../../../host/page/http/origins.ts';
import { isNameOf } from '../../../host/page/names.ts';
import { PageServer } from '../../../host/page/server.ts';
import { type LoggedLine, MACHINE, recordingLog, until } from '../tools.ts';

export const WEB: Target = { server: '172.27.178.80', port: 80 };
export const OTHER: Target = { server: '172.27.178.81', port: 8080 };
/** To be connected to: steered from WEB and OTHER, and the router's own. */
export const TO_WEB = '127.0.0.80';
export const TO_OTHER = '127.0.0.81';
export const TO_ROUTER = '127.0.0.1';
export const ROUTER_URL = 'http://172.27.179.1:8480';
/** A client's address. */
export const SATO = '127.0.1.150';
export const TANAKA = '127.0.1.151';

/** Steered from other ports of WEB's machine. */
export const TO_PORTS: Readonly<Record<number, string>> = {
  21: '127.0.0.21',
  25: '127.0.0.25',
  110: '127.0.0.110',
  119: '127.0.0.119',
  143: '127.0.0.143',
};

const STEERED: Readonly<Record<string, Target>> = {
  [TO_WEB]: WEB,
  [TO_OTHER]: OTHER,
  ...Object.fromEntries(
    Object.entries(TO_PORTS).map(([port, to]) => [to, { server: WEB.server, port: Number(port) }]),
  ),
};
const START = Date.UTC(2026, 10, 22, 7, 30);

interface Registered {
  readonly target: Target;
  readonly client: string;
  readonly mail: string;
  readonly language: Language;
}

/** What the role knows; tests change it. */
interface Role {
  /** Servers that are up. */
  readonly up: Set<string>;
  readonly strangers: Set<string>;
  /** Those of the servers; empty: they are not known. */
  names: readonly string[];
  readonly known: Set<string>;
  readonly registered: Registered[];
  /** Who was answered, at which port, in turn. */
  readonly visits: [number, string][];
  /** Whether pages may try, and the clients of whom that was asked. */
  mayTry: boolean;
  readonly tried: string[];
  /** What servers are called. */
  name: string | null;
  readonly stopped: string[];
  readonly allowed: string[];
  /** Whether nobody has confirmed the address of the one who has a token. */
  isUnconfirmed: boolean;
  message: OperatorMessage | null;
  /** Clients of whom it is not known yet who they are, and when it will be. */
  readonly unknown: Map<string, Promise<void>>;
  /** Thrown by `outageOf`. */
  trouble: Error | null;
  nowMs: number;
  /** Whether the wall clock is right. */
  hasDate: boolean;
}

export interface Served {
  readonly page: PageServer;
  readonly role: Role;
  readonly lines: readonly LoggedLine[];
  /** Says bytes to one of the addresses, and hears all that is answered. */
  ask(to: string, bytes: string | Buffer, options?: AskOptions): Promise<Heard>;
  open(to: string, from?: string): Socket;
}

interface AskOptions {
  readonly from?: string;
  /** Whether our side is closed behind the bytes. */
  readonly end?: boolean;
}

/** Each client is a machine of its own, on the link of the addresses around it. */
export function machineOf(client: string): Origin {
  return { kind: 'machine', one: client, network: client.slice(0, client.lastIndexOf('.')) };
}

export async function serve(
  context: TestContext,
  configuration: Partial<PageConfiguration> = {},
  beforeRegistration = (): void => {},
): Promise<Served> {
  const role: Role = {
    up: new Set(),
    strangers: new Set(),
    names: [],
    known: new Set(),
    registered: [],
    visits: [],
    mayTry: false,
    tried: [],
    name: null,
    stopped: [],
    allowed: [],
    isUnconfirmed: false,
    message: null,
    unknown: new Map(),
    trouble: null,
    nowMs: 1e6,
    hasDate: true,
  };
  const { log, lines } = recordingLog();
  const page = await PageServer.open({
    configuration: {
      listen: { host: '::', port: 0 },
      ports: [80],
      greet: [],
      form: 'server',
      routerUrl: null,
      askAgainMs: 30 * 86_400_000,
      known: 'show',
      ...configuration,
    },
    language: 'en',
    log,
    ...MACHINE,
    clock: { nowMs: () => role.nowMs, dateOf: (ms) => (role.hasDate ? new Date(START + ms) : null) },
    host: {
      targetOf: (address) => STEERED[address] ?? null,
      protocolPort: ({ port }) => port,
      pageOf: (server) => (role.up.has(server) ? null : `http://${server}/`),
      outageOf({ server }) {
        if (role.trouble !== null) throw role.trouble;
        return role.up.has(server) ? null : { name: role.name, sinceMs: 5e5 };
      },
      isNamed: (address, host) =>
        role.names.length === 0 || isNameOf({ address, name: null, names: role.names }, host),
      wasTurnedAway: (_target, client) => !role.strangers.has(client),
      mayTry(_target, client) {
        role.tried.push(client);
        return role.mayTry;
      },
      onVisit: ({ port }, client) => void role.visits.push([port, client]),
      isKnown: (client) => role.known.has(client),
      register(registration) {
        beforeRegistration();
        role.registered.push(registration);
      },
      message: () => role.message,
      stop(token) {
        if (token !== 'genuine') return false;
        role.stopped.push(token);
        return true;
      },
      allow(token) {
        if (token !== 'genuine') return false;
        role.allowed.push(token);
        return true;
      },
      isUnconfirmed: (token) => token === 'genuine' && role.isUnconfirmed && role.allowed.length === 0,
      isStopped: (token) => token === 'genuine' && role.stopped.length > role.allowed.length,
    },
    origins: {
      of: machineOf,
      async found(client) {
        await role.unknown.get(client);
        return machineOf(client);
      },
    },
  });
  context.after(() => page.close());
  const open = (to: string, from = SATO): Socket =>
    connect({ port: page.port, host: to, localAddress: from, allowHalfOpen: true });
  const ask = async (to: string, bytes: string | Buffer, options: AskOptions = {}): Promise<Heard> => {
    const socket = open(to, options.from);
    const heard = listen(socket);
    if (options.end === true) socket.end(bytes);
    else socket.write(bytes);
    return heard;
  };
  return { page, role, lines, ask, open };
}

/** An answer as it was on the wire. */
export interface Heard {
  /** 0: there was none. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** UTF-8; chunks are not put together. */
  readonly body: string;
  readonly whole: Buffer;
  /** The code of the error that ended the connection; null: it ended in good order. */
  readonly error: string | null;
}

/** All that comes until the other side is done; then our side is closed, too. */
export async function listen(socket: Socket): Promise<Heard> {
  const chunks: Buffer[] = [];
  let [error, isClosed]: [string | null, boolean] = [null, false];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', (problem: NodeJS.ErrnoException) => {
    error = problem.code ?? problem.message;
  });
  socket.on('end', () => socket.end());
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      resolve();
    });
  });
  socket.resume();
  await Promise.race([closed, until('the end of a connection', () => isClosed)]);
  return { ...parsed(Buffer.concat(chunks)), error };
}

export function parsed(whole: Buffer): Omit<Heard, 'error'> {
  const text = whole.toString('utf8');
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...fields] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? 0);
  return { status, headers, body: end < 0 ? '' : text.slice(end + 4), whole };
}

export function get(path: string, fields: Readonly<Record<string, string>> = {}): string {
  return request('GET', path, fields);
}

export function request(method: string, path: string, fields: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: 'www.example.jp', ...fields }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

export const NOTICE = '/.well-known/ringback/notice';

export function post(
  path: string,
  body: string | Readonly<Record<string, string>>,
  fields: Readonly<Record<string, string>> = {},
): string {
  const text = typeof body === 'string' ? body : new URLSearchParams(body).toString();
  const head = request('POST', path, {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': String(Buffer.byteLength(text)),
    ...fields,
  });
  return head + text;
}

/** What the form of a page carries in a hidden field. */
export function fieldOf(page: string, name: string): string {
  const found = new RegExp(`<input type="hidden" name="${name}" value="([^"]*)">`).exec(page)?.[1];
  if (found === undefined) throw new Error(`the page has no field ${name}`);
  return found;
}
