/** Internet Protocol version 4 header, RFC 791 section 3.1. */

import { u16be } from './bytes';
import { checksumOf, pseudoSum, sumOf } from './checksum';

const VERSION_IHL: usize = 0;
const TOTAL_LENGTH: usize = 2;
const FRAGMENT: usize = 6;
const TIME_TO_LIVE: usize = 8;
const PROTOCOL: usize = 9;
const CHECKSUM: usize = 10;
const SOURCE: usize = 12;
const DESTINATION: usize = 16;

const MIN_LENGTH: u32 = 20;
/** Both addresses, one behind the other. */
const ADDRESSES_LENGTH: u32 = 8;
const MORE_FRAGMENTS: u32 = 0x2000;
const FRAGMENT_OFFSET_MASK: u32 = 0x1fff;

@unmanaged
export class Ipv4 {
  /**
   * The header at `at`, of which `captured` bytes may be read, or null if it is not a whole IPv4
   * header. No getter can read outside the capture afterwards.
   */
  static checked(at: usize, captured: u32): Ipv4 | null {
    if (captured < MIN_LENGTH) return null;
    if (load<u8>(at, VERSION_IHL) >> 4 != 4) return null;
    const header = changetype<Ipv4>(at);
    if (header.headerLength < MIN_LENGTH || header.headerLength > captured) return null;
    const total = header.totalLength;
    // Segmentation offload leaves zero for the adapter to fill in: captures on the sender show it.
    if (total != 0 && total < header.headerLength) return null;
    return header;
  }

  get headerLength(): u32 {
    return (<u32>(load<u8>(changetype<usize>(this), VERSION_IHL) & 15)) << 2;
  }

  get totalLength(): u32 {
    return u16be(changetype<usize>(this) + TOTAL_LENGTH);
  }

  /** Whether it is a fragment other than the first: what follows is then no transport header. */
  get isLaterFragment(): bool {
    return (u16be(changetype<usize>(this) + FRAGMENT) & FRAGMENT_OFFSET_MASK) != 0;
  }

  get hasMoreFragments(): bool {
    return (u16be(changetype<usize>(this) + FRAGMENT) & MORE_FRAGMENTS) != 0;
  }

  get timeToLive(): u32 {
    return load<u8>(changetype<usize>(this), TIME_TO_LIVE);
  }

  get protocol(): u32 {
    return load<u8>(changetype<usize>(this), PROTOCOL);
  }

  /** Offset of the header's checksum in memory. */
  get checksumAt(): usize {
    return changetype<usize>(this) + CHECKSUM;
  }

  /** Offset of the 4-byte source address in memory. */
  get source(): usize {
    return changetype<usize>(this) + SOURCE;
  }

  /** Offset of the 4-byte destination address in memory. */
  get destination(): usize {
    return changetype<usize>(this) + DESTINATION;
  }

  /** How many of the `captured` bytes from the header's start belong to the packet: the rest is padding. */
  within(captured: u32): u32 {
    const total = this.totalLength;
    return total == 0 ? captured : min(total, captured);
  }

  /** Whether the header's checksum is right. */
  get isIntact(): bool {
    return checksumOf(sumOf(changetype<usize>(this), this.headerLength)) == 0;
  }

  /** The sum of the pseudo-header of a segment of `length` bytes. */
  pseudoHeader(length: u32): u64 {
    return pseudoSum(this.source, ADDRESSES_LENGTH, this.protocol, length);
  }

  /** Bytes after the header as the sender meant them, whether captured or not. */
  payloadLength(captured: u32): u32 {
    const total = this.totalLength;
    return (total == 0 ? captured : total) - this.headerLength;
  }
}
