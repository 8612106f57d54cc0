/** Frames built in memory, layer after layer. IPv4 headers and TCP segments have right checksums, ICMP messages none. */

import { Address } from '../../assembly/wire/address';
import { EtherType } from '../../assembly/wire/ethernet';

export const FIN: u32 = 0x01;
export const SYN: u32 = 0x02;
export const RST: u32 = 0x04;
export const PSH: u32 = 0x08;
export const ACK: u32 = 0x10;
export const ECE: u32 = 0x40;
export const CWR: u32 = 0x80;

export const ICMP: u32 = 1;
export const TCP: u32 = 6;
export const UDP: u32 = 17;
export const ICMPV6: u32 = 58;

const bytes = heap.alloc(4096);
const HOPS: u32 = 64;
let length: u32 = 0;
/** How long it was before it was cut, or 0. */
let uncut: u32 = 0;
/** Where the IP headers begin whose length is not known yet. */
let outerIp: u32 = 0;
let innerIp: u32 = 0;
let ipDepth: u32 = 0;
/** Where the TCP header that was begun last lies; 0: there was none since the last packet ended. */
let tcpAt: u32 = 0;
/** And where that of a datagram does. */
let udpAt: u32 = 0;

export function frameBytes(): usize {
  return bytes;
}

export function frameLength(): u32 {
  return length;
}

/** Cuts the frame short, as a capture may. */
export function cutTo(captured: u32): void {
  uncut = wireLength();
  length = captured;
}

/** How long the frame was before a capture cut it. */
export function wireLength(): u32 {
  return max(length, uncut);
}

export function begin(): void {
  length = uncut = 0;
  ipDepth = 0;
  tcpAt = 0;
  udpAt = 0;
}

export function put8(value: u32): void {
  store<u8>(bytes + length, <u8>value);
  length += 1;
}

export function put16(value: u32): void {
  store<u16>(bytes + length, bswap<u16>(<u16>value));
  length += 2;
}

export function put32(value: u32): void {
  store<u32>(bytes + length, bswap<u32>(value));
  length += 4;
}

export function zeros(count: u32): void {
  memory.fill(bytes + length, 0, count);
  length += count;
}

export function mac(last: u32): void {
  put16(0x0200);
  put16(0);
  put16(last);
}

/** An address as it stands in packets of its IP version. */
export function putAddress(address: Address): void {
  const at = changetype<usize>(address);
  if (address.isIpv4) {
    memory.copy(bytes + length, at + 12, 4);
    length += 4;
  } else {
    memory.copy(bytes + length, at, 16);
    length += 16;
  }
}

export function ethernet(type: u32): void {
  mac(1);
  mac(2);
  put16(type);
}

/** A VLAN tag, behind whose type comes `type`. */
export function tag(type: u32): void {
  put16(7);
  put16(type);
}

export function cookedV1(packetType: u32, protocol: u32): void {
  put16(packetType);
  put16(1);
  put16(6);
  mac(2);
  put16(0);
  put16(protocol);
}

export function cookedV2(protocol: u32, interfaceIndex: u32): void {
  put16(protocol);
  put16(0);
  put32(interfaceIndex);
  put16(1);
  put8(0);
  put8(6);
  mac(2);
  put16(0);
}

/** The frame in hand goes to all stations, or in IPv6 to a group of them: that is one bit. */
export function toEverybody(): void {
  store<u8>(bytes, load<u8>(bytes) | 1);
}

export function etherTypeOf(address: Address): u32 {
  return address.isIpv4 ? EtherType.Ipv4 : EtherType.Ipv6;
}

/** An IP header of the addresses' version; `endIp` closes the packet. */
export function ip(source: Address, destination: Address, protocol: u32, hopLimit: u32 = HOPS): void {
  if (ipDepth == 0) outerIp = length;
  else innerIp = length;
  ipDepth++;
  if (source.isIpv4) {
    put16(0x4500);
    put16(0);
    put32(0);
    put8(hopLimit);
    put8(protocol);
    put16(0);
  } else {
    put32(0x60000000);
    put16(0);
    put8(protocol);
    put8(hopLimit);
  }
  putAddress(source);
  putAddress(destination);
}

/** Ends the innermost IP packet here: writes its length and its checksums. */
export function endIp(): void {
  ipDepth--;
  const at = ipDepth == 0 ? outerIp : innerIp;
  const six = load<u8>(bytes + at) >> 4 == 6;
  store<u16>(bytes + at + (six ? 4 : 2), bswap<u16>(<u16>(length - at - (six ? 40 : 0))));
  if (!six) sumHeader(at);
  if (tcpAt > at) {
    sumTransport(at, TCP, tcpAt, 16);
    tcpAt = 0;
  }
  if (udpAt > at) {
    sumTransport(at, UDP, udpAt, 6);
    udpAt = 0;
  }
}

/** Writes the checksum of the IPv4 header at `at`, RFC 791. */
function sumHeader(at: u32): void {
  const end = min(at + ((<u32>load<u8>(bytes + at) & 15) << 2), length);
  store<u16>(bytes + at + 10, 0);
  store<u16>(bytes + at + 10, bswap<u16>(checksum(0, at, end)));
}

/** Writes the checksum, at `field`, of the segment or datagram at `from` in the packet at `at` (RFC 9293 section 3.1, RFC 768). */
function sumTransport(at: u32, protocol: u32, from: u32, field: u32): void {
  const six = load<u8>(bytes + at) >> 4 == 6;
  const pseudo = protocol + length - from + sum(at + (six ? 8 : 12), at + (six ? 40 : 20));
  store<u16>(bytes + from + field, 0);
  store<u16>(bytes + from + field, bswap<u16>(checksum(pseudo, from, length)));
}

/** What the 16-bit words from one place to another come to, the last one filled up with zero (RFC 1071). */
function sum(from: u32, to: u32): u32 {
  let words: u32 = 0;
  for (let i = from; i < to; i += 2) {
    words += (<u32>load<u8>(bytes + i)) << 8;
    if (i + 1 < to) words += load<u8>(bytes + i + 1);
  }
  return words;
}

function checksum(start: u32, from: u32, to: u32): u16 {
  let words = start + sum(from, to);
  while (words > 0xffff) words = (words & 0xffff) + (words >> 16);
  return <u16>~words;
}

/** Writes one byte of the IP packet that was begun last; the checksum of an IPv4 header is right again afterwards. */
export function patchIp8(offset: u32, value: u32): void {
  const at = ipDepth > 1 ? innerIp : outerIp;
  store<u8>(bytes + at + offset, <u8>value);
  if (load<u8>(bytes + at) >> 4 == 4) sumHeader(at);
}

export function patchIp16(offset: u32, value: u32): void {
  const at = ipDepth > 1 ? innerIp : outerIp;
  store<u16>(bytes + at + offset, bswap<u16>(<u16>value));
  if (load<u8>(bytes + at) >> 4 == 4) sumHeader(at);
}

/** Writes one byte of the frame, and nothing else. */
export function spoil8(offset: u32, value: u32): void {
  store<u8>(bytes + offset, <u8>value);
}

export function tcp(
  sourcePort: u32,
  destinationPort: u32,
  sequence: u32,
  acknowledgement: u32,
  flags: u32,
): void {
  tcpAt = length;
  put16(sourcePort);
  put16(destinationPort);
  put32(sequence);
  put32(acknowledgement);
  put8(0x50);
  put8(flags);
  put16(0xffff);
  put32(0);
}

/** A header of UDP for so much `data`. */
export function udp(sourcePort: u32, destinationPort: u32, data: u32 = 0): void {
  udpAt = length;
  put16(sourcePort);
  put16(destinationPort);
  put16(8 + data);
  put16(0);
}

/** The header of an ICMP error. */
export function icmp(type: u32, code: u32): void {
  put8(type);
  put8(code);
  put16(0);
  put32(0);
}

export function arpMessage(operation: u32, hardware: u32, sender: Address, target: Address): void {
  put16(1);
  put16(EtherType.Ipv4);
  put8(6);
  put8(4);
  put16(operation);
  mac(hardware);
  putAddress(sender);
  zeros(6);
  putAddress(target);
}

/** A neighbour message with one option that gives a link-layer address; `option` 0: with none. */
export function neighbourMessage(type: u32, flags: u32, target: Address, option: u32, hardware: u32): void {
  put8(type);
  put8(0);
  put16(0);
  put8(flags);
  put8(0);
  put16(0);
  putAddress(target);
  if (option == 0) return;
  put8(option);
  put8(1);
  mac(hardware);
}
