import { Address } from '../wire/address';
import { mix } from './hash';
import { aligned, bucketsFor, take } from './memory';

/**
 * The addresses that are servers: a set of prefixes, looked up once for each prefix length that occurs, usually
 * one or two. Records are numbered from 1.
 *
 *   0    8    16     20       24
 *   | hi | lo | next | length |      length in bits of 16 bytes: an IPv4 /24 is 120
 */
@unmanaged
class Prefix {
  hi: u64;
  lo: u64;
  next: u32;
  length: u32;

  get address(): Address {
    return changetype<Address>(changetype<usize>(this));
  }
}

const PREFIX_BYTES: u32 = 24;
/** Bits before an IPv4 address in its 16 bytes. */
const MAPPED_LENGTH: u32 = 96;
/** Lengths from 0 to 128. */
const LENGTHS: u32 = 129;

const masked = changetype<Address>(memory.data(16, 8));
/** How many prefixes of each length there are. */
const population = memory.data(LENGTHS * 4, 4);
/** The lengths that occur, one byte each. */
const lengths = memory.data(LENGTHS);

let lengthCount: u32 = 0;
let records: usize = 0;
let buckets: usize = 0;
let bucketMask: u32 = 0;
let capacity: u32 = 0;
let freeHead: u32 = 0;

export function prefixesBytes(count: u32): u64 {
  return aligned(<u64>count * PREFIX_BYTES) + aligned(<u64>bucketsFor(count) * 4);
}

export function setUpPrefixes(count: u32): void {
  capacity = count;
  records = take(<u64>count * PREFIX_BYTES);
  const bucketCount = bucketsFor(count);
  buckets = take(<u64>bucketCount * 4);
  bucketMask = bucketCount - 1;
  clearPrefixes();
}

export function clearPrefixes(): void {
  memory.fill(buckets, 0, (<usize>bucketMask + 1) << 2);
  prefixAt(capacity).next = 0;
  for (let i: u32 = 1; i < capacity; i++) prefixAt(i).next = i + 1;
  freeHead = 1;
  lengthCount = 0;
  memory.fill(population, 0, LENGTHS * 4);
}

export function containsAddress(address: Address): bool {
  for (let i: u32 = 0; i < lengthCount; i++) {
    const length = <u32>load<u8>(lengths + i);
    // ::/0 is all of IPv6 and nothing of IPv4.
    if (length < MAPPED_LENGTH && address.isIpv4) continue;
    maskTo(address, length);
    if (load<u32>(linkTo(length)) != 0) return true;
  }
  return false;
}

/** Adds a prefix; false when the table is full. Bits after `length` are ignored. */
export function addPrefix(address: Address, length: u32): bool {
  maskTo(address, length);
  const link = linkTo(length);
  if (load<u32>(link) != 0) return true;
  const index = freeHead;
  if (index == 0) return false;
  const prefix = prefixAt(index);
  freeHead = prefix.next;
  prefix.address.set(masked);
  prefix.length = length;
  prefix.next = 0;
  store<u32>(link, index);
  populate(length, 1);
  return true;
}

/** Takes a prefix away; false when it was not there. */
export function removePrefix(address: Address, length: u32): bool {
  maskTo(address, length);
  const link = linkTo(length);
  const index = load<u32>(link);
  if (index == 0) return false;
  const prefix = prefixAt(index);
  store<u32>(link, prefix.next);
  prefix.next = freeHead;
  freeHead = index;
  populate(length, -1);
  return true;
}

function prefixAt(index: u32): Prefix {
  return changetype<Prefix>(records + <usize>(index - 1) * PREFIX_BYTES);
}

/** Leaves the first `length` bits of `address` in `masked`. */
function maskTo(address: Address, length: u32): void {
  masked.hi = address.hi & maskOf(min(length, 64));
  masked.lo = address.lo & maskOf(length > 64 ? length - 64 : 0);
}

function maskOf(bits: u32): u64 {
  return bits == 0 ? 0 : bswap<u64>(u64.MAX_VALUE << (64 - bits));
}

/** Where the number of the record of `masked` with this length stands, or would stand. */
function linkTo(length: u32): usize {
  // What is watched is the operator's choice: this hash needs no key.
  const hash = <u32>mix(mix(masked.hi + <u64>length) + masked.lo);
  let at = buckets + ((<usize>(hash & bucketMask)) << 2);
  let index = load<u32>(at);
  while (index != 0) {
    const prefix = prefixAt(index);
    if (prefix.length == length && prefix.address.equals(masked)) return at;
    at = changetype<usize>(prefix) + offsetof<Prefix>('next');
    index = load<u32>(at);
  }
  return at;
}

function populate(length: u32, change: i32): void {
  const at = population + ((<usize>length) << 2);
  store<u32>(at, load<u32>(at) + change);
  lengthCount = 0;
  for (let i: u32 = 0; i < LENGTHS; i++) {
    if (load<u32>(population + ((<usize>i) << 2)) != 0) store<u8>(lengths + lengthCount++, <u8>i);
  }
}
