/** Sockets that others come to: opened, or why not, in words for people. */
import type { EventEmitter } from 'node:events';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import { type Endpoint, endpointText } from './endpoint.ts';

/** Resolves once `open` has called back; rejects with the system's error. */
export function opened(socket: EventEmitter, open: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    open(() => {
      socket.off('error', reject);
      resolve();
    });
  });
}

export interface Listening {
  /** What comes there. */
  readonly what: string;
  /** The configuration's, which says where. */
  readonly key: string;
  /** A program that often has this port. */
  readonly rival?: string;
  /** How all addresses are written there, where they may be. */
  readonly everywhere?: string;
}

/** Place, reason and remedy. */
export function cannotListen(endpoint: Endpoint, error: unknown, listening: Listening): RingbackError {
  const [reason, remedy] = explained(error, listening);
  const message = `cannot listen for ${listening.what} on ${endpointText(endpoint)}: ${reason}; ${remedy}`;
  return new RingbackError('unavailable', message, { cause: error });
}

function explained(error: unknown, { key, rival, everywhere }: Listening): readonly [string, string] {
  switch (systemCodeOf(error)) {
    case 'EADDRINUSE':
      return [
        'another program uses this port',
        `stop it${rival === undefined ? '' : ` (${rival}?)`}, or choose another ${key}`,
      ];
    case 'EACCES':
      return [
        'no privilege for ports below 1024',
        `start as root or with CAP_NET_BIND_SERVICE, or choose another ${key}`,
      ];
    case 'EADDRNOTAVAIL':
      return [
        'this machine has no such address',
        `choose one of its own for ${key}${everywhere === undefined ? '' : `, or ${everywhere}`}`,
      ];
    default:
      return [messageOf(error), `see ${key}`];
  }
}
