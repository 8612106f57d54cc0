/** Servers that die and come back, and people who try them: each person each server once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { arp, Flag, framed, segment, unreachable } from '../../frames.ts';
import type { Journal } from './journal.ts';
import type { Random } from './random.ts';

const ROUTER = '172.27.179.1';
const HOST_UNREACHABLE = 1;
const SERVERS = 12;
/** So many that a busy machine does not run out of those who have not tried yet. */
const PEOPLE = 800;
const PEOPLE_A_NETWORK = 200;
const PORT = 80;

export interface Person {
  readonly address: string;
  readonly mail: string;
}

interface Server {
  readonly address: string;
  isDown: boolean;
  /** Who has not tried it yet. */
  readonly strangers: Person[];
}

/** What a kill may wait for. */
type Happening = 'turned away' | 'recovery';

/** The network that is watched. */
export const NETWORK = '172.27.178.0/24';

/** A server and a client in one word. */
export function pairOf(server: string, client: string): string {
  return `${server} ${client}`;
}

/** Frames as they cross a router when a server is down, and when it is back. */
export class Traffic {
  readonly people: readonly Person[];
  /** Every pair that was turned away, on the wire at least. */
  readonly tried = new Set<string>();
  readonly #servers: readonly Server[];
  readonly #last: Server;
  readonly #random: Random;
  readonly #send: (frames: readonly Buffer[]) => void;
  readonly #journal: Journal;
  #waiting: { happening: Happening; resolve: () => void }[] = [];

  constructor(random: Random, send: (frames: readonly Buffer[]) => void, journal: Journal) {
    this.#random = random;
    this.#send = send;
    this.#journal = journal;
    this.people = Array.from({ length: PEOPLE }, (_, i) => {
      const [network, host] = [180 + Math.floor(i / PEOPLE_A_NETWORK), 1 + (i % PEOPLE_A_NETWORK)];
      return { address: `172.27.${network}.${host}`, mail: `person${i + 1}@example.jp` };
    });
    const serverAt = (host: number): Server => {
      return { address: `172.27.178.${host}`, isDown: false, strangers: random.shuffled(this.people) };
    };
    this.#servers = Array.from({ length: SERVERS }, (_, i) => serverAt(80 + i));
    this.#last = serverAt(200);
  }

  /** Outages and recoveries until it is told to stop. */
  async play(stop: AbortSignal): Promise<void> {
    const random = this.#random;
    while (!stop.aborted) {
      const server = random.pick(this.#servers.map((one) => [one, 1] as const));
      if (server.isDown && random.chance(0.35)) this.#recover(server);
      else this.#turnAway(server, random.between(1, 3));
      await sleep(random.between(80, 350));
    }
  }

  /** Resolves with the next of its kind, as soon as its frames are on their way. */
  next(happening: Happening): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ happening, resolve }));
  }

  /** A server of its own turns somebody away: once that is noticed, all that was sent before has been looked at. */
  lastWord(): { server: string; client: string } {
    const [client] = this.#turnAway(this.#last, 1);
    if (client === undefined) throw new Error('somebody tried the last server before');
    return { server: this.#last.address, client: client.address };
  }

  /** A sign of life from every server. */
  recoverAll(): void {
    for (const server of [...this.#servers, this.#last]) this.#recover(server);
  }

  #turnAway(server: Server, count: number): readonly Person[] {
    const clients = server.strangers.splice(0, count);
    server.isDown = true;
    for (const { address } of clients) {
      const from = { address, port: this.#random.between(32_768, 60_999) };
      const to = { address: server.address, port: PORT };
      const request = segment(from, to, { flags: Flag.syn, sequence: this.#random.between(0, 2 ** 32 - 1) });
      this.tried.add(pairOf(server.address, address));
      this.#journal.note(`sent: ${server.address} turns ${address} away`);
      this.#send([framed(request), framed(unreachable(ROUTER, HOST_UNREACHABLE, request, address))]);
    }
    if (clients.length > 0) this.#happened('turned away');
    return clients;
  }

  #recover(server: Server): void {
    server.isDown = false;
    this.#journal.note(`sent: ${server.address} announces itself`);
    // A gratuitous ARP reply, as a machine that has just started sends it (RFC 5227 section 3).
    this.#send([arp({ operation: 2, sender: server.address, target: server.address })]);
    this.#happened('recovery');
  }

  #happened(happening: Happening): void {
    const waiting = this.#waiting.filter((one) => one.happening === happening);
    this.#waiting = this.#waiting.filter((one) => one.happening !== happening);
    for (const { resolve } of waiting) resolve();
  }
}
