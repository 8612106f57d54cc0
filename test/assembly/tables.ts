/** What holds for the tables at any time, whatever happened. */

import { counted } from '../../assembly/path/counters';
import { Counter } from '../../assembly/path/verdict';
import { Attempt, AttemptFlag, attemptAt, Outcome } from '../../assembly/table/attempt';
import { findAttempt, findDatagrams, firstSettled } from '../../assembly/table/attempts';
import { clientAt, findClient, freeAfter, freeClients, nextFreeClient } from '../../assembly/table/clients';
import { hashAddress } from '../../assembly/table/hash';
import { firstOpen, firstUnlooked, nextOpen, openWaits } from '../../assembly/table/open-attempts';
import {
  awaitingStrangers,
  findServer,
  hasRoomForStranger,
  Server,
  ServerFlag,
  ServerState,
  serverAt,
} from '../../assembly/table/servers';

import { openIn, openInFullest } from '../../assembly/table/shares';

const MAX_TO_COMPARE: u32 = 100;

/** Walks through all chains and traps where they contradict each other. */
export function checkTables(servers: u32, clients: u32, attempts: u32): void {
  checkAttempts(attempts);
  let waiting: u32 = 0;
  let down: u64 = 0;
  let strangers: u32 = 0;
  let forStrangers: u32 = 0;
  let named: i32 = 0;
  for (let i: u32 = 1; i <= servers; i++) {
    const server = serverAt(i);
    if (findServer(server.address, hashAddress(server.address), server.port) != i) {
      assert(server.state == ServerState.Alive, 'a record that is not found is free');
      continue;
    }
    named += namesOf(server);
    if (server.isDown) down++;
    if (server.state == ServerState.Alive) {
      assert(server.head == 0 && server.tail == 0, 'nobody waits for a server that lives');
      assert(server.length == 0 && server.promised == 0, 'and its counts say so');
      continue;
    }
    waiting += checkChain(i);
    const mayGo = server.state != ServerState.Released && !server.has(ServerFlag.Pinned);
    assert(server.isStranger == (mayGo && !server.hasAnswered), 'who never answered is with its like');
    if (!server.isStranger) continue;
    strangers++;
    forStrangers += server.length;
  }
  assert(named == 0, 'hosts know how often they are named');
  assert(forStrangers == awaitingStrangers(), 'who waits for strangers is counted');
  assert(hasRoomForStranger() == strangers < max<u32>(servers >> 2, 1), 'strangers are counted');
  assert(down == counted(Counter.ServersDown), 'the servers down are counted');
  let free: u32 = 0;
  for (let i = nextFreeClient(); i != 0; i = freeAfter(i)) {
    free++;
    assert(free <= clients, 'the free chain ends');
  }
  assert(free == freeClients(), 'the length of the free chain');
  assert(free + waiting == clients, 'every client record waits or is free');
}

/** How often a record is named, less what its host counts of that. */
function namesOf(server: Server): i32 {
  if (server.port != 0) return server.has(ServerFlag.Pinned) ? 1 : 0;
  assert(server.has(ServerFlag.Pinned) == (server.pins != 0), 'a host stays while it is named');
  return (server.has(ServerFlag.Named) ? 1 : 0) - <i32>server.pins;
}

/** Checks the chains of a server that is down; returns how many records they have. */
function checkChain(index: u32): u32 {
  const server = serverAt(index);
  let length: u32 = 0;
  let last: u32 = 0;
  let promised: u32 = 0;
  for (let i = server.head; i != 0; i = clientAt(i).next) {
    const client = clientAt(i);
    length++;
    assert(length <= server.length, 'a chain is as long as it says');
    assert(client.outage == server.outage, 'a record belongs to its outage');
    assert(findClient(server.outage, client.address, hashAddress(client.address)) == i, 'a record is found');
    if (client.isPromised) promised++;
    last = i;
  }
  assert(length == server.length, 'a chain is no shorter than it says');
  assert(last == server.tail, 'the tail is the last of the chain');
  assert(server.promised == promised, 'those who count on a notice are counted');
  let handed: u32 = 0;
  last = 0;
  for (let i = server.handedHead; i != 0; i = clientAt(i).next) {
    handed++;
    assert(handed <= server.handedLength, 'what was handed out is as long as it says');
    assert(clientAt(i).outage != server.outage, 'who was handed out is not found any more');
    assert(clientAt(i).outage == server.handedOutage, 'all were entered under one number');
    last = i;
  }
  assert(handed == server.handedLength, 'what was handed out is no shorter than it says');
  assert(last == server.handedTail, 'its tail is its last');
  assert(
    handed == 0 || server.state == ServerState.Released,
    'nothing is handed out without being asked for',
  );
  return length + handed;
}

function checkAttempts(capacity: u32): void {
  checkOpen(capacity);
  checkShares();
  checkAttemptChain(firstSettled(), capacity, false);
}

function checkOpen(capacity: u32): void {
  let index = firstOpen();
  for (let rest = openWaits(); rest != 0; rest &= rest - 1) {
    const wait: u32 = ctz(rest);
    assert(attemptAt(index).wait == <u8>wait, 'first come those that wait shortest');
    const last = checkAttemptChain(index, capacity, true);
    assert(attemptAt(last).wait == <u8>wait, 'those that wait as long are together');
    let unlooked = firstUnlooked(wait);
    let length: u32 = 0;
    for (; unlooked != 0; unlooked = attemptAt(unlooked).next) {
      assert(attemptAt(unlooked).outcome == Outcome.Open, 'who is not looked at is open');
      assert(++length <= capacity, 'and they are not a ring');
    }
    index = nextOpen(last);
  }
  assert(index == 0, 'and there are no more');
}

/** Whether there are more open attempts than may be compared each with each. */
function attemptCountAbove(most: u32): bool {
  let count: u32 = 0;
  for (let i = firstOpen(); i != 0 && count <= most; i = nextOpen(i)) count++;
  return count > most;
}

function checkShares(): void {
  if (attemptCountAbove(MAX_TO_COMPARE)) return;
  let most: u32 = 0;
  for (let i = firstOpen(); i != 0; i = nextOpen(i)) {
    let count: u32 = 0;
    for (let j = firstOpen(); j != 0; j = nextOpen(j)) {
      if (attemptAt(j).has(AttemptFlag.Datagrams)) continue;
      if (attemptAt(j).share == attemptAt(i).share) count++;
    }
    assert(openIn(attemptAt(i).share) == count, 'a share is as large as it says');
    most = max(most, count);
  }
  assert(openInFullest() == most, 'the fullest share');
}

function found(attempt: Attempt): u32 {
  const clientHash = hashAddress(attempt.client);
  const serverHash = hashAddress(attempt.server);
  if (attempt.has(AttemptFlag.Datagrams))
    return findDatagrams(attempt.client, clientHash, attempt.server, serverHash, attempt.service);
  return findAttempt(attempt.client, clientHash, attempt.server, serverHash, attempt.ports, attempt.sequence);
}

/** Returns the last of it. */
function checkAttemptChain(head: u32, capacity: u32, isOpen: bool): u32 {
  let previous: u32 = 0;
  let length: u32 = 0;
  let deadlineUs = i64.MIN_VALUE;
  for (let i = head; i != 0; i = attemptAt(i).next) {
    const attempt = attemptAt(i);
    length++;
    assert(length <= capacity, 'a chain of attempts ends');
    assert((attempt.outcome == Outcome.Open) == isOpen, 'an attempt is in the chain of its like');
    assert(attempt.previous == previous, 'the chain is the same in both directions');
    assert(attempt.deadlineUs >= deadlineUs, 'what is due first stands first');
    assert(attempt.credited <= attempt.tries, 'no try is counted twice');
    assert(found(attempt) == i, 'an attempt is found');
    deadlineUs = attempt.deadlineUs;
    previous = i;
  }
  return previous;
}
