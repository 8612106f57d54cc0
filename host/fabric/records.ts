/** The 64-byte records between fabric and program: this side's codec. Layout: assembly/record/layout.ts. */

import { RingbackError } from '../errors.ts';
import { addressBytes, addressText } from '../net/address.ts';
import { hardwareBytes, hardwareText } from '../net/mac-address.ts';
import type { Codes } from './module.ts';
import type { TableSizes } from './sizes.ts';

export type Cause = 'unreachable' | 'unanswered' | 'refused';
/** `acknowledged`: a capture shows only that a client was answered, not the answer. */
export type Sign = 'arp' | 'announcement' | 'syn-ack' | 'neighbour' | 'acknowledged';
export type Outcome = 'open' | 'answered' | 'refused' | 'unanswered' | 'unreachable';
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

/** A server as a whole (port 0) or one service on it. */
export interface Target {
  readonly server: string;
  readonly port: number;
}

/** What tells a target from any other. */
export function nameOf({ server, port }: Target): string {
  return `${server} ${port}`;
}

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
        readonly outcome: Outcome;
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
     * client, for the first time or the first in a day. `look`: it leaves a request unanswered. `asking`: a probe may begin.
     */
    | ({
        readonly kind: 'releaseEnd' | 'dropped' | 'acquitted' | 'answers' | 'look';
      } & Target)
    | ({ readonly kind: 'asking' } & Target)
    | ({
        readonly kind: 'asked';
        readonly met: ReadonlySet<Met>;
        /** When the service, and its host, answered anybody last; null: never. */
        readonly heardUs: number | null;
        readonly hostHeardUs: number | null;
      } & Target)
    | ({ readonly kind: 'forgotten'; readonly goesOn: boolean } & Target)
    | { readonly kind: 'syncEnd' | 'sweepEnd' | 'flushEnd' }
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
  | { readonly kind: 'answerFor'; readonly port: number; readonly on: boolean }
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
  | { readonly kind: 'sync' | 'counters' | 'flush' }
  | ({ readonly kind: 'announce' } & Announcement)
  /**
   * This machine has the address, or is about to take it. `interface` is the only one where others count, or 0 for all.
   * Claimed again, it replaces the claim. `MOST_CLAIMS` at the most; `configure` ends them all.
   */
  | ({ readonly kind: 'claim' } & Holder)
  | { readonly kind: 'unclaim'; readonly address: string };

/** The module's word for never lies far before any time. */
const EARLIEST_US = -(2 ** 60);

function strange(group: string, code: number): RingbackError {
  return new RingbackError('fabric', `says ${group} ${code}, which does not exist`);
}

/** `SynAck` is `syn-ack` in the log, `ReleaseEnd` is `releaseEnd` in this program. */
const dashed = (name: string): string => name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase();
const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

export class Codec {
  readonly recordBytes: number;
  readonly #codes: Codes;
  readonly #field: Readonly<Record<string, number>>;
  readonly #countersInRecord: number;

  constructor(codes: Codes) {
    this.#codes = codes;
    this.recordBytes = codes.number('RECORD_BYTES');
    this.#countersInRecord = codes.number('COUNTERS_IN_RECORD');
    this.#field = Object.fromEntries(codes.entries('Field'));
  }

  /** Serial number of an event: each is one more than the last, modulo 65,536. */
  serial(record: DataView): number {
    return record.getUint16(this.#at('Serial'), true);
  }

  /** Of an announcement that a carrier answers. */
  ticket(record: DataView): number {
    return record.getUint16(this.#at('Ticket'), true);
  }

  kind(record: DataView): number {
    return record.getUint8(this.#at('Kind'));
  }

  /** Throws RingbackError('fabric') for what no module of this version says. */
  decode(record: DataView): FabricEvent {
    const code = record.getUint8(this.#at('Code'));
    const time = (field: string) => Number(record.getBigInt64(this.#at(field), true));
    const past = (field: string) => this.#past(field, time(field));
    const u16 = (field: string) => record.getUint16(this.#at(field), true);
    const address = (field: string) =>
      addressText(new Uint8Array(record.buffer, record.byteOffset + this.#at(field), 16));
    const cause = () => dashed(this.#name('Cause', code)) as Cause;
    const nowUs = time('NowUs');
    const kind = camel(this.#name('Event', this.kind(record)));
    switch (kind) {
      case 'attempt':
        return {
          kind,
          nowUs,
          outcome: dashed(this.#name('Outcome', code)) as Outcome,
          client: address('Client'),
          clientPort: u16('ClientPort'),
          server: address('Server'),
          port: u16('Port'),
          sequence: record.getUint32(this.#at('Sequence'), true),
          tries: u16('Tries'),
          firstUs: past('FirstUs'),
        };
      case 'outage': {
        const state = dashed(this.#name('ServerState', record.getUint8(this.#at('State'))));
        return {
          kind,
          nowUs,
          server: address('Server'),
          port: u16('Port'),
          cause: cause(),
          triedPort: u16('TriedPort'),
          firstUs: past('FirstUs'),
          state: state as ServerState,
        };
      }
      case 'waiting':
      case 'released':
      case 'swept':
        return {
          kind,
          nowUs,
          server: address('Server'),
          port: u16('Port'),
          client: address('Client'),
          cause: cause(),
          tries: u16('Tries'),
          firstUs: past('FirstUs'),
          lastUs: past('LastUs'),
        };
      case 'answered':
        return { kind, nowUs, server: address('Server'), port: u16('Port'), client: address('Client') };
      case 'signal':
        return {
          kind,
          nowUs,
          server: address('Server'),
          port: u16('Port'),
          sign: dashed(this.#name('Sign', code)) as Sign,
          triedPort: u16('TriedPort'),
          answeredPort: u16('AnsweredPort'),
        };
      case 'releaseEnd':
      case 'dropped':
      case 'acquitted':
      case 'answers':
      case 'look':
      case 'asking':
        return { kind, nowUs, server: address('Server'), port: u16('Port') };
      case 'asked': {
        const heard = (us: number): number | null => (us < EARLIEST_US ? null : us);
        const met = this.#codes.entries('Met').filter(([, bit]) => (code & bit) !== 0);
        if (met.reduce((rest, [, bit]) => rest & ~bit, code) !== 0) throw strange('Met', code);
        return {
          kind,
          nowUs,
          server: address('Server'),
          port: u16('Port'),
          met: new Set(met.map(([name]) => camel(name) as Met)),
          heardUs: heard(time('FirstUs')),
          hostHeardUs: heard(time('LastUs')),
        };
      }
      case 'forgotten':
        return { kind, nowUs, server: address('Server'), port: u16('Port'), goesOn: code !== 0 };
      case 'syncEnd':
      case 'sweepEnd':
      case 'flushEnd':
        return { kind, nowUs };
      case 'counters': {
        const values = Array.from({ length: this.#countersInRecord }, (_, i) =>
          Number(record.getBigUint64(this.#at('Counters') + i * 8, true)),
        );
        return { kind, nowUs, first: code, values };
      }
      case 'conflict': {
        const hardware = new Uint8Array(record.buffer, record.byteOffset + this.#at('Hardware'), 6);
        return {
          kind,
          nowUs,
          form: dashed(this.#name('Form', code)) as Form,
          address: address('Server'),
          hardware: hardwareText(hardware),
          interface: u16('Interface'),
        };
      }
      default:
        throw strange('Event', this.kind(record));
    }
  }

  encode(command: Command): Uint8Array {
    const bytes = new Uint8Array(this.recordBytes);
    this.#write(command, bytes, new DataView(bytes.buffer));
    return bytes;
  }

  /** Many of them, in pieces of `records` at the most. */
  *encodeAll(commands: Iterable<Command>, records: number): Generator<Uint8Array> {
    let bytes = new Uint8Array(0);
    let at = 0;
    for (const command of commands) {
      if (at === bytes.length) {
        if (at > 0) yield bytes;
        bytes = new Uint8Array(records * this.recordBytes);
        at = 0;
      }
      this.#write(command, bytes.subarray(at), new DataView(bytes.buffer, at, this.recordBytes));
      at += this.recordBytes;
    }
    if (at > 0) yield bytes.subarray(0, at);
  }

  #write(command: Command, bytes: Uint8Array, record: DataView): void {
    const u8 = (field: string, value: number) => record.setUint8(this.#at(field), value);
    const u16 = (field: string, value: number) => record.setUint16(this.#at(field), value, true);
    const u32 = (field: string, value: number) => record.setUint32(this.#at(field), value, true);
    const time = (field: string, us: number) =>
      record.setBigInt64(this.#at(field), BigInt(Math.round(us)), true);
    const address = (field: string, text: string) => bytes.set(addressBytes(text), this.#at(field));
    u8('Kind', this.#codes.number(`Command.${pascal(command.kind)}`));
    switch (command.kind) {
      case 'configure': {
        const flags = Object.entries(command.options)
          .filter(([, on]) => on)
          .reduce((sum, [name]) => sum | this.#codes.number(`Option.${pascal(name)}`), 0);
        u32('Flags', flags);
        time('WaitUs', command.waitUs);
        for (const [name, size] of Object.entries(command.sizes)) u32(pascal(name), size);
        u32('Everything', command.everything ?? 0);
        bytes.set(command.key.subarray(0, KEY_BYTES), this.#at('KeyLow'));
        break;
      }
      case 'watch':
      case 'unwatch':
        address('Server', command.address);
        u8('Code', command.bits);
        break;
      case 'knowClient':
      case 'unknowClient':
        address('Client', command.client);
        break;
      case 'answerFor':
        u16('Port', command.port);
        u8('Code', command.on ? 1 : 0);
        break;
      case 'restore':
        address('Server', command.server);
        u16('Port', command.port);
        address('Client', command.client);
        u8('Code', this.#codes.number(`Cause.${pascal(command.cause)}`));
        u16('Tries', command.tries);
        u16('RestoredPort', command.triedPort);
        if (command.suspected) u8('RestoredState', this.#codes.number('ServerState.Suspected'));
        time('FirstUs', command.firstUs);
        time('LastUs', command.lastUs);
        break;
      case 'knowService':
      case 'unknowService':
      case 'stillDown':
      case 'release':
      case 'forget':
      case 'confirm':
      case 'acquit':
      case 'lives':
      case 'askMet':
      case 'askEnd':
        address('Server', command.server);
        u16('Port', command.port);
        break;
      case 'ask':
        address('Server', command.server);
        u16('Port', command.port);
        u16('ProbePort', command.localPort);
        break;
      case 'foundSilent':
      case 'restoreService':
        address('Server', command.server);
        u16('Port', command.port);
        time('FirstUs', command.atUs);
        break;
      case 'sweep':
        time('FirstUs', command.olderThanUs);
        break;
      case 'announce':
        u8('Code', this.#codes.number(`Form.${pascal(command.form)}`));
        u16('Ticket', command.ticket);
        address('Server', command.address);
        bytes.set(hardwareBytes(command.hardware), this.#at('Hardware'));
        u16('Interface', command.interface);
        if (command.form === 'request') address('Client', command.target);
        if (command.form === 'neighbour') u8('Router', command.router ? 1 : 0);
        break;
      case 'claim':
        address('Server', command.address);
        bytes.set(hardwareBytes(command.hardware), this.#at('Hardware'));
        u16('Interface', command.interface);
        break;
      case 'unclaim':
        address('Server', command.address);
        break;
    }
  }

  #name(group: string, code: number): string {
    const name = this.#codes.name(group, code);
    if (name === String(code)) throw strange(group, code);
    return name;
  }

  /** A moment that somebody may have lived to see. */
  #past(field: string, us: number): number {
    if (!Number.isSafeInteger(us)) throw strange(field, us);
    return us;
  }

  #at(field: string): number {
    const offset = this.#field[field];
    if (offset === undefined) throw new Error(`no field ${field}`);
    return offset;
  }
}
