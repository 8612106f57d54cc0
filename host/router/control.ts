/** The control socket: HTTP on a Unix socket that only its owner may open. */
import { chmodSync, existsSync, lstatSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';

const ANSWER_TIMEOUT_MS = 10_000;

export interface ControlServer {
  close(): Promise<void>;
}

/** Whether a process answers on the socket. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function listenProblem(path: string, error: unknown): string {
  const directory = dirname(path);
  if (!existsSync(directory)) return `the directory ${directory} does not exist`;
  if (systemCodeOf(error) !== 'EADDRINUSE') return messageOf(error);
  return lstatSync(path).isSocket()
    ? 'another ringback serves it; stop that one, or name another'
    : 'it is there already and is no socket';
}

/**
 * Serves `status` as JSON at `GET /status`. A socket that a killed process left behind is replaced.
 * Throws RingbackError('unavailable') when another process serves it or the directory cannot be written.
 */
export async function serveControl(path: string, status: () => Promise<unknown>): Promise<ControlServer> {
  const server = createServer((incoming, response) => {
    if (incoming.method !== 'GET' || incoming.url !== '/status') {
      response.writeHead(404).end();
      return;
    }
    status().then(
      (answer) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer)),
      (error) => response.writeHead(503).end(messageOf(error)),
    );
  });
  try {
    await listen(server, path).catch(async (error) => {
      if (systemCodeOf(error) !== 'EADDRINUSE' || !lstatSync(path).isSocket() || (await isServed(path)))
        throw error;
      rmSync(path, { force: true });
      await listen(server, path);
    });
    chmodSync(path, 0o600);
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

/** Asks a running `ringback run`. Throws RingbackError('unavailable') when there is none. */
export function askControl(path: string, what: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void =>
      reject(new RingbackError('unavailable', `control ${path}: ${reason}`, { cause }));
    const asking = request({ socketPath: path, path: what, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', (error) => fail(messageOf(error), error));
      response.on('end', () => {
        if (response.statusCode !== 200) {
          fail(text || `answer ${response.statusCode}`);
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
      const code = systemCodeOf(error);
      if (code === 'ENOENT' || code === 'ECONNREFUSED') fail('no `ringback run` is running here', error);
      else if (code === 'EACCES') fail('only its owner may ask; try as root', error);
      else fail(messageOf(error), error);
    });
    asking.end();
  });
}
