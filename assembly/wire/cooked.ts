/** Linux cooked captures, LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2 (the any interface of libpcap). */

import { u16be, u32be } from './bytes';

const PACKET_TYPE_V1: usize = 0;
const PROTOCOL_V1: usize = 14;

const PROTOCOL_V2: usize = 0;
const INTERFACE_V2: usize = 4;

/** Length of the headers in bytes. */
export const COOKED_V1_LENGTH: u32 = 16;
export const COOKED_V2_LENGTH: u32 = 20;

@unmanaged
export class CookedV1 {
  static checked(at: usize, captured: u32): CookedV1 | null {
    if (captured < COOKED_V1_LENGTH) return null;
    return changetype<CookedV1>(at);
  }

  /** Whom it was for; 4 when the capturing machine sent it. */
  get packetType(): u32 {
    return u16be(changetype<usize>(this) + PACKET_TYPE_V1);
  }

  /** An EtherType, or a Linux number below 1536 that is none. */
  get protocol(): u32 {
    return u16be(changetype<usize>(this) + PROTOCOL_V1);
  }
}

@unmanaged
export class CookedV2 {
  static checked(at: usize, captured: u32): CookedV2 | null {
    if (captured < COOKED_V2_LENGTH) return null;
    return changetype<CookedV2>(at);
  }

  get protocol(): u32 {
    return u16be(changetype<usize>(this) + PROTOCOL_V2);
  }

  /** The kernel's number of the interface. */
  get interfaceIndex(): u32 {
    return u32be(changetype<usize>(this) + INTERFACE_V2);
  }
}
