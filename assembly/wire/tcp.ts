/** Transmission Control Protocol header, RFC 9293 section 3.1. */

import { u16be, u32be } from './bytes';
import { checksumOf, sumOf } from './checksum';

const SOURCE_PORT: usize = 0;
const DESTINATION_PORT: usize = 2;
const SEQUENCE: usize = 4;
const ACKNOWLEDGEMENT: usize = 8;
const DATA_OFFSET: usize = 12;
const FLAGS: usize = 13;
const WINDOW: usize = 14;

/** Where its checksum lies in the header. */
export const TCP_CHECKSUM: u32 = 16;

/** Its number as the protocol of an IP packet. */
export const TCP: u32 = 6;

const MIN_LENGTH: u32 = 20;
/** What an ICMP error must quote at the least: ports and sequence number (RFC 792). */
const QUOTE_LENGTH: u32 = 8;

export const enum TcpFlag {
  Syn = 0x02,
  Rst = 0x04,
  Ack = 0x10,
}

@unmanaged
export class Tcp {
  /**
   * The header at `at`, of which `captured` bytes may be read, or null if the segment of `length` bytes cannot hold it.
   * Its options need not be there: a capture may cut them off, and those of a first fragment may go on in the next one.
   */
  static checked(at: usize, captured: u32, length: u32, fragmented: bool): Tcp | null {
    if (captured < MIN_LENGTH) return null;
    const header = changetype<Tcp>(at);
    if (header.headerLength < MIN_LENGTH) return null;
    return header.headerLength > length && !fragmented ? null : header;
  }

  get sourcePort(): u32 {
    return u16be(changetype<usize>(this) + SOURCE_PORT);
  }

  get destinationPort(): u32 {
    return u16be(changetype<usize>(this) + DESTINATION_PORT);
  }

  get sequence(): u32 {
    return u32be(changetype<usize>(this) + SEQUENCE);
  }

  get acknowledgement(): u32 {
    return u32be(changetype<usize>(this) + ACKNOWLEDGEMENT);
  }

  get headerLength(): u32 {
    return (<u32>(load<u8>(changetype<usize>(this), DATA_OFFSET) >> 4)) << 2;
  }

  /** How much more its sender takes, in whatever unit; 0 is nothing. */
  get window(): u32 {
    return u16be(changetype<usize>(this) + WINDOW);
  }

  /** Whether the checksum of the segment of `length` bytes is right; `pseudoHeader` is the sum of that. */
  isIntact(pseudoHeader: u64, length: u32): bool {
    return checksumOf(pseudoHeader + sumOf(changetype<usize>(this), length)) == 0;
  }

  /** SYN, RST and ACK; a SYN may carry any of the others. */
  get handshake(): u32 {
    return load<u8>(changetype<usize>(this), FLAGS) & (TcpFlag.Syn | TcpFlag.Rst | TcpFlag.Ack);
  }
}

/** The beginning of a TCP header as an ICMP error quotes it: 8 bytes are certain, the flags are luck. */
@unmanaged
export class QuotedTcp {
  static checked(at: usize, captured: u32): QuotedTcp | null {
    if (captured < QUOTE_LENGTH) return null;
    return changetype<QuotedTcp>(at);
  }

  /** Offsets of the ports in memory. */
  get sourcePortAt(): usize {
    return changetype<usize>(this) + SOURCE_PORT;
  }

  get destinationPortAt(): usize {
    return changetype<usize>(this) + DESTINATION_PORT;
  }

  get sourcePort(): u32 {
    return u16be(changetype<usize>(this) + SOURCE_PORT);
  }

  get destinationPort(): u32 {
    return u16be(changetype<usize>(this) + DESTINATION_PORT);
  }

  get sequence(): u32 {
    return u32be(changetype<usize>(this) + SEQUENCE);
  }

  /** SYN, RST and ACK, or 0 when the quote of `captured` bytes ends before them. */
  handshake(captured: u32): u32 {
    if (captured <= <u32>FLAGS) return 0;
    return load<u8>(changetype<usize>(this), FLAGS) & (TcpFlag.Syn | TcpFlag.Rst | TcpFlag.Ack);
  }
}
