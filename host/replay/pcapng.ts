/** pcapng (draft-ietf-opsawg-pcapng): any byte order and resolution of time, several interfaces and sections. */
import { TWO_TO_32 } from '../fabric/record-bytes.ts';
import type { Bytes } from './bytes.ts';
import { PCAPNG_SECTION } from './format.ts';
import { type Damage, MAX_RECORD_BYTES, PacketInHand } from './packet.ts';

const PCAPNG_ORDER = 0x1a2b3c4d;
const BLOCK = { interface: 1, obsoletePacket: 2, simplePacket: 3, enhancedPacket: 6 } as const;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
/** The rest of a division by it, and 32 bits, are a number that is whole. */
const MAX_PER_MICROSECOND = 2n ** 20n;

interface Interface {
  /** LINKTYPE_. */
  readonly type: number;
  /** Of each packet no more was captured; 0: no limit. */
  readonly snapLength: number;
  readonly ticksPerSecond: bigint;
  readonly perMicrosecond: number | null;
  readonly offsetSeconds: number;
}

/** Reads what follows the first block's type. */
export function readPcapng(bytes: Bytes, onPacket: (packet: PacketInHand) => void): Damage | null {
  const packet = new PacketInHand();
  let littleEndian = true;
  let interfaces: Interface[] = [];
  let timeUs = 0;
  let type = PCAPNG_SECTION;
  let offset = 0;
  for (;;) {
    let head = bytes.take(type === PCAPNG_SECTION ? 8 : 4);
    if (head < 0) return { offset, reason: 'a block header is cut short' };
    if (type === PCAPNG_SECTION) {
      littleEndian = bytes.view.getUint32(head + 4, true) === PCAPNG_ORDER;
      if (bytes.view.getUint32(head + 4, littleEndian) !== PCAPNG_ORDER) {
        return { offset, reason: 'a section header has no byte-order magic' };
      }
      interfaces = [];
    }
    const total = bytes.view.getUint32(head, littleEndian);
    const taken = type === PCAPNG_SECTION ? 12 : 8;
    if (total < taken + 4 || total > MAX_RECORD_BYTES || total % 4 !== 0) {
      return { offset, reason: `a block claims ${total} bytes` };
    }
    const body = bytes.take(total - taken);
    if (body < 0) return { offset, reason: 'the last block is cut short' };
    const { view } = bytes;
    const length = total - taken - 4; // the total length again
    if (type === BLOCK.interface && length >= 8) {
      interfaces.push(readInterface(view, body, length, littleEndian));
    } else if (type === BLOCK.enhancedPacket || type === BLOCK.obsoletePacket) {
      if (length < 20) return { offset, reason: 'a packet block is too short' };
      const iface =
        type === BLOCK.enhancedPacket
          ? view.getUint32(body, littleEndian)
          : view.getUint16(body, littleEndian);
      const described = interfaces[iface];
      const captured = view.getUint32(body + 12, littleEndian);
      if (described === undefined)
        return { offset, reason: `a packet of interface ${iface}, which is not described` };
      if (captured > length - 20)
        return { offset, reason: `a packet claims ${captured} bytes of ${length - 20}` };
      const [high, low] = [view.getUint32(body + 4, littleEndian), view.getUint32(body + 8, littleEndian)];
      timeUs = microseconds(high, low, described) + described.offsetSeconds * 1e6;
      const wireLength = view.getUint32(body + 16, littleEndian);
      packet.set(described.type, iface + 1, timeUs, bytes.buffer, body + 20, captured, wireLength);
      onPacket(packet);
    } else if (type === BLOCK.simplePacket && length >= 4) {
      const [described] = interfaces;
      if (described === undefined)
        return { offset, reason: 'a packet of interface 0, which is not described' };
      const limit = described.snapLength || length;
      const wireLength = view.getUint32(body, littleEndian);
      const captured = Math.min(wireLength, limit, length - 4);
      packet.set(described.type, 1, timeUs, bytes.buffer, body + 4, captured, wireLength);
      onPacket(packet);
    }
    if (bytes.atEnd) return null;
    offset = bytes.position;
    head = bytes.take(4);
    if (head < 0) return { offset, reason: 'a block header is cut short' };
    type = bytes.view.getUint32(head, littleEndian);
  }
}

/** Of 64 bits of ticks, which are more than a number holds. */
function microseconds(high: number, low: number, { ticksPerSecond, perMicrosecond }: Interface): number {
  if (perMicrosecond !== null) {
    const rest = (high % perMicrosecond) * TWO_TO_32 + low;
    return Math.floor(high / perMicrosecond) * TWO_TO_32 + Math.floor(rest / perMicrosecond);
  }
  const ticks = (BigInt(high) << 32n) | BigInt(low);
  return Number((ticks * 1_000_000n) / ticksPerSecond);
}

/** How many ticks a microsecond has, where that is a number with which 64 bits can be divided in two steps. */
function perMicrosecondOf(ticksPerSecond: bigint): number | null {
  const count = ticksPerSecond / 1_000_000n;
  const isWhole = count > 0n && count <= MAX_PER_MICROSECOND && count * 1_000_000n === ticksPerSecond;
  return isWhole ? Number(count) : null;
}

function readInterface(view: DataView, body: number, length: number, littleEndian: boolean): Interface {
  let ticksPerSecond = 1_000_000n;
  let offsetSeconds = 0;
  for (let at = body + 8; at + 4 <= body + length; ) {
    const code = view.getUint16(at, littleEndian);
    const size = view.getUint16(at + 2, littleEndian);
    if (code === 0 || at + 4 + size > body + length) break;
    if (code === OPTION_TIME_RESOLUTION && size === 1) {
      const value = view.getUint8(at + 4);
      // The upper bit chooses between powers of ten and of two.
      ticksPerSecond = value & 0x80 ? 2n ** BigInt(value & 0x7f) : 10n ** BigInt(value);
    } else if (code === OPTION_TIME_OFFSET && size === 8) {
      offsetSeconds = Number(view.getBigInt64(at + 4, littleEndian));
    }
    at += 4 + ((size + 3) & ~3);
  }
  return {
    type: view.getUint16(body, littleEndian),
    snapLength: view.getUint32(body + 4, littleEndian),
    ticksPerSecond,
    perMicrosecond: perMicrosecondOf(ticksPerSecond),
    offsetSeconds,
  };
}
