/** The control socket: HTTP on a Unix socket that only its owner may open. */
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  METHODS,
  type OutgoingHttpHeaders,
  request,
  type Server,
} from 'node:http';
import { dirname } from 'node:path';
import { type ErrorCode, messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import { opened } from '../net/listening.ts';
import { isServed, placesOf, RUNTIME_DIRECTORY, servingPlace } from '../role/control-place.ts';
import { isParts, writeParts } from './parts.ts';

const ANSWER_TIMEOUT_MS = 10_000;
/** An order may be about very many notices. */
const ORDER_TIMEOUT_MS = 120_000;
/** Whoever asks has said everything by then. */
export const QUESTION_TIMEOUT_MS = 10_000;
export const MAX_BODY_BYTES = 256 * 1024;

export interface ControlServer {
  close(): Promise<void>;
}

const listen = (server: Server, path: string): Promise<void> =>
  opened(server, (done) => server.listen(path, done));

/** For its owner alone. A socket that a killed process left behind is replaced. */
async function listenAt(server: Server, path: string): Promise<void> {
  if (dirname(path) === RUNTIME_DIRECTORY) mkdirSync(RUNTIME_DIRECTORY, { recursive: true, mode: 0o700 });
  await listen(server, path).catch(async (error) => {
    if (systemCodeOf(error) !== 'EADDRINUSE' || !lstatSync(path).isSocket() || (await isServed(path)))
      throw error;
    rmSync(path, { force: true });
    await listen(server, path);
  });
  chmodSync(path, 0o600);
}

function listenProblem(path: string, error: unknown): string {
  const directory = dirname(path);
  if (!existsSync(directory)) return `the directory ${directory} does not exist`;
  if (systemCodeOf(error) === 'EACCES')
    return `${directory} is not this user's to write to; run as root, or name another`;
  if (systemCodeOf(error) !== 'EADDRINUSE') return messageOf(error);
  return lstatSync(path).isSocket()
    ? 'another ringback serves it; stop that one, or name another'
    : 'it is there already and is no socket';
}

/** What is asked. */
export interface Question {
  readonly query: URLSearchParams;
  /** What was sent as JSON; null when nothing was. */
  readonly body: unknown;
}

/** What answers with something that becomes JSON, or with parts of it. */
interface ControlRoute {
  (question: Question): unknown;
  /** Names that a query may have: none without it. */
  readonly parameters?: readonly string[];
}

/** By method and path: `GET /status`. */
export type ControlRoutes = Readonly<Record<string, ControlRoute>>;

/** What is the asker's fault, on the wire and off it; the first one for each is that which is sent. */
const REFUSALS: ReadonlyMap<number, ErrorCode> = new Map([
  [400, 'usage'],
  [409, 'input'],
  [413, 'input'],
]);

/** What can't be answered, and whose fault that is. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;

  constructor(status: number, message: string, headers: OutgoingHttpHeaders = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

async function answer(routes: ControlRoutes, incoming: IncomingMessage): Promise<unknown> {
  const { method = '', url = '' } = incoming;
  const [path = '', query] = url.split('?', 2);
  const route = `${method} ${path}`;
  const handler = Object.hasOwn(routes, route) ? routes[route] : undefined;
  if (handler === undefined) {
    incoming.resume();
    const allowed = METHODS.filter((other) => Object.hasOwn(routes, `${other} ${path}`));
    if (allowed.length === 0) throw new Refusal(404, `nothing is known of ${JSON.stringify(path)}`);
    const allow = allowed.join(', ');
    throw new Refusal(405, `${path} takes ${allow}, not ${method}`, { Allow: allow });
  }
  const body = await bodyOf(incoming);
  const asked = new URLSearchParams(query);
  for (const name of asked.keys()) {
    if (!handler.parameters?.includes(name))
      throw new Refusal(400, `nothing is known of ${JSON.stringify(name)}`);
  }
  return handler({ query: asked, body });
}

/** Reads to the end even what is too much: who has not finished to speak does not listen. */
async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) chunks = [];
    else chunks.push(chunk);
  }
  if (bytes === 0) return null;
  if (bytes > MAX_BODY_BYTES) throw new Refusal(413, `more than ${MAX_BODY_BYTES / 1024} KiB at once`);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal(400, 'the question is no JSON');
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const code = error instanceof RingbackError ? error.code : null;
  const [status = 503] = [...REFUSALS].find(([, refused]) => refused === code) ?? [];
  return new Refusal(status, messageOf(error));
}

/**
 * Serves JSON. What a route throws is answered in words: RingbackError('usage') and ('input') as the asker's fault (4xx),
 * all else as ours (503). A socket that a killed process left behind is replaced.
 * Throws RingbackError('unavailable') when another process serves it or the directory cannot be written.
 */
export async function serveControl(path: string, routes: ControlRoutes): Promise<ControlServer> {
  const server = createServer({ requestTimeout: QUESTION_TIMEOUT_MS }, (incoming, response) => {
    answer(routes, incoming).then(
      (given) => {
        response.setHeader('Content-Type', 'application/json');
        if (!isParts(given)) response.end(JSON.stringify(given));
        // What was said of it already can't be taken back.
        else writeParts(response, given).catch(() => response.destroy());
      },
      (error) => {
        const { status, message, headers } = refusalOf(error);
        response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(message);
      },
    );
  });
  try {
    await listenAt(server, servingPlace(path)).catch(async (error) => {
      const [, other] = placesOf(path);
      if (systemCodeOf(error) !== 'EACCES' || other === undefined) throw error;
      await listenAt(server, other);
    });
  } catch (error) {
    const reason = listenProblem(path, error);
    throw new RingbackError('unavailable', `control ${path}: ${reason}`, { cause: error });
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/**
 * Asks a running program at each place where it may have its socket, or tells it something (`body`); `command` is how it was
 * started. Throws RingbackError('unavailable') when there is none, and what its route threw when that is the asker's fault.
 */
export async function askControl(
  path: string,
  what: string,
  body?: unknown,
  command = 'run',
): Promise<unknown> {
  const [first = path, ...others] = placesOf(path);
  try {
    return await askAt(first, what, body, command);
  } catch (error) {
    if (!isNobodyThere(error)) throw error;
    for (const other of others) {
      try {
        return await askAt(other, what, body, command);
      } catch (silent) {
        if (!isNobodyThere(silent)) throw silent;
      }
    }
    throw error;
  }
}

function askAt(path: string, what: string, body: unknown, command: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void =>
      reject(new RingbackError('unavailable', `control ${path}: ${reason}`, { cause }));
    const options = {
      socketPath: path,
      path: what,
      method: body === undefined ? 'GET' : 'POST',
      timeout: body === undefined ? ANSWER_TIMEOUT_MS : ORDER_TIMEOUT_MS,
    };
    const asking = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', (error) => fail(messageOf(error), error));
      response.on('end', () => {
        const { statusCode = 0 } = response;
        const refused = REFUSALS.get(statusCode);
        if (refused !== undefined) {
          reject(new RingbackError(refused, text));
          return;
        }
        if (statusCode !== 200) {
          fail(text || `answer ${statusCode}`);
          return;
        }
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          fail('what serves it is no ringback', error);
        }
      });
    });
    asking.on('timeout', () => asking.destroy(new Error('no answer')));
    asking.on('error', (error) => {
      if (isNobody(systemCodeOf(error))) fail(`no \`ringback ${command}\` is running here`, error);
      else if (systemCodeOf(error) === 'EACCES') fail('only its owner may ask; try as root', error);
      else fail(messageOf(error), error);
    });
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function isNobody(code: string | undefined): boolean {
  return code === 'ENOENT' || code === 'ECONNREFUSED';
}

/** Whether `askControl` failed because nothing runs. */
export function isNobodyThere(error: unknown): boolean {
  return error instanceof RingbackError && isNobody(systemCodeOf(error.cause));
}
