/** The frame in hand: what the steps hand on to each other. */

import { hashAddress } from '../table/hash';
import { Address } from '../wire/address';
import { hardwareAt } from '../wire/bytes';
import { seesEverything } from './options';

/** How a frame met this machine. */
export const enum Direction {
  /** A capture does not say. */
  Unknown = 0,
  /** It came in. */
  In = 1,
  /** It leaves. */
  Out = 2,
}

/** What the carrier says of a frame in the same number as its direction. */
export const enum FrameFlag {
  /** The checksum of its segment was found right, or is still to be written: a packet of this machine's or a guest's. */
  Vouched = 4,
  /** It was sent to another machine's MAC address. */
  ForOthers = 8,
}

/** All headers of a frame, of IPv6 without extensions, and those of its segment that neither ask nor answer. */
export const FRAME_PART_BYTES: u32 = 128;

/**
 * With the number of captured bytes: only the first FRAME_PART_BYTES lie in the buffer. Most that links are full of shows there that
 * nobody wants more of it.
 */
export const IN_PART: u32 = 0x10000;

/** Interfaces at a time, with numbers from 1 on: the tables keep them in a byte, and 0 is none. */
export const MAX_INTERFACES: u32 = 0xff;

/** The bits of the number that are the Direction. */
const DIRECTION: u32 = 3;

export const source = changetype<Address>(memory.data(16, 8));
export const destination = changetype<Address>(memory.data(16, 8));

/** Where the sender's MAC address lies, or 0. */
let linkSourceAt: usize = 0;
/** The MAC address of whom the frame was sent to, 48 bits in memory order; 0 when it has none. */
let linkTo: u64 = 0;
let interfaceNumber: u32 = 0;
let frameDirection: Direction = Direction.Unknown;
let frameFlags: u32 = 0;
let frameUs: i64 = 0;
/** Bytes of the frame behind those that were captured. */
let missing: u32 = 0;
let part = false;
let sourceHashed: u64 = 0;
let destinationHashed: u64 = 0;

/**
 * `way`: a Direction, and bits of FrameFlag; `more`: bytes of the frame behind those that were captured; `inPart`: whether not all of
 * those are in the buffer.
 */
export function beginPacket(iface: u32, way: u32, us: i64, more: u32, inPart: bool = false): void {
  interfaceNumber = iface & MAX_INTERFACES;
  frameDirection = way & DIRECTION;
  frameFlags = way;
  frameUs = us;
  missing = more;
  part = inPart;
}

/**
 * Whether a packet that says to be `length` bytes long, of which `captured` are here, came whole. What was cut on its way
 * nobody takes; what a capture has cut came whole.
 */
export function isWhole(length: u32, captured: u32): bool {
  return length <= captured || length - captured <= missing;
}

/** Where a capture of several interfaces says which it was. */
export function setInterface(iface: u32): void {
  interfaceNumber = iface & MAX_INTERFACES;
}

/** `at`: where the MAC address of who sent the frame on this link lies; 0 when it has none. */
export function setLinkSource(at: usize): void {
  linkSourceAt = at;
  linkTo = 0;
}

/** `at`: where the MAC address of whom the frame was sent to lies. */
export function setLinkDestination(at: usize): void {
  linkTo = hardwareAt(at);
}

/** It as a number: 48 bits in memory order, or 0. */
export function linkDestination(): u64 {
  return linkTo;
}

/**
 * Whether this machine has sent it to itself: on its loopback no MAC address is any. What comes from a wire to none was sent to
 * another machine's.
 */
export function isFromItself(): bool {
  return isIncoming() && !isForOthers() && linkSourceAt != 0 && linkSource() == 0 && linkTo == 0;
}

/** Whether the frame was sent to a group of stations, or to all. */
export function isToGroup(): bool {
  return (linkTo & 1) != 0;
}

/** It as a number: 48 bits in memory order, or 0. */
export function linkSource(): u64 {
  return linkSourceAt == 0 ? 0 : hardwareAt(linkSourceAt);
}

export function iface(): u32 {
  return interfaceNumber;
}

export function isOutgoing(): bool {
  return frameDirection == Direction.Out;
}

/** Whether it came in where it matters on which side: not in a capture, nor where both sides are seen. */
export function hasSide(): bool {
  return frameDirection == Direction.In && !seesEverything(interfaceNumber);
}

export function isIncoming(): bool {
  return frameDirection == Direction.In;
}

export function isVouched(): bool {
  return (frameFlags & FrameFlag.Vouched) != 0;
}

export function isForOthers(): bool {
  return (frameFlags & FrameFlag.ForOthers) != 0;
}

/** Whether there is more of it than may be read. */
export function isPart(): bool {
  return part;
}

/** All of it has come. */
export function completePacket(): void {
  part = false;
}

export function hasDirection(): bool {
  return frameDirection != Direction.Unknown;
}

/** The frame's own time, which may step back; for reports, not for deadlines. */
export function timeUs(): i64 {
  return frameUs;
}

/** To be called once the addresses are set and somebody needs their hashes. */
export function hashBoth(): void {
  sourceHashed = hashAddress(source);
  destinationHashed = hashAddress(destination);
}

export function sourceHash(): u64 {
  return sourceHashed;
}

export function destinationHash(): u64 {
  return destinationHashed;
}
