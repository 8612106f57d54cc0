/** Servers down, or suspected to be: table 71a, and the rules by which it changes. */

import { Option } from '../record/commands';
import { Cause, Event, emit } from '../record/events';
import { Attempt } from '../table/attempt';
import { clientAt, findClient } from '../table/clients';
import {
  addServer,
  findServer,
  NEVER,
  nextOutage,
  place,
  Server,
  ServerFlag,
  ServerState,
  serverAt,
} from '../table/servers';
import { Address } from '../wire/address';
import { credit, enter, rememberTried } from './chains';
import { adjust, count, counted } from './counters';
import { LASTING, makeRoomForOutage } from './eviction';
import { isOn, nowUs } from './options';
import { destination, destinationHash, source, sourceHash, timeUs } from './packet';
import { isUnresolved, noteSide } from './servers';
import { Counter } from './verdict';

/**
 * Address resolution within this time before a request counts as having happened while it failed: Linux asks a
 * neighbour again after 15 to 45 s (RFC 4861 section 6.3.2: REACHABLE_TIME times a random factor).
 */
const RESOLUTION_US: i64 = 60_000_000;

/** The same message crosses a bridge and its port within this time; nobody tries again so soon. */
const SAME_PACKET_US: i64 = 2_000;

/** The outage in which a client of `port` at `address` is linked, of the host or of the service; 0 when there is none. */
export function findOutage(address: Address, addressHash: u64, port: u32): u32 {
  if (counted(Counter.ServersDown) == 0) return 0;
  const host = findServer(address, addressHash, 0);
  if (host != 0 && serverAt(host).isLinking) return host;
  if (port == 0) return 0;
  const service = findServer(address, addressHash, port);
  return service != 0 && serverAt(service).isLinking ? service : 0;
}

/** The same, also while it is about to end. */
export function findDown(address: Address, addressHash: u64, port: u32): u32 {
  if (counted(Counter.ServersDown) == 0) return 0;
  const host = findServer(address, addressHash, 0);
  if (host != 0 && serverAt(host).isDown) return host;
  const service = findServer(address, addressHash, port);
  return service != 0 && serverAt(service).isDown ? service : 0;
}

/** Opens the outage of the host that the packet in hand is about, or adds to what is known of it: it has left its link. */
export function openHostOutage(fromUs: i64, triedPort: u32): u32 {
  const isCertain = isUnresolved(destination, destinationHash());
  const index = open(destination, destinationHash(), 0, Cause.Unreachable, fromUs, triedPort, isCertain);
  if (index != 0) serverAt(index).set(ServerFlag.Unreachable);
  return index;
}

/** An attempt failed for good reason: its client waits, for the service at `port` or, with 0, for the host. */
export function fail(attempt: Attempt, clientHash: u64, serverHash: u64, port: u32, cause: Cause): void {
  let index = findOutage(attempt.server, serverHash, attempt.service);
  if (index == 0) {
    index = open(attempt.server, serverHash, port, cause, attempt.firstUs, attempt.service, false);
    // The host's record may be made just now.
    noteSide(attempt.server, serverHash, attempt.left);
  }
  credit(index, attempt, clientHash);
}

/** A message without an attempt of ours says that the client in hand was turned away. */
export function failUntracked(port: u32, triedPort: u32): void {
  let index: u32;
  if (port == 0) {
    index = openHostOutage(timeUs(), triedPort);
  } else {
    index = findOutage(destination, destinationHash(), port);
    if (index == 0)
      index = open(destination, destinationHash(), port, Cause.Unreachable, timeUs(), port, false);
  }
  if (index == 0) return;
  const server = serverAt(index);
  if (triedPort != 0) rememberTried(server, triedPort);
  const found = findClient(server.outage, source, sourceHash());
  if (found != 0 && clientAt(found).tries != 0 && timeUs() - clientAt(found).lastUs < SAME_PACKET_US) return;
  enter(index, source, sourceHash(), timeUs(), timeUs(), 1, false);
}

/**
 * The record of an outage, or of the suspicion of one unless it is `certain`, opened if it is not; 0 when the table is full of
 * outages that matter more.
 */
export function open(
  address: Address,
  addressHash: u64,
  port: u32,
  cause: Cause,
  fromUs: i64,
  triedPort: u32,
  certain: bool,
): u32 {
  let index = findServer(address, addressHash, port);
  // A chain that is handed out takes further clients at its end; see `forget`.
  if (index != 0 && serverAt(index).state != ServerState.Alive) {
    if (certain && serverAt(index).state == ServerState.Suspected) confirm(index, cause);
    return index;
  }
  if (!makeRoomForOutage(index == 0, index == 0 || !serverAt(index).hasAnswered)) {
    count(Counter.OutagesRefused);
    return 0;
  }
  if (index == 0) index = addServer(address, addressHash, port);
  const server = serverAt(index);
  const isOutage = certain || !isOn(Option.Ask);
  server.state = <u8>(isOutage ? ServerState.Down : ServerState.Suspected);
  server.cause = <u8>cause;
  server.beforeUs = server.heardUs;
  server.answeredUs = NEVER;
  server.fromUs = fromUs;
  server.outage = nextOutage();
  server.promised = 0;
  server.triedPort = triedPort;
  server.flags &= LASTING;
  if (cause == Cause.Unanswered && server.resolvedUs + RESOLUTION_US > fromUs)
    server.set(ServerFlag.Resolves);
  place(index, true);
  count(isOutage ? Counter.OutagesOpened : Counter.SuspicionsOpened);
  if (isOutage) adjust(Counter.ServersDown, 1);
  sayOutage(server);
  return index;
}

/** A suspicion was right. */
export function confirm(index: u32, cause: u32): void {
  const server = serverAt(index);
  server.state = <u8>ServerState.Down;
  server.cause = <u8>cause;
  server.answeredUs = NEVER;
  count(Counter.OutagesOpened);
  adjust(Counter.ServersDown, 1);
  sayOutage(server);
}

export function sayOutage(server: Server): void {
  emit(Event.Outage, nowUs())
    .code(server.cause)
    .port(server.port)
    .triedPort(server.triedPort)
    .server(server.address)
    .first(server.fromUs)
    .state(server.state);
}
