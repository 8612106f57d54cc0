/** Ethernet II frames, and the tags of IEEE 802.1Q and 802.1ad between the addresses and the type. */

import { putHardware, putU16be, u16be } from './bytes';

const DESTINATION: usize = 0;
const SOURCE: usize = 6;
const TYPE: usize = 12;

/** Length of the header in bytes, tags not counted. */
export const ETHERNET_LENGTH: u32 = 14;
/** Length of one tag in bytes: tag control information and the type that follows. */
export const TAG_LENGTH: u32 = 4;

export const enum EtherType {
  Ipv4 = 0x0800,
  Arp = 0x0806,
  Vlan = 0x8100,
  Ipv6 = 0x86dd,
  ServiceVlan = 0x88a8,
  /** What switches used for the outer tag before 802.1ad. */
  OldServiceVlan = 0x9100,
}

@unmanaged
export class Ethernet {
  /** The header at `at`, of which `captured` bytes may be read, or null if it is cut short. */
  static checked(at: usize, captured: u32): Ethernet | null {
    if (captured < ETHERNET_LENGTH) return null;
    return changetype<Ethernet>(at);
  }

  /** Offset of the sender's 6-byte MAC address in memory. */
  get source(): usize {
    return changetype<usize>(this) + SOURCE;
  }

  /** Offset of the receiver's. */
  get destination(): usize {
    return changetype<usize>(this) + DESTINATION;
  }

  get type(): u32 {
    return u16be(changetype<usize>(this) + TYPE);
  }
}

/** All hosts of the link; 48 bits in memory order. */
export const BROADCAST: u64 = 0xffffffffffff;

/** Writes a header without tags; the MAC addresses are 48 bits in memory order. */
export function putEthernet(at: usize, destination: u64, source: u64, type: EtherType): void {
  putHardware(at + DESTINATION, destination);
  putHardware(at + SOURCE, source);
  putU16be(at + TYPE, type);
}

/** Whether it may stand for one adapter: not none, not a group. 48 bits in memory order. */
export function isAdapter(hardware: u64): bool {
  return hardware != 0 && (hardware & 1) == 0;
}

export function isTag(type: u32): bool {
  return type == EtherType.Vlan || type == EtherType.ServiceVlan || type == EtherType.OldServiceVlan;
}
