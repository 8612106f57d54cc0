import { Address } from '../wire/address';
import { hashNumbered } from './hash';

/**
 * The program's own addresses, where it runs on another machine than this: what it sends passes through here as a client's
 * packets do. Records are numbered from 1. They lie outside of the tables that `configure` sizes: a machine has a few.
 *
 *   0    8    16     20   24
 *   | hi | lo | next |    |
 */
@unmanaged
class Own {
  hi: u64;
  lo: u64;
  next: u32;

  get address(): Address {
    return changetype<Address>(changetype<usize>(this));
  }
}

/** Own addresses at a time: a power of two. */
export const MAX_OWN: u32 = 64;
const OWN_BYTES: u32 = 24;

const records = memory.data(MAX_OWN * OWN_BYTES, 8);
const buckets = memory.data(MAX_OWN * 4, 4);

let freeHead: u32 = 0;
let count: u32 = 0;
/** Records from here on were never in use. */
let used: u32 = 0;

export function clearOwn(): void {
  memory.fill(buckets, 0, MAX_OWN << 2);
  freeHead = 0;
  count = 0;
  used = 0;
}

export function isOwn(address: Address, addressHash: u64): bool {
  return count != 0 && load<u32>(linkTo(address, addressHash)) != 0;
}

/** False when the table is full. */
export function addOwn(address: Address, addressHash: u64): bool {
  const link = linkTo(address, addressHash);
  if (load<u32>(link) != 0) return true;
  const index = takeRecord();
  if (index == 0) return false;
  const own = ownAt(index);
  own.address.set(address);
  own.next = 0;
  store<u32>(link, index);
  count++;
  return true;
}

/** False when it was not there. */
export function removeOwn(address: Address, addressHash: u64): bool {
  const link = linkTo(address, addressHash);
  const index = load<u32>(link);
  if (index == 0) return false;
  store<u32>(link, ownAt(index).next);
  ownAt(index).next = freeHead;
  freeHead = index;
  count--;
  return true;
}

function ownAt(index: u32): Own {
  return changetype<Own>(records + <usize>((index - 1) * OWN_BYTES));
}

function takeRecord(): u32 {
  const index = freeHead;
  if (index != 0) {
    freeHead = ownAt(index).next;
    return index;
  }
  return used < MAX_OWN ? ++used : 0;
}

/** Where the number of the record of `address` stands, or would stand. */
function linkTo(address: Address, addressHash: u64): usize {
  let at = buckets + ((<usize>(hashNumbered(addressHash, 0) & (MAX_OWN - 1))) << 2);
  let index = load<u32>(at);
  while (index != 0) {
    const own = ownAt(index);
    if (own.address.equals(address)) return at;
    at = changetype<usize>(own) + offsetof<Own>('next');
    index = load<u32>(at);
  }
  return at;
}
