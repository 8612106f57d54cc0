/** Reads captures. Records are read one after the other; a file may be larger than memory. */
import { RingbackError } from '../errors.ts';
import { Bytes } from './bytes.ts';
import { formatOf, MAGIC_BYTES, noCapture } from './format.ts';
import type { Damage, Packet } from './packet.ts';
import { readPcap } from './pcap.ts';
import { readPcapng } from './pcapng.ts';
import { readFailure, type Source } from './source.ts';

/**
 * Reads all packets of a capture and hands each to `onPacket`. Returns what is wrong with its end, or null: what stands
 * before the damage has been read. Throws RingbackError('input') when it is no capture or cannot be read.
 */
export function readCapture(source: Source, onPacket: (packet: Packet) => void): Damage | null {
  const { name, descriptor, cut } = source;
  const bytes = new Bytes(descriptor);
  try {
    const magic = bytes.take(MAGIC_BYTES);
    if (magic === null) throw new RingbackError('input', `${name}: ${cut ?? 'too short for a capture file'}`);
    const format = formatOf(new Uint8Array(magic.buffer, magic.byteOffset, MAGIC_BYTES));
    // What has been unpacked may be compressed again.
    if (format === null || format.is === 'compressed') throw noCapture(name);
    const damage = format.is === 'pcap' ? readPcap(bytes, format, onPacket) : readPcapng(bytes, onPacket);
    return cut === null ? damage : { offset: damage?.offset ?? bytes.position, reason: cut };
  } catch (error) {
    throw readFailure(name, error);
  }
}
