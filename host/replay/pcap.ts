/** pcap (draft-ietf-opsawg-pcap), and Kuznetzov's form of it: any byte order, micro- and nanoseconds. */
import type { Bytes } from './bytes.ts';
import type { Pcap } from './format.ts';
import { type Damage, MAX_RECORD_BYTES, PacketInHand } from './packet.ts';

const RECORD_BYTES = 16;
/** With the interface's number, the protocol, the kind of packet and a byte that is none. */
const MODIFIED_RECORD_BYTES = 24;

/** Reads what follows the magic number. */
export function readPcap(
  bytes: Bytes,
  { littleEndian, perMicrosecond, modified }: Pcap,
  onPacket: (packet: PacketInHand) => void,
): Damage | null {
  const header = bytes.take(20);
  if (header < 0) return { offset: bytes.position, reason: 'the file header is cut short' };
  // The upper bits say whether a checksum follows each frame.
  const type = bytes.view.getUint32(header + 16, littleEndian) & 0xffff;
  const recordBytes = modified ? MODIFIED_RECORD_BYTES : RECORD_BYTES;
  const packet = new PacketInHand();
  while (!bytes.atEnd) {
    const offset = bytes.position;
    const record = bytes.take(recordBytes);
    if (record < 0) return { offset, reason: 'a record header is cut short' };
    const { view } = bytes;
    const seconds = view.getUint32(record, littleEndian);
    const fraction = view.getUint32(record + 4, littleEndian);
    const length = view.getUint32(record + 8, littleEndian);
    const wireLength = view.getUint32(record + 12, littleEndian);
    const iface = modified ? view.getUint32(record + 16, littleEndian) : 1;
    if (length > MAX_RECORD_BYTES) return { offset, reason: `a record claims ${length} bytes` };
    const data = bytes.take(length);
    if (data < 0) return { offset, reason: 'the last record is cut short' };
    const timeUs = seconds * 1e6 + Math.floor(fraction / perMicrosecond);
    packet.set(type, iface, timeUs, bytes.buffer, data, length, wireLength);
    onPacket(packet);
  }
  return null;
}
