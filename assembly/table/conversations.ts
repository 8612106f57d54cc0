/**
 * Conversations: of each the last thing that its client has sent and its server has not acknowledged. Their records are those of
 * attempts, as many as are given to them; the oldest one goes where they are all taken, but those that wait stay.
 */

import { Address } from '../wire/address';
import { AttemptFlag, attemptAt, attemptCapacity, clear, leaveBucket } from './attempt';
import { hashAttempt } from './hash';
import { aligned, bucketsFor, take } from './memory';
import { appendOpen, CONVERSATION_WAIT, detachOpen } from './open-attempts';

let capacity: u32 = 0;
let buckets: usize = 0;
let bucketMask: u32 = 0;
let freeHead: u32 = 0;
let fresh: u32 = 0;
/** Those that do not wait, in the order in which they came. */
let oldest: u32 = 0;
let latest: u32 = 0;
let waiting: u32 = 0;

/** Beside their records. */
export function conversationsBytes(most: u32): u64 {
  return most == 0 ? 0 : aligned(<u64>bucketsFor(most) * 4);
}

export function setUpConversations(most: u32): void {
  capacity = most;
  freeHead = fresh = oldest = latest = waiting = 0;
  if (most == 0) return;
  buckets = take(<u64>bucketsFor(most) * 4);
  bucketMask = bucketsFor(most) - 1;
}

/** Whether any are looked at. */
export function holdsConversations(): bool {
  return capacity != 0;
}

export function hasFreeConversation(): bool {
  return freeHead != 0 || fresh < capacity;
}

/** Whether one more may wait: half of the records are for those that come, whatever waits. */
export function mayWait(): bool {
  return waiting < capacity >> 1;
}

/** Of those that do not wait the first that came, or 0. */
export function oldestConversation(): u32 {
  return oldest;
}

export function findConversation(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  ports: u32,
): u32 {
  let index = load<u32>(bucketOf(hashAttempt(clientHash, serverHash, ports, 0)));
  while (index != 0) {
    const attempt = attemptAt(index);
    if (attempt.ports == ports && attempt.client.equals(client) && attempt.server.equals(server))
      return index;
    index = attempt.hashNext;
  }
  return 0;
}

/** A new one; there must be a free record. */
export function addConversation(
  client: Address,
  clientHash: u64,
  server: Address,
  serverHash: u64,
  ports: u32,
): u32 {
  assert(hasFreeConversation());
  let index = freeHead;
  if (index != 0) freeHead = attemptAt(index).next;
  else index = attemptCapacity() + ++fresh;
  const attempt = attemptAt(index);
  clear(attempt, client, server, ports);
  attempt.set(AttemptFlag.Conversation);
  attempt.hash = hashAttempt(clientHash, serverHash, ports, 0);
  const bucket = bucketOf(attempt.hash);
  attempt.hashNext = load<u32>(bucket);
  store<u32>(bucket, index);
  append(index);
  return index;
}

/** It goes behind those that came later. */
export function renewConversation(index: u32): void {
  detach(index);
  append(index);
}

/** It waits until then, no shorter than those that wait already; `mayWait` must be true. */
export function awaitConversation(index: u32, deadlineUs: i64): void {
  detach(index);
  attemptAt(index).deadlineUs = deadlineUs;
  appendOpen(index, CONVERSATION_WAIT);
  waiting++;
}

export function removeConversation(index: u32): void {
  const attempt = attemptAt(index);
  detach(index);
  leaveBucket(index, bucketOf(attempt.hash));
  attempt.next = freeHead;
  freeHead = index;
}

function append(index: u32): void {
  const attempt = attemptAt(index);
  attempt.wait = 0;
  attempt.next = 0;
  attempt.previous = latest;
  if (latest == 0) oldest = index;
  else attemptAt(latest).next = index;
  latest = index;
}

function detach(index: u32): void {
  const attempt = attemptAt(index);
  if (attempt.wait != 0) {
    detachOpen(index);
    waiting--;
    return;
  }
  if (attempt.previous != 0) attemptAt(attempt.previous).next = attempt.next;
  else oldest = attempt.next;
  if (attempt.next != 0) attemptAt(attempt.next).previous = attempt.previous;
  else latest = attempt.previous;
}

function bucketOf(hash: u32): usize {
  return buckets + ((<usize>(hash & bucketMask)) << 2);
}
