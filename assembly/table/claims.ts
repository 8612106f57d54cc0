import { Address } from '../wire/address';
import { hashNumbered } from './hash';

/**
 * The addresses that this machine has or is about to take. Records are numbered from 1. They lie outside of the tables
 * that `configure` sizes: a takeover has a handful, and asks for all addresses of all machines that die at once.
 *
 *   0    8    16         24          28     32       32 + 8 * 32
 *   | hi | lo | hardware | interface | next | toldUs × 32 |
 *
 * hardware: 48 bits in memory order; interface: 0 for all; toldUs: when a conflict was told last, for each interface.
 */
@unmanaged
export class Claim {
  hi: u64;
  lo: u64;
  hardware: u64;
  interface: u32;
  next: u32;

  get address(): Address {
    return changetype<Address>(changetype<usize>(this));
  }

  toldUs(iface: u32): i64 {
    return load<i64>(this.toldAt(iface));
  }

  tell(iface: u32, nowUs: i64): void {
    store<i64>(this.toldAt(iface), nowUs);
  }

  private toldAt(iface: u32): usize {
    return changetype<usize>(this) + CLAIM_HEAD_BYTES + ((<usize>(iface & (TOLD_INTERFACES - 1))) << 3);
  }
}

/** Claims at a time: a power of two. */
export const MAX_CLAIMS: u32 = 256;
/** Interfaces with the same number modulo this share a place. */
const TOLD_INTERFACES: u32 = 32;
const CLAIM_HEAD_BYTES: u32 = 32;
const CLAIM_BYTES: u32 = CLAIM_HEAD_BYTES + TOLD_INTERFACES * 8;
/** Long before any time, and far from where a distance overflows. */
const NEVER_US: i64 = -0x2000000000000000;

const records = memory.data(MAX_CLAIMS * CLAIM_BYTES, 8);
const buckets = memory.data(MAX_CLAIMS * 4, 4);

let freeHead: u32 = 0;
let claimed: u32 = 0;
/** Records from here on were never in use. */
let used: u32 = 0;

export function hasClaims(): bool {
  return claimed != 0;
}

export function clearClaims(): void {
  memory.fill(buckets, 0, MAX_CLAIMS << 2);
  freeHead = 0;
  claimed = 0;
  used = 0;
}

export function claimAt(index: u32): Claim {
  return changetype<Claim>(records + <usize>((index - 1) * CLAIM_BYTES));
}

/** The number of the claim, or 0. */
export function findClaim(address: Address, addressHash: u64): u32 {
  return load<u32>(linkTo(address, addressHash));
}

/** Claims it, or changes what is claimed, as if no conflict had been told yet; false when the table is full. */
export function addClaim(address: Address, addressHash: u64, hardware: u64, iface: u32): bool {
  const link = linkTo(address, addressHash);
  let index = load<u32>(link);
  if (index == 0) {
    index = takeRecord();
    if (index == 0) return false;
    store<u32>(link, index);
    claimAt(index).address.set(address);
    claimAt(index).next = 0;
    claimed++;
  }
  const claim = claimAt(index);
  claim.hardware = hardware;
  claim.interface = iface;
  for (let i: u32 = 0; i < TOLD_INTERFACES; i++) claim.tell(i, NEVER_US);
  return true;
}

/** False when it was not there. */
export function removeClaim(address: Address, addressHash: u64): bool {
  const link = linkTo(address, addressHash);
  const index = load<u32>(link);
  if (index == 0) return false;
  store<u32>(link, claimAt(index).next);
  claimAt(index).next = freeHead;
  freeHead = index;
  claimed--;
  return true;
}

function takeRecord(): u32 {
  const index = freeHead;
  if (index != 0) {
    freeHead = claimAt(index).next;
    return index;
  }
  return used < MAX_CLAIMS ? ++used : 0;
}

/** Where the number of the record of `address` stands, or would stand. */
function linkTo(address: Address, addressHash: u64): usize {
  let at = buckets + ((<usize>(hashNumbered(addressHash, 0) & (MAX_CLAIMS - 1))) << 2);
  let index = load<u32>(at);
  while (index != 0) {
    const claim = claimAt(index);
    if (claim.address.equals(address)) return at;
    at = changetype<usize>(claim) + offsetof<Claim>('next');
    index = load<u32>(at);
  }
  return at;
}
