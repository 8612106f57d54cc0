/** Signs that a server that is down lives (paragraphs 37, 38, 100 and 179). The program decides what they are worth. */

import { Option } from '../record/commands';
import { Event, emit, Sign } from '../record/events';
import { findServer, Server, ServerFlag, ServerState, serverAt } from '../table/servers';
import { Address } from '../wire/address';
import { isOn, nowUs } from './options';
import { noteHost } from './servers';
import { isOnSide } from './sides';

/** A service answered somebody: it lives, and so does its host. */
export function signOfLife(address: Address, addressHash: u64, port: u32, sign: Sign): void {
  answered(findServer(address, addressHash, 0), port, sign);
  answered(findServer(address, addressHash, port), port, sign);
}

/** An answer is worth more than whatever else was a sign before, so it is one again: once. */
function answered(index: u32, port: u32, sign: Sign): void {
  if (index == 0) return;
  const server = serverAt(index);
  const isSaid = server.state == ServerState.Signalled && server.has(ServerFlag.AnswerSaid);
  if (!server.isLinking || isSaid) return;
  signal(server, port, sign);
  server.set(ServerFlag.AnswerSaid);
}

/**
 * A host resolved its address (ARP, neighbour discovery). That is news of a host that has left its link or says so
 * unasked or with another MAC address (a takeover), but not of one that did so all the while it failed, and none at
 * all where the host is not: there anybody may say so.
 * Returns whether it is a sign.
 */
export function resolution(
  address: Address,
  addressHash: u64,
  hardware: u64,
  unasked: bool,
  sign: Sign,
): bool {
  const index = noteHost(address, addressHash);
  if (index == 0) return false;
  const host = serverAt(index);
  if (!isOnSide(<u32>host.side)) return false;
  const moved = hardware != 0 && host.hardware != 0 && host.hardware != hardware;
  host.resolvedUs = nowUs();
  host.resolving = 0;
  if (hardware != 0) host.hardware = hardware;
  if (host.state != ServerState.Down || !isOn(Option.Resolution)) return false;
  if (host.has(ServerFlag.Resolves) && !host.has(ServerFlag.Unreachable) && !unasked && !moved) return false;
  signal(host, 0, sign);
  return true;
}

/** `answered`: the port that answered somebody, or 0. */
function signal(server: Server, answered: u32, sign: Sign): void {
  server.state = <u8>ServerState.Signalled;
  server.unset(ServerFlag.AnswerSaid);
  emit(Event.Signal, nowUs())
    .code(sign)
    .port(server.port)
    .triedPort(server.triedPort)
    .answeredPort(answered)
    .server(server.address)
    .first(server.fromUs);
}
