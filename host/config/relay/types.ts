/** What `ringback relay` is configured to do, after every default is filled in and every text is in one form. */

import type { LogConfiguration } from '../../log/log.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import type { Most } from '../most.ts';
import type {
  ClientConfiguration,
  Language,
  SmtpConfiguration,
  TrapConfiguration,
  TrapUser,
} from '../types.ts';

/**
 * `auto`: TLS from the first byte on port 995, elsewhere STLS (RFC 2595) where the server offers it, whoever signed the
 * certificate (RFC 7435), and once it did, no session without; `starttls`: STLS with a verified certificate or nothing;
 * `implicit`: TLS from the first byte (RFC 8314), verified; `none`: never.
 */
export type PopTls = 'auto' | 'starttls' | 'implicit' | 'none';

/** The mailbox to which list mails come. */
export interface PopConfiguration {
  readonly host: string;
  readonly port: number;
  readonly tls: PopTls;
  readonly user: string;
  readonly password: string;
  /** Milliseconds from the end of one look into the mailbox to the next. */
  readonly everyMs: number;
}

/** Whom it tells that its server is back. Neither community nor user: by a datagram that is signed with the list key. */
export interface ReturnConfiguration {
  readonly to: readonly string[];
  readonly port: number;
  /** Of SNMPv2c. */
  readonly community: string | null;
  /** Of SNMPv3. */
  readonly user: TrapUser | null;
  /** What a signed datagram names; empty: the addresses of this machine. */
  readonly servers: readonly string[];
}

export interface RelayConfiguration {
  /** Directory of the database; null: memory only. */
  readonly state: string | null;
  readonly relay: {
    readonly pop: PopConfiguration;
    /** Traps that make it look into the mailbox at once; null: it does not listen for any. */
    readonly traps: TrapConfiguration | null;
    /** null: nobody is told. */
    readonly announce: ReturnConfiguration | null;
    /** Whether host names are asked for in the DNS. */
    readonly resolve: boolean;
    /** DNS servers for that; null: the system's. */
    readonly resolver: readonly Endpoint[] | null;
    /** List mails that were sent longer ago are refused. */
    readonly oldestMs: number;
  };
  readonly notify: {
    /** A mail that can't be delivered for so long is dropped. */
    readonly giveUpMs: number;
    /** How many mails a person gets; null: as many as there are. */
    readonly most: Most | null;
    readonly language: Language;
  };
  readonly smtp: SmtpConfiguration;
  readonly clients: readonly ClientConfiguration[];
  /** What the router signs its list mails with. */
  readonly listKey: string;
  readonly log: LogConfiguration;
  /** Unix socket on which `ringback status` asks. */
  readonly control: string;
}
