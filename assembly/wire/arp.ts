/** Address Resolution Protocol for IPv4 over Ethernet, RFC 826. */

import { Address } from './address';
import { hardwareAt, putHardware, putU16be, u16be } from './bytes';

const HARDWARE: usize = 0;
const PROTOCOL: usize = 2;
const HARDWARE_LENGTH: usize = 4;
const PROTOCOL_LENGTH: usize = 5;
const OPERATION: usize = 6;
const SENDER_HARDWARE: usize = 8;
const SENDER: usize = 14;
const TARGET_HARDWARE: usize = 18;
const TARGET: usize = 24;

export const ARP_LENGTH: u32 = 28;

const ETHERNET: u32 = 1;
const IPV4: u32 = 0x0800;
const MULTICAST_BIT: u8 = 1;

export const enum ArpOperation {
  Request = 1,
  Reply = 2,
}

@unmanaged
export class Arp {
  /**
   * The message at `at`, of which `captured` bytes may be read; null if it is cut short, is not
   * about IPv4 on Ethernet, or claims a group address as its sender's.
   */
  static checked(at: usize, captured: u32): Arp | null {
    if (captured < ARP_LENGTH) return null;
    if (u16be(at + HARDWARE) != ETHERNET || u16be(at + PROTOCOL) != IPV4) return null;
    if (load<u8>(at, HARDWARE_LENGTH) != 6 || load<u8>(at, PROTOCOL_LENGTH) != 4) return null;
    if ((load<u8>(at, SENDER_HARDWARE) & MULTICAST_BIT) != 0) return null;
    return changetype<Arp>(at);
  }

  get operation(): u32 {
    return u16be(changetype<usize>(this) + OPERATION);
  }

  /** The sender's MAC address as a number: 48 bits in memory order. */
  get senderHardware(): u64 {
    return load<u64>(changetype<usize>(this), SENDER_HARDWARE) & 0xffffffffffff;
  }

  /** Offset of the sender's 4-byte address in memory. */
  get sender(): usize {
    return changetype<usize>(this) + SENDER;
  }

  /** The target's MAC address as a number, 48 bits in memory order; 0 where it is not known. */
  get targetHardware(): u64 {
    return hardwareAt(changetype<usize>(this) + TARGET_HARDWARE);
  }

  /** Offset of the target's 4-byte address in memory. */
  get target(): usize {
    return changetype<usize>(this) + TARGET;
  }

  /** Whether it asks for, or answers to, its own sender: nobody asked, it announces (RFC 5227 section 1.1). */
  get isGratuitous(): bool {
    return load<u32>(changetype<usize>(this), SENDER) == load<u32>(changetype<usize>(this), TARGET);
  }
}

/** Writes a message. The MAC addresses are 48 bits in memory order, the others IPv4; all zero where it is null. */
export function putArp(
  at: usize,
  operation: ArpOperation,
  senderHardware: u64,
  sender: Address | null,
  targetHardware: u64,
  target: Address,
): void {
  putU16be(at + HARDWARE, ETHERNET);
  putU16be(at + PROTOCOL, IPV4);
  store<u8>(at, 6, HARDWARE_LENGTH);
  store<u8>(at, 4, PROTOCOL_LENGTH);
  putU16be(at + OPERATION, operation);
  putHardware(at + SENDER_HARDWARE, senderHardware);
  store<u32>(at, sender == null ? 0 : sender.ipv4, SENDER);
  putHardware(at + TARGET_HARDWARE, targetHardware);
  store<u32>(at, target.ipv4, TARGET);
}
