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

/** Where the receiver's address and the MAC addresses begin in `FrameEnds.words`; a frame begins with both of them. */
const TO_AT = PADDED_BYTES;
const MACS_AT = 2 * PADDED_BYTES;
const MAC_BYTES = 6;

/** Written by whoever wants a frame built, and read by the builders. */
export class FrameEnds {
  isIp6 = false;
  readonly #bytes = new ArrayBuffer(MACS_AT + 2 * MAC_BYTES);
  readonly from = new Uint8Array(this.#bytes, 0, PADDED_BYTES);
  readonly to = new Uint8Array(this.#bytes, TO_AT, PADDED_BYTES);
  readonly toMac = new Uint8Array(this.#bytes, MACS_AT, MAC_BYTES);
  readonly fromMac = new Uint8Array(this.#bytes, MACS_AT + MAC_BYTES, MAC_BYTES);
  /** All of these, for whoever reads several bytes at once. */
  readonly words = new DataView(this.#bytes);
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
export function putEthernet(bytes: Uint8Array, ends: FrameEnds, type: number): void {
  writeEthernet(new DataView(bytes.buffer, bytes.byteOffset), ends.words, type);
}

function writeEthernet(into: DataView, ends: DataView, type: number): void {
  for (let at = 0; at < 2 * MAC_BYTES; at += 4) into.setUint32(at, ends.getUint32(MACS_AT + at));
  into.setUint16(12, type);
}

/** Both addresses from there; their words added up. */
function writeAddresses(into: DataView, at: number, { isIp6, words }: FrameEnds): number {
  const first = isIp6 ? 0 : IP4_AT;
  const size = PADDED_BYTES - first;
  let sum = 0;
  for (let index = 0; index < size; index += 4) {
    const from = words.getUint32(first + index);
    const to = words.getUint32(TO_AT + first + index);
    into.setUint32(at + index, from);
    into.setUint32(at + size + index, to);
    sum += (from >>> 16) + (from & 0xffff) + (to >>> 16) + (to & 0xffff);
  }
  return sum;
}

/** As `writeIp`. */
export function putIp(
  bytes: Uint8Array,
  envelope: FrameEnds,
  protocol: number,
  payload: number,
  service = 0,
) {
  return writeIp(new DataView(bytes.buffer, bytes.byteOffset), envelope, protocol, payload, service);
}

/**
 * The Ethernet and IP headers of a packet with so many bytes behind them; the sum of what the checksum of the layer above covers of them
 * (its pseudo header, RFC 9293 section 3.1, RFC 8200 section 8.1).
 */
export function writeIp(
  into: DataView,
  envelope: FrameEnds,
  protocol: number,
  payload: number,
  service = 0,
  flags = 0,
): number {
  writeEthernet(into, envelope.words, envelope.isIp6 ? EtherType.ip6 : EtherType.ip4);
  const at = ETHERNET_BYTES;
  if (envelope.isIp6) {
    into.setUint32(at, 0x6000_0000 | (service << 20) | envelope.flow);
    into.setUint32(at + 4, (payload << 16) | (protocol << 8) | envelope.hops);
    return writeAddresses(into, at + 8, envelope) + protocol + payload;
  }
  const length = IP4_BYTES + payload;
  // Whoever counts packets may have come round.
  const id = envelope.id & 0xffff;
  const lifetime = (envelope.hops << 8) | protocol;
  into.setUint32(at, ((0x4500 | service) << 16) | length);
  into.setUint32(at + 4, (id << 16) | flags);
  const addresses = writeAddresses(into, at + 12, envelope);
  const header = (0x4500 | service) + length + id + flags + lifetime + addresses;
  into.setUint32(at + 8, (lifetime << 16) | checksumOf(header));
  return addresses + protocol + payload;
}
