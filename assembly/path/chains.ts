/** Who waits for a server that is down, or may be: the chains of table 72b and the rules by which they change. */

import { Option } from '../record/commands';
import { Event, emit } from '../record/events';
import { Attempt } from '../table/attempt';
import {
  Client,
  clientAt,
  clientCapacity,
  findClient,
  freeClient,
  freeClients,
  nextFreeClient,
  renumber,
  takeClient,
} from '../table/clients';
import { hashAddress } from '../table/hash';
import { isKnown } from '../table/known-clients';
import {
  awaitingStrangers,
  findServer,
  lengthen,
  nextOutage,
  place,
  Server,
  ServerState,
  serverAt,
} from '../table/servers';
import { Address } from '../wire/address';
import { adjust, count } from './counters';
import { makeRoomForClient } from './eviction';
import { isOn, nowUs } from './options';
import { isNobody } from './own';
import { isKnownService } from './servers';
import { Counter } from './verdict';

/** Who goes on trying is said again when the time of the last try passes a multiple of 2^26 µs, 67 s. */
const SAY_AGAIN_BITS: i64 = 26;

/** One in so many places for clients is for those who are awaited: they have a known mail address. */
export const KEPT_PART: u32 = 16;

/** Enters the client of an attempt, with those of its tries that are not counted yet. Index 0: nothing happens. */
export function credit(index: u32, attempt: Attempt, clientHash: u64): void {
  if (index == 0) return;
  const server = serverAt(index);
  rememberTried(server, attempt.service);
  if (attempt.outage != server.outage) {
    attempt.outage = server.outage;
    attempt.credited = 0;
  }
  const tries = <u32>(attempt.tries - attempt.credited);
  if (tries == 0) return;
  attempt.credited = attempt.tries;
  enter(index, attempt.client, clientHash, attempt.firstUs, attempt.lastUs, tries, false);
}

/** What people tried, for the check whether it is back; a port where nobody knows a service gives way to one that is known. */
export function rememberTried(server: Server, port: u32): void {
  if (server.triedPort == port) return;
  const addressHash = hashAddress(server.address);
  if (server.triedPort == 0 || isKnownService(server.address, addressHash, port)) {
    server.triedPort = port;
  } else if (!isKnownService(server.address, addressHash, server.triedPort)) {
    server.triedPort = port;
  }
}

/** The attempt was answered after all: its client was not turned away by it. */
export function takeBackCredit(attempt: Attempt, clientHash: u64, serverHash: u64): void {
  if (attempt.credited == 0) return;
  const outage = attempt.outage;
  const credited = <u32>attempt.credited;
  attempt.credited = 0;
  attempt.outage = 0;
  const index = findChain(attempt.server, serverHash, attempt.service, outage);
  if (index == 0) return;
  const found = findClient(outage, attempt.client, clientHash);
  if (found == 0) return;
  const client = clientAt(found);
  if (client.tries == 0) return;
  const left = client.tries > credited ? client.tries - credited : 0;
  client.setTimes(client.firstUs, client.lastUs, left);
  if (left != 0) return;
  const port = serverAt(index).port;
  emit(Event.Answered, nowUs()).port(port).server(attempt.server).client(attempt.client);
}

/** Whether its client is in a chain for it, of the host or of the service, handed out or not. */
export function isEntered(attempt: Attempt): bool {
  if (attempt.credited == 0) return false;
  return findChain(attempt.server, hashAddress(attempt.server), attempt.service, attempt.outage) != 0;
}

/** The record of the host or of the service to whose clients the number belongs, those handed out too; or 0. */
function findChain(address: Address, addressHash: u64, port: u32, outage: u32): u32 {
  const host = findServer(address, addressHash, 0);
  if (host != 0 && isChainOf(serverAt(host), outage)) return host;
  const service = findServer(address, addressHash, port);
  return service != 0 && isChainOf(serverAt(service), outage) ? service : 0;
}

function isChainOf(server: Server, outage: u32): bool {
  return server.state != ServerState.Alive && (server.outage == outage || server.handedOutage == outage);
}

/**
 * Enters a client at the tail of a server's chain, or adds tries to its record (paragraph 85). One who waited before a
 * restart (`restored`) takes any record there is, like one with a known mail address. False when there is no place.
 */
export function enter(
  index: u32,
  address: Address,
  addressHash: u64,
  firstUs: i64,
  lastUs: i64,
  tries: u32,
  restored: bool,
): bool {
  // What it tried before it was known to be the program's.
  if (isNobody(address, addressHash)) return false;
  const server = serverAt(index);
  const known = isKnown(address, addressHash);
  let at = findClient(server.outage, address, addressHash);
  if (at != 0) {
    const client = clientAt(at);
    const wasWaiting = client.tries != 0;
    const saidAt = client.lastUs >> SAY_AGAIN_BITS;
    if (wasWaiting)
      client.setTimes(min(client.firstUs, firstUs), max(client.lastUs, lastUs), client.tries + tries);
    else client.setTimes(firstUs, lastUs, tries);
    if (known) promise(index, at);
    if (!wasWaiting || client.lastUs >> SAY_AGAIN_BITS != saidAt) sayWaiting(Event.Waiting, server, at);
    return true;
  }
  if (!address.isHost) return false;
  if (!known && isOn(Option.KnownOnly)) {
    count(Counter.ClientsUnknown);
    return false;
  }
  if (!findsRoom(server, known || restored) || !(restored || keepsToShare(server, known))) {
    count(Counter.ClientsRefused);
    return false;
  }
  const oldHash = hashAddress(clientAt(nextFreeClient()).address);
  at = takeClient(server.outage, address, addressHash, oldHash);
  clientAt(at).setTimes(firstUs, lastUs, tries);
  append(server, at);
  if (known) promise(index, at);
  count(Counter.ClientsEntered);
  sayWaiting(Event.Waiting, server, at);
  return true;
}

/**
 * One server's chain may grow while it is no longer than what is left: no flood of forged clients fills the table for the
 * others. Who is `awaited`, for he counts on a notice, takes any record there is, and one of those who wait for addresses
 * that never answered anybody if that is all.
 */
function findsRoom(server: Server, awaited: bool): bool {
  if (!awaited) return freeClients() > clientCapacity() / KEPT_PART && server.length <= freeClients();
  while (freeClients() == 0) if (server.isStranger || !makeRoomForClient()) return false;
  return true;
}

/**
 * Those who wait for addresses that never answered anybody share a quarter of the table, too; and who counts on no notice, and
 * may be forged, takes no more than half of that: a server that has answered nobody yet has its crowd like any other.
 */
function keepsToShare(server: Server, known: bool): bool {
  return !server.isStranger || awaitingStrangers() < max<u32>(clientCapacity() >> (known ? 2 : 3), 1);
}

/** Somebody counts on a notice: neither the client nor its server's outage may be evicted. */
function promise(index: u32, at: u32): void {
  const client = clientAt(at);
  if (client.isPromised) return;
  client.promise();
  const server = serverAt(index);
  server.promised++;
  if (server.promised == 1) place(index, true);
}

export function sayWaiting(kind: Event, server: Server, index: u32): void {
  const client = clientAt(index);
  emit(kind, nowUs())
    .code(server.cause)
    .port(server.port)
    .tries(client.tries)
    .server(server.address)
    .client(client.address)
    .first(client.firstUs)
    .last(client.lastUs);
}

/** Whether somebody in the chain waits: who was answered after all does not. */
export function isAwaited(server: Server): bool {
  for (let at = server.head; at != 0; at = clientAt(at).next) if (clientAt(at).tries != 0) return true;
  return false;
}

/** Takes a client of a chain that is handed out, behind `previous` in it, over to those who came after it. */
export function keepLate(server: Server, index: u32, previous: u32): void {
  const client = clientAt(index);
  if (previous == 0) server.handedHead = client.next;
  else clientAt(previous).next = client.next;
  if (server.handedTail == index) server.handedTail = previous;
  server.handedLength--;
  const addressHash = hashAddress(client.address);
  const other = findClient(server.outage, client.address, addressHash);
  if (other != 0) {
    merge(server, other, client);
    freeClient(index, addressHash);
    return;
  }
  renumber(index, server.outage, addressHash);
  append(server, index);
  if (client.isPromised) server.promised++;
}

/**
 * The chain is handed to the program, behind what it was handed before: under one number, and who is among both is one client.
 * Who comes now is entered under another one.
 */
export function hand(server: Server): void {
  if (server.head == 0) return;
  let at = server.head;
  if (server.handedHead == 0) {
    server.handedHead = at;
    server.handedTail = server.tail;
    server.handedLength = server.length;
    server.handedOutage = server.outage;
    at = 0;
  }
  lengthen(server, -(<i32>server.length));
  server.head = server.tail = 0;
  while (at != 0) {
    const next = clientAt(at).next;
    handOne(server, at);
    at = next;
  }
  server.promised = 0;
  server.outage = nextOutage();
}

function handOne(server: Server, index: u32): void {
  const client = clientAt(index);
  const addressHash = hashAddress(client.address);
  const other = findClient(server.handedOutage, client.address, addressHash);
  if (other != 0) {
    merge(server, other, client);
    freeClient(index, addressHash);
    return;
  }
  renumber(index, server.handedOutage, addressHash);
  client.next = 0;
  clientAt(server.handedTail).next = index;
  server.handedTail = index;
  server.handedLength++;
}

/**
 * Who was handed to the program waits on after all, before those who came since; who is among both is one client. Walks
 * the chain that was handed out: the program asks for it, no packet does.
 */
export function takeBack(index: u32): void {
  const server = serverAt(index);
  adjust(Counter.ServersDown, 1);
  const laterHead = server.head;
  const laterTail = server.tail;
  let at = server.handedHead;
  server.head = server.tail = 0;
  server.handedHead = server.handedTail = server.handedLength = server.handedOutage = 0;
  while (at != 0) {
    const client = clientAt(at);
    const next = client.next;
    const addressHash = hashAddress(client.address);
    const other = findClient(server.outage, client.address, addressHash);
    if (other == 0) {
      renumber(at, server.outage, addressHash);
      append(server, at);
      if (client.isPromised) server.promised++;
    } else {
      merge(server, other, client);
      freeClient(at, addressHash);
    }
    at = next;
  }
  if (laterHead != 0) {
    if (server.tail == 0) server.head = laterHead;
    else clientAt(server.tail).next = laterHead;
    server.tail = laterTail;
  }
  place(index, true);
}

/** What is known of a client from its other record. */
function merge(server: Server, index: u32, from: Client): void {
  const client = clientAt(index);
  if (from.isPromised && !client.isPromised) {
    client.promise();
    server.promised++;
  }
  if (from.tries == 0) return;
  if (client.tries == 0) client.setTimes(from.firstUs, from.lastUs, from.tries);
  else
    client.setTimes(
      min(client.firstUs, from.firstUs),
      max(client.lastUs, from.lastUs),
      client.tries + from.tries,
    );
}

function append(server: Server, index: u32): void {
  clientAt(index).next = 0;
  if (server.tail == 0) server.head = index;
  else clientAt(server.tail).next = index;
  server.tail = index;
  lengthen(server, 1);
}
