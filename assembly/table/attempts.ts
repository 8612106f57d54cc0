import { Address } from '../wire/address';
import { DATAGRAMS } from '../wire/udp';
import { hashAttempt } from './hash';
import { aligned, bucketsFor, take } from './memory';
import { clearShares, countOpen, openIn, shareFor } from './shares';

/** What has become of a connection request. Only an answer changes a settled one. */
export const enum Outcome {
  /** Nothing yet. */
  Open = 0,
  /** It was answered by a SYN-ACK. */
  Answered = 1,
  /** It was refused by a reset. */
  Refused = 2,
  /** Its time was over without an answer. */
  Unanswered = 3,
  /** A message said that its destination is unreachable. */
  Unreachable = 4,
}

/** What else is known of a connection request. */
export const enum AttemptFlag {
  /** Its client has gone on as if it were answered: the answer took another way (captures only). */
  Acknowledged = 1,
  /** What would be evidence about it came in where it did itself: what leaves there is no evidence, either. */
  Forged = 2,
  /** It was turned away by a service, or a host, that had just answered somebody else: judged when its time is over. */
  ServiceDoubted = 4,
  HostDoubted = 8,
  /** A learnt wait is over: it was judged, and is still remembered, for its answer may come all the same. */
  Judged = 16,
  /** It is what a client sends to a service of UDP. */
  Datagrams = 32,
  /** This machine's own: it came in nowhere. */
  Own = 64,
}

/**
 * A connection request in flight: client, server, their ports and the initial sequence number, the "source,
 * destination and sequence number" of paragraph 156. Records are numbered from 1. One of datagrams is all that a client has sent to a
 * service, from whichever ports: its client port is 0, its sequence number its place among those of datagrams.
 *
 *   0        16       32           34           36         40        48       56           64         68     72
 *   | client | server | clientPort | serverPort | sequence | firstUs | lastUs | deadlineUs | hashNext | next | …
 *   72         76       80      82         84           86        87          88     92     93      94
 *   | previous | outage | tries | credited | dataLength | outcome | interface | hash | left | flags | share | wait |
 *
 * Those that are settled form a chain in order of their deadlines: they are remembered for the same time, so appending keeps
 * the order, and what is due stands at the head. Those that are open form as many as there are lengths of their waits.
 */
@unmanaged
export class Attempt {
  clientHi: u64;
  clientLo: u64;
  serverHi: u64;
  serverLo: u64;
  clientPort: u16;
  serverPort: u16;
  sequence: u32;
  firstUs: i64;
  lastUs: i64;
  deadlineUs: i64;
  hashNext: u32;
  next: u32;
  previous: u32;
  /** In whose chain the client was entered for this attempt; 0 when in none. */
  outage: u32;
  /** Times that the request was seen, itself and its retransmissions. */
  tries: u16;
  /** How many of them the client's record in that chain counts already. */
  credited: u16;
  /** Bytes that the SYN carried (TCP Fast Open, RFC 7413). */
  dataLength: u16;
  outcome: u8;
  /** On which the request came in. */
  interface: u8;
  /** Of all that names it: it leaves its bucket without hashing again. */
  hash: u32;
  /** By which it left; 0 as long as it has not. */
  left: u8;
  /** AttemptFlag bits. */
  flags: u8;
  /** Of the open ones, in which it is counted. */
  share: u8;
  /** From 1 to WAITS: which part of the longest wait it may stay unanswered. */
  wait: u8;

  get client(): Address {
    return changetype<Address>(changetype<usize>(this));
  }

  get server(): Address {
    return changetype<Address>(changetype<usize>(this) + offsetof<Attempt>('serverHi'));
  }

  /** The port that was tried; one of UDP is numbered from DATAGRAMS on. */
  get service(): u32 {
    return this.has(AttemptFlag.Datagrams) ? <u32>this.serverPort | DATAGRAMS : <u32>this.serverPort;
  }

  get ports(): u32 {
    return ((<u32>this.clientPort) << 16) | <u32>this.serverPort;
  }

  has(flag: AttemptFlag): bool {
    return (this.flags & <u8>flag) != 0;
  }

  set(flag: AttemptFlag): void {
    this.flags |= <u8>flag;
  }
}

/** Bytes of one record, its share of the hash buckets not counted. */
export const ATTEMPT_BYTES: u32 = (<u32>offsetof<Attempt>() + 7) & ~7;

/** The longest wait is that of those last in order, and each shorter one by as much shorter. */
export const WAITS: u32 = 10;

/** For each wait the first and the last open attempt, and the first that has not been looked at: those before it have. */
const opens = memory.data((WAITS + 1) * 12, 4);
/** What comes first, and the other two behind it. */
const enum Open {
  Head = 0,
  Tail = 4,
  Unlooked = 8,
}

/** Later than any deadline. */
const LATEST: i64 = i64.MAX_VALUE;

/** Requests with data that one look-up goes through: they share a bucket per conversation. */
const MAX_FAST_OPEN: u32 = 16;

/** One attempt in so many may be of datagrams: whoever floods with them takes no room from connection requests. */
const DATAGRAM_PART: u32 = 8;
/** What stands for a sequence number where those of datagrams are looked up. */
const NO_SEQUENCE: u32 = 0xda7a6a35;

let records: usize = 0;
/** The attempts of datagrams, by their places. */
let datagrams: usize = 0;
let datagramCount: u32 = 0;
/** The place that is looked at next when one has to go. */
let datagramHand: u32 = 0;
let buckets: usize = 0;
let bucketMask: u32 = 0;
let freeHead: u32 = 0;
/** The waits of which there are open attempts: bit n is that of wait n. */
let waits: u32 = 0;
/** Not later than the first deadline of the open attempts. */
let dueUs: i64 = 0;
let settledHead: u32 = 0;
let settledTail: u32 = 0;
let fastOpen: u32 = 0;
/** The next open attempt of a walk through all of them, or 0. */
let walked: u32 = 0;
/** The open attempt that is a candidate for eviction next, or 0 for the first: it goes round. */
let candidate: u32 = 0;
let capacity: u32 = 0;
/** Records that are not free. */
let held: u32 = 0;
/** Records that were ever taken, the first ones: the others come after the free chain, and cost no memory until then. */
let fresh: u32 = 0;

export function attemptsBytes(capacity: u32): u64 {
  const ofDatagrams = aligned(<u64>mostDatagrams(capacity) * 4);
  return aligned(<u64>capacity * ATTEMPT_BYTES) + aligned(<u64>bucketsFor(capacity) * 4) + ofDatagrams;
}

export function setUpAttempts(most: u32): void {
  capacity = most;
  records = take(<u64>capacity * ATTEMPT_BYTES);
  const count = bucketsFor(capacity);
  buckets = take(<u64>count * 4);
  bucketMask = count - 1;
  datagrams = take(<u64>mostDatagrams(capacity) * 4);
  datagramCount = datagramHand = 0;
  freeHead = fresh = held = 0;
  waits = settledHead = settledTail = fastOpen = walked = candidate = 0;
  dueUs = LATEST;
  memory.fill(opens, 0, (WAITS + 1) * 12);
  clearShares();
}

export function attemptAt(index: u32): Attempt {
  return changetype<Attempt>(records + <usize>(index - 1) * ATTEMPT_BYTES);
}

/** Any open attempt, or 0: the first of a walk through all of them. */
export function firstOpen(): u32 {
  return waits == 0 ? 0 : load<u32>(openAt(ctz(waits), Open.Head));
}

/** An open attempt whose deadline has come, or 0. */
export function firstDue(nowUs: i64): u32 {
  if (nowUs < dueUs) return 0;
  let nextUs = LATEST;
  for (let rest = waits; rest != 0; rest &= rest - 1) {
    const head = load<u32>(openAt(ctz(rest), Open.Head));
    const deadlineUs = attemptAt(head).deadlineUs;
    if (deadlineUs <= nowUs) return head;
    nextUs = min(nextUs, deadlineUs);
  }
  dueUs = nextUs;
  return 0;
}

/** Bits of the waits of which there are open attempts. */
export function openWaits(): u32 {
  return waits;
}

/** Of those that wait so long the one that was not looked at for longest, or 0. */
export function firstUnlooked(wait: u32): u32 {
  return load<u32>(openAt(wait, Open.Unlooked));
}

/** The first unlooked one has been looked at. */
export function passUnlooked(wait: u32): void {
  const at = openAt(wait, Open.Unlooked);
  store<u32>(at, attemptAt(load<u32>(at)).next);
}

/** Begins a walk through the open attempts; who is extended on the way is walked, too. */
export function beginWalk(): void {
  walked = firstOpen();
}

/** The next one of the walk, or 0; attempts may end between two steps. */
export function nextWalked(): u32 {
  const index = walked;
  if (index != 0) walked = nextOpen(index);
  return index;
}

/** The settled attempt that may be forgotten first, or 0. */
export function firstSettled(): u32 {
  return settledHead;
}

export function hasFreeAttempt(): bool {
  return held < capacity;
}

/** Attempts that take a place. */
export function heldAttempts(): u32 {
  return held;
}

/** Of the open attempts that wait longest the one that came last, or 0. */
export function lastOpen(): u32 {
  return waits == 0 ? 0 : load<u32>(openAt(31 - clz(waits), Open.Tail));
}

/** The next open attempt that may be evicted, or 0: one after the other, the oldest first, round and round. */
export function nextCandidate(): u32 {
  const index = candidate != 0 ? candidate : firstOpen();
  candidate = index == 0 ? 0 : nextOpen(index);
  return index;
}

/** Those before it stay for this round; it goes, and the one behind it is the next. */
export function chooseCandidate(index: u32): void {
  candidate = nextOpen(index);
}

/** Whether its share holds an eighth of the table. */
export function isCrowded(attempt: Attempt): bool {
  return openIn(attempt.share) >= capacity >> 3;
}

/**
 * The attempt that a SYN with this sequence number belongs to, or 0.
 * A retransmission may have dropped the data that the first SYN carried.
 */
export function findAttempt(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  ports: u32,
  sequence: u32,
): u32 {
  return find(client, clientHash, server, serverHash, ports, sequence, 0);
}

/**
 * The attempt that this acknowledgement number answers, or 0: the request's sequence number + 1
 * (paragraph 157), or up to as many more as the request carried bytes.
 */
export function findAnswered(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  ports: u32,
  acknowledgement: u32,
): u32 {
  return find(client, clientHash, server, serverHash, ports, acknowledgement - 1, 0xffff);
}

function mostDatagrams(capacity: u32): u32 {
  return max(capacity / DATAGRAM_PART, 1);
}

/** The attempt of what this client sends to that port of UDP, numbered as Attempt.service, or 0. */
export function findDatagrams(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  service: u32,
): u32 {
  const port = service & (DATAGRAMS - 1);
  let index = load<u32>(bucketOf(hashAttempt(clientHash, serverHash, port, NO_SEQUENCE)));
  while (index != 0) {
    const attempt = attemptAt(index);
    if (attempt.has(AttemptFlag.Datagrams) && isBetween(attempt, client, server, port)) return index;
    index = attempt.hashNext;
  }
  return 0;
}

/** Whether another attempt of datagrams finds a place without one going. */
export function hasRoomForDatagrams(): bool {
  return hasFreeAttempt() && datagramCount < mostDatagrams(capacity);
}

/** The next one of them that may go, or 0 if there are none: one after the other, round and round. */
export function nextDatagrams(): u32 {
  if (datagramCount == 0) return 0;
  if (datagramHand >= datagramCount) datagramHand = 0;
  const place = datagramHand;
  datagramHand++;
  return load<u32>(datagrams + ((<usize>place) << 2));
}

/** A new open attempt of datagrams; `hasRoomForDatagrams` must be true. */
export function addDatagrams(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  service: u32,
  deadlineUs: i64,
): u32 {
  assert(datagramCount < mostDatagrams(capacity));
  const index = takeAttempt(client, server, service & (DATAGRAMS - 1));
  const attempt = attemptAt(index);
  attempt.set(AttemptFlag.Datagrams);
  attempt.sequence = datagramCount;
  store<u32>(datagrams + ((<usize>datagramCount) << 2), index);
  datagramCount++;
  const hash = hashAttempt(clientHash, serverHash, attempt.ports, NO_SEQUENCE);
  join(index, server, serverHash, hash, WAITS, deadlineUs);
  return index;
}

/** The last of them comes to its place. */
function leaveDatagrams(attempt: Attempt): void {
  datagramCount--;
  const last = load<u32>(datagrams + ((<usize>datagramCount) << 2));
  attemptAt(last).sequence = attempt.sequence;
  store<u32>(datagrams + ((<usize>attempt.sequence) << 2), last);
}

/** A new open attempt, one of those that wait so long; there must be a free record. */
export function addAttempt(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  ports: u32,
  sequence: u32,
  dataLength: u32,
  wait: u32,
  deadlineUs: i64,
): u32 {
  const index = takeAttempt(client, server, ports);
  const attempt = attemptAt(index);
  attempt.sequence = sequence;
  attempt.dataLength = <u16>min(dataLength, 0xffff);
  if (dataLength != 0) fastOpen++;
  const hash = hashAttempt(clientHash, serverHash, ports, dataLength == 0 ? sequence : 0);
  join(index, server, serverHash, hash, wait, deadlineUs);
  return index;
}

/** A free record, for an open attempt. */
function takeAttempt(client: Address, server: Address, ports: u32): u32 {
  assert(hasFreeAttempt());
  const index = freeHead != 0 ? freeHead : ++fresh;
  const attempt = attemptAt(index);
  if (freeHead != 0) freeHead = attempt.next;
  held++;
  attempt.client.set(client);
  attempt.server.set(server);
  attempt.clientPort = <u16>(ports >> 16);
  attempt.serverPort = <u16>ports;
  attempt.tries = 1;
  attempt.credited = 0;
  attempt.outage = 0;
  attempt.dataLength = 0;
  attempt.outcome = <u8>Outcome.Open;
  attempt.left = 0;
  attempt.flags = 0;
  return index;
}

/** It is found from now on, by that hash, and its wait begins. */
function join(index: u32, server: Address, serverHash: u64, hash: u32, wait: u32, deadlineUs: i64): void {
  const attempt = attemptAt(index);
  attempt.share = <u8>shareFor(server, serverHash);
  attempt.deadlineUs = deadlineUs;
  attempt.hash = hash;
  const bucket = bucketOf(hash);
  attempt.hashNext = load<u32>(bucket);
  store<u32>(bucket, index);
  appendOpen(index, wait);
}

/** Moves an open attempt to those that are settled, to be forgotten at `deadlineUs`. */
export function settleAttempt(index: u32, outcome: Outcome, deadlineUs: i64): void {
  const attempt = attemptAt(index);
  if (attempt.outcome == Outcome.Open) {
    detach(index);
    attempt.next = 0;
    attempt.previous = settledTail;
    if (settledTail == 0) settledHead = index;
    else attemptAt(settledTail).next = index;
    settledTail = index;
    attempt.deadlineUs = deadlineUs;
  }
  attempt.outcome = <u8>outcome;
}

/** Gives an open attempt a later deadline, behind all others that wait so long: no shorter than it did. */
export function extendAttempt(index: u32, wait: u32, deadlineUs: i64): void {
  const isWalked = walked == index;
  detach(index);
  attemptAt(index).deadlineUs = deadlineUs;
  appendOpen(index, wait);
  if (isWalked && walked == 0) walked = index;
}

/** Forgets an attempt. */
export function removeAttempt(index: u32): void {
  const attempt = attemptAt(index);
  detach(index);
  if (attempt.dataLength != 0) fastOpen--;
  if (attempt.has(AttemptFlag.Datagrams)) leaveDatagrams(attempt);
  let at = bucketOf(attempt.hash);
  while (load<u32>(at) != index) {
    const here = load<u32>(at);
    assert(here != 0);
    at = changetype<usize>(attemptAt(here)) + offsetof<Attempt>('hashNext');
  }
  store<u32>(at, attempt.hashNext);
  attempt.next = freeHead;
  freeHead = index;
  held--;
}

/** `span`: how far beyond the sequence number of a request that carried data `sequence` may lie. */
function find(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  ports: u32,
  sequence: u32,
  span: u32,
): u32 {
  const hash = hashAttempt(clientHash, serverHash, ports, sequence);
  let index = load<u32>(bucketOf(hash));
  while (index != 0) {
    const attempt = attemptAt(index);
    const isSame = attempt.sequence == sequence && isBetween(attempt, client, server, ports);
    if (isSame && !attempt.has(AttemptFlag.Datagrams)) return index;
    index = attempt.hashNext;
  }
  if (fastOpen == 0) return 0;
  return findFastOpen(client, clientHash, server, serverHash, ports, sequence, span);
}

function isBetween(attempt: Attempt, client: Address, server: Address, ports: u32): bool {
  return attempt.ports == ports && attempt.client.equals(client) && attempt.server.equals(server);
}

/** Requests with data lie in one bucket per conversation, whatever their sequence numbers: an answer names any of `span` + 1. */
function findFastOpen(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  ports: u32,
  sequence: u32,
  span: u32,
): u32 {
  let index = load<u32>(bucketOf(hashAttempt(clientHash, serverHash, ports, 0)));
  for (let i: u32 = 0; index != 0 && i < MAX_FAST_OPEN; i++) {
    const attempt = attemptAt(index);
    if (
      attempt.dataLength != 0 &&
      sequence - attempt.sequence <= min(span, <u32>attempt.dataLength) &&
      isBetween(attempt, client, server, ports)
    ) {
      return index;
    }
    index = attempt.hashNext;
  }
  return 0;
}

function bucketOf(hash: u32): usize {
  return buckets + ((<usize>(hash & bucketMask)) << 2);
}

function openAt(wait: u32, what: Open): usize {
  return opens + <usize>(wait * 12) + <usize>what;
}

/** The open attempt behind it: the next of those that wait as long, or the first of those that wait longer; or 0. */
export function nextOpen(index: u32): u32 {
  const attempt = attemptAt(index);
  if (attempt.next != 0) return attempt.next;
  const longer = waits & ~(((<u32>2) << (<u32>attempt.wait)) - 1);
  return longer == 0 ? 0 : load<u32>(openAt(ctz(longer), Open.Head));
}

function appendOpen(index: u32, wait: u32): void {
  const attempt = attemptAt(index);
  const tail = load<u32>(openAt(wait, Open.Tail));
  attempt.wait = <u8>wait;
  attempt.next = 0;
  attempt.previous = tail;
  if (tail == 0) store<u32>(openAt(wait, Open.Head), index);
  else attemptAt(tail).next = index;
  store<u32>(openAt(wait, Open.Tail), index);
  waits |= (<u32>1) << wait;
  dueUs = min(dueUs, attempt.deadlineUs);
  if (!attempt.has(AttemptFlag.Datagrams)) countOpen(attempt.share, 1);
  if (load<u32>(openAt(wait, Open.Unlooked)) == 0) store<u32>(openAt(wait, Open.Unlooked), index);
}

/** Takes an attempt out of the chain that it is in. */
function detach(index: u32): void {
  const attempt = attemptAt(index);
  if (attempt.outcome == Outcome.Open) {
    detachOpen(index);
    return;
  }
  if (attempt.previous != 0) attemptAt(attempt.previous).next = attempt.next;
  else settledHead = attempt.next;
  if (attempt.next != 0) attemptAt(attempt.next).previous = attempt.previous;
  else settledTail = attempt.previous;
}

function detachOpen(index: u32): void {
  const attempt = attemptAt(index);
  const wait = <u32>attempt.wait;
  if (walked == index) walked = nextOpen(index);
  if (candidate == index) candidate = nextOpen(index);
  const unlooked = openAt(wait, Open.Unlooked);
  if (load<u32>(unlooked) == index) store<u32>(unlooked, attempt.next);
  if (!attempt.has(AttemptFlag.Datagrams)) countOpen(attempt.share, -1);
  if (attempt.previous != 0) attemptAt(attempt.previous).next = attempt.next;
  else store<u32>(openAt(wait, Open.Head), attempt.next);
  if (attempt.next != 0) attemptAt(attempt.next).previous = attempt.previous;
  else store<u32>(openAt(wait, Open.Tail), attempt.previous);
  if (load<u32>(openAt(wait, Open.Head)) == 0) waits &= ~((<u32>1) << wait);
}
