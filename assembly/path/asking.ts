/**
 * What this machine's own probes meet. A connection that fails says nothing by itself: a firewall of this machine may have
 * dropped or reset it, and by another way out than the clients' nothing is learnt about theirs. So the frames decide.
 */

import { CommandRecord, Status } from '../record/commands';
import { Event, emit, Met } from '../record/events';
import { addAsk, askAt, findAsk, hasAsks, removeAsk } from '../table/asks';
import { hashAddress } from '../table/hash';
import { findServer, NEVER, Server, serverAt } from '../table/servers';
import { Address } from '../wire/address';
import { advance, nowUs } from './options';
import { iface } from './packet';
import { isElsewhere, noteHost, RESOLVING_REQUESTS } from './servers';

/** The probe whose connection has `localPort` on this side and `port` of that server on the other, or 0. */
export function findProbe(address: Address, addressHash: u64, port: u32, localPort: u32): u32 {
  if (!hasAsks()) return 0;
  const index = findAsk(address, addressHash, port);
  return index != 0 && askAt(index).isFrom(localPort) ? index : 0;
}

/** The probe of the host that sends an empty datagram, where no port is known, or 0. */
export function findDatagramProbe(address: Address, addressHash: u64): u32 {
  return hasAsks() ? findAsk(address, addressHash, 0) : 0;
}

/** Its request leaves on the interface in hand. */
export function probeLeaves(index: u32): void {
  const ask = askAt(index);
  const addressHash = hashAddress(ask.address);
  const at = noteHost(ask.address, addressHash);
  ask.met |= at == 0 ? Met.Left : leftBy(serverAt(at), iface());
  // Where no client's request has shown it, this is the best that is known.
  if (at != 0 && serverAt(at).side == 0) serverAt(at).side = <u8>iface();
}

/** What came in about it, in Met bits. */
export function probeMeets(index: u32, met: u32): void {
  askAt(index).met |= met;
}

function leftBy(host: Server, by: u32): Met {
  return isElsewhere(host, by) ? Met.LeftElsewhere : Met.Left;
}

export function ask(record: CommandRecord): Status {
  const isComplete = record.server.isHost && record.probePort != 0;
  if (!isComplete) return Status.BadValue;
  const address = record.server;
  // Whatever was heard up to now was heard before it began.
  advance(nowUs() + 1);
  const isTaken = addAsk(address, hashAddress(address), record.port, record.probePort, nowUs());
  if (!isTaken) return Status.Full;
  emit(Event.Asking, nowUs()).port(record.port).server(address);
  return Status.Ok;
}

/** Ends it, and says what it met. */
export function endAsk(record: CommandRecord): void {
  sayMet(record);
  removeAsk(record.server, hashAddress(record.server), record.port);
}

/** Says what it has met; where none was begun, when the server was heard of last. */
export function sayMet(record: CommandRecord): void {
  const address = record.server;
  const addressHash = hashAddress(address);
  const index = findAsk(address, addressHash, record.port);
  const hostAt = findServer(address, addressHash, 0);
  const serviceAt = record.port == 0 ? 0 : findServer(address, addressHash, record.port);
  let met: u32 = 0;
  if (index != 0) met = askAt(index).met;
  if (index != 0 && hostAt != 0) {
    const ask = askAt(index);
    const host = serverAt(hostAt);
    if (host.resolvedUs >= ask.sinceUs) met |= Met.Resolved;
    if (host.resolvingUs >= ask.sinceUs) {
      met |= leftBy(host, host.resolvingOn);
      if (host.resolving >= RESOLVING_REQUESTS) met |= Met.Unresolved;
    }
  }
  emit(Event.Asked, nowUs())
    .code(met)
    .port(record.port)
    .server(address)
    .first(serviceAt == 0 ? NEVER : serverAt(serviceAt).heardUs)
    .last(hostAt == 0 ? NEVER : serverAt(hostAt).heardUs);
}
