/** One connection to a port, and what became of it. Nothing is sent, and it is closed in good order. */

import { systemCodeOf } from '../errors.ts';
import type { StopSignal, Time, Timer } from '../time.ts';
import { kernelSockets, type Sockets } from './sockets.ts';

/**
 * `answered`: it was accepted. `refused`: reset. `unreachable`: a message said so, or there is no way. `silent`: nothing
 * came in time. `impossible`: this machine could not even begin; that says nothing of the server. `quiet`: a service of UDP is silent, and
 * of another port its machine says that nobody is there.
 */
export type Dialled = 'answered' | 'refused' | 'unreachable' | 'silent' | 'impossible' | 'quiet';

export interface DialOptions {
  readonly server: string;
  readonly port: number;
  /** Where it comes from; any free port without it. */
  readonly localPort?: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** How long it stays open after that: a late answer closes in silence what was opened. */
  readonly lingerMs?: number;
  /** Once it aborts, nobody waits for anything of it. */
  readonly signal?: StopSignal;
  /** The socket is gone. */
  readonly onClosed?: () => void;
}

export type Dial = (options: DialOptions) => Promise<Dialled>;

const REFUSED = new Set(['ECONNREFUSED', 'ECONNRESET']);
const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'ENOPROTOOPT']);
const SILENT = new Set(['ETIMEDOUT']);

export function dial(options: DialOptions, time: Time, sockets: Sockets = kernelSockets): Promise<Dialled> {
  const { server, port, localPort, timeoutMs, lingerMs = 0, signal, onClosed } = options;
  return new Promise((resolve) => {
    const socket = sockets.connect({ host: server, port, ...(localPort === undefined ? {} : { localPort }) });
    const end = (): void => void socket.destroy();
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
    let closing: Timer | undefined;
    const closeIn = (waitMs: number): void => {
      closing?.cancel();
      closing = time.after(waitMs, end);
    };
    const giveUp = (): void => {
      if (!socket.connecting) return;
      resolve('silent');
      if (lingerMs === 0) socket.destroy();
      else closeIn(lingerMs);
    };
    // A program that was busy hears first what the kernel has for it: the answer may have come in time.
    const timer = time.after(timeoutMs, () => void time.settled().then(giveUp));
    socket.on('connect', () => {
      // The other side may be slow to close its half.
      closeIn(timeoutMs + lingerMs);
      resolve('answered');
      socket.end();
      // What the server says is thrown away; left unread it would turn our FIN into a reset.
      socket.resume();
    });
    socket.on('error', (error) => resolve(outcomeOf(systemCodeOf(error))));
    socket.on('close', () => {
      timer.cancel();
      closing?.cancel();
      signal?.removeEventListener('abort', end);
      onClosed?.();
      resolve('silent');
    });
  });
}

function outcomeOf(code: string | undefined): Dialled {
  if (code === undefined) return 'silent';
  if (REFUSED.has(code)) return 'refused';
  if (UNREACHABLE.has(code)) return 'unreachable';
  return SILENT.has(code) ? 'silent' : 'impossible';
}
