/** The kernel's sockets, as far as the program uses them: its connections to servers, and its datagrams. */
import { EventEmitter } from 'node:events';
import type { Ends, Sockets } from '../../../host/recovery/sockets.ts';
import { type Network, type Opening, type OpeningEnd, ROUTER } from './network.ts';
import type { TownTime } from './time.ts';

interface SocketsOptions {
  readonly time: TownTime;
  readonly network: Network;
  /** The code of the error with which no socket can be opened, or null. */
  readonly exhausted: () => string | null;
}

const CODES: Readonly<Partial<Record<OpeningEnd, string>>> = {
  refused: 'ECONNREFUSED',
  unreachable: 'EHOSTUNREACH',
};
const FIRST_EPHEMERAL = 32_768;

class Connection extends EventEmitter {
  connecting = true;
  #opening: Opening | null = null;
  #isClosed = false;

  begin(network: Network, time: TownTime, { host, port, localPort }: Ends, anyPort: number): void {
    const from = { address: ROUTER, port: localPort ?? anyPort };
    // What it meets at once its owner could not hear yet.
    time.after(0, () => {
      if (this.#isClosed) return;
      this.#opening = network.open(from, { address: host, port }, true, (end) => this.#end(end));
    });
  }

  fail(code: string): void {
    this.connecting = false;
    this.emit('error', Object.assign(new Error(code), { code }));
    this.destroy();
  }

  #end(end: OpeningEnd): void {
    if (this.#isClosed) return;
    const code = CODES[end];
    if (code !== undefined) {
      this.fail(code);
      return;
    }
    this.connecting = false;
    this.emit('connect');
  }

  end(): void {
    // Its server closes in good order, too.
    this.destroy();
  }

  resume(): void {}

  destroy(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#opening !== null) this.#opening.isOver = true;
    queueMicrotask(() => this.emit('close'));
  }
}

class Datagram extends EventEmitter {
  #server = '';
  #isClosed = false;
  readonly #network: Network;

  constructor(network: Network) {
    super();
    this.#network = network;
  }

  connect(_port: number, server: string, onConnect: () => void): void {
    this.#server = server;
    queueMicrotask(onConnect);
  }

  send(_bytes: Uint8Array, onSent: (error: Error | null) => void): void {
    onSent(null);
    this.#network.ownDatagram(this.#server, (code) => {
      if (!this.#isClosed) this.emit('error', Object.assign(new Error(code), { code }));
    });
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** All of them come from the router's own address. */
export function socketsOf({ time, network, exhausted }: SocketsOptions): Sockets {
  let opened = 0;
  return {
    connect: (to) => {
      const connection = new Connection();
      const code = exhausted();
      if (code !== null) time.after(0, () => connection.fail(code));
      else connection.begin(network, time, to, FIRST_EPHEMERAL + (opened++ % 28_000));
      return connection;
    },
    datagrams: () => new Datagram(network),
  };
}
