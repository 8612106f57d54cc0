/**
 * Answers that are longer than the event buffer: a chain handed out, everything said again, a sweep, the end of a
 * capture. They go on with `work` after the engine has taken the events away, and where
 * very many records have nothing to say; frames may come in between.
 */

import { Event, emit, hasRoom } from '../record/events';
import { Attempt, AttemptFlag, attemptAt, Outcome } from '../table/attempt';
import { firstSettled } from '../table/attempts';
import { clientAt, freeClient } from '../table/clients';
import { hashAddress } from '../table/hash';
import { beginWalk, firstOpen, nextWalked } from '../table/open-attempts';
import {
  lengthen,
  NEVER,
  place,
  Server,
  ServerFlag,
  ServerState,
  serverAt,
  serverCapacity,
} from '../table/servers';
import { credit, hand, isEntered, keepLate, sayWaiting } from './chains';
import { adjust } from './counters';
import { drop } from './eviction';
import { end, wasFoundSilent } from './expiry';
import { nowUs } from './options';
import { sayOutage } from './outages';
import { Counter } from './verdict';
import { sayLearnt } from './waits';

const enum Job {
  None,
  Gather,
  Release,
  Sync,
  Sweep,
  Flush,
  Learnt,
}

/** Records that are gone through at once: frames wait for no more. */
const PASSED_AT_ONCE: u32 = 4096;

let job: Job = Job.None;
/** How many more may be gone through now. */
let left: u32 = 0;
let serverIndex: u32 = 0;
/** The outage whose chain is being walked; 0 between two. */
let outage: u32 = 0;
let clientIndex: u32 = 0;
/** Whether it is in the chain that was handed out, before the one of those who came later. */
let inHanded: bool = false;
let previousIndex: u32 = 0;
let olderThanUs: i64 = 0;

export function isBusy(): bool {
  return job != Job.None;
}

export function stopJob(): void {
  job = Job.None;
}

/**
 * Hands out the chain of a server down, which stays until `forget`; clients that come meanwhile make another chain.
 * Asked again, it hands out those who were handed out before and those who came since.
 *
 * The server is back since `answeredUs`. So first, whoever has tried between its last answer before the outage and that
 * moment, and was not heard of since, is entered, too: his silence will mean nothing any more. And who has failed only
 * since then stays behind: his failure is another matter.
 */
export function release(index: u32): void {
  const server = serverAt(index);
  if (server.isDown) adjust(Counter.ServersDown, -1);
  server.state = <u8>ServerState.Released;
  place(index, true);
  start(Job.Gather, index);
  beginWalk();
}

/** All who were turned away are in the chain. */
function handOver(): void {
  hand(serverAt(serverIndex));
  job = Job.Release;
  clientIndex = serverAt(serverIndex).handedHead;
  previousIndex = 0;
}

export function sync(): void {
  start(Job.Sync, 1);
}

export function sweep(us: i64): void {
  start(Job.Sweep, 1);
  olderThanUs = us;
}

export function flush(): void {
  start(Job.Flush, 0);
}

export function learnt(): void {
  start(Job.Learnt, 1);
}

/** Goes on until the job is done, the event buffer wants to be drained, or others wait. */
export function work(): void {
  left = PASSED_AT_ONCE;
  switch (job) {
    case Job.Gather:
      workOnGathering();
      break;
    case Job.Release:
      workOnRelease();
      break;
    case Job.Sync:
      workOnSync();
      break;
    case Job.Sweep:
      workOnSweep();
      break;
    case Job.Flush:
      workOnFlush();
      break;
    case Job.Learnt:
      workOnLearnt();
      break;
  }
}

/** Whether another record may be gone through now. */
function goesOn(): bool {
  if (left == 0 || !hasRoom()) return false;
  left--;
  return true;
}

function start(what: Job, index: u32): void {
  job = what;
  serverIndex = index;
  outage = 0;
  clientIndex = 0;
  previousIndex = 0;
}

function workOnGathering(): void {
  const server = serverAt(serverIndex);
  const untilUs = server.answeredUs == NEVER ? nowUs() : server.answeredUs;
  while (goesOn()) {
    const index = nextWalked();
    if (index == 0) {
      handOver();
      workOnRelease();
      return;
    }
    const attempt = attemptAt(index);
    if (attempt.has(AttemptFlag.Acknowledged) || !attempt.server.equals(server.address)) continue;
    if (server.port != 0 && attempt.service != server.port) continue;
    const isMissed = attempt.lastUs > server.beforeUs || isOfShort(attempt);
    if (isMissed && attempt.lastUs < untilUs && !isEntered(attempt))
      credit(serverIndex, attempt, hashAddress(attempt.client));
  }
}

/** A short outage is found out by whose wait ends first, long after the server has answered: others still wait, told by none. */
function isOfShort(attempt: Attempt): bool {
  return attempt.credited == 0 && wasFoundSilent(attempt, hashAddress(attempt.server));
}

function workOnRelease(): void {
  const server = serverAt(serverIndex);
  while (clientIndex != 0) {
    if (!goesOn()) return;
    const client = clientAt(clientIndex);
    const next = client.next;
    const isLate = server.answeredUs != NEVER && client.firstUs > server.answeredUs;
    if (isLate && client.tries != 0) {
      keepLate(server, clientIndex, previousIndex);
    } else {
      if (client.tries != 0) sayWaiting(Event.Released, server, clientIndex);
      previousIndex = clientIndex;
    }
    clientIndex = next;
  }
  if (!hasRoom()) return;
  emit(Event.ReleaseEnd, nowUs()).port(server.port).server(server.address);
  job = Job.None;
}

function workOnSync(): void {
  for (; serverIndex <= serverCapacity(); serverIndex++) {
    if (!goesOn()) return;
    const server = serverAt(serverIndex);
    if (server.state == ServerState.Alive) {
      outage = 0;
      continue;
    }
    if (outage != server.outage) {
      outage = server.outage;
      inHanded = server.handedHead != 0;
      clientIndex = inHanded ? server.handedHead : server.head;
      sayOutage(server);
      // That may have been lost: the next answer is said again.
      server.unset(ServerFlag.AnswerSaid);
    }
    while (clientIndex != 0) {
      if (!goesOn()) return;
      const client = clientAt(clientIndex);
      if (client.tries != 0) sayWaiting(Event.Waiting, server, clientIndex);
      clientIndex = client.next;
      if (clientIndex == 0 && inHanded) {
        inHanded = false;
        clientIndex = server.head;
      }
    }
    outage = 0;
  }
  if (!hasRoom()) return;
  emit(Event.SyncEnd, nowUs());
  job = Job.None;
}

function workOnSweep(): void {
  for (; serverIndex <= serverCapacity(); serverIndex++) {
    if (!goesOn()) return;
    const server = serverAt(serverIndex);
    if (!server.isDown && server.state != ServerState.Suspected) {
      outage = 0;
      continue;
    }
    if (outage != server.outage) {
      outage = server.outage;
      clientIndex = server.head;
      previousIndex = 0;
    }
    while (clientIndex != 0) {
      if (!goesOn()) return;
      const next = clientAt(clientIndex).next;
      if (clientAt(clientIndex).lastUs < olderThanUs) removeClient(server, clientIndex);
      else previousIndex = clientIndex;
      clientIndex = next;
    }
    if (!hasRoom()) return;
    if (server.head == 0 && server.fromUs < olderThanUs) drop(serverIndex);
    outage = 0;
  }
  if (!hasRoom()) return;
  emit(Event.SweepEnd, nowUs());
  job = Job.None;
}

/** Takes the client behind `previousIndex` out of its chain. */
function removeClient(server: Server, index: u32): void {
  const client = clientAt(index);
  if (client.tries != 0) sayWaiting(Event.Swept, server, index);
  if (previousIndex == 0) server.head = client.next;
  else clientAt(previousIndex).next = client.next;
  if (server.tail == index) server.tail = previousIndex;
  lengthen(server, -1);
  if (client.isPromised) {
    server.promised--;
    if (server.promised == 0) place(serverIndex, true);
  }
  freeClient(index, hashAddress(client.address));
}

function workOnFlush(): void {
  while (goesOn()) {
    const settled = firstSettled();
    if (settled != 0) {
      end(settled, attemptAt(settled).outcome);
      continue;
    }
    const open = firstOpen();
    if (open == 0) {
      emit(Event.FlushEnd, nowUs());
      job = Job.None;
      return;
    }
    end(open, Outcome.Open);
  }
}

function workOnLearnt(): void {
  for (; serverIndex <= serverCapacity(); serverIndex++) {
    if (!goesOn()) return;
    sayLearnt(serverAt(serverIndex));
  }
  if (!hasRoom()) return;
  emit(Event.LearntEnd, nowUs());
  job = Job.None;
}
