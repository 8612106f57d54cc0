import { Address } from '../wire/address';
import { hashNumbered } from './hash';
import { aligned, bucketsFor, take } from './memory';

/**
 * A client waiting for a server (table 72b). Records are numbered from 1, as in the seed's figure 4.
 *
 *   0         8              16            32     36         40       44
 *   | firstUs | span | tries | address     | next | hashNext | outage |
 *
 * `span` is the time from the first to the last try in 48 bits (µs, almost nine years); the uppermost bit of `tries`
 * says that somebody counts on a notice. `outage` is the number
 * of the outage whose chain the record is in or was in last: a chain that goes back to the free chain in one
 * step leaves its records in their hash buckets, where nothing finds them any more because outage numbers
 * are never used twice; whoever takes a record from the free chain takes it out of its bucket then.
 */
@unmanaged
export class Client {
  firstUs: i64;
  spanAndTries: u64;
  hi: u64;
  lo: u64;
  next: u32;
  hashNext: u32;
  outage: u32;

  get address(): Address {
    return changetype<Address>(changetype<usize>(this) + offsetof<Client>('hi'));
  }

  get lastUs(): i64 {
    return this.firstUs + <i64>(this.spanAndTries & SPAN_MASK);
  }

  /** Requests of this client that nobody answered; 0 when the one that entered it was answered after all. */
  get tries(): u32 {
    return <u32>(this.spanAndTries >> SPAN_BITS) & MAX_TRIES;
  }

  /** Whether its mail address was known when it was entered or tried again. */
  get isPromised(): bool {
    return (this.spanAndTries & PROMISED_BIT) != 0;
  }

  promise(): void {
    this.spanAndTries |= PROMISED_BIT;
  }

  setTimes(firstUs: i64, lastUs: i64, tries: u32): void {
    this.firstUs = firstUs;
    const span = lastUs > firstUs ? <u64>(lastUs - firstUs) : 0;
    const promised = this.spanAndTries & PROMISED_BIT;
    this.spanAndTries = promised | min(span, SPAN_MASK) | ((<u64>min(tries, MAX_TRIES)) << SPAN_BITS);
  }
}

/** Bytes of the record of a client that waits; with its share of the hash buckets 48 at the most. */
export const CLIENT_BYTES: u32 = <u32>offsetof<Client>('outage') + 4;

const SPAN_BITS: u64 = 48;
const SPAN_MASK: u64 = ((<u64>1) << SPAN_BITS) - 1;
const MAX_TRIES: u32 = 0x7fff;
const PROMISED_BIT: u64 = (<u64>1) << 63;

let records: usize = 0;
let buckets: usize = 0;
let bucketMask: u32 = 0;
let capacity: u32 = 0;

// The free chain, table 71c.
let freeHead: u32 = 0;
let freeTail: u32 = 0;
let freeLength: u32 = 0;
/** Records that were ever taken, the first ones: the others come before the free chain, and cost no memory until then. */
let fresh: u32 = 0;

export function clientsBytes(capacity: u32): u64 {
  return aligned(<u64>capacity * CLIENT_BYTES) + aligned(<u64>bucketsFor(capacity) * 4);
}

export function setUpClients(most: u32): void {
  capacity = most;
  records = take(<u64>capacity * CLIENT_BYTES);
  const count = bucketsFor(capacity);
  buckets = take(<u64>count * 4);
  bucketMask = count - 1;
  freeHead = freeTail = fresh = 0;
  freeLength = capacity;
}

export function clientAt(index: u32): Client {
  return changetype<Client>(records + <usize>(index - 1) * CLIENT_BYTES);
}

export function clientCapacity(): u32 {
  return capacity;
}

export function freeClients(): u32 {
  return freeLength;
}

/** The number of the record of `address` in the chain of `outage`, or 0. */
export function findClient(outage: u32, address: Address, addressHash: u64): u32 {
  let index = load<u32>(bucketOf(outage, addressHash));
  while (index != 0) {
    const client = clientAt(index);
    if (client.outage == outage && client.address.equals(address)) return index;
    index = client.hashNext;
  }
  return 0;
}

/** Takes a record that was never taken, or one from the head of the free chain, for `outage`, not linked to its chain yet; 0 when there is none. */
export function takeClient(outage: u32, address: Address, addressHash: u64, oldHash: u64): u32 {
  const index = nextFreeClient();
  if (index == 0) return 0;
  const client = clientAt(index);
  if (fresh < capacity) fresh++;
  else {
    freeHead = client.next;
    if (freeHead == 0) freeTail = 0;
  }
  freeLength--;
  if (client.outage != 0) leaveBucket(index, bucketOf(client.outage, oldHash));
  client.address.set(address);
  client.outage = outage;
  client.spanAndTries = 0;
  client.next = 0;
  const bucket = bucketOf(outage, addressHash);
  client.hashNext = load<u32>(bucket);
  store<u32>(bucket, index);
  return index;
}

/** The record that `takeClient` would take, or 0. */
export function nextFreeClient(): u32 {
  return fresh < capacity ? fresh + 1 : freeHead;
}

/** The record that is taken after that free one, or 0. */
export function freeAfter(index: u32): u32 {
  if (index <= fresh) return clientAt(index).next;
  return index < capacity ? index + 1 : freeHead;
}

/** Makes a record, taken out of its chain, one of another outage. */
export function renumber(index: u32, outage: u32, addressHash: u64): void {
  const client = clientAt(index);
  leaveBucket(index, bucketOf(client.outage, addressHash));
  client.outage = outage;
  const bucket = bucketOf(outage, addressHash);
  client.hashNext = load<u32>(bucket);
  store<u32>(bucket, index);
}

/** Gives one record, taken out of its chain, to the free chain: its outage lives on and must not find it again. */
export function freeClient(index: u32, addressHash: u64): void {
  const client = clientAt(index);
  leaveBucket(index, bucketOf(client.outage, addressHash));
  client.outage = 0;
  freeChain(index, index, 1);
}

/** Gives the chain from `head` to `tail`, `length` records, to the free chain in one step. */
export function freeChain(head: u32, tail: u32, length: u32): void {
  clientAt(tail).next = 0;
  if (freeTail == 0) freeHead = head;
  else clientAt(freeTail).next = head;
  freeTail = tail;
  freeLength += length;
}

function bucketOf(outage: u32, addressHash: u64): usize {
  return buckets + ((<usize>(hashNumbered(addressHash, outage) & bucketMask)) << 2);
}

function leaveBucket(index: u32, bucket: usize): void {
  let at = bucket;
  while (load<u32>(at) != index) {
    const here = load<u32>(at);
    assert(here != 0);
    at = changetype<usize>(clientAt(here)) + offsetof<Client>('hashNext');
  }
  store<u32>(at, clientAt(index).hashNext);
}
