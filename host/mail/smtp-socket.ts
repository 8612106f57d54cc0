/**
 * The TCP connection under an SMTP session. The library would look up the name itself, in its own way: it remembers which
 * interfaces there were when it first did so, and writes to the console when the only one is the loopback.
 */
import { connect, type Socket } from 'node:net';
import { systemCodeOf } from '../errors.ts';
import type { LocalPorts } from '../net/local-ports.ts';
import type { Time } from '../time.ts';

/** Also where an earlier connection from there to that server has not been forgotten. */
const IN_USE = new Set(['EADDRINUSE', 'EADDRNOTAVAIL']);

type Callback = (error: Error | null, connected?: { readonly connection: Socket }) => void;

export class Connecting {
  readonly #place: { readonly host: string; readonly port: number };
  readonly #limitMs: number;
  readonly #time: Time;
  readonly #sockets = new Set<Socket>();
  /** null: any will do. */
  readonly #localPorts: LocalPorts | null;
  /** How many of them were taken, one after another. */
  #taken = 0;

  constructor(
    place: { readonly host: string; readonly port: number },
    limitMs: number,
    time: Time,
    localPorts: LocalPorts | null = null,
  ) {
    this.#place = place;
    this.#limitMs = limitMs;
    this.#time = time;
    this.#localPorts = localPorts;
  }

  /** What the library's pool asks for a socket. */
  open(callback: Callback): void {
    this.#open(callback, this.#localPorts?.count ?? 1);
  }

  /** `tries`: so many local ports may turn out to be in use. */
  #open(callback: Callback, tries: number): void {
    const { host, port } = this.#place;
    const socket = connect({ host, port, ...this.#from() });
    this.#sockets.add(socket);
    const timer = this.#time.after(this.#limitMs, () => {
      socket.destroy(new Error(`no connection to ${host}:${port} within ${this.#limitMs / 1000} s`));
    });
    const done = (): void => {
      timer.cancel();
      this.#sockets.delete(socket);
      socket.removeAllListeners();
    };
    socket
      .once('connect', () => {
        done();
        callback(null, { connection: socket });
      })
      .once('error', (error) => {
        done();
        if (tries > 1 && IN_USE.has(systemCodeOf(error) ?? '')) this.#open(callback, tries - 1);
        else callback(error);
      })
      .once('close', () => {
        done();
        callback(new Error('the connection was given up'));
      });
  }

  #from(): { localPort?: number } {
    if (this.#localPorts === null) return {};
    const { first, count } = this.#localPorts;
    return { localPort: first + (this.#taken++ % count) };
  }

  /** Gives up those that do not stand yet. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
