import { Address } from '../wire/address';

/**
 * Ports that this machine forwards to a port of another address (destination NAT). Records are numbered from 1, and lie outside
 * of the tables that `configure` sizes. Port 0 stands for the outer address itself: of what is behind it nothing else is known.
 *
 *   0       8       16      24      32     34         36     40
 *   | outer (16 B)  | real (16 B)  | port | realPort | next |
 */
@unmanaged
export class Forward {
  hi: u64;
  lo: u64;
  realHi: u64;
  realLo: u64;
  port: u16;
  realPort: u16;
  next: u32;

  get outer(): Address {
    return changetype<Address>(changetype<usize>(this));
  }

  get real(): Address {
    return changetype<Address>(changetype<usize>(this) + offsetof<Forward>('realHi'));
  }
}

/** Forwarded ports at a time, each outer address counted as one more: a power of two. */
export const MAX_FORWARDS: u32 = 1024;
const FORWARD_BYTES: u32 = 40;

const records = memory.data(MAX_FORWARDS * FORWARD_BYTES, 8);
const buckets = memory.data(MAX_FORWARDS * 4, 4);

let freeHead: u32 = 0;
let count: u32 = 0;
/** Records from here on were never in use. */
let used: u32 = 0;

export function clearForwards(): void {
  memory.fill(buckets, 0, MAX_FORWARDS << 2);
  freeHead = 0;
  count = 0;
  used = 0;
}

export function hasForwards(): bool {
  return count != 0;
}

/** What that port of the address stands for, or null. */
export function findForward(outer: Address, port: u32): Forward | null {
  const index = load<u32>(linkTo(outer, port));
  return index == 0 ? null : forwardAt(index);
}

export function isForwarded(outer: Address, port: u32): bool {
  return count != 0 && load<u32>(linkTo(outer, port)) != 0;
}

/** Whether what is said of the address as a whole is said of nobody: several machines may be behind it. */
export function isOuter(address: Address): bool {
  return count != 0 && load<u32>(linkTo(address, 0)) != 0;
}

/** Replaces what the port stood for; false when the table is full. */
export function addForward(outer: Address, port: u32, real: Address, realPort: u32): bool {
  const link = linkTo(outer, port);
  let index = load<u32>(link);
  if (index == 0) {
    index = takeRecord();
    if (index == 0) return false;
    const made = forwardAt(index);
    made.outer.set(outer);
    made.port = <u16>port;
    made.next = 0;
    store<u32>(link, index);
    count++;
  }
  const forward = forwardAt(index);
  forward.real.set(real);
  forward.realPort = <u16>realPort;
  return true;
}

/** False when it was not there. */
export function removeForward(outer: Address, port: u32): bool {
  const link = linkTo(outer, port);
  const index = load<u32>(link);
  if (index == 0) return false;
  store<u32>(link, forwardAt(index).next);
  forwardAt(index).next = freeHead;
  freeHead = index;
  count--;
  return true;
}

function forwardAt(index: u32): Forward {
  return changetype<Forward>(records + <usize>((index - 1) * FORWARD_BYTES));
}

function takeRecord(): u32 {
  const index = freeHead;
  if (index != 0) {
    freeHead = forwardAt(index).next;
    return index;
  }
  return used < MAX_FORWARDS ? ++used : 0;
}

/** Where the number of the record of that port stands, or would stand. */
function linkTo(outer: Address, port: u32): usize {
  // What is forwarded is the operator's choice: this hash needs no key.
  let folded = (outer.hi + rotl(outer.lo, 20)) ^ ((<u64>port) << 17);
  folded ^= folded >> 32;
  const hash = <u32>((folded * 0xff51afd7ed558ccd) >> 40);
  let at = buckets + ((<usize>(hash & (MAX_FORWARDS - 1))) << 2);
  let index = load<u32>(at);
  while (index != 0) {
    const forward = forwardAt(index);
    if (<u32>forward.port == port && forward.outer.equals(outer)) return at;
    at = changetype<usize>(forward) + offsetof<Forward>('next');
    index = load<u32>(at);
  }
  return at;
}
