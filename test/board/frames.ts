/** Frames for the daemon's tests, built from their layers. IPv4 headers have right checksums, and segments behind them. */
import { sumHeader, sumSegment } from '../checksum.ts';
import { Flag, Protocol } from '../frames.ts';

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** Ethernet, with any number of tags: pairs of tag type and VLAN number, outermost first. */
export function ethernet(
  type: number,
  payload: Buffer,
  tags: readonly (readonly [number, number])[] = [],
): Buffer {
  const addresses = Buffer.from('02000000000102000000000f', 'hex');
  const header = tags.flatMap(([tag, vlan]) => [u16(tag), u16(vlan)]);
  return Buffer.concat([addresses, ...header, u16(type), payload]);
}

export function ipv4(
  protocol: number,
  payload: Buffer,
  { options = 0, fragment = 0 }: { options?: number; fragment?: number } = {},
): Buffer {
  const header = Buffer.alloc(20 + options);
  header[0] = 0x40 | (header.length / 4);
  header.writeUInt16BE(header.length + payload.length, 2);
  header.writeUInt16BE(fragment, 6);
  header[8] = 64;
  header[9] = protocol;
  header.set([172, 27, 179, 151, 172, 27, 178, 80], 12);
  sumHeader(header);
  const packet = Buffer.concat([header, payload]);
  if (protocol === Protocol.tcp && payload.length >= 20)
    sumSegment(packet.subarray(header.length), header.subarray(12, 16), header.subarray(16, 20));
  return packet;
}

export function ipv6(next: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = next;
  header[7] = 64;
  header[8] = header[24] = 0xfd;
  header[23] = 1;
  header[39] = 2;
  return Buffer.concat([header, payload]);
}

/** A segment without data; its sequence number tells one from another. */
export function tcp(flags: number, sequence = 7): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(40000, 0);
  header.writeUInt16BE(80, 2);
  header.writeUInt32BE(sequence, 4);
  header[12] = 0x50;
  header[13] = flags;
  return header;
}

export function icmp(type: number, code = 1): Buffer {
  return Buffer.concat([Buffer.from([type, code, 0, 0, 0, 0, 0, 0]), ipv4(Protocol.tcp, tcp(Flag.syn))]);
}

export function arp(): Buffer {
  return Buffer.from('0001080006040002020000000001ac1bb250020000000002ac1bb201', 'hex');
}

export function syn(sequence?: number): Buffer {
  return ipv4(Protocol.tcp, tcp(Flag.syn, sequence));
}
