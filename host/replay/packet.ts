/** What a capture file is read as. */
import type { LinkName } from '../fabric/engine.ts';
import { frameOf } from './links.ts';

export interface Packet {
  /** null: it carries nothing that the fabric reads. */
  readonly link: LinkName | null;
  /** The link type that is not read, or null. */
  readonly unread: number | null;
  /** Tells the interfaces of one capture apart. */
  readonly iface: number;
  /**
   * Microseconds since 1970, a safe integer with room for waits; packets without a time have that of the packet before.
   */
  readonly timeUs: number;
  /** What was captured of the link's frame, valid until the next packet is read. */
  readonly bytes: Uint8Array;
  /** How long it was on the wire; UNKNOWN_LENGTH where the file does not say it. */
  readonly wireLength: number;
}

/** Where a file does not say how long a packet was. */
export const UNKNOWN_LENGTH = 0xffffffff;

/** Where and why a file could not be read to its end. */
export interface Damage {
  readonly offset: number;
  readonly reason: string;
}

/** No capture program writes longer records: a larger length is damage. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** In the year 2255, and days before the last one that a number holds: a file may claim any time. */
const LATEST_US = Number.MAX_SAFE_INTEGER - 2 ** 40;

/** The packet of `type`, a LINKTYPE_, that was captured as these bytes of `wireLength`. */
export function packetOf(
  type: number,
  iface: number,
  claimedUs: number,
  bytes: Uint8Array,
  wireLength: number,
): Packet {
  const timeUs = Math.trunc(Math.min(Math.max(claimedUs, -LATEST_US), LATEST_US));
  const frame = frameOf(type, bytes);
  if (typeof frame === 'number') return { link: null, unread: frame, iface, timeUs, bytes, wireLength };
  const { link, offset } = frame;
  const length = wireLength < bytes.length ? UNKNOWN_LENGTH : wireLength - offset;
  return { link, unread: null, iface, timeUs, bytes: bytes.subarray(offset), wireLength: length };
}
