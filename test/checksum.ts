/** The Internet checksum, for frames that tests make byte by byte. */

/** What the bytes come to, an odd one filled up with zero (RFC 1071): the checksum, if its field in them is zero. */
export function checksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (const [i, byte] of part.entries()) sum += i % 2 === 0 ? byte << 8 : byte;
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const CHECKSUM_OF_IPV4 = 10;
const CHECKSUM_OF_TCP = 16;
const CHECKSUM_OF_UDP = 6;
const TCP = 6;
const UDP = 17;

/** Writes the checksum of an IPv4 header. */
export function sumHeader(header: Buffer): void {
  header.writeUInt16BE(0, CHECKSUM_OF_IPV4);
  header.writeUInt16BE(checksum(header), CHECKSUM_OF_IPV4);
}

/** Writes the checksum of a TCP segment between two addresses as packets have them (RFC 9293 section 3.1). */
export function sumSegment(segment: Buffer, source: Uint8Array, destination: Uint8Array): void {
  segment.writeUInt16BE(0, CHECKSUM_OF_TCP);
  const length = Buffer.from([segment.length >> 8, segment.length & 0xff, 0, TCP]);
  segment.writeUInt16BE(checksum(source, destination, length, segment), CHECKSUM_OF_TCP);
}

/** The same of a datagram (RFC 768). */
export function sumDatagram(datagram: Buffer, source: Uint8Array, destination: Uint8Array): void {
  datagram.writeUInt16BE(0, CHECKSUM_OF_UDP);
  const length = Buffer.from([datagram.length >> 8, datagram.length & 0xff, 0, UDP]);
  datagram.writeUInt16BE(checksum(source, destination, length, datagram), CHECKSUM_OF_UDP);
}
