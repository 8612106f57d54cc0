/** What is known of servers, down or not: which services live where, when they were heard of last, and on which side. */

import { Option } from '../record/commands';
import { Event, emit } from '../record/events';
import { hashAddress } from '../table/hash';
import {
  addServer,
  findServer,
  hasFreeServer,
  NEVER,
  place,
  Server,
  ServerFlag,
  ServerState,
  serverAt,
} from '../table/servers';
import { Address } from '../wire/address';
import { areBridged } from './crossing';
import { makeRoomForServer } from './eviction';
import { isOn, nowUs, waitUs } from './options';
import { hasDirection, hasSide, iface } from './packet';

/** A cycle of the kernel's requests for an address (RFC 4861 section 10: MAX_MULTICAST_SOLICIT). */
export const RESOLVING_REQUESTS: u32 = 3;

/** Between two requests of one cycle (RFC 4861 section 10: RETRANS_TIMER, and what timers are late). */
const RESOLVING_US: i64 = 2_000_000;

/** The requests of one cycle are so far apart at least, whatever `retrans_time_ms` says. */
const APART_US: i64 = 50_000;

/** That a service answers is said so often. */
const SAY_ANSWERS_US: i64 = 86_400_000_000;

export function isKnownService(address: Address, addressHash: u64, port: u32): bool {
  const service = findServer(address, addressHash, port);
  return service != 0 && serverAt(service).isKnownService;
}

/** The interface on which the server lies, 0 when nobody knows. */
export function sideOf(address: Address, addressHash: u64): u32 {
  const host = findServer(address, addressHash, 0);
  return host == 0 ? 0 : serverAt(host).side;
}

/** A client's request to it has left by that interface; 0: by none that was seen. */
export function noteSide(address: Address, addressHash: u64, by: u32): void {
  const host = findServer(address, addressHash, 0);
  if (host != 0) setSide(serverAt(host), by);
}

/** Whether clients' requests to the host leave, but elsewhere: neither by that interface nor by another one of the same bridge. */
export function isElsewhere(host: Server, by: u32): bool {
  return host.has(ServerFlag.SideSeen) && <u32>host.side != by && !areBridged(<u32>host.side, by);
}

function setSide(host: Server, by: u32): void {
  if (by == 0) return;
  host.side = <u8>by;
  host.set(ServerFlag.SideSeen);
}

/**
 * Whether one client's failure is no outage yet, because the service, or with port 0 its host, has just answered somebody
 * else. Where the server itself is asked, that is not needed; and a capture is judged as it is.
 */
export function isDoubted(address: Address, addressHash: u64, port: u32, clientHash: u64): bool {
  if (isOn(Option.Ask) || !hasDirection()) return false;
  const index = findServer(address, addressHash, port);
  if (index == 0) return false;
  const server = serverAt(index);
  return server.heardUs + waitUs() > nowUs() && server.heardBy != <u32>clientHash;
}

/**
 * A service answered a request: it is known from then on, and its host lives. `left`: the interface on which that
 * request left, 0 when it was not seen; `by`: part of the client's hash.
 */
export function hearFrom(address: Address, addressHash: u64, port: u32, left: u32, by: u32): void {
  const host = learn(address, addressHash, 0, 0);
  if (host == 0) return;
  hear(serverAt(host), by);
  serverAt(host).resolving = 0;
  setSide(serverAt(host), left);
  const service = learn(address, addressHash, port, host);
  if (service != 0) {
    hear(serverAt(service), by);
    makeKnown(host, service, ServerFlag.Known);
    if (serverAt(service).saidUs + SAY_ANSWERS_US <= nowUs()) {
      serverAt(service).saidUs = nowUs();
      emit(Event.Answers, nowUs()).port(port).server(address);
    }
    rise(service);
  }
  // Behind its services: a host that goes before them would not know how many it has.
  rise(host);
}

/** It has been heard of: the last to go of those alive, and when it is down no stranger any more. */
function rise(index: u32): void {
  const server = serverAt(index);
  if (server.state == ServerState.Alive || server.isStranger) place(index, true);
}

function hear(server: Server, by: u32): void {
  server.heardUs = nowUs();
  server.heardBy = by;
  if (server.isDown && server.answeredUs == NEVER) server.answeredUs = nowUs();
}

/** One of the program's own probes was answered: the service lives, or with port 0 its machine. */
export function hearProbe(address: Address, addressHash: u64, port: u32): void {
  const host = port == 0 ? 0 : findServer(address, addressHash, 0);
  if (host != 0) {
    serverAt(host).heardUs = nowUs();
    rise(host);
  }
  const index = findServer(address, addressHash, port);
  if (index == 0) return;
  const server = serverAt(index);
  server.heardUs = nowUs();
  server.heardBy = 0;
  rise(index);
  if (server.state == ServerState.Alive) return;
  if (server.answeredUs == NEVER) server.answeredUs = nowUs();
  if (server.isDown) server.state = <u8>ServerState.Settling;
}

/** An earlier process knew that the service answered, last at `heardUs`. False when there is no place. */
export function restoreService(address: Address, addressHash: u64, port: u32, heardUs: i64): bool {
  const host = learn(address, addressHash, 0, 0);
  if (host == 0) return false;
  const service = learn(address, addressHash, port, host);
  if (service == 0) return false;
  makeKnown(host, service, ServerFlag.Known);
  for (let i = 0; i < 2; i++) {
    const index = i == 0 ? service : host;
    serverAt(index).heardUs = max(serverAt(index).heardUs, heardUs);
    rise(index);
  }
  serverAt(service).saidUs = max(serverAt(service).saidUs, heardUs);
  return true;
}

/** A host refused a request: it lives. Nothing else is forgotten for that: a scan is refused a thousand times. */
export function hearRefusal(address: Address, addressHash: u64, by: u32): void {
  const host = noteHost(address, addressHash);
  if (host == 0) return;
  serverAt(host).heardUs = nowUs();
  serverAt(host).heardBy = by;
  serverAt(host).resolving = 0;
  rise(host);
}

/** A service that the configuration names, or with port 0 a host: it and its host stay. False when there is no place. */
export function pin(address: Address, addressHash: u64, port: u32): bool {
  const host = learn(address, addressHash, 0, 0);
  if (host == 0) return false;
  if (port == 0) {
    if (serverAt(host).has(ServerFlag.Named)) return true;
    serverAt(host).set(ServerFlag.Named);
    pinHost(host);
    return true;
  }
  const service = learn(address, addressHash, port, host);
  if (service == 0) {
    if (serverAt(host).state == ServerState.Alive) place(host, false);
    return false;
  }
  if (serverAt(service).has(ServerFlag.Pinned)) return true;
  makeKnown(host, service, ServerFlag.Pinned);
  place(service, true);
  pinHost(host);
  return true;
}

function pinHost(host: u32): void {
  serverAt(host).pins++;
  serverAt(host).set(ServerFlag.Pinned);
  place(host, true);
}

/** The configuration names it no longer, and a host not for itself. What answered before is still known. */
export function unpin(index: u32): void {
  const record = serverAt(index);
  if (record.port == 0) {
    if (!record.has(ServerFlag.Named)) return;
    record.unset(ServerFlag.Named);
    unpinHost(index);
    return;
  }
  if (!record.has(ServerFlag.Pinned)) return;
  const host = findServer(record.address, hashAddress(record.address), 0);
  record.unset(ServerFlag.Pinned);
  place(index, true);
  if (!record.isKnownService && host != 0) serverAt(host).services--;
  if (host != 0) unpinHost(host);
}

function unpinHost(host: u32): void {
  if (--serverAt(host).pins != 0) return;
  serverAt(host).unset(ServerFlag.Pinned);
  place(host, serverAt(host).hasAnswered);
}

function makeKnown(host: u32, service: u32, flag: ServerFlag): void {
  if (!serverAt(service).isKnownService) serverAt(host).services++;
  serverAt(service).set(flag);
}

/**
 * The record of `port` at `address`, made if need be at the cost of another, but not of record `except`; 0 when there is no
 * place.
 */
function learn(address: Address, addressHash: u64, port: u32, except: u32): u32 {
  const found = findServer(address, addressHash, port);
  if (found != 0) return found;
  return makeRoomForServer(except) ? addServer(address, addressHash, port) : 0;
}

/** The record of a host that resolved its address: kept while there is room, and the first to go. */
export function noteHost(address: Address, addressHash: u64): u32 {
  const found = findServer(address, addressHash, 0);
  if (found != 0 || !hasFreeServer()) return found;
  const index = addServer(address, addressHash, 0);
  place(index, false);
  return index;
}

/** This machine asks everybody on the link in hand who has the address. */
export function resolving(address: Address, addressHash: u64): void {
  const index = noteHost(address, addressHash);
  if (index == 0) return;
  const host = serverAt(index);
  const sinceUs = nowUs() - host.resolvingUs;
  const isNewCycle = sinceUs > RESOLVING_US;
  // The same request crosses a bridge and its port: counted on one of them, where clients' requests leave if that is one.
  if (!isNewCycle && <u32>host.resolvingOn != iface()) {
    if (<u32>host.side == iface()) host.resolvingOn = <u8>iface();
    return;
  }
  if (!isNewCycle && sinceUs < APART_US) return;
  host.resolving = isNewCycle ? 1 : <u8>min(<u32>host.resolving + 1, 255);
  host.resolvingOn = <u8>iface();
  host.resolvingUs = nowUs();
  if (host.side == 0) host.side = <u8>iface();
}

/**
 * Somebody asks for the address. Where the host is not, a bridge may let that out on its side, before or after this: what left
 * there is none of this machine's requests. A bridge of this machine's lets it out wherever it comes in.
 */
export function resolvedByOthers(address: Address, addressHash: u64): void {
  if (!hasSide()) return;
  const index = findServer(address, addressHash, 0);
  const isLetOut = index != 0 && (<u32>serverAt(index).side != iface() || areBridged(iface(), iface()));
  if (isLetOut) serverAt(index).resolving = 0;
}

/** Whether the kernel has just asked for the address in vain, so that nobody else need ask (paragraph 71). */
export function isUnresolved(address: Address, addressHash: u64): bool {
  const index = findServer(address, addressHash, 0);
  if (index == 0) return false;
  const host = serverAt(index);
  if (isElsewhere(host, <u32>host.resolvingOn)) return false;
  return <u32>host.resolving >= RESOLVING_REQUESTS && nowUs() - host.resolvingUs <= RESOLVING_US;
}
