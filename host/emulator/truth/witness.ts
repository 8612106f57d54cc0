/**
 * Who hears what happens in a world: the ledger that knows the truth, the report, the terminal, captures. The world and its
 * edges tell it as it happens. Clients, and services by IP version, are numbered by the world (`World`): half a million of them are
 * no objects, and most of what they do is counted only.
 */
import type { Level } from '../../log/catalogue/kinds.ts';
import type { Fields } from '../../log/log.ts';

/** How a try ended, as its client saw it. `shown`: the page answered in the server's place. `cut`: the world ended first. */
export const TRY_ENDS = ['served', 'shown', 'refused', 'unreachable', 'gaveUp', 'cut'] as const;
export type TryEnd = (typeof TRY_ENDS)[number];

/** A mail as a mail server took it. */
export interface TakenMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  /** Which machine has sent it: `router`, or a relay by its name. */
  readonly by: string;
  /** The whole message as it went over the wire. */
  readonly bytes?: () => Uint8Array;
}

/** All at the calendar's moment. */
export interface Witness {
  /** A client begins to open a connection, which is a try of his; retransmissions are none. */
  tried(client: number, service: number): void;
  /** `sinceUs`: when he began. */
  tryEnded(client: number, service: number, end: TryEnd, sinceUs: number): void;
  /**
   * Chance has lost a packet between the router itself and that service, whichever way it went: a probe of which nothing is left
   * is excused.
   */
  lost?(service: number): void;
  /** From now on the service answers whoever gets there, or does not any more. All that answer at the beginning are told of, too. */
  service(service: number, answers: boolean): void;
  /** From now on clients, and the router, get to that host, or do not any more; at the beginning they do. */
  path(service: number, isOpen: boolean): void;
  /** A line of the log of a program: `router`, or another machine's. */
  line(by: string, level: Level, event: string, fields: Fields): void;
  mail(mail: TakenMail): void;
  /** The page answers from now on in the place of this service for whoever may see it, or does not any more. */
  steered(service: number, isSteered: boolean): void;
  /** A program began, ended in good order, or was killed. */
  program(by: string, state: 'begun' | 'stopped' | 'killed'): void;
  /** A machine's kernel takes that address to be there from now on (null: nowhere); a takeover is about that. */
  learnt?(by: string, address: string, mac: string | null): void;
  /** A step of the script, in its own words. */
  step(text: string): void;
  /** A frame on an interface of the router; `bytes` is the world's own and changes afterwards. Only where somebody wants frames. */
  readonly frame: ((iface: number, isOut: boolean, bytes: Uint8Array) => void) | null;
  /** The same of those frames alone that the daemon's filter lets through, and so are made in any case. */
  readonly passed?: ((iface: number, isOut: boolean, bytes: Uint8Array) => void) | null;
}

/** Nobody listens; whoever listens to some of it says to what. */
export const DEAF: Witness = {
  tried: () => {},
  tryEnded: () => {},
  service: () => {},
  path: () => {},
  line: () => {},
  mail: () => {},
  steered: () => {},
  program: () => {},
  step: () => {},
  frame: null,
};

/** Who the numbers of a world are; of clients a host has one for each of its addresses. */
export interface Directory {
  /** How many there are: they are numbered from 0. */
  readonly clients: number;
  readonly services: number;
  /** Whose address it is; null: no client's. */
  clientAt(address: string): number | null;
  /** All services at that address. */
  servicesAt(address: string): readonly number[];
  /** `name`: the host's, or `people-17`. `mail`: as the router's configuration has it, or the relay's that tells people. */
  client(client: number): { readonly name: string; readonly address: string; readonly mail: string | null };
  /** `name`: the host's. */
  service(service: number): { readonly name: string; readonly address: string; readonly port: number };
}

/** What there is at a moment of the program and of its tables: looked at a few hundred times in a run. */
export interface Gauges {
  /** Clients that wait for a server, as the program has it. */
  readonly waiting: number;
  /** Servers that it holds to be down. */
  readonly down: number;
  /** Mails that are on their way. */
  readonly outbox: number;
  /** Places of the module's tables that are taken, and how many there are. */
  readonly tables: {
    readonly clients: readonly [used: number, size: number];
    readonly attempts: readonly [used: number, size: number];
    readonly servers: readonly [used: number, size: number];
  };
}

/** Where there is no program. */
export const NO_GAUGES: Gauges = {
  ...{ waiting: 0, down: 0, outbox: 0 },
  tables: { clients: [0, 0], attempts: [0, 0], servers: [0, 0] },
};
