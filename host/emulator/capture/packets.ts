/** The packets of captures: of one as they are read, of several in the order of their time. */
import { RingbackError } from '../../errors.ts';
import { readCapture } from '../../replay/capture.ts';
import type { Damage, Packet } from '../../replay/packet.ts';
import { withSource } from '../../replay/source.ts';

/** Why a capture could not be read to its end, and which one. */
export interface CaptureDamage extends Damage {
  readonly file: string;
}

/** So much of a packet is kept: its headers, and those of a packet that is quoted in it. */
const KEPT_BYTES = 512;
/** Of all of them together, with what else each takes. */
const MAX_ALL_BYTES = 1 << 30;
const PACKET_BYTES = 200;

/** `-` is standard input. Throws RingbackError('input') where one is no capture. */
export async function readPackets(
  files: readonly string[],
  onPacket: (packet: Packet) => void,
): Promise<readonly CaptureDamage[]> {
  const [file, ...others] = files;
  if (file !== undefined && others.length === 0) return damageOf(file, await readFile(file, onPacket));
  const { packets, damage } = await keptPackets(files);
  for (const packet of packets) onPacket(packet);
  return damage;
}

/**
 * All of them at once, in the order of their time; of two at the same time that of the file which is named first. Interfaces of different
 * files are different ones.
 */
export async function keptPackets(
  files: readonly string[],
): Promise<{ readonly packets: readonly Packet[]; readonly damage: readonly CaptureDamage[] }> {
  const packets: Packet[] = [];
  const damage: CaptureDamage[] = [];
  const interfaces = new Map<string, number>();
  let bytes = 0;
  for (const [index, file] of files.entries()) {
    const end = await readFile(file, (packet) => {
      bytes += PACKET_BYTES + Math.min(packet.bytes.length, KEPT_BYTES);
      if (bytes > MAX_ALL_BYTES)
        throw new RingbackError('input', `${file}: more packets than can be kept; give a part (editcap)`);
      const key = `${index} ${packet.iface}`;
      const iface = interfaces.get(key) ?? interfaces.size;
      interfaces.set(key, iface);
      packets.push({ ...packet, iface, bytes: packet.bytes.slice(0, KEPT_BYTES) });
    });
    damage.push(...damageOf(file, end));
  }
  packets.sort((a, b) => a.timeUs - b.timeUs);
  return { packets, damage };
}

function readFile(file: string, onPacket: (packet: Packet) => void): Promise<Damage | null> {
  return withSource(file, (source) => readCapture(source, onPacket));
}

const damageOf = (file: string, damage: Damage | null): CaptureDamage[] =>
  damage === null ? [] : [{ file, ...damage }];
