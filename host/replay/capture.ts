/**
 * Capture files: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng), any byte order, micro- and
 * nanoseconds, several interfaces and sections. Records are read one after the other; a file may be larger than memory.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import type { LinkName } from '../fabric/engine.ts';

export interface Packet {
  /** null: a link type that carries nothing the fabric reads. */
  readonly link: LinkName | null;
  /** Tells the interfaces of one capture apart. */
  readonly iface: number;
  /** Microseconds since 1970; packets without a time have that of the packet before. */
  readonly timeUs: number;
  /** The captured bytes, valid until the next packet is read. */
  readonly bytes: Uint8Array;
}

/** LINKTYPE_ values (the registry of tcpdump.org) that carry Ethernet, Linux cooked or raw IP. */
const LINKS: ReadonlyMap<number, LinkName> = new Map([
  [1, 'ethernet'],
  [12, 'raw'],
  [14, 'raw'],
  [101, 'raw'],
  [113, 'cookedV1'],
  [228, 'raw'],
  [229, 'raw'],
  [276, 'cookedV2'],
]);

const PCAP_MICROSECONDS = 0xa1b2c3d4;
const PCAP_NANOSECONDS = 0xa1b23c4d;
const PCAPNG_SECTION = 0x0a0d0d0a;
const PCAPNG_ORDER = 0x1a2b3c4d;
const GZIP = 0x1f8b;

const BLOCK = { interface: 1, obsoletePacket: 2, simplePacket: 3, enhancedPacket: 6 } as const;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

/** No capture program writes longer records: a larger length is damage. */
const MOST_RECORD_BYTES = 16 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** The bytes of a file, in order. */
class Bytes {
  readonly #file: number;
  #buffer = Buffer.alloc(CHUNK_BYTES);
  #start = 0;
  #end = 0;
  #position = 0;

  constructor(file: number) {
    this.#file = file;
  }

  /** How many bytes have been taken. */
  get position(): number {
    return this.#position;
  }

  /** The next `length` bytes, valid until the next call; null when fewer are left. */
  take(length: number): DataView | null {
    if (!this.#provide(length)) return null;
    const view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset + this.#start, length);
    this.#start += length;
    this.#position += length;
    return view;
  }

  /** Whether the file ends here. */
  get atEnd(): boolean {
    return !this.#provide(1);
  }

  #provide(length: number): boolean {
    if (this.#end - this.#start >= length) return true;
    const rest = this.#buffer.subarray(this.#start, this.#end);
    const buffer = length > this.#buffer.length ? Buffer.alloc(length) : this.#buffer;
    buffer.set(rest);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = rest.length;
    while (this.#end < length) {
      const got = readSync(this.#file, this.#buffer, this.#end, this.#buffer.length - this.#end, null);
      if (got === 0) return false;
      this.#end += got;
    }
    return true;
  }
}

/** Where and why a file could not be read to its end. */
export interface Damage {
  readonly offset: number;
  readonly reason: string;
}

/**
 * Reads all packets of a capture file and hands each to `onPacket`. Returns what is wrong with the file's end, or null:
 * what stands before the damage has been read. Throws RingbackError('input') when it cannot be opened or is no capture.
 */
export function readCapture(file: string, onPacket: (packet: Packet) => void): Damage | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    const reason = systemCodeOf(error) === 'ENOENT' ? 'there is no such file' : messageOf(error);
    throw new RingbackError('input', `${file}: ${reason}`, { cause: error });
  }
  try {
    const bytes = new Bytes(descriptor);
    const magic = bytes.take(4);
    if (magic === null) throw new RingbackError('input', `${file}: too short for a capture file`);
    if (magic.getUint32(0) === PCAPNG_SECTION) return readPcapng(bytes, onPacket);
    for (const littleEndian of [true, false]) {
      const value = magic.getUint32(0, littleEndian);
      if (value === PCAP_MICROSECONDS || value === PCAP_NANOSECONDS) {
        return readPcap(bytes, littleEndian, value === PCAP_NANOSECONDS ? 1000 : 1, onPacket);
      }
    }
    const remedy =
      magic.getUint16(0) === GZIP ? 'it is compressed: gunzip it first' : 'pcap or pcapng is expected';
    throw new RingbackError('input', `${file}: not a capture file; ${remedy}`);
  } catch (error) {
    if (systemCodeOf(error) === 'EISDIR') throw new RingbackError('input', `${file}: is a directory`);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function readPcap(
  bytes: Bytes,
  littleEndian: boolean,
  perMicrosecond: number,
  onPacket: (packet: Packet) => void,
): Damage | null {
  const header = bytes.take(20);
  if (header === null) return { offset: bytes.position, reason: 'the file header is cut short' };
  // The upper bits say whether a checksum follows each frame.
  const link = LINKS.get(header.getUint32(16, littleEndian) & 0xffff) ?? null;
  while (!bytes.atEnd) {
    const offset = bytes.position;
    const record = bytes.take(16);
    if (record === null) return { offset, reason: 'a record header is cut short' };
    const seconds = record.getUint32(0, littleEndian);
    const fraction = record.getUint32(4, littleEndian);
    const length = record.getUint32(8, littleEndian);
    if (length > MOST_RECORD_BYTES) return { offset, reason: `a record claims ${length} bytes` };
    const data = bytes.take(length);
    if (data === null) return { offset, reason: 'the last record is cut short' };
    onPacket({
      link,
      iface: 1,
      timeUs: seconds * 1e6 + Math.floor(fraction / perMicrosecond),
      bytes: bytesOf(data, 0, length),
    });
  }
  return null;
}

interface Interface {
  readonly link: LinkName | null;
  /** Of each packet no more was captured; 0: no limit. */
  readonly snapLength: number;
  readonly ticksPerSecond: bigint;
  readonly offsetSeconds: number;
}

function readPcapng(bytes: Bytes, onPacket: (packet: Packet) => void): Damage | null {
  let littleEndian = true;
  let interfaces: Interface[] = [];
  let timeUs = 0;
  let type = PCAPNG_SECTION;
  let offset = 0;
  for (;;) {
    let head = bytes.take(type === PCAPNG_SECTION ? 8 : 4);
    if (head === null) return { offset, reason: 'a block header is cut short' };
    if (type === PCAPNG_SECTION) {
      littleEndian = head.getUint32(4, true) === PCAPNG_ORDER;
      if (head.getUint32(4, littleEndian) !== PCAPNG_ORDER) {
        return { offset, reason: 'a section header has no byte-order magic' };
      }
      interfaces = [];
    }
    const total = head.getUint32(0, littleEndian);
    const taken = type === PCAPNG_SECTION ? 12 : 8;
    if (total < taken + 4 || total > MOST_RECORD_BYTES || total % 4 !== 0) {
      return { offset, reason: `a block claims ${total} bytes` };
    }
    const body = bytes.take(total - taken);
    if (body === null) return { offset, reason: 'the last block is cut short' };
    const length = body.byteLength - 4; // the total length again
    if (type === BLOCK.interface && length >= 8) {
      interfaces.push(readInterface(body, length, littleEndian));
    } else if (type === BLOCK.enhancedPacket || type === BLOCK.obsoletePacket) {
      if (length < 20) return { offset, reason: 'a packet block is too short' };
      const iface =
        type === BLOCK.enhancedPacket ? body.getUint32(0, littleEndian) : body.getUint16(0, littleEndian);
      const described = interfaces[iface];
      const captured = body.getUint32(12, littleEndian);
      if (described === undefined)
        return { offset, reason: `a packet of interface ${iface}, which is not described` };
      if (captured > length - 20)
        return { offset, reason: `a packet claims ${captured} bytes of ${length - 20}` };
      // 64 bits of nanoseconds are more than a number holds.
      const high = BigInt(body.getUint32(4, littleEndian));
      const ticks = (high << 32n) | BigInt(body.getUint32(8, littleEndian));
      timeUs = Number((ticks * 1_000_000n) / described.ticksPerSecond) + described.offsetSeconds * 1e6;
      onPacket({ link: described.link, iface: iface + 1, timeUs, bytes: bytesOf(body, 20, captured) });
    } else if (type === BLOCK.simplePacket && length >= 4) {
      const limit = interfaces[0]?.snapLength || length;
      const captured = Math.min(body.getUint32(0, littleEndian), limit, length - 4);
      onPacket({ link: interfaces[0]?.link ?? null, iface: 1, timeUs, bytes: bytesOf(body, 4, captured) });
    }
    if (bytes.atEnd) return null;
    offset = bytes.position;
    head = bytes.take(4);
    if (head === null) return { offset, reason: 'a block header is cut short' };
    type = head.getUint32(0, littleEndian);
  }
}

function readInterface(body: DataView, length: number, littleEndian: boolean): Interface {
  let ticksPerSecond = 1_000_000n;
  let offsetSeconds = 0;
  for (let at = 8; at + 4 <= length; ) {
    const code = body.getUint16(at, littleEndian);
    const size = body.getUint16(at + 2, littleEndian);
    if (code === 0 || at + 4 + size > length) break;
    if (code === OPTION_TIME_RESOLUTION && size === 1) {
      const value = body.getUint8(at + 4);
      // The upper bit chooses between powers of ten and of two.
      ticksPerSecond = value & 0x80 ? 2n ** BigInt(value & 0x7f) : 10n ** BigInt(value);
    } else if (code === OPTION_TIME_OFFSET && size === 8) {
      offsetSeconds = Number(body.getBigInt64(at + 4, littleEndian));
    }
    at += 4 + ((size + 3) & ~3);
  }
  return {
    link: LINKS.get(body.getUint16(0, littleEndian)) ?? null,
    snapLength: body.getUint32(4, littleEndian),
    ticksPerSecond,
    offsetSeconds,
  };
}

function bytesOf(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}
