/**
 * Sockets that a daemon on another machine has for this program: what this one sent itself would pass through the router as its
 * clients' packets do, and would say nothing of what the router reaches.
 */
import type { Errand, Reached } from '../fabric/errands.ts';
import type { Ends, Sockets } from './sockets.ts';

/** As the kernel's own sockets would say it. */
const ERRORS: Readonly<Record<Exclude<Reached['outcome'], 'answered' | 'closed'>, string>> = {
  refused: 'ECONNREFUSED',
  unreachable: 'EHOSTUNREACH',
  silent: 'ETIMEDOUT',
  impossible: 'EAGAIN',
};

const TICKETS = 65_536;

/** What becomes of an errand, for whoever began it. */
interface Hearer {
  onAnswer(): void;
  onError(error: Error): void;
  onClose(): void;
}

/** Errands under way, by their tickets. */
export class DaemonSockets implements Sockets {
  #run: ((errand: Errand) => void) | null = null;
  readonly #hearers = new Map<number, Hearer>();
  #ticket = 0;

  /** There is a daemon. */
  begin(run: (errand: Errand) => void): void {
    this.#run = run;
  }

  /** There is none any more: whatever was under way says nothing of any server. */
  drop(): void {
    this.#run = null;
    for (const [ticket, hearer] of [...this.#hearers]) {
      hearer.onError(errorOf('impossible'));
      this.#close(ticket);
    }
  }

  take({ ticket, outcome }: Reached): void {
    if (outcome === 'closed') this.#close(ticket);
    else if (outcome === 'answered') this.#hearers.get(ticket)?.onAnswer();
    else this.#hearers.get(ticket)?.onError(errorOf(outcome));
  }

  connect(ends: Ends): DaemonConnection {
    const { host: server, port, localPort = 0 } = ends;
    return new DaemonConnection((hearer) =>
      this.#begin(hearer, (ticket) => ({ kind: 'connect', ticket, server, port, localPort })),
    );
  }

  datagrams(_family: 'udp4' | 'udp6', localPort: number): DaemonDatagrams {
    return new DaemonDatagrams((hearer, server, port) =>
      this.#begin(hearer, (ticket) => ({ kind: 'datagram', ticket, server, port, localPort })),
    );
  }

  /** Returns what ends it. */
  #begin(hearer: Hearer, errand: (ticket: number) => Errand): () => void {
    const run = this.#run;
    if (run === null || this.#hearers.size === TICKETS) {
      queueMicrotask(() => {
        hearer.onError(errorOf('impossible'));
        hearer.onClose();
      });
      return () => {};
    }
    while (this.#hearers.has(this.#ticket)) this.#ticket = (this.#ticket + 1) % TICKETS;
    const ticket = this.#ticket;
    this.#ticket = (ticket + 1) % TICKETS;
    this.#hearers.set(ticket, hearer);
    run(errand(ticket));
    return () => {
      if (this.#hearers.get(ticket) === hearer) this.#run?.({ kind: 'close', ticket });
    };
  }

  #close(ticket: number): void {
    const hearer = this.#hearers.get(ticket);
    this.#hearers.delete(ticket);
    hearer?.onClose();
  }
}

function errorOf(outcome: keyof typeof ERRORS): Error {
  const code = ERRORS[outcome];
  return Object.assign(new Error(`${code}, as the router found it`), { code });
}

class DaemonConnection implements Hearer {
  connecting = true;
  readonly #end: () => void;
  #isClosed = false;
  readonly #onConnect: (() => void)[] = [];
  readonly #onClose: (() => void)[] = [];
  readonly #onError: ((error: Error) => void)[] = [];

  constructor(begin: (hearer: Hearer) => () => void) {
    this.#end = begin(this);
  }

  on(event: 'connect' | 'close', listener: () => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: 'connect' | 'close' | 'error', listener: (error: Error) => void): this {
    if (event === 'error') this.#onError.push(listener);
    else if (event === 'connect') this.#onConnect.push(listener as () => void);
    else this.#onClose.push(listener as () => void);
    return this;
  }

  /** The daemon ends its half by itself, and throws away what comes. */
  end(): void {}
  resume(): void {}

  /** Whoever does that hears nothing more but the end, and not at once. */
  destroy(): void {
    if (this.#isClosed) return;
    this.#end();
    queueMicrotask(() => this.onClose());
  }

  onAnswer(): void {
    this.connecting = false;
    if (!this.#isClosed) for (const listener of this.#onConnect) listener();
  }

  onError(error: Error): void {
    this.connecting = false;
    if (!this.#isClosed) for (const listener of this.#onError) listener(error);
  }

  onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.connecting = false;
    for (const listener of this.#onClose) listener();
  }
}

type BeginDatagram = (hearer: Hearer, server: string, port: number) => () => void;

class DaemonDatagrams implements Hearer {
  readonly #begin: BeginDatagram;
  #place: { readonly server: string; readonly port: number } | null = null;
  #end: () => void = () => {};
  #isClosed = false;
  readonly #onError: ((error: Error) => void)[] = [];

  constructor(begin: BeginDatagram) {
    this.#begin = begin;
  }

  /** What comes is thrown away, there: that something came the fabric says. */
  on(event: 'error' | 'message', listener: (error: Error) => void): this {
    if (event === 'error') this.#onError.push(listener);
    return this;
  }

  connect(port: number, server: string, onConnect: (error?: Error) => void): void {
    this.#place = { server, port };
    queueMicrotask(() => onConnect());
  }

  /** All that is ever sent is nothing. */
  send(_bytes: Uint8Array, onSent: (error: Error | null) => void): void {
    if (this.#place === null || this.#isClosed) return;
    this.#end = this.#begin(this, this.#place.server, this.#place.port);
    queueMicrotask(() => onSent(null));
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  onAnswer(): void {}

  onError(error: Error): void {
    if (!this.#isClosed) for (const listener of this.#onError) listener(error);
  }

  onClose(): void {}
}
