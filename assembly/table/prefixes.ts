import { Address } from '../wire/address';
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
}

const PREFIX_BYTES: u32 = 24;
/** Bits before an IPv4 address in its 16 bytes. */
const MAPPED_LENGTH: u32 = 96;
const MAX_WITH_BROADCAST: u32 = MAPPED_LENGTH + 30;
/** Lengths from 0 to 128. */
const LENGTHS: u32 = 129;

/** How many prefixes of each length there are. */
const population = memory.data(LENGTHS * 4, 4);
/**
 * The lengths that occur, each with its mask.
 *
 *   0        8        16       20   24
 *   | maskHi | maskLo | length |    |
 */
@unmanaged
class Length {
  maskHi: u64;
  maskLo: u64;
  length: u32;
}

const LENGTH_BYTES: u32 = 24;
const lengths = memory.data(LENGTHS * LENGTH_BYTES, 8);

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
  const hi = address.hi;
  const lo = address.lo;
  const isIpv4 = address.isIpv4;
  const end = lengths + <usize>(lengthCount * LENGTH_BYTES);
  for (let at = lengths; at < end; at += LENGTH_BYTES) {
    const entry = changetype<Length>(at);
    // ::/0 is all of IPv6 and nothing of IPv4.
    if (isIpv4 && entry.length < MAPPED_LENGTH) continue;
    if (load<u32>(linkTo(hi & entry.maskHi, lo & entry.maskLo, entry.length)) != 0) return true;
  }
  return false;
}

/**
 * Whether it is the IPv4 broadcast address of a prefix, which no host has. A prefix of 31 bits has none (RFC 3021
 * section 2.1).
 */
export function isBroadcast(address: Address): bool {
  const lo = address.lo;
  const end = lengths + <usize>(lengthCount * LENGTH_BYTES);
  for (let at = lengths; at < end; at += LENGTH_BYTES) {
    const entry = changetype<Length>(at);
    if (entry.length < MAPPED_LENGTH || entry.length > MAX_WITH_BROADCAST) continue;
    if ((lo | entry.maskLo) != u64.MAX_VALUE) continue;
    if (load<u32>(linkTo(address.hi, lo & entry.maskLo, entry.length)) != 0) return true;
  }
  return false;
}

/** Adds a prefix; false when the table is full. Bits after `length` are ignored. */
export function addPrefix(address: Address, length: u32): bool {
  const hi = address.hi & highMask(length);
  const lo = address.lo & lowMask(length);
  const link = linkTo(hi, lo, length);
  if (load<u32>(link) != 0) return true;
  const index = freeHead;
  if (index == 0) return false;
  const prefix = prefixAt(index);
  freeHead = prefix.next;
  prefix.hi = hi;
  prefix.lo = lo;
  prefix.length = length;
  prefix.next = 0;
  store<u32>(link, index);
  populate(length, 1);
  return true;
}

/** Takes a prefix away; false when it was not there. */
export function removePrefix(address: Address, length: u32): bool {
  const hi = address.hi & highMask(length);
  const lo = address.lo & lowMask(length);
  const link = linkTo(hi, lo, length);
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

function highMask(length: u32): u64 {
  return maskOf(min(length, 64));
}

function lowMask(length: u32): u64 {
  return maskOf(length > 64 ? length - 64 : 0);
}

function maskOf(bits: u32): u64 {
  return bits == 0 ? 0 : bswap<u64>(u64.MAX_VALUE << (64 - bits));
}

/** Where the number of the record of the masked address with this length stands, or would stand. */
function linkTo(hi: u64, lo: u64, length: u32): usize {
  // What is watched is the operator's choice: this hash needs no key.
  let folded = (hi + rotl(lo, 20)) ^ <u64>length;
  folded ^= folded >> 32;
  const hash = <u32>((folded * 0xff51afd7ed558ccd) >> 40);
  let at = buckets + ((<usize>(hash & bucketMask)) << 2);
  let index = load<u32>(at);
  while (index != 0) {
    const prefix = prefixAt(index);
    if (prefix.length == length && prefix.lo == lo && prefix.hi == hi) return at;
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
    if (load<u32>(population + ((<usize>i) << 2)) != 0) {
      const entry = changetype<Length>(lengths + <usize>(lengthCount * LENGTH_BYTES));
      entry.maskHi = highMask(i);
      entry.maskLo = lowMask(i);
      entry.length = i;
      lengthCount++;
    }
  }
}
