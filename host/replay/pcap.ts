/** pcap (draft-ietf-opsawg-pcap), and Kuznetzov's form of it: any byte order, micro- and nanoseconds. */
import { type Bytes, bytesOf } from './bytes.ts';
import type { Pcap } from './format.ts';
import { type Damage, MAX_RECORD_BYTES, type Packet, packetOf } from './packet.ts';

const RECORD_BYTES = 16;
/** With the interface's number, the protocol, the kind of packet and a byte that is none. */
const MODIFIED_RECORD_BYTES = 24;

/** Reads what follows the magic number. */
export function readPcap(
  bytes: Bytes,
  { littleEndian, perMicrosecond, modified }: Pcap,
  onPacket: (packet: Packet) => void,
): Damage | null {
  const header = bytes.take(20);
  if (header === null) return { offset: bytes.position, reason: 'the file header is cut short' };
  // The upper bits say whether a checksum follows each frame.
  const type = header.getUint32(16, littleEndian) & 0xffff;
  while (!bytes.atEnd) {
    const offset = bytes.position;
    const record = bytes.take(modified ? MODIFIED_RECORD_BYTES : RECORD_BYTES);
    if (record === null) return { offset, reason: 'a record header is cut short' };
    const seconds = record.getUint32(0, littleEndian);
    const fraction = record.getUint32(4, littleEndian);
    const length = record.getUint32(8, littleEndian);
    const iface = modified ? record.getUint32(16, littleEndian) : 1;
    if (length > MAX_RECORD_BYTES) return { offset, reason: `a record claims ${length} bytes` };
    const data = bytes.take(length);
    if (data === null) return { offset, reason: 'the last record is cut short' };
    const timeUs = seconds * 1e6 + Math.floor(fraction / perMicrosecond);
    onPacket(packetOf(type, iface, timeUs, bytesOf(data, 0, length), record.getUint32(12, littleEndian)));
  }
  return null;
}
