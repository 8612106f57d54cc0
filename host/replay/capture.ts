/** Reads captures. Records are read one after the other; a file may be larger than memory. */
import { RingbackError } from '../errors.ts';
import { Bytes, type Room } from './bytes.ts';
import { formatOf, MAGIC_BYTES, noCapture } from './format.ts';
import type { Damage, Packet, PacketInHand } from './packet.ts';
import { readPcap } from './pcap.ts';
import { readPcapng } from './pcapng.ts';
import { readFailure, type Source } from './source.ts';

/**
 * Reads all packets of a capture and hands each to `onPacket`. Returns what is wrong with its end, or null: what stands
 * before the damage has been read. Throws RingbackError('input') when it is no capture or cannot be read.
 */
export function readCapture(source: Source, onPacket: (packet: Packet) => void): Damage | null {
  return readInHand(source, ({ packet }) => onPacket(packet));
}

/** The same, without an object for each, and where there is a `room` into that. */
export function readInHand(
  source: Source,
  onPacket: (packet: PacketInHand) => void,
  room: Room | null = null,
): Damage | null {
  const { name, descriptor, cut } = source;
  try {
    const bytes = new Bytes(descriptor, room);
    const magic = bytes.take(MAGIC_BYTES);
    if (magic < 0) throw new RingbackError('input', `${name}: ${cut ?? 'too short for a capture file'}`);
    const format = formatOf(bytes.buffer.subarray(magic, magic + MAGIC_BYTES));
    // What has been unpacked may be compressed again.
    if (format === null || format.is === 'compressed') throw noCapture(name);
    const damage = format.is === 'pcap' ? readPcap(bytes, format, onPacket) : readPcapng(bytes, onPacket);
    return cut === null ? damage : { offset: damage?.offset ?? bytes.position, reason: cut };
  } catch (error) {
    throw readFailure(name, error);
  }
}
