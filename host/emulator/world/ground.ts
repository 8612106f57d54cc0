/** What all parts of a world stand on. */
import type { Calendar } from '../kernel/calendar.ts';
import type { Streams } from '../kernel/streams.ts';
import type { Witness } from '../truth/witness.ts';
import type { Frames } from '../wire/frames.ts';
import type { NeighbourFrames } from '../wire/neighbour-frames.ts';
import type { AttemptTable } from './attempts.ts';
import type { WorldDirectory } from './directory.ts';
import type { Wires } from './wires.ts';

export interface Ground {
  readonly calendar: Calendar;
  readonly streams: Streams;
  readonly witness: Witness;
  readonly directory: WorldDirectory;
  readonly wires: Wires;
  readonly attempts: AttemptTable;
  readonly frames: Frames;
  readonly neighbourFrames: NeighbourFrames;
  /** `lab`: as a network of namespaces plays it. */
  readonly isLab: boolean;
}

/** What comes back for a SYN. */
export const Answer = { synAck: 1, rst: 2, rejected: 3, hostUnreachable: 4, networkUnreachable: 5 } as const;

/** What waits for a neighbour: a SYN of an attempt, or a whole frame. */
export class Parcel {
  /** -1: of none. */
  readonly slot: number;
  /** The SYN's own identification and timestamp. */
  readonly id: number;
  readonly stamp: number;
  readonly datagram: Crossing | null;

  constructor(slot: number, id: number, stamp: number, datagram: Crossing | null = null) {
    this.slot = slot;
    this.id = id;
    this.stamp = stamp;
    this.datagram = datagram;
  }
}

/** A frame with all that it needs but a neighbour. */
export interface Crossing {
  readonly frame: Uint8Array;
  readonly iface: number;
  /** The place that it goes to; of what goes to a client (`isNews`), -1. */
  readonly place: number;
  /** Whether it is an answer for an attempt, which the fabric sees. */
  readonly isNews: boolean;
  /** Whether a program on the router has sent it, which is told what became of it. */
  readonly isOwn: boolean;
  /** It has left the router for its client; or, of others, its place has it. */
  readonly onArrival: () => void;
  readonly onError: (code: string) => void;
}
