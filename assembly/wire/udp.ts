/** User Datagram Protocol header, RFC 768. */

import { u16be, u32be } from './bytes';
import { checksumOf, sumOf } from './checksum';

const SOURCE_PORT: usize = 0;
const DESTINATION_PORT: usize = 2;
const LENGTH: usize = 4;
const CHECKSUM: usize = 6;

/** Its number as the protocol of an IP packet. */
export const UDP: u32 = 17;

/**
 * A port of UDP is numbered from here on, so that one number tells which service is meant: port 53 of UDP is 65,536 + 53. Ports of TCP are
 * below.
 */
export const DATAGRAMS: u32 = 0x10000;

/** All of it; of a datagram that an ICMP error quotes, too (RFC 792). */
const HEADER_LENGTH: u32 = 8;

@unmanaged
export class Udp {
  /** The header at `at`, of which `captured` bytes may be read, or null if the datagram of `length` bytes has none. */
  static checked(at: usize, captured: u32, length: u32, fragmented: bool): Udp | null {
    if (captured < HEADER_LENGTH) return null;
    const header = changetype<Udp>(at);
    const said = u16be(at + LENGTH);
    // A jumbogram says 0 (RFC 2675 section 4).
    if (said == 0) return header;
    return said < HEADER_LENGTH || (said > length && !fragmented) ? null : header;
  }

  /** As an ICMP error quotes it. */
  static quoted(at: usize, captured: u32): Udp | null {
    return captured < HEADER_LENGTH ? null : changetype<Udp>(at);
  }

  get sourcePort(): u32 {
    return u16be(changetype<usize>(this) + SOURCE_PORT);
  }

  get destinationPort(): u32 {
    return u16be(changetype<usize>(this) + DESTINATION_PORT);
  }

  /** Both ports, that of its sender first. */
  get ports(): u32 {
    return u32be(changetype<usize>(this) + SOURCE_PORT);
  }

  /** Whether its sender left the checksum out, as IPv4 allows. */
  get isUnsummed(): bool {
    return load<u16>(changetype<usize>(this), CHECKSUM) == 0;
  }

  /** Whether the checksum of the datagram of `length` bytes is right; `pseudoHeader` is the sum of that. */
  isIntact(pseudoHeader: u64, length: u32): bool {
    return checksumOf(pseudoHeader + sumOf(changetype<usize>(this), length)) == 0;
  }
}
