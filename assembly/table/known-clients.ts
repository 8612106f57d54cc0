import { Address } from '../wire/address';
import { hashNumbered } from './hash';
import { aligned, bucketsFor, take } from './memory';

/**
 * The clients with a known mail address (the left column of tables 73 and 74). Records are numbered from 1.
 *
 *   0    8    16     20   24
 *   | hi | lo | next |    |
 */
@unmanaged
class Known {
  hi: u64;
  lo: u64;
  next: u32;

  get address(): Address {
    return changetype<Address>(changetype<usize>(this));
  }
}

const KNOWN_BYTES: u32 = 24;

let records: usize = 0;
let buckets: usize = 0;
let bucketMask: u32 = 0;
let capacity: u32 = 0;
let freeHead: u32 = 0;

export function knownBytes(count: u32): u64 {
  return aligned(<u64>count * KNOWN_BYTES) + aligned(<u64>bucketsFor(count) * 4);
}

export function setUpKnown(count: u32): void {
  capacity = count;
  records = take(<u64>count * KNOWN_BYTES);
  const bucketCount = bucketsFor(count);
  buckets = take(<u64>bucketCount * 4);
  bucketMask = bucketCount - 1;
  clearKnown();
}

export function clearKnown(): void {
  memory.fill(buckets, 0, (<usize>bucketMask + 1) << 2);
  knownAt(capacity).next = 0;
  for (let i: u32 = 1; i < capacity; i++) knownAt(i).next = i + 1;
  freeHead = 1;
}

export function isKnown(address: Address, addressHash: u64): bool {
  return load<u32>(linkTo(address, addressHash)) != 0;
}

/** False when the table is full. */
export function addKnown(address: Address, addressHash: u64): bool {
  const link = linkTo(address, addressHash);
  if (load<u32>(link) != 0) return true;
  const index = freeHead;
  if (index == 0) return false;
  const known = knownAt(index);
  freeHead = known.next;
  known.address.set(address);
  known.next = 0;
  store<u32>(link, index);
  return true;
}

/** False when it was not there. */
export function removeKnown(address: Address, addressHash: u64): bool {
  const link = linkTo(address, addressHash);
  const index = load<u32>(link);
  if (index == 0) return false;
  const known = knownAt(index);
  store<u32>(link, known.next);
  known.next = freeHead;
  freeHead = index;
  return true;
}

function knownAt(index: u32): Known {
  return changetype<Known>(records + <usize>(index - 1) * KNOWN_BYTES);
}

/** Where the number of the record of `address` stands, or would stand. */
function linkTo(address: Address, addressHash: u64): usize {
  let at = buckets + ((<usize>(hashNumbered(addressHash, 0) & bucketMask)) << 2);
  let index = load<u32>(at);
  while (index != 0) {
    const known = knownAt(index);
    if (known.address.equals(address)) return at;
    at = changetype<usize>(known) + offsetof<Known>('next');
    index = load<u32>(at);
  }
  return at;
}
