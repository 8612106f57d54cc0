/** What `ringback run` is configured to do, after every default is filled in and every text is in one form; and what other roles share with it. */

import type { LogConfiguration } from '../log/log.ts';
import type { Prefix } from '../net/address.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { RemoteRouter } from '../net/remote-router.ts';
import type { Most } from './most.ts';

export type Language = 'en' | 'ja';

export interface FabricConfiguration {
  /** Network interfaces for the daemon's command line; empty only with `socket`. */
  readonly interfaces: readonly string[];
  /**
   * Those of them that have no sides, because clients' and servers' frames come in there alike: a mirror port. With
   * `socket` only their places in `interfaces` count.
   */
  readonly seesEverything: readonly string[];
  /** The command that carries the data plane, program first; null with `socket`. */
  readonly daemon: readonly string[] | null;
  /** The Unix socket of a daemon that runs already. */
  readonly socket: string | null;
  /** The router, where this program runs on a machine beside it; null: it runs on the router. */
  readonly remote: RemoteRouter | null;
  /** Records in each table. */
  readonly capacity: { readonly servers: number; readonly clients: number; readonly attempts: number };
}

/** Whether the router itself connects to a server before it believes that it is down. */
export type Ask = 'connect' | 'none';

export interface DetectConfiguration {
  /** The servers' networks; outside of them nothing is learnt. */
  readonly watch: readonly Prefix[];
  readonly unreachable: boolean;
  /** How long a connection request may stay unanswered, at the most if that is learnt; null: not looked at. */
  readonly unansweredMs: number | null;
  /** Whether it is learnt for each service. */
  readonly learnsWait: boolean;
  readonly refused: boolean;
  /** Ports of UDP whose datagrams count as connection requests do. */
  readonly datagrams: readonly number[];
  /** Enter only clients whose mail address is known (JP 2001-238496, figure 11). */
  readonly knownClientsOnly: boolean;
  /** What this machine itself tries counts. */
  readonly own: boolean;
  readonly ask: Ask;
  /** Whether forwarded ports are found in this machine's own rules, or only those count that `servers` names. */
  readonly forwarded: 'found' | 'named';
}

type AuthProtocol = 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
/** `aes` is AES-128; `aes256` localises its key as Net-SNMP's AES-256 does (Blumenthal). */
export type PrivProtocol = 'des' | 'aes' | 'aes256';

/** A user of SNMPv3's user-based security model, RFC 3414; `priv` is set only where `auth` is. */
export interface TrapUser {
  readonly name: string;
  readonly auth: { readonly protocol: AuthProtocol; readonly key: string } | null;
  readonly priv: { readonly protocol: PrivProtocol; readonly key: string } | null;
}

export interface TrapConfiguration {
  readonly listen: Endpoint;
  readonly communities: readonly string[];
  readonly users: readonly TrapUser[];
  /** Senders whose SNMPv1 agent address is believed. */
  readonly relays: readonly string[];
  /** The traps that count: a name of RFC 3418 (`coldStart`, …) or a dotted object identifier. */
  readonly accept: readonly string[];
}

interface RecoverConfiguration {
  readonly traps: TrapConfiguration | null;
  readonly arp: boolean;
  readonly synAck: boolean;
  readonly confirm: 'connect' | 'none';
  /** How long the service must answer before anybody is told. */
  readonly settleMs: number;
}

/**
 * Who tells the people: the router itself (embodiment 1 of the seed), the server's own relay (2), or that of the
 * management station (3).
 */
export type Via = 'direct' | 'server' | 'station';

interface NotifyConfiguration {
  readonly via: Via;
  /** Who last tried longer ago is not told. */
  readonly freshMs: number;
  /** Who last tried longer ago is deleted. May exceed what one timer can wait (2^31 - 1 ms). */
  readonly sweepMs: number;
  /** A mail that can't be delivered for so long is dropped. */
  readonly giveUpMs: number;
  /** How many mails a person gets; null: as many as there are. */
  readonly most: Most | null;
  readonly language: Language;
}

/**
 * `auto`: TLS from the first byte on port 465, elsewhere STARTTLS where the server offers it, and no mail
 * without it if there is a password; `starttls`: no mail without it; `implicit`: TLS from the first byte;
 * `none`: never.
 */
type SmtpTls = 'auto' | 'starttls' | 'implicit' | 'none';

export interface SmtpConfiguration {
  readonly host: string;
  readonly port: number;
  readonly tls: SmtpTls;
  /** Both or neither. */
  readonly user: string | null;
  readonly password: string | null;
  readonly from: string;
}

export interface ClientConfiguration {
  readonly address: string;
  readonly mail: string;
  /** null: that of `notify.language`. */
  readonly language: Language | null;
}

export interface ServerConfiguration {
  readonly address: string;
  readonly name: string | null;
  /** Those by which browsers ask for it; empty: they are not known. */
  readonly names: readonly string[];
  /** Services that are known from the start, so that silence or a refusal on them counts. */
  readonly ports: readonly number[];
  /** Where the server's relay reads its list mails (table 75 of the seed). */
  readonly mail: string | null;
  /** null: that of `notify.via`. */
  readonly via: Via | null;
  /** null: that of `detect.ask`. */
  readonly ask: Ask | null;
  /**
   * Where this machine forwards `ports` of `address` to, which is an address of its own then; port null: each to the same one.
   * null: it is the server's own address.
   */
  readonly real: { readonly host: string; readonly port: number | null } | null;
}

export interface PageConfiguration {
  readonly listen: Endpoint;
  /** All that are answered for. */
  readonly ports: readonly number[];
  /** Those of them at which a line is said in the place of a page. */
  readonly greet: readonly number[];
  readonly form: 'server' | 'router';
  readonly routerUrl: string | null;
  readonly askAgainMs: number;
  readonly known: 'show' | 'pass';
}

/** What an operator looks at, for whom nobody else's page is in the way: a listener of its own. */
export interface DashboardConfiguration {
  readonly listen: Endpoint;
  readonly token: string;
  /** By which browsers may ask for it, beside addresses and localhost. */
  readonly names: readonly string[];
  /** Whether clients and mail addresses are named there. */
  readonly people: 'counted' | 'named';
}

export interface RouterConfiguration {
  /** Directory of the database; null: memory only. */
  readonly state: string | null;
  readonly fabric: FabricConfiguration;
  readonly detect: DetectConfiguration;
  readonly recover: RecoverConfiguration;
  readonly notify: NotifyConfiguration;
  readonly smtp: SmtpConfiguration | null;
  readonly clients: readonly ClientConfiguration[];
  readonly servers: readonly ServerConfiguration[];
  readonly station: { readonly mail: string } | null;
  readonly page: PageConfiguration | null;
  readonly dashboard: DashboardConfiguration | null;
  readonly listKey: string | null;
  /** Commands that are told of what happens to servers. */
  readonly hooks: readonly (readonly string[])[];
  readonly log: LogConfiguration;
  /** Unix socket on which `ringback status` asks. */
  readonly control: string;
}
