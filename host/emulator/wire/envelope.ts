/** Between whom a frame goes, and the sums that its headers need. An address has 16 bytes, of IPv4 the last four. */

export const ETHERNET_BYTES = 14;
export const IP4_BYTES = 20;
export const IP6_BYTES = 40;
export const PADDED_BYTES = 16;
export const IP4_AT = 12;
export const EtherType = { ip4: 0x0800, arp: 0x0806, ip6: 0x86dd } as const;
export const IpProtocol = { icmp4: 1, tcp: 6, udp: 17, icmp6: 58 } as const;
/** What a kernel gives its packets; neighbours of IPv6 hear nothing that has passed a router (RFC 4861 section 7.1.1). */
export const FIRST_HOPS = 64;
export const NEIGHBOUR_HOPS = 255;

/** Written by whoever wants a frame built, and read by the builders. */
export class FrameEnds {
  isIp6 = false;
  readonly fromMac = new Uint8Array(6);
  readonly toMac = new Uint8Array(6);
  readonly from = new Uint8Array(PADDED_BYTES);
  readonly to = new Uint8Array(PADDED_BYTES);
  /** TTL or hop limit. */
  hops: number = FIRST_HOPS;
  /** IPv4's identification. */
  id = 0;
  /** IPv6's flow label. */
  flow = 0;
}

export function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** The words of an even number of bytes, added up; the last byte of an odd one is filled up with zero (RFC 1071). */
export function sumOf(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  if (at < to) sum += (bytes[at] as number) << 8;
  return sum;
}

/** What is written in the place of the checksum. */
export function checksumOf(sum: number): number {
  let folded = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  folded = (folded & 0xffff) + (folded >>> 16);
  folded = (folded & 0xffff) + (folded >>> 16);
  return ~folded & 0xffff;
}

/** Both MAC addresses and the type. */
export function putEthernet(bytes: Uint8Array, { fromMac, toMac }: FrameEnds, type: number): void {
  for (let at = 0; at < 6; at++) {
    bytes[at] = toMac[at] as number;
    bytes[at + 6] = fromMac[at] as number;
  }
  put16(bytes, 12, type);
}

/** Both addresses from there; their words added up. */
function putAddresses(bytes: Uint8Array, at: number, { isIp6, from, to }: FrameEnds): number {
  const first = isIp6 ? 0 : IP4_AT;
  const size = PADDED_BYTES - first;
  let sum = 0;
  for (let index = 0; index < size; index += 2) {
    const [a, b, c, d] = [
      from[first + index],
      from[first + index + 1],
      to[first + index],
      to[first + index + 1],
    ];
    bytes[at + index] = a as number;
    bytes[at + index + 1] = b as number;
    bytes[at + size + index] = c as number;
    bytes[at + size + index + 1] = d as number;
    sum += (((a as number) << 8) | (b as number)) + (((c as number) << 8) | (d as number));
  }
  return sum;
}

/**
 * The Ethernet and IP headers of a packet with so many bytes behind them; the sum of what the checksum of the layer above covers of them
 * (its pseudo header, RFC 9293 section 3.1, RFC 8200 section 8.1).
 */
export function putIp(
  bytes: Uint8Array,
  envelope: FrameEnds,
  protocol: number,
  payload: number,
  service = 0,
  flags = 0,
): number {
  putEthernet(bytes, envelope, envelope.isIp6 ? EtherType.ip6 : EtherType.ip4);
  const at = ETHERNET_BYTES;
  if (envelope.isIp6) {
    put32(bytes, at, (0x6000_0000 | (service << 20) | envelope.flow) >>> 0);
    put16(bytes, at + 4, payload);
    bytes[at + 6] = protocol;
    bytes[at + 7] = envelope.hops;
    return putAddresses(bytes, at + 8, envelope) + protocol + payload;
  }
  const length = IP4_BYTES + payload;
  put16(bytes, at, 0x4500 | service);
  put16(bytes, at + 2, length);
  put16(bytes, at + 4, envelope.id);
  put16(bytes, at + 6, flags);
  bytes[at + 8] = envelope.hops;
  bytes[at + 9] = protocol;
  const addresses = putAddresses(bytes, at + 12, envelope);
  // Whoever counts packets may have come round.
  const id = envelope.id & 0xffff;
  const header = (0x4500 | service) + length + id + flags + ((envelope.hops << 8) | protocol) + addresses;
  put16(bytes, at + 10, checksumOf(header));
  return addresses + protocol + payload;
}
