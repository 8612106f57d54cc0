/** Frames built from their layers, for tests. IPv4 headers and TCP segments have right checksums, ICMP messages none. */
import { addressBytes } from '../host/net/address.ts';
import { sumHeader, sumSegment } from './checksum.ts';

export const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, ece: 64, cwr: 128 } as const;
export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  serviceVlan: 0x88a8,
  lldp: 0x88cc,
} as const;
export const Protocol = { icmp: 1, tcp: 6, udp: 17, authentication: 51, icmpv6: 58 } as const;

/** One end of a conversation. */
export interface End {
  readonly address: string;
  readonly port: number;
}

export interface Segment {
  readonly flags: number;
  readonly sequence?: number;
  readonly acknowledgement?: number;
  /** Bytes of options, and behind them of data. */
  readonly options?: number;
  readonly data?: number;
  readonly window?: number;
}

const isVersion6 = (address: string): boolean => address.includes(':');
const bytesOf = (address: string): Uint8Array => addressBytes(address).subarray(isVersion6(address) ? 0 : 12);
const mac = (last: number): Buffer => Buffer.from([2, 0, 0, 0, 0, last]);

export function ethernet(type: number, payload: Buffer, tags: readonly number[] = []): Buffer {
  const header = Buffer.concat([mac(1), mac(2)]);
  const between = tags.map((tag) => Buffer.from([tag >> 8, tag & 0xff, 0, 7]));
  return Buffer.concat([header, ...between, Buffer.from([type >> 8, type & 0xff]), payload]);
}

/** An IP packet of the addresses' family. */
export function ip(
  source: string,
  destination: string,
  protocol: number,
  payload: Buffer,
  hopLimit = 64,
): Buffer {
  const six = isVersion6(source);
  const header = Buffer.alloc(six ? 40 : 20);
  if (six) {
    header[0] = 0x60;
    header.writeUInt16BE(payload.length, 4);
    header[6] = protocol;
    header[7] = hopLimit;
  } else {
    header[0] = 0x45;
    header.writeUInt16BE(20 + payload.length, 2);
    header[8] = hopLimit;
    header[9] = protocol;
  }
  header.set(bytesOf(source), six ? 8 : 12);
  header.set(bytesOf(destination), six ? 24 : 16);
  if (!six) sumHeader(header);
  return Buffer.concat([header, payload]);
}

/** A frame around an IP packet. */
export function framed(packet: Buffer): Buffer {
  return ethernet((packet[0] ?? 0) >> 4 === 6 ? EtherType.ipv6 : EtherType.ipv4, packet);
}

/** An IP packet with a TCP segment. */
export function segment(
  from: End,
  to: End,
  { flags, sequence = 0, acknowledgement = 0, options = 0, data = 0, window = 0 }: Segment,
): Buffer {
  const header = Buffer.alloc(20 + options + data);
  header.writeUInt16BE(from.port, 0);
  header.writeUInt16BE(to.port, 2);
  header.writeUInt32BE(sequence >>> 0, 4);
  header.writeUInt32BE(acknowledgement >>> 0, 8);
  header[12] = (20 + options) << 2;
  header[13] = flags;
  header.writeUInt16BE(window, 14);
  sumSegment(header, bytesOf(from.address), bytesOf(to.address));
  return ip(from.address, to.address, Protocol.tcp, header);
}

/** A destination unreachable of the quoted packet's family from `router`, to whoever sent the quoted packet. */
export function unreachable(router: string, code: number, quoted: Buffer, to: string): Buffer {
  const six = isVersion6(router);
  const header = Buffer.from([six ? 1 : 3, code, 0, 0, 0, 0, 0, 0]);
  return ip(router, to, six ? Protocol.icmpv6 : Protocol.icmp, Buffer.concat([header, quoted]));
}

interface ArpMessage {
  readonly operation: 1 | 2;
  readonly sender: string;
  readonly target: string;
  readonly hardware?: number;
}

export function arp({ operation, sender, target, hardware = 2 }: ArpMessage): Buffer {
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]);
  const [from, to] = [Buffer.from(bytesOf(sender)), Buffer.from(bytesOf(target))];
  return ethernet(EtherType.arp, Buffer.concat([head, mac(hardware), from, Buffer.alloc(6), to]));
}

/** A neighbour advertisement for `target` with its link-layer address. */
export function advertisement(target: string, to: string, solicited: boolean, hardware = 2): Buffer {
  const head = Buffer.from([136, 0, 0, 0, solicited ? 0x60 : 0x20, 0, 0, 0]);
  const option = Buffer.concat([Buffer.from([2, 1]), mac(hardware)]);
  return ip(target, to, Protocol.icmpv6, Buffer.concat([head, bytesOf(target), option]), 255);
}
