/** The table of connection requests: found by what names them, open until they are settled or forgotten. */

import { Address } from '../wire/address';
import { DATAGRAMS } from '../wire/udp';
import {
  Attempt,
  AttemptFlag,
  attemptAt,
  freeAttempt,
  Outcome,
  recordsBytes,
  setUpRecords,
  takeAttempt,
} from './attempt';
import { datagramsBytes, enterDatagrams, leaveDatagrams, setUpDatagrams } from './datagram-places';
import { hashAttempt } from './hash';
import { aligned, bucketsFor, take } from './memory';
import { appendOpen, clearOpen, detachOpen, moveOpen, WAITS } from './open-attempts';
import { clearShares, shareFor } from './shares';

/** Requests with data that one look-up goes through: they share a bucket per conversation. */
const MAX_FAST_OPEN: u32 = 16;

/** What stands for a sequence number where those of datagrams are looked up. */
const NO_SEQUENCE: u32 = 0xda7a6a35;

let buckets: usize = 0;
let bucketMask: u32 = 0;
let settledHead: u32 = 0;
let settledTail: u32 = 0;
let fastOpen: u32 = 0;

export function attemptsBytes(capacity: u32): u64 {
  return recordsBytes(capacity) + aligned(<u64>bucketsFor(capacity) * 4) + datagramsBytes(capacity);
}

export function setUpAttempts(most: u32): void {
  setUpRecords(most);
  const count = bucketsFor(most);
  buckets = take(<u64>count * 4);
  bucketMask = count - 1;
  setUpDatagrams(most);
  clearOpen();
  clearShares();
  settledHead = settledTail = fastOpen = 0;
}

/** The settled attempt that may be forgotten first, or 0. */
export function firstSettled(): u32 {
  return settledHead;
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

/** A new open attempt of datagrams; `hasRoomForDatagrams` must be true. */
export function addDatagrams(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  service: u32,
  deadlineUs: i64,
): u32 {
  const index = takeAttempt(client, server, service & (DATAGRAMS - 1));
  const attempt = attemptAt(index);
  enterDatagrams(index);
  const hash = hashAttempt(clientHash, serverHash, attempt.ports, NO_SEQUENCE);
  join(index, server, serverHash, hash, WAITS, deadlineUs);
  return index;
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
  if (attemptAt(index).outcome == Outcome.Open) settleAnew(index, outcome, deadlineUs);
  else attemptAt(index).outcome = <u8>outcome;
}

/** The same of one that may be settled: what it has met now is remembered as long as what it met before. */
export function settleAnew(index: u32, outcome: Outcome, deadlineUs: i64): void {
  const attempt = attemptAt(index);
  detach(index);
  attempt.next = 0;
  attempt.previous = settledTail;
  if (settledTail == 0) settledHead = index;
  else attemptAt(settledTail).next = index;
  settledTail = index;
  attempt.deadlineUs = deadlineUs;
  attempt.outcome = <u8>outcome;
}

/** Gives an open attempt a later deadline, behind all others that wait so long: no shorter than it did. */
export function extendAttempt(index: u32, wait: u32, deadlineUs: i64): void {
  moveOpen(index, wait, deadlineUs);
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
  freeAttempt(index);
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
