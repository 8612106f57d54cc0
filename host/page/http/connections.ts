/**
 * Who is connected, and who has to go when there are too many. Nobody is refused: a newcomer may be a person, and who holds
 * a connection for long without having asked anything is a slow client, or an attack, or a browser that opened one to
 * have it ready and opens another.
 */

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { canonicalAddress } from '../../net/address.ts';
import type { Target } from '../../net/target.ts';
import type { Origin, OriginSource, Shares } from './origins.ts';

/** A browser opens six to a server. All is for the memory: a connection takes about 20 KiB with its buffers in the kernel. */
export const PAGE_CONNECTIONS: Shares = { machine: 16, household: 64, network: 256, all: 512 };
/**
 * Those that wait for a form, so that its answer comes to the page even if the server is back by then (paragraph 168). They count
 * among the others, and the oldest makes room here too: it has been answered, and nobody is cut off in a sentence.
 */
const KEPT_CONNECTIONS: Shares = { machine: 4, household: 16, network: 64, all: 128 };
/** As long as browsers keep a connection ready, and as people take for a form of one field. */
export const KEPT_MS = 300_000;
/** Answers on one: a form that was mistaken again and again, and pages between. */
export const KEPT_ANSWERS = 32;
/** Requests that are not looked at cost memory until their connection is closed. */
const MAX_IGNORED = 64;
/** Who has just connected is about to ask, and what is on its way when a connection is closed makes the kernel reset it. */
const ABOUT_TO_ASK_MS = 1000;
/** Who has been answered has so long to take the answer and to hang up. */
const LEAVE_MS = 10_000;

export interface Connection {
  readonly socket: Socket;
  /** Canonical address. */
  readonly client: string;
  /** Whose limits count. */
  readonly origin: Origin;
  /** null: to the router's own address. */
  readonly target: Target | null;
  readonly sinceMs: number;
  /**
   * `asking`: its request is not all here, or not answered; `leaving`: there will be no other answer; `listening`: to
   * events, which has limits of its own; `kept`: for a form.
   */
  state: 'asking' | 'leaving' | 'listening' | 'kept';
  /** It has been, and what comes on it is meant for the page. */
  wasKept: boolean;
  /** Since when it is, the first time. */
  keptMs: number;
  /** After how many of its answers. */
  kept: number;
  /** Its one request has come; others before its answer is out are none (RFC 9112 section 9.6: it will be closed). */
  isTaken: boolean;
  /** How many came all the same. */
  ignored: number;
  /** When it began to leave. */
  leavingMs: number;
  /** Its server is back: what is still to be asked shall be asked there. */
  isOutlived: boolean;
}

/** Connections that have a limit in common; those that listen have others. Oldest first, both. */
interface Crowd {
  readonly asking: Set<Connection>;
  readonly leaving: Set<Connection>;
  readonly kept: Set<Connection>;
}

function newCrowd(): Crowd {
  return { asking: new Set(), leaving: new Set(), kept: new Set() };
}

function sizeOf({ asking, leaving, kept }: Crowd): number {
  return asking.size + leaving.size + kept.size;
}

export class PageConnections {
  readonly #nowMs: () => number;
  readonly #origins: Pick<OriginSource, 'of'>;
  readonly #all = new Map<Duplex, Connection>();
  readonly #everybody = newCrowd();
  /** Of machines, households and networks, while they are not empty. */
  readonly #crowds = new Map<string, Crowd>();
  #evicted = 0;

  constructor(nowMs: () => number, origins: Pick<OriginSource, 'of'>) {
    this.#nowMs = nowMs;
    this.#origins = origins;
  }

  /** Takes a new connection in, and sends another away if there are too many; null: it is closed already. */
  add(socket: Socket, targetOf: (localAddress: string) => Target | null): Connection | null {
    const client = addressOf(socket.remoteAddress);
    const local = addressOf(socket.localAddress);
    if (client === null || local === null) return null;
    const origin = this.#origins.of(client);
    this.#makeRoom(origin.one, PAGE_CONNECTIONS[origin.kind]);
    this.#makeRoom(origin.network, PAGE_CONNECTIONS.network);
    if (this.#all.size >= PAGE_CONNECTIONS.all) this.#evictOf(this.#everybody);
    const connection: Connection = {
      socket,
      client,
      origin,
      target: targetOf(local),
      sinceMs: this.#nowMs(),
      state: 'asking',
      wasKept: false,
      keptMs: 0,
      kept: 0,
      isTaken: false,
      ignored: 0,
      leavingMs: 0,
      isOutlived: false,
    };
    this.#all.set(socket, connection);
    this.#enter(connection, 'asking');
    return connection;
  }

  of(socket: Duplex): Connection | undefined {
    return this.#all.get(socket);
  }

  /** It has its answer, or will never get one: from now on nothing that it says counts. */
  leave(connection: Connection): void {
    if (!this.#all.has(connection.socket)) return;
    this.#exit(connection);
    connection.state = 'leaving';
    connection.leavingMs = this.#nowMs();
    this.#enter(connection, 'leaving');
  }

  /** For how long it can be kept, or be so on. */
  leftMs({ wasKept, keptMs }: Connection): number {
    return wasKept ? KEPT_MS - (this.#nowMs() - keptMs) : KEPT_MS;
  }

  /** Whether its answer need not be its last. */
  canKeep({ kept, ignored }: Connection): boolean {
    return ignored === 0 && kept < KEPT_ANSWERS;
  }

  /** It has its answer, and may bring a form, for so long as there is room. */
  keep(connection: Connection): void {
    const { kind, one, network } = connection.origin;
    this.#exit(connection);
    this.#letGo(this.#crowds.get(one), KEPT_CONNECTIONS[kind]);
    this.#letGo(this.#crowds.get(network), KEPT_CONNECTIONS.network);
    this.#letGo(this.#everybody, KEPT_CONNECTIONS.all);
    connection.state = 'kept';
    if (!connection.wasKept) connection.keptMs = this.#nowMs();
    connection.wasKept = true;
    connection.kept += 1;
    this.#enter(connection, 'kept');
  }

  /** Something comes on a connection that was kept. */
  resume(connection: Connection): void {
    if (connection.state !== 'kept') return;
    this.#exit(connection);
    connection.state = 'asking';
    this.#enter(connection, 'asking');
  }

  #letGo(crowd: Crowd | undefined, most: number): void {
    const [oldest] = crowd?.kept ?? [];
    if (crowd !== undefined && oldest !== undefined && crowd.kept.size >= most) this.close(oldest);
  }

  listen(connection: Connection): void {
    this.#exit(connection);
    connection.state = 'listening';
  }

  remove(socket: Socket): void {
    const connection = this.#all.get(socket);
    if (connection === undefined) return;
    this.#all.delete(socket);
    this.#exit(connection);
  }

  #enter(connection: Connection, state: keyof Crowd): void {
    const { one, network } = connection.origin;
    this.#everybody[state].add(connection);
    for (const name of [one, network]) {
      const crowd = this.#crowds.get(name) ?? newCrowd();
      crowd[state].add(connection);
      this.#crowds.set(name, crowd);
    }
  }

  #exit(connection: Connection): void {
    const { one, network } = connection.origin;
    this.#everybody.asking.delete(connection);
    this.#everybody.leaving.delete(connection);
    this.#everybody.kept.delete(connection);
    for (const name of [one, network]) {
      const crowd = this.#crowds.get(name);
      if (crowd === undefined) continue;
      crowd.asking.delete(connection);
      crowd.leaving.delete(connection);
      crowd.kept.delete(connection);
      if (sizeOf(crowd) === 0) this.#crowds.delete(name);
    }
  }

  /** A request that is too late. */
  ignore(connection: Connection): void {
    connection.ignored += 1;
    if (connection.ignored > MAX_IGNORED) this.close(connection);
  }

  /** Closes what takes too long to leave, and what has become useless. */
  sweep(): void {
    const nowMs = this.#nowMs();
    this.#closeOutlived(nowMs);
    for (const connection of this.#everybody.kept) if (this.leftMs(connection) <= 0) this.close(connection);
    for (const connection of this.#everybody.leaving) {
      if (nowMs - connection.leavingMs < LEAVE_MS) return;
      this.close(connection);
    }
  }

  /** Closes connections that browsers keep ready for their next request to this server, for that must be a new one. */
  closeUnused(isMeant: (target: Target) => boolean): void {
    for (const connection of this.#everybody.asking) {
      if (connection.target !== null && isMeant(connection.target)) connection.isOutlived = true;
    }
    this.#closeOutlived(this.#nowMs());
  }

  #closeOutlived(nowMs: number): void {
    for (const connection of this.#everybody.asking) {
      if (nowMs - connection.sinceMs < ABOUT_TO_ASK_MS) return;
      if (connection.isOutlived && connection.socket.bytesRead === 0) this.close(connection);
    }
  }

  closeAll(): void {
    for (const connection of this.#all.values()) this.close(connection);
  }

  get size(): number {
    return this.#all.size;
  }

  /** How many had to make room for others. */
  get evicted(): number {
    return this.#evicted;
  }

  #makeRoom(name: string, most: number): void {
    const crowd = this.#crowds.get(name);
    if (crowd !== undefined && sizeOf(crowd) >= most) this.#evictOf(crowd);
  }

  /** Who has been answered goes before who may still ask; of these the one that has been asking the longest. */
  #evictOf({ asking, leaving, kept }: Crowd): void {
    const [connection] = leaving.size > 0 ? leaving : kept.size > 0 ? kept : asking;
    if (connection === undefined) return;
    this.#evicted += 1;
    this.close(connection);
  }

  close({ socket }: Connection): void {
    this.remove(socket);
    socket.destroy();
  }
}

const MAPPED = '::ffff:';

/** The canonical address of an end of a socket; null where there is none any more. */
function addressOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!text.includes(':')) return text;
  // Every IPv4 client of a listener for both versions; the system writes it dotted.
  if (text.startsWith(MAPPED) && text.includes('.')) return text.slice(MAPPED.length);
  const zone = text.indexOf('%');
  return canonicalAddress(zone < 0 ? text : text.slice(0, zone));
}
