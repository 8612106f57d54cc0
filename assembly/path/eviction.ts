/** What goes when a table is full, and how an outage ends. */

import { Event, emit } from '../record/events';
import { freeChain } from '../table/clients';
import { hashAddress } from '../table/hash';
import {
  findServer,
  hasFreeServer,
  hasRoomForStranger,
  leastAwaited,
  leastImportant,
  leastRecentlyHeard,
  leastStranger,
  lengthen,
  NEVER,
  place,
  removeServer,
  Server,
  ServerFlag,
  ServerState,
  serverAt,
  unpromisedStranger,
} from '../table/servers';
import { adjust, count } from './counters';
import { nowUs } from './options';
import { Counter } from './verdict';

/** What is known of a server whether it is down or not. */
export const LASTING = <u8>(ServerFlag.Pinned | ServerFlag.Known | ServerFlag.SideSeen | ServerFlag.Named);

/**
 * Room for an outage, and if it `isNew` for its record. What never answered anybody shares a quarter of the table, and takes
 * nobody's place who did and is down. False when there is no place.
 */
export function makeRoomForOutage(isNew: bool, isStranger: bool): bool {
  if (isStranger && !hasRoomForStranger() && !giveUpStranger(unpromisedStranger())) return false;
  if (!isNew || hasFreeServer()) return true;
  const victim = leastImportant();
  if (victim == 0) return false;
  giveUp(victim);
  return true;
}

/** A record for a server that answers or that the configuration names, but not record `except`; false when there is none. */
export function makeRoomForServer(except: u32): bool {
  if (hasFreeServer()) return true;
  let victim = leastRecentlyHeard();
  if (victim == 0) victim = leastStranger();
  if (victim == 0) victim = leastAwaited();
  if (victim == 0 || victim == except) return false;
  giveUp(victim);
  return true;
}

/** Room for a client of a server that answered before who counts on a notice, where all records are taken. */
export function makeRoomForClient(): bool {
  return giveUpStranger(leastStranger());
}

function giveUpStranger(victim: u32): bool {
  if (victim == 0) return false;
  count(Counter.StrangersEvicted);
  count(Counter.OutagesEvicted);
  drop(victim);
  return true;
}

function giveUp(victim: u32): void {
  const server = serverAt(victim);
  if (server.isStranger) count(Counter.StrangersEvicted);
  const isAlive = server.state == ServerState.Alive;
  count(isAlive ? Counter.ServersEvicted : Counter.OutagesEvicted);
  if (!isAlive) drop(victim);
  if (!hasFreeServer()) forgetServer(victim);
}

/** Gives an outage up, and says so. */
export function drop(index: u32): void {
  const server = serverAt(index);
  emit(Event.Dropped, nowUs()).port(server.port).server(server.address);
  close(index);
}

/** The whole chain goes back to the free chain in one step; the server is alive as far as anybody knows. */
export function close(index: u32): void {
  const server = serverAt(index);
  freeHanded(server);
  if (server.head != 0) freeChain(server.head, server.tail, server.length);
  lengthen(server, -(<i32>server.length));
  server.head = server.tail = server.promised = 0;
  if (server.isDown) adjust(Counter.ServersDown, -1);
  server.state = <u8>ServerState.Alive;
  server.flags &= LASTING;
  if (!server.hasAnswered && server.resolvedUs == NEVER) removeServer(index, hashAddress(server.address));
  else place(index, server.hasAnswered);
}

/** What was handed to the program goes back to the free chain in one step. */
export function freeHanded(server: Server): void {
  if (server.handedHead != 0) freeChain(server.handedHead, server.handedTail, server.handedLength);
  server.handedHead = server.handedTail = server.handedLength = server.handedOutage = 0;
}

/** Forgets a record that is alive. */
function forgetServer(index: u32): void {
  const server = serverAt(index);
  const addressHash = hashAddress(server.address);
  if (server.isKnownService) {
    const host = findServer(server.address, addressHash, 0);
    if (host != 0 && serverAt(host).services != 0) serverAt(host).services--;
  }
  removeServer(index, addressHash);
}
