import { Address } from '../wire/address';
import { hashNumbered } from './hash';
import { aligned, bucketsFor, take } from './memory';

/** What is the matter with a server or service. */
export const enum ServerState {
  /** Known, nothing wrong with it. */
  Alive = 0,
  /** In the table of servers down. */
  Down = 1,
  /** Down, and a sign of life has come; the program looks into it. */
  Signalled = 2,
  /** Its chain has been handed to the program, which will say when it may be freed. */
  Released = 3,
  /** Somebody failed there; whether it is an outage the program finds out. Nobody else is linked. */
  Suspected = 4,
  /** Down, and a probe or a client was answered: who comes is not linked, for he may be served. */
  Settling = 5,
}

export const enum ServerFlag {
  /** A service or a host that the configuration names, or the host of such a service: never evicted. */
  Pinned = 1,
  /** A service that answered before. */
  Known = 2,
  /** An unreachable message named it: it has left its link, so whatever its address resolution says is news. */
  Unreachable = 4,
  /** It answered address resolution all the while it failed: that it still does is no news. */
  Resolves = 8,
  /** Host: its side is where a client's request left, not only where this machine looked for it. */
  SideSeen = 16,
  /** While signalled: an answer to somebody was among its signs. */
  AnswerSaid = 32,
  /** A host that the configuration names, whichever services of it. */
  Named = 64,
}

/**
 * What is known of a server: the host as a whole (port 0) or one service on it; and, while it is down, its line
 * of table 71a: first and last client record. Records are numbered from 1.
 */
@unmanaged
export class Server {
  hi: u64;
  lo: u64;
  /** The first try that failed, while down. */
  fromUs: i64;
  /** Host: the last answer of any of its services to a request. Service: its last answer. */
  heardUs: i64;
  /** Host: the last time that it resolved its address (ARP, neighbour discovery). */
  resolvedUs: i64;
  /** Host: its MAC address at that time. */
  hardware: u64;
  /** While down or suspected: `heardUs` when that began. */
  beforeUs: i64;
  /** While down or suspected: the first answer that no failed probe has followed. */
  answeredUs: i64;
  /** Host: when the kernel asked for its address last, to all on the link. */
  resolvingUs: i64;
  /** Service: when a look was wanted last. */
  lookedUs: i64;
  /** Service: when the last look that found it silent began. */
  silentUs: i64;
  /** Service: when it was said last that it answers. */
  saidUs: i64;
  /** Host: when evidence came in last where it is not, about a request that nobody had seen. */
  forgedUs: i64;
  head: u32;
  tail: u32;
  /** Records in the chain. */
  length: u32;
  /** Those of them with a known mail address: people who count on a notice. */
  promised: u32;
  /** The chain that was handed to the program. Its outage number is used up: who comes now is entered anew. */
  handedHead: u32;
  handedTail: u32;
  handedLength: u32;
  /** The number that they were entered under. */
  handedOutage: u32;
  /** Number of the outage, never used twice. */
  outage: u32;
  hashNext: u32;
  next: u32;
  previous: u32;
  /** Of a service; one of UDP is numbered from DATAGRAMS on. */
  port: u32;
  /** While down: the port that was tried last, numbered as `port`; 0 when none was. */
  triedPort: u32;
  /** Host: how many of its services are known. */
  services: u16;
  /** Host: how often the configuration names it, for itself or for one of its services. */
  pins: u16;
  state: u8;
  cause: u8;
  flags: u8;
  /** The client that was answered last: part of its hash. */
  heardBy: u32;
  /** Which chain of evictable records it is in. */
  chain: u8;
  /** Host: the interface on which it lies, 0 when nobody knows. */
  side: u8;
  /** Host: the interface on which the kernel asked for its address last. */
  resolvingOn: u8;
  /** Host: how often it asked since something was heard of it, one cycle's requests only. */
  resolving: u8;
  /** Service: of how many answers it is known how long they took, and within which span nearly all did: table/times.ts. */
  timed: u8;
  within: u8;
  /** How many of them there are for each span, u8 each. */
  timesLow: u64;
  timesHigh: u64;

  get address(): Address {
    return changetype<Address>(changetype<usize>(this));
  }

  has(flag: ServerFlag): bool {
    return (this.flags & <u8>flag) != 0;
  }

  set(flag: ServerFlag): void {
    this.flags |= <u8>flag;
  }

  unset(flag: ServerFlag): void {
    this.flags &= ~(<u8>flag);
  }

  /** Whether its silence means something: it answered before, or the configuration names it. */
  get isKnownService(): bool {
    return this.port != 0 && (this.flags & <u8>(ServerFlag.Pinned | ServerFlag.Known)) != 0;
  }

  /** Whether it, or of a host one of its services, ever answered somebody, or the configuration names it. */
  get hasAnswered(): bool {
    if (this.heardUs != NEVER || this.services != 0) return true;
    return (this.flags & <u8>(ServerFlag.Pinned | ServerFlag.Known)) != 0;
  }

  /** Whether its outage is among those of addresses that never answered anybody. */
  get isStranger(): bool {
    return this.chain == Chain.Stranger || this.chain == Chain.PromisedStranger;
  }

  get isDown(): bool {
    return this.isLinking || this.state == ServerState.Settling;
  }

  /** Whether further clients are linked with their first packet (paragraph 160). */
  get isLinking(): bool {
    return this.state == ServerState.Down || this.state == ServerState.Signalled;
  }
}

/** Bytes of one record, its share of the hash buckets not counted. */
export const SERVER_BYTES: u32 = (<u32>offsetof<Server>() + 7) & ~7;

/** Earlier than any time that a frame can have. */
export const NEVER: i64 = i64.MIN_VALUE >> 1;

/** Chains of records that may go. */
const enum Chain {
  None = 0,
  Alive = 1,
  /** Down, of an address that never answered anybody, with nobody waiting who counts on a notice. */
  Stranger = 2,
  /** The same with somebody. */
  PromisedStranger = 3,
  /** Down, it answered before, and nobody waits who counts on a notice. */
  Unpromised = 4,
  COUNT = 5,
}

/** The first and the last record of each chain, u32 each. */
const chains = memory.data(Chain.COUNT * 8, 4);

let records: usize = 0;
let buckets: usize = 0;
let bucketMask: u32 = 0;
let capacity: u32 = 0;
let freeHead: u32 = 0;
/** Records that are not free. */
let held: u32 = 0;
/** Records in the chains of strangers, and those who wait for them. */
let strangerCount: u32 = 0;
let clientsOfStrangers: u32 = 0;
let outages: u32 = 0;

export function serversBytes(count: u32): u64 {
  return aligned(<u64>count * SERVER_BYTES) + aligned(<u64>bucketsFor(count) * 4);
}

export function setUpServers(count: u32): void {
  capacity = count;
  records = take(<u64>count * SERVER_BYTES);
  const bucketCount = bucketsFor(count);
  buckets = take(<u64>bucketCount * 4);
  bucketMask = bucketCount - 1;
  for (let i: u32 = 1; i < count; i++) serverAt(i).next = i + 1;
  freeHead = 1;
  held = 0;
  memory.fill(chains, 0, (<u32>Chain.COUNT) << 3);
  strangerCount = clientsOfStrangers = 0;
}

export function serverAt(index: u32): Server {
  return changetype<Server>(records + <usize>(index - 1) * SERVER_BYTES);
}

/** The largest number that a record can have: for walking through all of them. */
export function serverCapacity(): u32 {
  return capacity;
}

/** The number of the record of `port` at `address`, or 0. */
export function findServer(address: Address, addressHash: u64, port: u32): u32 {
  let index = load<u32>(bucketOf(addressHash, port));
  while (index != 0) {
    const server = serverAt(index);
    if (server.port == port && server.address.equals(address)) return index;
    index = server.hashNext;
  }
  return 0;
}

export function hasFreeServer(): bool {
  return freeHead != 0;
}

/** Servers and services that take a place. */
export function heldServers(): u32 {
  return held;
}

/** The record to give up for one that is learnt: the one that has not answered for longest; 0 when there is none. */
export function leastRecentlyHeard(): u32 {
  return headOf(Chain.Alive);
}

/** The outage that another stranger's takes the place of: nobody counts on a notice; or 0. */
export function unpromisedStranger(): u32 {
  return headOf(Chain.Stranger);
}

/** The outage to give up first of those at addresses that never answered, or 0. */
export function leastStranger(): u32 {
  const unpromised = headOf(Chain.Stranger);
  return unpromised != 0 ? unpromised : headOf(Chain.PromisedStranger);
}

/** The outage of a server that answered before to give up when all else must stay: nobody counts on a notice; or 0. */
export function leastAwaited(): u32 {
  return headOf(Chain.Unpromised);
}

/**
 * The record to give up for a new outage: one that lives and never answered, then a stranger's outage for which nobody counts
 * on a notice, then the one that has not answered for longest; 0 when there is none.
 */
export function leastImportant(): u32 {
  const alive = headOf(Chain.Alive);
  if (alive != 0 && !serverAt(alive).hasAnswered) return alive;
  const stranger = headOf(Chain.Stranger);
  if (stranger != 0) return stranger;
  return alive;
}

/** Outages of addresses that never answered anybody: who makes them up may fill no more than a quarter of the table. */
export function hasRoomForStranger(): bool {
  return strangerCount < max<u32>(capacity >> 2, 1);
}

/** Clients that wait for them. */
export function awaitingStrangers(): u32 {
  return clientsOfStrangers;
}

/** So many more records are in the chain of clients, or with a negative number so many less. */
export function lengthen(server: Server, by: i32): void {
  server.length += by;
  if (server.isStranger) clientsOfStrangers += by;
}

/** A new record, alive, in no chain; there must be a free one. */
export function addServer(address: Address, addressHash: u64, port: u32): u32 {
  const index = freeHead;
  assert(index != 0);
  const server = serverAt(index);
  freeHead = server.next;
  held++;
  memory.fill(changetype<usize>(server), 0, SERVER_BYTES);
  server.address.set(address);
  server.port = port;
  server.heardUs = NEVER;
  server.resolvedUs = NEVER;
  server.beforeUs = NEVER;
  server.answeredUs = NEVER;
  server.resolvingUs = NEVER;
  server.lookedUs = NEVER;
  server.silentUs = NEVER;
  server.forgedUs = NEVER;
  server.saidUs = NEVER;
  const bucket = bucketOf(addressHash, port);
  server.hashNext = load<u32>(bucket);
  store<u32>(bucket, index);
  return index;
}

/** Forgets a record, which must have no clients. */
export function removeServer(index: u32, addressHash: u64): void {
  const server = serverAt(index);
  detach(index);
  let at = bucketOf(addressHash, server.port);
  while (load<u32>(at) != index) {
    const here = load<u32>(at);
    assert(here != 0);
    at = changetype<usize>(serverAt(here)) + offsetof<Server>('hashNext');
  }
  store<u32>(at, server.hashNext);
  server.address.hi = 0;
  server.address.lo = 0;
  server.state = <u8>ServerState.Alive;
  server.next = freeHead;
  freeHead = index;
  held--;
}

export function nextOutage(): u32 {
  outages++;
  return outages;
}

/**
 * Puts a record where it belongs after a change: nowhere if it must stay; otherwise last to go among its like,
 * or first to go (`last` false) when all that is known of it is that it exists.
 */
export function place(index: u32, last: bool): void {
  detach(index);
  const server = serverAt(index);
  if (server.has(ServerFlag.Pinned) || server.state == ServerState.Released) return;
  if (server.state == ServerState.Alive) attach(index, Chain.Alive, last);
  else if (!server.hasAnswered) {
    attach(index, server.promised == 0 ? Chain.Stranger : Chain.PromisedStranger, true);
    strangerCount++;
    clientsOfStrangers += server.length;
  } else if (server.promised == 0) attach(index, Chain.Unpromised, true);
}

function headOf(chain: Chain): u32 {
  return load<u32>(chains + ((<usize>chain) << 3));
}

function attach(index: u32, chain: Chain, last: bool): void {
  const at = chains + ((<usize>chain) << 3);
  const server = serverAt(index);
  server.chain = <u8>chain;
  server.previous = last ? load<u32>(at, 4) : 0;
  server.next = last ? 0 : load<u32>(at);
  if (server.previous == 0) store<u32>(at, index);
  else serverAt(server.previous).next = index;
  if (server.next == 0) store<u32>(at, index, 4);
  else serverAt(server.next).previous = index;
}

function detach(index: u32): void {
  const server = serverAt(index);
  if (server.chain == Chain.None) return;
  if (server.isStranger) {
    strangerCount--;
    clientsOfStrangers -= server.length;
  }
  const at = chains + ((<usize>server.chain) << 3);
  if (server.previous == 0) store<u32>(at, server.next);
  else serverAt(server.previous).next = server.next;
  if (server.next == 0) store<u32>(at, server.previous, 4);
  else serverAt(server.next).previous = server.previous;
  server.chain = <u8>Chain.None;
}

function bucketOf(addressHash: u64, port: u32): usize {
  return buckets + ((<usize>(hashNumbered(addressHash, port) & bucketMask)) << 2);
}
