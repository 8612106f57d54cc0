/**
 * SNMP traps and informs of all three versions, mapped to the server that they are about.
 *
 * A trap proves nothing: UDP senders are forged easily, a community travels in clear, an agent address is a
 * claim, and even an authentic SNMPv3 trap may be an old one played again (without state on disk there is no
 * telling). So whoever gets one from here may only *start a check* of that server because of it.
 */

import type { RemoteInfo } from 'node:dgram';
import type { Pdu, SocketLike, User } from 'net-snmp';
import snmp from 'net-snmp';
import type { PrivProtocol, TrapConfiguration, TrapUser } from '../config/types.ts';
import { messageOf, RingbackError } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { RateLimitedLog } from '../log/rate-limited.ts';
import { canonicalAddress } from '../net/address.ts';
import type { Time } from '../time.ts';
import { isAnnouncement, readAnnouncement } from './announcement.ts';
import { readTrap, trapName, trapOid } from './content.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import { Engines } from './snmp-engines.ts';
import type { OpenTrapSocket, TrapSocket } from './socket.ts';
import { openTrapSocket } from './socket.ts';

export interface Trap {
  /** The server that the trap is about, in canonical form. */
  readonly server: string;
  /** snmpTrapOID.0, an SNMPv1 trap's as RFC 3584 section 3.1 makes it. */
  readonly oid: string;
  /** coldStart, warmStart, …, or null for a trap without a standard name. */
  readonly name: string | null;
  /** `signed`: no trap, but an announcement. */
  readonly version: 'v1' | 'v2c' | 'v3' | 'signed';
}

/** Each datagram counts in one of these, except a manager's question for our engine, which is just answered. */
export interface TrapCounters {
  readonly accepted: number;
  /** A good trap of a kind that is not asked for, or an announcement that came before. */
  readonly ignored: number;
  /** Not an SNMP message, cut short, or without the parts that make it a trap. */
  readonly malformed: number;
  /** Wrong community, user, key or security level. */
  readonly unauthorised: number;
  /** Dropped unread because too many unknown engines claimed a known user's name. */
  readonly limited: number;
}

export interface TrapListener {
  readonly counters: TrapCounters;
  /** Where it listens; the port is the real one if 0 was asked for. */
  readonly address: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

interface ListeningOptions {
  readonly log: Log;
  readonly time: Time;
  /** Where the configuration speaks of it. */
  readonly section?: string;
  /** By which announcements are signed; none: nobody's is believed. */
  readonly key?: string | null;
  readonly openSocket?: OpenTrapSocket;
}

/** About 100 bytes each. */
const MAX_HEARD = 4096;
/** usmStatsUnknownEngineIDs.0 in BER: the report that answers a question for our engine (RFC 3414 section 4). */
const DISCOVERY_REPORT = Buffer.from('060a2b060106030f01010400', 'hex');

/** `aes256` is the Blumenthal key extension that Net-SNMP has. */
const PRIV_NAMES: Readonly<Record<PrivProtocol, string>> = { des: 'des', aes: 'aes', aes256: 'aes256b' };

/**
 * Listens for traps and informs until closed; informs are acknowledged. No communities: neither SNMPv1 nor
 * v2c is taken. No users: no SNMPv3. From one of the `relays` the agent address (v1) or
 * snmpTrapAddress.0 (v2c, v3; RFC 3584 section 3.1) says whom the trap is about, from anybody else the
 * datagram's sender does. No datagram makes it throw.
 *
 * Throws `unavailable` when it cannot listen there, `configuration` when `accept` names an unknown trap.
 */
export async function listenForTraps(
  options: TrapConfiguration,
  onTrap: (trap: Trap) => void,
  { log, time, section = 'recover.traps', key = null, openSocket = openTrapSocket }: ListeningOptions,
): Promise<TrapListener> {
  const accept = new Set(
    options.accept.map((text) => {
      const oid = trapOid(text);
      if (oid === null) throw new RingbackError('configuration', `${section}.accept: unknown trap ${text}`);
      return oid;
    }),
  );
  const socket = await openSocket(options.listen, section);
  return new Listener(options, accept, onTrap, { log, time, key, socket });
}

type Fate = keyof TrapCounters;

/** What to count (null: nothing, a question for our engine), the trap if it is one, and what to answer. */
interface Judgement {
  readonly fate: Fate | null;
  readonly trap: Trap | null;
  readonly reply: Buffer | null;
}

interface Decoded {
  error: Error | null;
  pdu: Pdu | null;
  reply: Buffer | null;
}

const LEVELS: Readonly<Record<Exclude<Fate, 'accepted'>, 'info' | 'warn'>> = {
  ignored: 'info',
  malformed: 'warn',
  unauthorised: 'warn',
  limited: 'warn',
};

class Listener implements TrapListener {
  readonly counters = { accepted: 0, ignored: 0, malformed: 0, unauthorised: 0, limited: 0 };
  readonly address: { readonly host: string; readonly port: number };
  readonly #options: TrapConfiguration;
  readonly #key: string | null;
  /** Announcements that were heard, by their identifiers, the oldest first. */
  readonly #heard = new Set<string>();
  readonly #accept: ReadonlySet<string>;
  readonly #relays: ReadonlySet<string>;
  readonly #onTrap: (trap: Trap) => void;
  readonly #seldom: RateLimitedLog;
  readonly #engines: Engines;
  readonly #socket: TrapSocket;
  /** The library's own handler of a datagram; it works synchronously. */
  #decode: (datagram: Buffer, peer: RemoteInfo) => void = () => {};
  /** What it made of the datagram at hand. */
  #outcome: Decoded = nothing();

  constructor(
    options: TrapConfiguration,
    accept: ReadonlySet<string>,
    onTrap: (trap: Trap) => void,
    { log, time, key, socket }: { log: Log; time: Time; key: string | null; socket: TrapSocket },
  ) {
    this.#key = key;
    this.#options = options;
    this.#accept = accept;
    this.#relays = new Set(options.relays);
    this.#onTrap = onTrap;
    this.#seldom = new RateLimitedLog(log, time);
    this.#engines = new Engines(time);
    this.#socket = socket;
    const { address, port } = socket.address();
    this.address = { host: address, port };
    const receiver = snmp.createReceiver(
      {
        transport: 'udp4',
        port,
        includeAuthentication: true,
        dgramModule: { createSocket: () => this.#seam() },
      },
      (error, data) => {
        this.#outcome.error = error;
        this.#outcome.pdu = data?.pdu ?? null;
      },
    );
    const authorizer = receiver.getAuthorizer();
    for (const community of options.communities) authorizer.addCommunity(community);
    for (const user of options.users) authorizer.addUser(libraryUser(user));
    socket.on('message', (datagram, peer) => this.#receive(datagram, peer));
    socket.on('error', (error) => log.error('trap.failed', { reason: messageOf(error) }));
  }

  close(): Promise<void> {
    this.#seldom.close();
    this.#engines.close();
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  /**
   * What the library takes for its socket. Ours stands before it: datagrams are looked at before it gets
   * them, replies are held until it is known that they are deserved, and a forged source port of 0, on
   * which a socket's `send` throws, harms nobody.
   */
  #seam(): SocketLike {
    return {
      on: (event, listener) => {
        if (event === 'message') this.#decode = listener as (datagram: Buffer, peer: RemoteInfo) => void;
      },
      bind: () => {},
      close: () => {},
      send: (message, offset, length) => {
        this.#outcome.reply = message.subarray(offset, offset + length);
      },
    };
  }

  #receive(datagram: Buffer, peer: RemoteInfo): void {
    if (isAnnouncement(datagram)) {
      this.#hear(readAnnouncement(datagram, this.#key), peer);
      return;
    }
    const { fate, trap, reply } = this.#judge(datagram, peer);
    if (reply !== null) this.#reply(reply, peer);
    if (fate === null) return;
    this.counters[fate] += 1;
    if (fate !== 'accepted') {
      this.#seldom.note(LEVELS[fate], `trap.${fate}` as const, { peer: peer.address, oid: trap?.oid });
    } else if (trap !== null) {
      this.#onTrap(trap);
    }
  }

  /** Each is sent several times, and counts once. */
  #hear(announced: ReturnType<typeof readAnnouncement>, peer: RemoteInfo): void {
    if (typeof announced === 'string') {
      this.counters[announced] += 1;
      this.#seldom.note('warn', `trap.${announced}` as const, {
        peer: peer.address,
        oid: undefined,
      });
      return;
    }
    const isNew = !this.#heard.has(announced.id);
    this.counters[isNew ? 'accepted' : 'ignored'] += 1;
    if (!isNew) return;
    const [oldest] = this.#heard;
    if (oldest !== undefined && this.#heard.size >= MAX_HEARD) this.#heard.delete(oldest);
    this.#heard.add(announced.id);
    for (const server of announced.servers)
      this.#onTrap({ server, oid: '', name: 'announce', version: 'signed' });
  }

  #judge(datagram: Buffer, peer: RemoteInfo): Judgement {
    // A zone (fe80::1%eth0) is ours, not the sender's.
    const sender = canonicalAddress(peer.address.replace(/%.*/, ''));
    const envelope = readEnvelope(datagram);
    if (sender === null || envelope === null) return refused('malformed');
    const unread = this.#fateUnread(envelope);
    if (unread !== null) return refused(unread);
    const { error, pdu, reply } = this.#decoded(datagram, peer);
    if (error !== null) return refused(isUnauthorised(error) ? 'unauthorised' : 'malformed');
    if (pdu === null) {
      if (reply === null) return refused('malformed');
      return { fate: reply.includes(DISCOVERY_REPORT) ? null : 'unauthorised', trap: null, reply };
    }
    // The library lets the nameless user of a discovery pass with a trap, too.
    if (envelope.version === 'v3' && envelope.user === '') return refused('unauthorised');
    const content = readTrap(pdu, envelope.version);
    if (content === null) return refused('malformed');
    if (this.#hasKey(envelope.user)) this.#engines.prove(envelope.engine);
    const { oid, version, origin } = content;
    const server = (this.#relays.has(sender) ? origin : null) ?? sender;
    const fate = this.#accept.has(oid) ? 'accepted' : 'ignored';
    return { fate, trap: { server, oid, name: trapName(oid), version }, reply };
  }

  /** What becomes of a message that need not be decoded; null: decode it. */
  #fateUnread(envelope: Envelope): 'unauthorised' | 'limited' | null {
    if (envelope.version !== 'v3') return this.#options.communities.length === 0 ? 'unauthorised' : null;
    if (this.#options.users.length === 0) return 'unauthorised';
    return this.#hasKey(envelope.user) && !this.#engines.admit(envelope.engine) ? 'limited' : null;
  }

  #hasKey(user: string): boolean {
    return this.#options.users.some(({ name, auth }) => name === user && auth !== null);
  }

  #decoded(datagram: Buffer, peer: RemoteInfo): Decoded {
    this.#outcome = nothing();
    try {
      this.#decode(datagram, peer);
    } catch (error) {
      this.#outcome.error = error instanceof Error ? error : new Error(String(error));
    }
    return this.#outcome;
  }

  #reply(reply: Buffer, peer: RemoteInfo): void {
    if (peer.port === 0) return;
    // A reply that cannot leave is a reply lost, which UDP's peers must expect.
    this.#socket.send(reply, peer.port, peer.address, () => {});
  }
}

function refused(fate: Fate): Judgement {
  return { fate, trap: null, reply: null };
}

function nothing(): Decoded {
  return { error: null, pdu: null, reply: null };
}

function isUnauthorised(error: Error): boolean {
  if (error.name === 'RequestFailedError') return true;
  const { EAuthFailure, ECouldNotDecrypt } = snmp.ResponseInvalidCode;
  const code = 'code' in error ? error.code : undefined;
  return error.name === 'ResponseInvalidError' && (code === EAuthFailure || code === ECouldNotDecrypt);
}

function libraryUser({ name, auth, priv }: TrapUser): User {
  const { noAuthNoPriv, authNoPriv, authPriv } = snmp.SecurityLevel;
  if (auth === null) return { name, level: noAuthNoPriv };
  const authentic = {
    name,
    authProtocol: snmp.AuthProtocols[auth.protocol] ?? '',
    authKey: auth.key,
  };
  if (priv === null) return { ...authentic, level: authNoPriv };
  const privProtocol = snmp.PrivProtocols[PRIV_NAMES[priv.protocol]] ?? '';
  return { ...authentic, level: authPriv, privProtocol, privKey: priv.key };
}
