/** Internet Protocol version 6 header and extension headers, RFC 8200 sections 3 and 4. */

import { Address } from './address';
import { putU16be, u16be } from './bytes';
import { checksumOf, pseudoSum, sumOf } from './checksum';

const VERSION: usize = 0;
const PAYLOAD_LENGTH: usize = 4;
const NEXT_HEADER: usize = 6;
const HOP_LIMIT: usize = 7;
const SOURCE: usize = 8;
const DESTINATION: usize = 24;

export const IPV6_LENGTH: u32 = 40;
/** Both addresses, one behind the other. */
const ADDRESSES_LENGTH: u32 = 32;

const HOP_BY_HOP: u32 = 0;
const ROUTING: u32 = 43;
const FRAGMENT: u32 = 44;
const DESTINATION_OPTIONS: u32 = 60;
const MOBILITY: u32 = 135;

const FRAGMENT_LENGTH: u32 = 8;
const FRAGMENT_OFFSET: usize = 2;
const FRAGMENT_OFFSET_MASK: u32 = 0xfff8;
const MORE_FRAGMENTS_BIT: u32 = 1;

/** More extension headers than any real packet has; a bound on the work for one frame. */
const MAX_EXTENSIONS: u32 = 12;

/** What `transport` answers when there is no transport header to look at. */
export const CUT_SHORT: u32 = 0xffffffff;
export const LATER_FRAGMENT: u32 = 0xfffffffe;
/** In its answer: the packet goes on in further fragments. */
export const MORE_FRAGMENTS: u32 = 1 << 24;

@unmanaged
export class Ipv6 {
  /** The header at `at`, of which `captured` bytes may be read, or null if it is not a whole IPv6 header. */
  static checked(at: usize, captured: u32): Ipv6 | null {
    if (captured < IPV6_LENGTH) return null;
    if (load<u8>(at, VERSION) >> 4 != 6) return null;
    return changetype<Ipv6>(at);
  }

  get payloadLength(): u32 {
    return u16be(changetype<usize>(this) + PAYLOAD_LENGTH);
  }

  get nextHeader(): u32 {
    return load<u8>(changetype<usize>(this), NEXT_HEADER);
  }

  /** Whether a header that `transport` goes over follows it. */
  get hasExtensions(): bool {
    return this.nextHeader == FRAGMENT || isExtension(this.nextHeader);
  }

  get hopLimit(): u32 {
    return load<u8>(changetype<usize>(this), HOP_LIMIT);
  }

  /** Offset of the 16-byte source address in memory. */
  get source(): usize {
    return changetype<usize>(this) + SOURCE;
  }

  /** Offset of the 16-byte destination address in memory. */
  get destination(): usize {
    return changetype<usize>(this) + DESTINATION;
  }

  /** How many of the `captured` bytes from the header's start belong to the packet: the rest is padding. */
  within(captured: u32): u32 {
    const length = this.payloadLength;
    // Zero: a jumbogram (RFC 2675), or segmentation offload seen on the sending machine.
    return length == 0 ? captured : min(IPV6_LENGTH + length, captured);
  }

  /** Bytes of the packet from its start as the sender meant them, whether captured or not. */
  wholeLength(captured: u32): u32 {
    const length = this.payloadLength;
    return length == 0 ? captured : IPV6_LENGTH + length;
  }

  /**
   * The sum of the pseudo-header of `length` bytes of `protocol`. While a routing header leads elsewhere first, the
   * address is not that of who checks it (RFC 8200 section 8.1): it does not come out right, and that packet is not for
   * the address that it bears.
   */
  pseudoHeader(protocol: u32, length: u32): u64 {
    return pseudoSum(this.source, ADDRESSES_LENGTH, protocol, length);
  }

  /**
   * Walks the extension headers within the first `length` bytes of the packet: protocol number << 16 | offset
   * of what follows them, with MORE_FRAGMENTS where that is so; or CUT_SHORT, or LATER_FRAGMENT. An authentication header ends the walk as a protocol
   * of its own: what is behind it is not looked at.
   */
  transport(length: u32): u32 {
    const at = changetype<usize>(this);
    let next = this.nextHeader;
    let offset = IPV6_LENGTH;
    let more: u32 = 0;
    for (let i: u32 = 0; i < MAX_EXTENSIONS; i++) {
      if (next == FRAGMENT) {
        if (offset + FRAGMENT_LENGTH > length) return CUT_SHORT;
        const fragment = u16be(at + offset + FRAGMENT_OFFSET);
        if ((fragment & FRAGMENT_OFFSET_MASK) != 0) return LATER_FRAGMENT;
        if ((fragment & MORE_FRAGMENTS_BIT) != 0) more = MORE_FRAGMENTS;
        next = load<u8>(at + offset);
        offset += FRAGMENT_LENGTH;
      } else if (isExtension(next)) {
        if (offset + 8 > length) return CUT_SHORT;
        next = load<u8>(at + offset);
        offset += (<u32>load<u8>(at + offset, 1) + 1) << 3;
      } else {
        return offset > length ? CUT_SHORT : more | (next << 16) | offset;
      }
    }
    return CUT_SHORT;
  }
}

/** Of those with a length of their own. */
function isExtension(next: u32): bool {
  return next == HOP_BY_HOP || next == ROUTING || next == DESTINATION_OPTIONS || next == MOBILITY;
}

/** Writes a header of no traffic class and flow; `payloadLength` in bytes. */
export function putIpv6(
  at: usize,
  payloadLength: u32,
  nextHeader: u32,
  hopLimit: u32,
  source: Address,
  destination: Address,
): void {
  store<u32>(at, 0x60, VERSION);
  putU16be(at + PAYLOAD_LENGTH, payloadLength);
  store<u8>(at, <u8>nextHeader, NEXT_HEADER);
  store<u8>(at, <u8>hopLimit, HOP_LIMIT);
  source.putIpv6(at + SOURCE);
  destination.putIpv6(at + DESTINATION);
}

/**
 * The checksum of the `length` bytes behind a header that is followed by no extension header, over them and the
 * pseudo-header (RFC 8200 section 8.1): with the field itself zero what belongs there, otherwise 0 if right.
 */
export function checksumBehind(at: usize, length: u32): u32 {
  const packet = changetype<Ipv6>(at);
  return checksumOf(packet.pseudoHeader(packet.nextHeader, length) + sumOf(at + IPV6_LENGTH, length));
}
