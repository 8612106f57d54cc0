/** What fabric and program say to each other, as this program has it: events and commands. `codec.ts` makes records of them. */

import type { Target } from '../net/target.ts';
import type { TableSizes } from './sizes.ts';

export type Cause = 'unreachable' | 'unanswered' | 'refused';
/** `acknowledged`: a capture shows only that a client was answered, not the answer. */
export type Sign = 'arp' | 'announcement' | 'syn-ack' | 'neighbour' | 'acknowledged' | 'conversation';
export type AttemptOutcome = 'open' | 'answered' | 'refused' | 'unanswered' | 'unreachable';
export type ServerState = 'alive' | 'down' | 'signalled' | 'released' | 'suspected' | 'settling';
/** What the connections of a probe met, as frames show it: assembly/record/events.ts. */
export type Met = 'left' | 'leftElsewhere' | 'answer' | 'reset' | 'unreachable' | 'resolved' | 'unresolved';

/** What a message of address resolution does: assembly/record/commands.ts. */
export type Form = 'request' | 'reply' | 'neighbour' | 'probe' | 'solicitation';

/** Who says that he has an address. */
interface Holder {
  readonly address: string;
  /** His Ethernet address, as `02:00:00:00:00:01`. */
  readonly hardware: string;
  /** The carrier's number of the interface: `InterfaceReport.number`. */
  readonly interface: number;
}

/**
 * A frame that says or asks who has an address: `hardware` on that interface. The carrier answers each with
 * `LinkHandlers.onAnnounced`, or hands the frame to `EngineOptions.onFrame`.
 */
export type Announcement = Holder & {
  /** Any number from 0 to 65,535; the answer bears it. */
  readonly ticket: number;
} & (
    | {
        /**
         * IPv4: the takeover's ARP request (JP 2001-144806 paragraphs 42, 56, 80 and 94), to all: replaces the
         * MAC address wherever the address is known.
         */
        readonly form: 'request';
        /**
         * Whom it asks for: the broadcast address of the subnet as there, or the address itself (RFC 5227). For a second
         * after Linux has learnt an address (arp locktime) it believes the second and the reply, not the first.
         */
        readonly target: string;
      }
    /** IPv4: an ARP reply that nobody asked for, to all (RFC 5944 section 4.6), for switches that honour only that. */
    | { readonly form: 'reply' }
    /** IPv6: an unsolicited neighbour advertisement to all nodes (RFC 4861 section 7.2.6). */
    | {
        readonly form: 'neighbour';
        /** Whether this machine forwards packets. */
        readonly router: boolean;
      }
    /**
     * Whether anybody has the address, IPv4 (RFC 5227 section 2.1.1) or IPv6 (RFC 4862 section 5.4.2). Who has
     * it answers: an event `conflict` if it is claimed.
     */
    | { readonly form: 'probe' }
  );

/** Times are microseconds on the engine's monotonic clock; `nowUs` is when the record was made. */
interface Stamped {
  readonly nowUs: number;
}

export interface WaitingClient extends Target {
  readonly client: string;
  readonly cause: Cause;
  readonly tries: number;
  readonly firstUs: number;
  readonly lastUs: number;
}

export type FabricEvent = Stamped &
  (
    | ({
        readonly kind: 'attempt';
        readonly outcome: AttemptOutcome;
        readonly client: string;
        readonly clientPort: number;
        readonly sequence: number;
        readonly tries: number;
        readonly firstUs: number;
      } & Target)
    | ({
        readonly kind: 'outage';
        readonly cause: Cause;
        readonly triedPort: number;
        readonly firstUs: number;
        readonly state: ServerState;
      } & Target)
    | ({ readonly kind: 'waiting' | 'released' | 'swept' } & WaitingClient)
    | ({ readonly kind: 'answered'; readonly client: string } & Target)
    | ({
        readonly kind: 'signal';
        readonly sign: Sign;
        readonly triedPort: number;
        /** That answered somebody; 0: none did. */
        readonly answeredPort: number;
      } & Target)
    /**
     * `acquitted`: the suspicion is over, and what comes for it later is another one. `answers`: the service answered a
     * client, for the first time or the first in a day. `asking`: a probe may begin.
     */
    | ({
        readonly kind: 'releaseEnd' | 'dropped' | 'acquitted' | 'answers';
      } & Target)
    /** It leaves a request unanswered. `waitUs`: how long its client waits in all; null: as long as any. */
    | ({ readonly kind: 'look'; readonly waitUs: number | null } & Target)
    | ({ readonly kind: 'asking' } & Target)
    /** Of its latest `answers` 99 in 100 came within `withinUs`, and its clients wait for `waitUs`. */
    | ({
        readonly kind: 'learnt';
        readonly answers: number;
        readonly withinUs: number;
        readonly waitUs: number;
      } & Target)
    | ({
        readonly kind: 'asked';
        readonly met: ReadonlySet<Met>;
        /** When the service, and its host, answered anybody last; null: never. */
        readonly heardUs: number | null;
        readonly hostHeardUs: number | null;
      } & Target)
    | ({ readonly kind: 'forgotten'; readonly goesOn: boolean } & Target)
    | { readonly kind: 'syncEnd' | 'sweepEnd' | 'flushEnd' }
    | { readonly kind: 'learntEnd' }
    | { readonly kind: 'counters'; readonly first: number; readonly values: readonly number[] }
    /**
     * Somebody else says that he has a claimed address (an ARP `request` or `reply` from it, a `neighbour` advertisement
     * for it, a `solicitation` from it), or wants it (a `probe`). At most one for each claim and
     * interface in a second, whatever the form; `Counter.ConflictsUntold` counts the others.
     */
    | ({ readonly kind: 'conflict'; readonly form: Form } & Holder)
  );

export type Sizes = TableSizes;

export interface Options {
  readonly unreachable: boolean;
  readonly unanswered: boolean;
  readonly refused: boolean;
  readonly resolution: boolean;
  readonly synAck: boolean;
  readonly knownOnly: boolean;
  readonly reportAttempts: boolean;
  /** Failures are suspicions until this program has asked the server; false if it is left out. */
  readonly ask?: boolean;
  /** How long a client waits is learnt for each service, `waitUs` at the most; false if it is left out. */
  readonly learnWait?: boolean;
  /** What own addresses send counts, but for what comes from the program's ports; false if it is left out. */
  readonly own?: boolean;
}

/** Of the key of the module's hash tables. */
export const KEY_BYTES = 16;

export type Command =
  | {
      readonly kind: 'configure';
      readonly sizes: Sizes;
      readonly options: Options;
      readonly waitUs: number;
      /** Interfaces without sides: bit n - 1 is that of the interface with the carrier's number n; 0 without it. */
      readonly everything?: number;
      /** Local ports that the program's own connections come from; none without it. */
      readonly programPorts?: { readonly first: number; readonly count: number };
      /** KEY_BYTES that nobody guesses: the key of the module's hash tables. */
      readonly key: Uint8Array;
    }
  | {
      readonly kind: 'watch' | 'unwatch';
      readonly address: string;
      /** Length of the prefix in bits of 16 bytes: 96 more than written for IPv4. */
      readonly bits: number;
    }
  | ({ readonly kind: 'knowService' | 'unknowService' } & Target)
  | { readonly kind: 'knowClient' | 'unknowClient'; readonly client: string }
  /** The program has this address, and the carrier's machine forwards its packets: nobody waits there. `configure` ends it. */
  | { readonly kind: 'own' | 'disown'; readonly client: string }
  /** That port of an outer address is one of a server's own; with port 0, whatever it is, nothing is said of the address as a whole. */
  | ({ readonly kind: 'forward'; readonly real: Target } & Target)
  | ({ readonly kind: 'unforward' } & Target)
  | { readonly kind: 'answerFor'; readonly port: number; readonly on: boolean }
  /** Datagrams between that port of UDP of servers and their clients count. `configure` ends it. */
  | { readonly kind: 'datagrams'; readonly port: number; readonly on: boolean }
  | ({ readonly kind: 'restore'; readonly triedPort: number; readonly suspected?: boolean } & WaitingClient)
  | ({
      readonly kind:
        | 'stillDown'
        | 'release'
        | 'forget'
        | 'confirm'
        | 'acquit'
        | 'lives'
        | 'askMet'
        | 'askEnd';
    } & Target)
  /** Connections of a probe come from `localPort` and the PROBE_PORTS - 1 ports behind it. */
  | ({ readonly kind: 'ask'; readonly localPort: number } & Target)
  /** A look that began then found the service silent; the service answered last then. */
  | ({ readonly kind: 'foundSilent' | 'restoreService'; readonly atUs: number } & Target)
  | { readonly kind: 'sweep'; readonly olderThanUs: number }
  /** `learnt`: how long services take to answer, an event for each. */
  | { readonly kind: 'sync' | 'counters' | 'flush' | 'learnt' }
  | ({ readonly kind: 'announce' } & Announcement)
  /**
   * This machine has the address, or is about to take it. `interface` is the only one where others count, or 0 for all.
   * Claimed again, it replaces the claim. `MAX_CLAIMS` at the most; `configure` ends them all.
   */
  | ({ readonly kind: 'claim' } & Holder)
  | { readonly kind: 'unclaim'; readonly address: string };
