/** pcapng (draft-ietf-opsawg-pcapng): any byte order and resolution of time, several interfaces and sections. */
import { type Bytes, bytesOf } from './bytes.ts';
import { PCAPNG_SECTION } from './format.ts';
import { type Damage, MAX_RECORD_BYTES, type Packet, packetOf } from './packet.ts';

const PCAPNG_ORDER = 0x1a2b3c4d;
const BLOCK = { interface: 1, obsoletePacket: 2, simplePacket: 3, enhancedPacket: 6 } as const;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

interface Interface {
  /** LINKTYPE_. */
  readonly type: number;
  /** Of each packet no more was captured; 0: no limit. */
  readonly snapLength: number;
  readonly ticksPerSecond: bigint;
  readonly offsetSeconds: number;
}

/** Reads what follows the first block's type. */
export function readPcapng(bytes: Bytes, onPacket: (packet: Packet) => void): Damage | null {
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
    if (total < taken + 4 || total > MAX_RECORD_BYTES || total % 4 !== 0) {
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
      onPacket(
        packetOf(
          described.type,
          iface + 1,
          timeUs,
          bytesOf(body, 20, captured),
          body.getUint32(16, littleEndian),
        ),
      );
    } else if (type === BLOCK.simplePacket && length >= 4) {
      const [described] = interfaces;
      if (described === undefined)
        return { offset, reason: 'a packet of interface 0, which is not described' };
      const limit = described.snapLength || length;
      const wireLength = body.getUint32(0, littleEndian);
      const captured = Math.min(wireLength, limit, length - 4);
      onPacket(packetOf(described.type, 1, timeUs, bytesOf(body, 4, captured), wireLength));
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
    type: body.getUint16(0, littleEndian),
    snapLength: body.getUint32(4, littleEndian),
    ticksPerSecond,
    offsetSeconds,
  };
}
