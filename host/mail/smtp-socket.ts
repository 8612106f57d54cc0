/**
 * The TCP connection under an SMTP session. The library would look up the name itself, in its own way: it remembers which
 * interfaces there were when it first did so, and writes to the console when the only one is the loopback.
 */
import { connect, type Socket } from 'node:net';
import type { Time } from '../time.ts';

type Callback = (error: Error | null, connected?: { readonly connection: Socket }) => void;

export class Connecting {
  readonly #place: { readonly host: string; readonly port: number };
  readonly #limitMs: number;
  readonly #time: Time;
  readonly #sockets = new Set<Socket>();

  constructor(place: { readonly host: string; readonly port: number }, limitMs: number, time: Time) {
    this.#place = place;
    this.#limitMs = limitMs;
    this.#time = time;
  }

  /** What the library's pool asks for a socket. */
  open(callback: Callback): void {
    const { host, port } = this.#place;
    const socket = connect({ host, port });
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
        callback(error);
      })
      .once('close', () => {
        done();
        callback(new Error('the connection was given up'));
      });
  }

  /** Gives up those that do not stand yet. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
