/**
 * What the programs in a world have of it (`Machines`, which the world is), and what it asks of them: of the page in the dead servers'
 * place, and of whoever listens for datagrams. The edges stand between.
 */
import type { Verb } from '../scenario/types.ts';
import type { Directory } from '../truth/witness.ts';

/** How a connection of a machine's own ended, as connect(2) says it; `open`: it did not. */
export type OwnEnd = 'open' | 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ENETUNREACH' | 'ETIMEDOUT';

/** A connection that a machine of the world opens for a program on it. */
export interface OwnConnection {
  /** The program is done with it: FIN if it is open; if it is not, no further request goes out. */
  close(): void;
}

export interface Machines {
  /**
   * A program on the router opens a connection; `localPort` null: any. Nothing is heard before this has returned; `onEnd` is
   * called once, unless it is closed before.
   */
  connect(
    to: { readonly address: string; readonly port: number },
    localPort: number | null,
    onEnd: (end: OwnEnd) => void,
  ): OwnConnection;
  /** A datagram of a program on the router; `onError`: what a connected socket is told of it (ECONNREFUSED, EHOSTUNREACH), perhaps later, perhaps never. */
  send(
    to: { readonly address: string; readonly port: number },
    payload: Uint8Array,
    onError: (code: string) => void,
  ): void;
  /** The router's kernel no longer believes to know where that neighbour is, and looks for it with the next packet; what it is looking for stays. */
  seekNeighbour(address: string): void;
  /** `port` of a machine (`router`, or a host's name) is listened on from now on; null: not any more. */
  listen(machine: string, port: number, hears: DatagramHandler | null): void;
  /** A host sends a datagram to a machine's port; it takes the way of its network. */
  datagram(from: string, to: string, port: number, payload: Uint8Array): void;
  /** The script of a page that this client has tries the service after that time: a connection like any other of his. */
  tryFromPage(client: number, service: number, waitUs: number): void;
  /** The router's page; null, as at the beginning: nobody is answered in a dead server's place. */
  page: PageInWorld | null;
}

/** Somebody of a people whom the router knows. */
export interface KnownPerson {
  readonly address: string;
  readonly mail: string;
  readonly language: 'en' | 'ja';
}

/** The world itself, as whoever plays it needs it (`World` is one; `world/world.ts`). */
export interface PlayedWorld extends Machines {
  readonly directory: Directory;
  /** A host's own address, IPv4 if it has one; null: it has none. */
  addressOf(host: string): string | null;
  /** People who are known from the beginning, but stand in no configuration. */
  knownPeople(): Iterable<KnownPerson>;
  /** What happens by itself is in the calendar from now on: traffic, background. */
  begin(): void;
  /** All verbs but those of programs and mails (`notify`, `killProgram`, `startProgram`, `mail`), which come from the play. */
  carryOut(verb: Verb): void;
  /** A card of a host has said by that frame, unasked, that it has an address of a pair: it is there from now on. */
  said(
    address: string,
    by: { readonly host: string; readonly card: number; readonly isServing: boolean },
    frame: Uint8Array,
  ): void;
  /** What the router's kernel has sent and withheld by its limits, by name. */
  kernelCounts(): Readonly<Record<string, number>>;
  /** Tries that have no end are `cut`. */
  end(): void;
}

/** `from`: the sender's address. */
export type DatagramHandler = (payload: Uint8Array, from: string, port: number) => void;

/** What the router's kernel does with those who try a dead server, and who hears of it. Numbers are the world's. */
export interface PageInWorld {
  /** Whether anybody is steered at all: a world asks nothing else while nobody is. */
  readonly isAnythingSteered: boolean;
  /** Asked for each new connection of a client's (its first request): whether the router's page answers it in the service's place. */
  answers(client: number, service: number): boolean;
  /** He has finished the handshake with it, and so gets the page. `isBrowser`: it runs the page's script. */
  shown(client: number, service: number, isBrowser: boolean): void;
}
