/** The sockets of a program on the world's router: its connections to servers, and its datagrams, as the router's kernel has them. */
import { EventEmitter } from 'node:events';
import type { Ends, Sockets } from '../../recovery/sockets.ts';
import type { Loop } from '../kernel/loop.ts';
import type { Machines, OwnConnection, OwnEnd } from '../world/ports.ts';

/** By their codes: each is made once, as one with its stack costs more than the connection. */
const ERRORS = new Map<string, Error>();

interface WorldSocketsOptions {
  readonly world: Pick<Machines, 'connect' | 'send'>;
  readonly loop: Loop;
}

/** Of one program: they end with it. */
export class WorldSockets implements Sockets {
  readonly #options: WorldSocketsOptions;
  #open = new Set<Connection>();
  /** Another one once the program is killed: datagrams of an earlier one say nothing any more. */
  #life = {};

  constructor(options: WorldSocketsOptions) {
    this.#options = options;
  }

  connect(ends: Ends): Connection {
    const { world, loop } = this.#options;
    const connection = new Connection(loop, () => void this.#open.delete(connection));
    this.#open.add(connection);
    connection.begin(world, ends);
    return connection;
  }

  datagrams(): Datagrams {
    const life = this.#life;
    return new Datagrams(this.#options, () => this.#life === life);
  }

  /** The program was killed: its kernel closes what it had open, and nobody hears of it. */
  forget(): void {
    const open = this.#open;
    this.#open = new Set();
    this.#life = {};
    for (const connection of open) connection.abandon();
  }
}

class Connection extends EventEmitter {
  connecting = true;
  readonly #loop: Loop;
  readonly #onGone: () => void;
  #own: OwnConnection | null = null;
  #isGone = false;

  constructor(loop: Loop, onGone: () => void) {
    super();
    this.#loop = loop;
    this.#onGone = onGone;
  }

  begin(world: WorldSocketsOptions['world'], { host, port, localPort }: Ends): void {
    this.#own = world.connect({ address: host, port }, localPort ?? null, (end) => this.#ended(end));
  }

  /** Its server closes in good order, too: what is left of the conversation is nobody's business. */
  end(): void {
    this.destroy();
  }

  resume(): void {}

  destroy(): void {
    if (this.#isGone) return;
    this.abandon();
    queueMicrotask(() => this.emit('close'));
    this.#loop.stir();
  }

  /** Nobody is told. */
  abandon(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.connecting = false;
    this.#own?.close();
    this.#onGone();
  }

  #ended(end: OwnEnd): void {
    if (this.#isGone) return;
    this.connecting = false;
    this.#loop.stir();
    if (end === 'open') {
      this.emit('connect');
      return;
    }
    this.emit('error', errorOf(end));
    this.destroy();
  }
}

class Datagrams extends EventEmitter {
  readonly #options: WorldSocketsOptions;
  readonly #isAlive: () => boolean;
  #to = { address: '', port: 0 };
  #isClosed = false;

  constructor(options: WorldSocketsOptions, isAlive: () => boolean) {
    super();
    this.#options = options;
    this.#isAlive = isAlive;
  }

  connect(port: number, address: string, onConnect: (error?: Error) => void): void {
    this.#to = { address, port };
    queueMicrotask(onConnect);
    this.#options.loop.stir();
  }

  send(bytes: Uint8Array, onSent: (error: Error | null) => void): void {
    const { world, loop } = this.#options;
    onSent(null);
    world.send(this.#to, bytes, (code) => {
      if (this.#isClosed || !this.#isAlive()) return;
      loop.stir();
      this.emit('error', errorOf(code));
    });
  }

  close(): void {
    this.#isClosed = true;
  }
}

function errorOf(code: string): Error {
  const known = ERRORS.get(code) ?? Object.assign(new Error(code), { code });
  ERRORS.set(code, known);
  return known;
}
