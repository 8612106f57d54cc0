/** What would have been noticed in a capture: the same module that runs on the router, with the capture's own clock. */

import type { Chance } from '../chance.ts';
import { DEFAULT_UNANSWERED_MS } from '../config/unanswered.ts';
import { Engine, LINK_CODES } from '../fabric/engine.ts';
import {
  type AttemptOutcome,
  type Cause,
  type FabricEvent,
  KEY_BYTES,
  type Sign,
} from '../fabric/records.ts';
import { nameOf, type Target } from '../net/target.ts';
import { readCapture } from './capture.ts';
import { nameOfLink } from './links.ts';
import type { Damage } from './packet.ts';
import type { Source } from './source.ts';

export interface ReplayOptions {
  readonly chance: Chance;
  /** Prefixes that are servers; bits of 16 bytes. */
  readonly watch: readonly { readonly address: string; readonly bits: number }[];
  readonly unreachable: boolean;
  /** null: silence is no outage; what is silent is `unanswered` after 30 s all the same. */
  readonly unansweredMs: number | null;
  /** Whether that is the most, and how long is learnt for each service. */
  readonly learnsWait: boolean;
  readonly refused: boolean;
  readonly arp: boolean;
  readonly synAck: boolean;
  readonly knownClientsOnly: boolean;
  /** What is sent in conversations that were accepted counts, too. */
  readonly conversations: boolean;
  readonly services: readonly Target[];
  readonly clients: readonly string[];
}

interface FailedAttempt {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  readonly sequence: number;
  readonly outcome: AttemptOutcome;
  /** Seconds since 1970. */
  readonly first: number;
  readonly tries: number;
}

interface ReplayedOutage {
  readonly server: string;
  readonly port: number;
  readonly cause: Cause;
  readonly from: number;
  to: number | null;
  sign: Sign | null;
  readonly clients: { address: string; first: number; last: number; tries: number }[];
}

export interface Unread {
  /** LINKTYPE_. */
  readonly linkType: number;
  readonly name: string | null;
  readonly packets: number;
}

export interface Replayed {
  readonly file: string;
  /** Records in the file, readable or not. */
  packets: number;
  malformed: number;
  readonly attempts: Record<AttemptOutcome, number>;
  readonly failed: FailedAttempt[];
  readonly outages: ReplayedOutage[];
  /** Packets of link types that are not read. */
  unread?: Unread[];
  /** Why the file could not be read to its end. */
  damage?: Damage;
}

/** An attempt takes 92 bytes: 370 MB at the most. */
const MAX_ATTEMPTS = 4_000_000;
/** Of 48 bytes. */
const MAX_CLIENTS = 4_000_000;
const MIN_RECORDS = 1024;

const clamp = (count: number, most: number): number => Math.min(Math.max(count, MIN_RECORDS), most);
const seconds = (us: number): number => us / 1e6;

/** Replays one capture. Throws RingbackError('input') when it is none. */
export function replay(source: Source, options: ReplayOptions): Replayed {
  let packets = 0;
  const unread = new Map<number, number>();
  readCapture(source, (packet) => {
    packets++;
    if (packet.unread !== null) unread.set(packet.unread, (unread.get(packet.unread) ?? 0) + 1);
  });
  const result: Replayed = {
    file: source.name,
    packets,
    malformed: 0,
    attempts: { answered: 0, refused: 0, unanswered: 0, unreachable: 0, open: 0 },
    failed: [],
    outages: [],
  };
  const open = new Map<string, ReplayedOutage>();
  const spoke = new Set<string>();
  const engine = new Engine({ onEvent: (event) => note(event, engine, result, open, spoke) });
  configure(engine, packets, options);
  const damage = run(engine, source, result);
  if (unread.size > 0) {
    result.unread = [...unread].map(([linkType, count]) => {
      return { linkType, name: nameOfLink(linkType), packets: count };
    });
  }
  if (damage !== null) result.damage = damage;
  for (const { server, port } of open.values()) engine.command({ kind: 'release', server, port });
  engine.command({ kind: 'flush' });
  result.failed.sort((a, b) => a.first - b.first);
  return result;
}

function configure(engine: Engine, packets: number, options: ReplayOptions): void {
  engine.command({
    kind: 'configure',
    sizes: {
      servers: engine.module.codes.number('MAX_SERVERS'),
      // Chains of servers that are seen answering nobody may take a quarter of the table, unknown clients half of that.
      clients: clamp(8 * packets, MAX_CLIENTS),
      attempts: clamp(packets, MAX_ATTEMPTS),
      known: Math.max(options.clients.length, 1),
      prefixes: options.watch.length,
      ...(options.conversations ? { conversations: clamp(packets, MAX_ATTEMPTS) } : {}),
    },
    options: {
      unreachable: options.unreachable,
      unanswered: options.unansweredMs !== null,
      refused: options.refused,
      resolution: options.arp,
      synAck: options.synAck,
      knownOnly: options.knownClientsOnly,
      reportAttempts: true,
      learnWait: options.learnsWait,
    },
    waitUs: (options.unansweredMs ?? DEFAULT_UNANSWERED_MS) * 1000,
    key: options.chance.bytes(KEY_BYTES),
  });
  for (const { address, bits } of options.watch) engine.command({ kind: 'watch', address, bits });
  for (const { server, port } of options.services) engine.command({ kind: 'knowService', server, port });
  for (const client of options.clients) engine.command({ kind: 'knowClient', client });
}

function run(engine: Engine, source: Source, result: Replayed): Damage | null {
  const { codes } = engine.module;
  const lastMalformed = codes.number('Verdict.LastMalformed');
  const unknown = codes.number('Direction.Unknown');
  return readCapture(source, ({ link, iface, timeUs, bytes, wireLength }) => {
    if (link === null) return;
    engine.tick(timeUs);
    // A capture is taken anywhere, on a client too: which way a frame went says nothing about whose it is.
    const verdict = engine.frame(codes.number(LINK_CODES[link]), iface, unknown, bytes, timeUs, wireLength);
    if (verdict <= lastMalformed) result.malformed++;
    engine.drain();
  });
}

/** `open`: outages that go on; `spoke`: servers whose own answers stand in the capture. */
function note(
  event: FabricEvent,
  engine: Engine,
  result: Replayed,
  open: Map<string, ReplayedOutage>,
  spoke: Set<string>,
): void {
  switch (event.kind) {
    case 'attempt':
      result.attempts[event.outcome]++;
      if (event.outcome === 'answered' || event.outcome === 'refused') spoke.add(event.server);
      if (event.outcome === 'answered') break;
      result.failed.push({
        client: event.client,
        clientPort: event.clientPort,
        server: event.server,
        serverPort: event.port,
        sequence: event.sequence,
        outcome: event.outcome,
        first: seconds(event.firstUs),
        tries: event.tries,
      });
      break;
    case 'outage': {
      const { server, port, cause, firstUs } = event;
      const outage: ReplayedOutage = {
        server,
        port,
        cause,
        from: seconds(firstUs),
        to: null,
        sign: null,
        clients: [],
      };
      open.set(nameOf(event), outage);
      result.outages.push(outage);
      break;
    }
    case 'signal': {
      const outage = open.get(nameOf(event));
      if (outage === undefined) break;
      outage.to = seconds(event.nowUs);
      outage.sign = event.sign;
      // Where a server's answers take another way, its silence says nothing.
      if (event.sign === 'acknowledged' && outage.cause === 'unanswered' && !spoke.has(event.server))
        result.outages.splice(result.outages.lastIndexOf(outage), 1);
      // Nobody can be asked whether it is true: a sign ends the outage.
      engine.command({ kind: 'release', server: event.server, port: event.port });
      open.delete(nameOf(event));
      engine.command({ kind: 'forget', server: event.server, port: event.port });
      break;
    }
    case 'dropped':
      // More servers down than the table holds: its clients are lost, it is not.
      open.delete(nameOf(event));
      break;
    case 'released':
      open.get(nameOf(event))?.clients.push({
        address: event.client,
        first: seconds(event.firstUs),
        last: seconds(event.lastUs),
        tries: event.tries,
      });
      break;
    default:
      break;
  }
}
