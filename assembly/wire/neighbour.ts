/** Neighbour solicitation and advertisement, RFC 4861 sections 4.3, 4.4 and 4.6.1. */

import { Address } from './address';
import { putHardware, putU16be } from './bytes';
import { Icmpv6Type } from './icmp';

const TYPE: usize = 0;
const CODE: usize = 1;
const CHECKSUM: usize = 2;
const FLAGS: usize = 4;
const TARGET: usize = 8;
const OPTIONS: usize = 24;

const MIN_LENGTH: u32 = 24;
const ROUTER: u8 = 0x80;
const SOLICITED: u8 = 0x40;
const OVERRIDE: u8 = 0x20;

const SOURCE_LINK_LAYER: u8 = 1;
const TARGET_LINK_LAYER: u8 = 2;
const MAX_OPTIONS: u32 = 8;

/** Neighbour discovery never passes a router: RFC 4861 section 7.1. */
export const NEIGHBOUR_HOP_LIMIT: u32 = 255;

@unmanaged
export class Neighbour {
  /** The message at `at`, of which `captured` bytes may be read; null if cut short or not valid (section 7.1). */
  static checked(at: usize, captured: u32): Neighbour | null {
    if (captured < MIN_LENGTH || load<u8>(at, CODE) != 0) return null;
    if (load<u8>(at, TARGET) == 0xff) return null;
    return changetype<Neighbour>(at);
  }

  /** Whether an advertisement answers a solicitation. */
  get isSolicited(): bool {
    return (load<u8>(changetype<usize>(this), FLAGS) & SOLICITED) != 0;
  }

  /** Whether an advertisement comes from a router. */
  get isRouter(): bool {
    return (load<u8>(changetype<usize>(this), FLAGS) & ROUTER) != 0;
  }

  /** Whether an advertisement wants to replace a link-layer address that is known. */
  get isOverride(): bool {
    return (load<u8>(changetype<usize>(this), FLAGS) & OVERRIDE) != 0;
  }

  /** Offset of the 16-byte target address in memory. */
  get target(): usize {
    return changetype<usize>(this) + TARGET;
  }

  /** The link-layer address of its first such option within `captured` bytes: 48 bits in memory order, or 0. */
  linkLayer(captured: u32): u64 {
    const at = changetype<usize>(this);
    let offset: u32 = <u32>OPTIONS;
    for (let i: u32 = 0; i < MAX_OPTIONS && offset + 8 <= captured; i++) {
      const type = load<u8>(at + offset);
      const units = <u32>load<u8>(at + offset, 1);
      if (units == 0) return 0;
      if (type == SOURCE_LINK_LAYER || type == TARGET_LINK_LAYER) return load<u64>(at + offset) >> 16;
      offset += units << 3;
    }
    return 0;
  }
}

export const ADVERTISEMENT_LENGTH: u32 = 32;
export const SOLICITATION_LENGTH: u32 = 24;

/**
 * Writes an advertisement that nobody asked for and that replaces what is known (section 7.2.6), with `hardware`, 48
 * bits in memory order, as the target's link-layer address. The checksum is left zero.
 */
export function putAdvertisement(at: usize, target: Address, hardware: u64, isRouter: bool): void {
  begin(at, Icmpv6Type.NeighbourAdvertisement, isRouter ? ROUTER | OVERRIDE : OVERRIDE, target);
  store<u8>(at + OPTIONS, TARGET_LINK_LAYER);
  store<u8>(at + OPTIONS, 1, 1);
  putHardware(at + OPTIONS + 2, hardware);
}

/** Writes a solicitation without options: who has no address may not give his MAC address (section 4.3). */
export function putSolicitation(at: usize, target: Address): void {
  begin(at, Icmpv6Type.NeighbourSolicitation, 0, target);
}

function begin(at: usize, type: Icmpv6Type, flags: u8, target: Address): void {
  store<u8>(at, <u8>type, TYPE);
  store<u8>(at, 0, CODE);
  store<u16>(at, 0, CHECKSUM);
  store<u32>(at, flags, FLAGS);
  target.putIpv6(at + TARGET);
}

/** Writes `checksum` into the message at `at`. */
export function putChecksum(at: usize, checksum: u32): void {
  putU16be(at + CHECKSUM, checksum);
}
