/** What would have been noticed in a capture: the same module that runs on the router, with the capture's own clock. */

import { fstatSync } from 'node:fs';
import type { Chance } from '../chance.ts';
import { DEFAULT_UNANSWERED_MS } from '../config/unanswered.ts';
import { type Engine, LINK_CODES, type LinkName } from '../fabric/engine.ts';
import { FrameBatch } from '../fabric/frame-batch.ts';
import { KEY_BYTES } from '../fabric/records.ts';
import type { Target } from '../net/target.ts';
import { CHUNK_BYTES } from './bytes.ts';
import { readInHand } from './capture.ts';
import { nameOfLink } from './links.ts';
import { type Noted, Notes } from './notes.ts';
import type { Damage, PacketInHand } from './packet.ts';
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
  readonly services: readonly Target[];
  readonly clients: readonly string[];
}

export interface Unread {
  /** LINKTYPE_. */
  readonly linkType: number;
  readonly name: string | null;
  readonly packets: number;
}

export interface Replayed extends Noted {
  readonly file: string;
  /** Records in the file, readable or not. */
  readonly packets: number;
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
/** What a file has of a connection request at least: a record's header, and those of IPv4 and TCP. */
const MIN_ATTEMPT_BYTES = 16 + 20 + 20;

const clamp = (count: number, most: number): number => Math.min(Math.max(count, MIN_RECORDS), most);

/** Replays one capture. Throws RingbackError('input') when it is none. */
export function replay(source: Source, options: ReplayOptions): Replayed {
  const notes = new Notes();
  configure(notes.engine, mostAttempts(source), options);
  const { packets, unread, damage } = run(notes.engine, source);
  const result: Replayed = { file: source.name, packets, ...notes.end() };
  if (unread.size > 0) {
    result.unread = [...unread].map(([linkType, count]) => {
      return { linkType, name: nameOfLink(linkType), packets: count };
    });
  }
  if (damage !== null) result.damage = damage;
  return result;
}

/** As many as there may be in a file of that size: what nobody needs costs no memory. */
function mostAttempts({ descriptor }: Source): number {
  return Math.ceil(fstatSync(descriptor).size / MIN_ATTEMPT_BYTES);
}

function configure(engine: Engine, most: number, options: ReplayOptions): void {
  engine.command({
    kind: 'configure',
    sizes: {
      servers: engine.module.codes.number('MAX_SERVERS'),
      // Chains of servers that are seen answering nobody may take a quarter of the table, unknown clients half of that.
      clients: clamp(8 * most, MAX_CLIENTS),
      attempts: clamp(most, MAX_ATTEMPTS),
      known: Math.max(options.clients.length, 1),
      prefixes: options.watch.length,
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

interface Run {
  readonly packets: number;
  /** How many of which link types. */
  readonly unread: ReadonlyMap<number, number>;
  readonly damage: Damage | null;
}

function run(engine: Engine, source: Source): Run {
  const { codes } = engine.module;
  let link: LinkName | null = null;
  let code = 0;
  const batch = new FrameBatch(engine, CHUNK_BYTES);
  const room = { bytes: batch.room, onReading: () => batch.run() };
  const unread = new Map<number, number>();
  let packets = 0;
  const onPacket = (packet: PacketInHand): void => {
    packets++;
    if (packet.link === null) {
      if (packet.unread !== null) unread.set(packet.unread, (unread.get(packet.unread) ?? 0) + 1);
      return;
    }
    if (packet.link !== link) {
      link = packet.link;
      code = codes.number(LINK_CODES[link]);
    }
    const { buffer, start, length, iface, wireLength, timeUs } = packet;
    batch.add(buffer, start, length, code, iface, wireLength, timeUs);
  };
  const damage = readInHand(source, onPacket, room);
  batch.run();
  return { packets, unread, damage };
}
