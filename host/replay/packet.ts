/** What a capture file is read as. */
import type { LinkName } from '../fabric/engine.ts';
import { frameOf, linkAsItIs } from './links.ts';

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

/** The packet that is being read: the same one for all of a capture, which may have millions. Its fields are those of a `Packet`, and where its bytes lie. */
export class PacketInHand {
  link: LinkName | null = null;
  unread: number | null = null;
  iface = 0;
  timeUs = 0;
  wireLength = 0;
  buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  start = 0;
  length = 0;
  /** The type of the one before, and what its frames are where they are taken as they are: mostly all of a capture are alike. */
  #type = -1;
  #asItIs: LinkName | undefined;

  /** Another one, of `type`, a LINKTYPE_, that was captured as these `length` bytes of `wireLength`. */
  set(
    type: number,
    iface: number,
    claimedUs: number,
    buffer: Uint8Array<ArrayBuffer>,
    start: number,
    length: number,
    wireLength: number,
  ): void {
    this.iface = iface;
    this.timeUs = Math.trunc(Math.min(Math.max(claimedUs, -LATEST_US), LATEST_US));
    this.buffer = buffer;
    this.start = start;
    this.length = length;
    this.wireLength = wireLength;
    this.unread = null;
    if (type !== this.#type) {
      this.#type = type;
      this.#asItIs = linkAsItIs(type);
    }
    if (this.#asItIs === undefined) this.#unwrap(type);
    else {
      this.link = this.#asItIs;
      if (wireLength < length) this.wireLength = UNKNOWN_LENGTH;
    }
  }

  /** As it is now. */
  get packet(): Packet {
    const { link, unread, iface, timeUs, wireLength, buffer, start, length } = this;
    return { link, unread, iface, timeUs, bytes: buffer.subarray(start, start + length), wireLength };
  }

  #unwrap(type: number): void {
    const frame = frameOf(type, this.buffer.subarray(this.start, this.start + this.length));
    if (typeof frame === 'number') {
      this.link = null;
      this.unread = frame;
      return;
    }
    this.link = frame.link;
    this.wireLength = this.wireLength < this.length ? UNKNOWN_LENGTH : this.wireLength - frame.offset;
    this.start += frame.offset;
    this.length -= frame.offset;
  }
}
