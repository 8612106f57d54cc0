/** Captures of what happens to a server and its clients, and what a replay finds in them. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineChance } from '../../../host/chance.ts';
import { type Replayed, type ReplayOptions, replay } from '../../../host/replay/replay.ts';
import { arp, type End, Flag, framed, segment, unreachable } from '../../frames.ts';
import { SERVER } from '../fabric/fabric.ts';
import { opened, pcap } from './captures.ts';

/** Every time in a story is this many seconds after noon. */
export const NOON = Date.UTC(2026, 4, 1, 12) / 1000;
export const ROUTER = '172.27.179.1';
/** Codes of destination unreachable. */
export const HOST = 1;
export const PORT = 3;
export const SECURE: End = { ...SERVER, port: 443 };

const EVERYTHING: ReplayOptions = {
  chance: machineChance,
  watch: [
    { address: '0.0.0.0', bits: 96 },
    { address: '::', bits: 0 },
  ],
  unreachable: true,
  learnsWait: false,
  unansweredMs: 30_000,
  refused: true,
  arp: true,
  synAck: true,
  knownClientsOnly: false,
  conversations: false,
  services: [],
  clients: [],
};

export type Frames = readonly (readonly [second: number, frame: Buffer])[];

/** What is found in a capture file with this content. */
export function foundIn(content: Uint8Array, options: Partial<ReplayOptions> = {}): Replayed {
  const place = mkdtempSync(join(tmpdir(), 'ringback-'));
  try {
    const file = join(place, 'capture');
    writeFileSync(file, content);
    return opened(file, (source) => replay(source, { ...EVERYTHING, ...options }));
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** What is found in a capture of these frames; `link` is a LINKTYPE_. */
export function found(frames: Frames, options: Partial<ReplayOptions> = {}, link = 1): Replayed {
  const records = frames.map(([second, bytes]) => ({ timeUs: Math.round((NOON + second) * 1e6), bytes }));
  return foundIn(pcap(records, { link }), options);
}

/** The router's word to a client that its request did not get through. */
export function turnedAway(from: End, to: End, sequence: number, code = HOST): Buffer {
  const quoted = segment(from, to, { flags: Flag.syn, sequence });
  return framed(unreachable(ROUTER, code, quoted, from.address));
}

export const answersArp = arp({ operation: 2, sender: SERVER.address, target: '172.27.178.1' });

/** A client as an outage lists it. */
export function waited(address: string, first: number, last: number, tries: number) {
  return { address, first: NOON + first, last: NOON + last, tries };
}

/** An attempt as it is listed when it failed. */
export function failed(outcome: string, from: End, to: End, sequence: number, first: number, tries = 1) {
  const ends = { client: from.address, clientPort: from.port, server: to.address, serverPort: to.port };
  return { ...ends, sequence, outcome, first: NOON + first, tries };
}

export const NOTHING = { answered: 0, refused: 0, unanswered: 0, unreachable: 0, open: 0 };
