/** Servers down and who waits for them: the tables 71a and 72b and the rules by which they change. */

import { Option } from '../record/commands';
import { Cause, Event, emit } from '../record/events';
import { Attempt } from '../table/attempts';
import {
  Client,
  clientAt,
  findClient,
  freeChain,
  freeClient,
  freeClients,
  nextFreeClient,
  renumber,
  takeClient,
} from '../table/clients';
import { hashAddress } from '../table/hash';
import { isKnown } from '../table/known';
import {
  addServer,
  findServer,
  hasFreeServer,
  leastImportant,
  leastRecentlyHeard,
  NEVER,
  nextOutage,
  place,
  removeServer,
  Server,
  ServerFlag,
  ServerState,
  serverAt,
} from '../table/servers';
import { Address } from '../wire/address';
import { adjust, count, counted } from './counters';
import { destination, destinationHash, source, sourceHash, timeUs } from './packet';
import { isOn, nowUs } from './settings';
import { Counter } from './verdict';

/**
 * Address resolution within this time before a request counts as having happened while it failed: Linux asks a
 * neighbour again after 15 to 45 s (RFC 4861 section 6.3.2: REACHABLE_TIME times a random factor).
 */
const RESOLUTION_US: i64 = 60_000_000;

/** The same message crosses a bridge and its port within this time; nobody tries again so soon. */
const SAME_PACKET_US: i64 = 2_000;

/** Who goes on trying is said again when the time of the last try passes a multiple of 2^26 µs, 67 s. */
const SAY_AGAIN_BITS: i64 = 26;

/** What is known of a server whether it is down or not. */
const LASTING: u8 = <u8>(ServerFlag.Pinned | ServerFlag.Known);

/** The outage that a client of `port` at `address` meets, of the host or of the service; 0 when there is none. */
export function findOutage(address: Address, addressHash: u64, port: u32): u32 {
  if (counted(Counter.ServersDown) == 0) return 0;
  const host = findServer(address, addressHash, 0);
  if (host != 0 && serverAt(host).isDown) return host;
  if (port == 0) return 0;
  const service = findServer(address, addressHash, port);
  return service != 0 && serverAt(service).isDown ? service : 0;
}

export function isKnownService(address: Address, addressHash: u64, port: u32): bool {
  const service = findServer(address, addressHash, port);
  return service != 0 && serverAt(service).isKnownService;
}

/** A service answered a request: it is known from then on, and its host lives. */
export function hearFrom(address: Address, addressHash: u64, port: u32): void {
  const host = learn(address, addressHash, 0, 0);
  if (host == 0) return;
  serverAt(host).heardUs = nowUs();
  const service = learn(address, addressHash, port, host);
  if (service != 0) {
    serverAt(service).heardUs = nowUs();
    makeKnown(host, service, ServerFlag.Known);
    if (serverAt(service).state == ServerState.Alive) place(service, true);
  }
  // Behind its services: a host that goes before them would not know how many it has.
  if (serverAt(host).state == ServerState.Alive) place(host, true);
}

/** A host refused a request: it lives. Nothing else is forgotten for that: a scan is refused a thousand times. */
export function hearRefusal(address: Address, addressHash: u64): void {
  const host = noteHost(address, addressHash);
  if (host == 0) return;
  serverAt(host).heardUs = nowUs();
  if (serverAt(host).state == ServerState.Alive) place(host, true);
}

/** A service that the configuration names: it and its host stay. False when there is no place. */
export function pinService(address: Address, addressHash: u64, port: u32): bool {
  const host = learn(address, addressHash, 0, 0);
  if (host == 0) return false;
  const service = learn(address, addressHash, port, host);
  if (service == 0) {
    if (serverAt(host).state == ServerState.Alive) place(host, false);
    return false;
  }
  if (serverAt(service).has(ServerFlag.Pinned)) return true;
  makeKnown(host, service, ServerFlag.Pinned);
  serverAt(host).pins++;
  serverAt(host).set(ServerFlag.Pinned);
  place(service, true);
  place(host, true);
  return true;
}

/** The configuration names it no longer. What answered before is still known. */
export function unpinService(service: u32): void {
  const record = serverAt(service);
  if (record.port == 0 || !record.has(ServerFlag.Pinned)) return;
  const host = findServer(record.address, hashAddress(record.address), 0);
  record.unset(ServerFlag.Pinned);
  place(service, true);
  if (!record.isKnownService && host != 0) serverAt(host).services--;
  if (host != 0 && --serverAt(host).pins == 0) {
    serverAt(host).unset(ServerFlag.Pinned);
    place(host, true);
  }
}

function makeKnown(host: u32, service: u32, flag: ServerFlag): void {
  if (!serverAt(service).isKnownService) serverAt(host).services++;
  serverAt(service).set(flag);
}

/**
 * The record of `port` at `address`, made if need be at the cost of the one not heard from for longest, but not of
 * record `except`; 0 when there is no place.
 */
function learn(address: Address, addressHash: u64, port: u32, except: u32): u32 {
  const found = findServer(address, addressHash, port);
  if (found != 0) return found;
  if (!hasFreeServer()) {
    const victim = leastRecentlyHeard();
    if (victim == 0 || victim == except) return 0;
    count(Counter.ServersEvicted);
    forgetServer(victim);
  }
  return addServer(address, addressHash, port);
}

/** The record of a host that resolved its address: kept while there is room, and the first to go. */
export function noteHost(address: Address, addressHash: u64): u32 {
  const found = findServer(address, addressHash, 0);
  if (found != 0 || !hasFreeServer()) return found;
  const index = addServer(address, addressHash, 0);
  place(index, false);
  return index;
}

/** Opens the outage of the host that the packet in hand is about, or adds to what is known of it: it has left its link. */
export function openHostOutage(fromUs: i64, triedPort: u32): u32 {
  const index = open(destination, destinationHash(), 0, Cause.Unreachable, fromUs, triedPort);
  if (index != 0) serverAt(index).set(ServerFlag.Unreachable);
  return index;
}

/** An attempt failed for good reason: its client waits, for the service at `port` or, with 0, for the host. */
export function fail(attempt: Attempt, clientHash: u64, serverHash: u64, port: u32, cause: Cause): void {
  let index = findOutage(attempt.server, serverHash, attempt.serverPort);
  if (index == 0) index = open(attempt.server, serverHash, port, cause, attempt.firstUs, attempt.serverPort);
  credit(index, attempt, clientHash);
}

/** A message without an attempt of ours says that the client in hand was turned away. */
export function failUntracked(port: u32, triedPort: u32): void {
  let index: u32;
  if (port == 0) {
    index = openHostOutage(timeUs(), triedPort);
  } else {
    index = findOutage(destination, destinationHash(), port);
    if (index == 0) index = open(destination, destinationHash(), port, Cause.Unreachable, timeUs(), port);
  }
  if (index == 0) return;
  const server = serverAt(index);
  if (triedPort != 0) rememberTried(server, triedPort);
  const found = findClient(server.outage, source, sourceHash());
  if (found != 0 && clientAt(found).tries != 0 && timeUs() - clientAt(found).lastUs < SAME_PACKET_US) return;
  enter(index, source, sourceHash(), timeUs(), timeUs(), 1, false);
}

/** The record of an outage, opened if it is not; 0 when the table is full of outages that matter more. */
export function open(
  address: Address,
  addressHash: u64,
  port: u32,
  cause: Cause,
  fromUs: i64,
  triedPort: u32,
): u32 {
  let index = findServer(address, addressHash, port);
  if (index == 0) {
    if (!hasFreeServer()) {
      const victim = leastImportant();
      if (victim == 0) {
        count(Counter.OutagesRefused);
        return 0;
      }
      count(serverAt(victim).isDown ? Counter.OutagesEvicted : Counter.ServersEvicted);
      if (serverAt(victim).isDown) drop(victim);
      if (!hasFreeServer()) forgetServer(victim);
    }
    index = addServer(address, addressHash, port);
  }
  const server = serverAt(index);
  // A chain that is handed out takes further clients at its end; see `forget`.
  if (server.state != ServerState.Alive) return index;
  server.state = <u8>ServerState.Down;
  server.cause = <u8>cause;
  server.fromUs = fromUs;
  server.outage = nextOutage();
  server.promised = 0;
  server.triedPort = <u16>triedPort;
  server.flags &= LASTING;
  if (cause == Cause.Unanswered && server.resolvedUs + RESOLUTION_US > fromUs)
    server.set(ServerFlag.Resolves);
  place(index, true);
  count(Counter.OutagesOpened);
  adjust(Counter.ServersDown, 1);
  sayOutage(server);
  return index;
}

export function sayOutage(server: Server): void {
  emit(Event.Outage, nowUs())
    .code(server.cause)
    .port(server.port)
    .tries(server.triedPort)
    .server(server.address)
    .first(server.fromUs)
    .state(server.state);
}

/** Enters the client of an attempt, with those of its tries that are not counted yet. Index 0: nothing happens. */
export function credit(index: u32, attempt: Attempt, clientHash: u64): void {
  if (index == 0) return;
  const server = serverAt(index);
  rememberTried(server, attempt.serverPort);
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
function rememberTried(server: Server, port: u32): void {
  if (<u32>server.triedPort == port) return;
  const addressHash = hashAddress(server.address);
  if (server.triedPort == 0 || isKnownService(server.address, addressHash, port)) {
    server.triedPort = <u16>port;
  } else if (!isKnownService(server.address, addressHash, server.triedPort)) {
    server.triedPort = <u16>port;
  }
}

/** The attempt was answered after all: its client was not turned away by it. */
export function takeBackCredit(attempt: Attempt, clientHash: u64, serverHash: u64): void {
  if (attempt.credited == 0) return;
  const outage = attempt.outage;
  const credited = <u32>attempt.credited;
  attempt.credited = 0;
  attempt.outage = 0;
  const index = findOutage(attempt.server, serverHash, attempt.serverPort);
  if (index == 0 || serverAt(index).outage != outage) return;
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
  // One server's chain may grow while it is no longer than what is left: no flood of forged clients fills the
  // table for the others. Somebody who counts on a notice takes any record there is.
  const free = freeClients();
  if (free == 0 || (!known && !restored && server.length > free)) {
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

/** What was handed to the host goes back to the free chain in one step. */
export function freeHanded(server: Server): void {
  if (server.handedHead != 0) freeChain(server.handedHead, server.handedTail, server.handedLength);
  server.handedHead = server.handedTail = server.handedLength = 0;
}

/**
 * Who was handed to the host waits on after all, before those who came since; who is among both is one client. Walks
 * the chain that was handed out: the host asks for it, no packet does.
 */
export function takeBack(index: u32): void {
  const server = serverAt(index);
  adjust(Counter.ServersDown, 1);
  const laterHead = server.head;
  const laterTail = server.tail;
  let at = server.handedHead;
  server.head = server.tail = 0;
  server.handedHead = server.handedTail = server.handedLength = 0;
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
  server.length++;
}

/** The whole chain goes back to the free chain in one step; the server is alive as far as anybody knows. */
export function close(index: u32): void {
  const server = serverAt(index);
  freeHanded(server);
  if (server.head != 0) freeChain(server.head, server.tail, server.length);
  server.head = server.tail = server.length = server.promised = 0;
  if (server.isDown) adjust(Counter.ServersDown, -1);
  server.state = <u8>ServerState.Alive;
  server.flags &= LASTING;
  if (server.flags == 0 && server.services == 0 && server.heardUs == NEVER && server.resolvedUs == NEVER) {
    removeServer(index, hashAddress(server.address));
  } else {
    place(index, true);
  }
}

/** Gives an outage up, and says so. */
export function drop(index: u32): void {
  const server = serverAt(index);
  emit(Event.Dropped, nowUs()).port(server.port).server(server.address);
  close(index);
}

/** Forgets a record that is alive. */
export function forgetServer(index: u32): void {
  const server = serverAt(index);
  const addressHash = hashAddress(server.address);
  if (server.isKnownService) {
    const host = findServer(server.address, addressHash, 0);
    if (host != 0 && serverAt(host).services != 0) serverAt(host).services--;
  }
  removeServer(index, addressHash);
}
