/** The records of connection requests, and those that are free. */

import { Address } from '../wire/address';
import { DATAGRAMS } from '../wire/udp';
import { aligned, take } from './memory';

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

  unset(flag: AttemptFlag): void {
    this.flags &= ~(<u8>flag);
  }
}

/** Bytes of one record, its share of the hash buckets not counted. */
export const ATTEMPT_BYTES: u32 = (<u32>offsetof<Attempt>() + 7) & ~7;

let records: usize = 0;
let capacity: u32 = 0;
let freeHead: u32 = 0;
/** Records that are not free. */
let held: u32 = 0;
/** Records that were ever taken, the first ones: the others come after the free chain, and cost no memory until then. */
let fresh: u32 = 0;

export function recordsBytes(most: u32): u64 {
  return aligned(<u64>most * ATTEMPT_BYTES);
}

export function setUpRecords(most: u32): void {
  capacity = most;
  records = take(<u64>capacity * ATTEMPT_BYTES);
  freeHead = fresh = held = 0;
}

export function attemptAt(index: u32): Attempt {
  return changetype<Attempt>(records + <usize>(index - 1) * ATTEMPT_BYTES);
}

export function hasFreeAttempt(): bool {
  return held < capacity;
}

/** Attempts that take a place. */
export function heldAttempts(): u32 {
  return held;
}

export function attemptCapacity(): u32 {
  return capacity;
}

/** A free record, for an open attempt. */
export function takeAttempt(client: Address, server: Address, ports: u32): u32 {
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

/** Its record is free for another one. */
export function freeAttempt(index: u32): void {
  attemptAt(index).next = freeHead;
  freeHead = index;
  held--;
}
