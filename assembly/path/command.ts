/** What the program asks for. */

import { Command, CommandRecord, Option, Status } from '../record/commands';
import { Cause, Event, emit, hasRoom, lostEvents } from '../record/events';
import { COUNTERS_IN_RECORD } from '../record/layout';
import { clearAsks } from '../table/asks';
import { attemptsBytes, setUpAttempts } from '../table/attempts';
import { addClaim, clearClaims, removeClaim } from '../table/claims';
import { clientAt, clientsBytes, findClient, setUpClients } from '../table/clients';
import { addForward, clearForwards, removeForward } from '../table/forwards';
import { hashAddress, setKey } from '../table/hash';
import { addKnown, clearKnown, knownBytes, removeKnown, setUpKnown } from '../table/known-clients';
import { provide } from '../table/memory';
import { addOwn, clearOwn, removeOwn } from '../table/own-addresses';
import { addPrefix, clearPrefixes, prefixesBytes, removePrefix, setUpPrefixes } from '../table/prefixes';
import {
  findServer,
  NEVER,
  place,
  ServerFlag,
  ServerState,
  serverAt,
  serverCapacity,
  serversBytes,
  setUpServers,
} from '../table/servers';
import { clearTimes } from '../table/times';
import { Address } from '../wire/address';
import { isAdapter } from '../wire/ethernet';
import { announce, dropOutgoing, isInterface } from './announce';
import { ask, endAsk, sayMet } from './asking';
import { enter, isAwaited, takeBack } from './chains';
import { adjust, clearCounters, count, counted, setCounter } from './counters';
import { clearCrossings } from './crossing';
import { close, freeHanded } from './eviction';
import { flush, isBusy, learnt, release, stopJob, sweep, sync, work } from './long-answers';
import { answerFor, isOn, nowUs, setOptions, setProgramPorts, waitUs, watchDatagrams } from './options';
import { confirm, open, sayOutage } from './outages';
import { isNobody } from './own';
import { hearProbe, pin, restoreService, unpin } from './servers';
import { clearWays } from './sides';
import { Counter } from './verdict';

/** Records of servers and services: a host counts its services in 16 bits. */
export const MAX_SERVERS: u32 = 65535;
/** Records of any other table. */
export const MAX_RECORDS: u32 = 1 << 24;
/** The longest Field.WaitUs: more than two hundred years, and far from where deadlines overflow. */
export const MAX_WAIT_US: u64 = (<u64>1) << 53;
/** Times beyond that no clock says, and the program would not take them back. */
const MAX_MOMENT_US: i64 = (<i64>1) << 53;

let configured = false;
let servers: u32 = 0;
let clients: u32 = 0;
let attempts: u32 = 0;
let known: u32 = 0;
let prefixes: u32 = 0;

export function isConfigured(): bool {
  return configured;
}

/** Carries out the command in hand. */
export function execute(): Status {
  const record = CommandRecord.current;
  dropOutgoing();
  // Of a command that is about no service there are not two.
  if (record.isOfDatagrams && !record.isOfService) return Status.UnknownCommand;
  if (record.kind == Command.Configure) return configure(record);
  if (!configured) return Status.NotConfigured;
  if (isBusy()) return Status.Busy;
  switch (record.kind) {
    case Command.Watch:
      if (record.code > 128) return Status.BadValue;
      return addPrefix(record.server, record.code) ? Status.Ok : Status.Full;
    case Command.Unwatch:
      if (record.code > 128) return Status.BadValue;
      return removePrefix(record.server, record.code) ? Status.Ok : Status.NotFound;
    case Command.KnowService:
      return pin(record.server, hashAddress(record.server), record.port) ? Status.Ok : Status.Full;
    case Command.UnknowService:
      return forgetNamed(record);
    case Command.KnowClient:
      return addKnown(record.client, hashAddress(record.client)) ? Status.Ok : Status.Full;
    case Command.UnknowClient:
      return removeKnown(record.client, hashAddress(record.client)) ? Status.Ok : Status.NotFound;
    case Command.AnswerFor:
      answerFor(record.port, record.code != 0);
      return Status.Ok;
    case Command.Datagrams:
      watchDatagrams(record.port, record.code != 0);
      return Status.Ok;
    case Command.Restore:
      return restore(record);
    case Command.StillDown:
      return stillDown(record);
    case Command.Release:
      return handOut(record);
    case Command.Forget:
      return forget(record);
    case Command.Sweep:
      sweep(record.firstUs);
      break;
    case Command.Sync:
      sync();
      break;
    case Command.Counters:
      sayCounters();
      return Status.Ok;
    case Command.Flush:
      flush();
      break;
    case Command.Learnt:
      learnt();
      break;
    case Command.Announce:
      return announce(record);
    case Command.Claim:
      return claim(record);
    case Command.Unclaim:
      return removeClaim(record.server, hashAddress(record.server)) ? Status.Ok : Status.NotFound;
    case Command.Confirm:
      return confirmSuspicion(record);
    case Command.Acquit:
      return acquit(record);
    case Command.Lives:
      hearProbe(record.server, hashAddress(record.server), record.port);
      return Status.Ok;
    case Command.FoundSilent:
      foundSilent(record);
      return Status.Ok;
    case Command.Ask:
      return ask(record);
    case Command.AskMet:
      sayMet(record);
      return Status.Ok;
    case Command.AskEnd:
      endAsk(record);
      return Status.Ok;
    case Command.RestoreService:
      return restoreKnown(record);
    case Command.Own:
      return own(record.client);
    case Command.Disown:
      return removeOwn(record.client, hashAddress(record.client)) ? Status.Ok : Status.NotFound;
    case Command.Forward:
      return forward(record);
    case Command.Unforward:
      return removeForward(record.server, record.port) ? Status.Ok : Status.NotFound;
    default:
      return Status.UnknownCommand;
  }
  work();
  return Status.Ok;
}

function configure(record: CommandRecord): Status {
  const status = checkSizes(record);
  if (status != Status.Ok) return status;
  const same =
    configured &&
    record.servers == servers &&
    record.clients == clients &&
    record.attempts == attempts &&
    record.known == known &&
    record.prefixes == prefixes;
  if (same) {
    stopJob();
    clearPrefixes();
    clearKnown();
    unpinAll();
    // What was learnt is said in parts of the longest wait.
    if (<i64>record.waitUs != waitUs()) clearAllTimes();
  } else if (!setUp(record)) {
    return Status.OutOfMemory;
  }
  clearClaims();
  clearOwn();
  clearForwards();
  setOptions(record.flags, <i64>record.waitUs, record.everything);
  setProgramPorts(record.programPort, record.programPorts);
  return Status.Ok;
}

function checkSizes(record: CommandRecord): Status {
  if (record.waitUs == 0 || record.waitUs > MAX_WAIT_US) return Status.BadValue;
  if (record.servers == 0 || record.clients == 0 || record.attempts == 0) return Status.BadSize;
  if (record.known == 0 || record.prefixes == 0) return Status.BadSize;
  const largest = max(max(record.clients, record.attempts), max(record.known, record.prefixes));
  return record.servers > MAX_SERVERS || largest > MAX_RECORDS ? Status.BadSize : Status.Ok;
}

/** What tables of these sizes take. */
export function bytesOf(servers: u32, clients: u32, attempts: u32, known: u32, prefixes: u32): u64 {
  return (
    serversBytes(servers) +
    clientsBytes(clients) +
    attemptsBytes(attempts) +
    knownBytes(known) +
    prefixesBytes(prefixes)
  );
}

/** What there was goes on, a long answer too, where there is no memory for what is asked for. */
function setUp(record: CommandRecord): bool {
  const bytes = bytesOf(record.servers, record.clients, record.attempts, record.known, record.prefixes);
  if (!provide(bytes)) return false;
  stopJob();
  servers = record.servers;
  clients = record.clients;
  attempts = record.attempts;
  known = record.known;
  prefixes = record.prefixes;
  setKey(record.keyLow, record.keyHigh);
  setUpServers(servers);
  setUpClients(clients);
  setUpAttempts(attempts);
  setUpKnown(known);
  setUpPrefixes(prefixes);
  clearCounters();
  clearAsks();
  clearWays();
  clearCrossings();
  configured = true;
  return true;
}

function unpinAll(): void {
  for (let i: u32 = 1; i <= serverCapacity(); i++) unpin(i);
}

function clearAllTimes(): void {
  for (let i: u32 = 1; i <= serverCapacity(); i++) clearTimes(serverAt(i));
}

function forgetNamed(record: CommandRecord): Status {
  const index = findServer(record.server, hashAddress(record.server), record.port);
  if (index == 0) return Status.NotFound;
  unpin(index);
  return Status.Ok;
}

function isMoment(us: i64): bool {
  return us > -MAX_MOMENT_US && us < MAX_MOMENT_US;
}

function restore(record: CommandRecord): Status {
  if (!isMoment(record.firstUs) || !isMoment(record.lastUs)) return Status.BadValue;
  if (record.code < <u32>Cause.Unreachable || record.code > <u32>Cause.Refused) return Status.BadValue;
  const addressHash = hashAddress(record.server);
  const isCertain = record.restoredState != ServerState.Suspected;
  const index = open(
    record.server,
    addressHash,
    record.port,
    record.code,
    record.firstUs,
    record.triedPort,
    isCertain,
  );
  if (index == 0) return Status.Full;
  const server = serverAt(index);
  server.fromUs = min(server.fromUs, record.firstUs);
  if (record.code == Cause.Unreachable && record.port == 0) server.set(ServerFlag.Unreachable);
  // It was no news that it resolved its address when it failed; nobody knows whether it has left its link since.
  if (record.code == Cause.Unanswered && record.port == 0) server.set(ServerFlag.Resolves);
  const tries = max(record.tries, 1);
  const address = record.client;
  // The unspecified address: nobody waits, but the server is down.
  if (address.hi == 0 && address.lo == 0) return Status.Ok;
  if (isNobody(address, hashAddress(address))) return Status.Ok;
  const entered = enter(index, address, hashAddress(address), record.firstUs, record.lastUs, tries, true);
  return entered ? Status.Ok : Status.Full;
}

/** A sign of life came to nothing, or a recovery that was begun before the program was restarted did. */
function stillDown(record: CommandRecord): Status {
  const index = findServer(record.server, hashAddress(record.server), record.port);
  if (index == 0) return Status.NotFound;
  const server = serverAt(index);
  const isAbout = server.state == ServerState.Signalled || server.state == ServerState.Settling;
  if (!isAbout && server.state != ServerState.Released) return Status.NotFound;
  const wasReleased = server.state == ServerState.Released;
  server.state = <u8>ServerState.Down;
  server.answeredUs = NEVER;
  if (wasReleased) takeBack(index);
  return Status.Ok;
}

function confirmSuspicion(record: CommandRecord): Status {
  const index = findServer(record.server, hashAddress(record.server), record.port);
  if (index == 0 || serverAt(index).state != ServerState.Suspected) return Status.NotFound;
  confirm(index, serverAt(index).cause);
  return Status.Ok;
}

/** Also of an outage: it may be that none should have been opened. The event comes in any case. */
function acquit(record: CommandRecord): Status {
  const index = findServer(record.server, hashAddress(record.server), record.port);
  emit(Event.Acquitted, nowUs()).port(record.port).server(record.server);
  if (index == 0 || serverAt(index).state == ServerState.Alive) return Status.Ok;
  count(Counter.SuspicionsAcquitted);
  close(index);
  return Status.Ok;
}

function foundSilent(record: CommandRecord): void {
  const index = findServer(record.server, hashAddress(record.server), record.port);
  if (index != 0 && record.firstUs < MAX_MOMENT_US)
    serverAt(index).silentUs = max(serverAt(index).silentUs, record.firstUs);
}

function restoreKnown(record: CommandRecord): Status {
  if (record.port == 0 || record.firstUs >= MAX_MOMENT_US) return Status.BadValue;
  const address = record.server;
  return restoreService(address, hashAddress(address), record.port, record.firstUs) ? Status.Ok : Status.Full;
}

function handOut(record: CommandRecord): Status {
  const index = findServer(record.server, hashAddress(record.server), record.port);
  if (index == 0 || serverAt(index).state == ServerState.Alive) return Status.NotFound;
  release(index);
  work();
  return Status.Ok;
}

/** Frees what was handed out. Who came to the chain since then waits on, for the outage goes on. */
function forget(record: CommandRecord): Status {
  const index = findServer(record.server, hashAddress(record.server), record.port);
  if (index == 0 || serverAt(index).state != ServerState.Released) return Status.NotFound;
  const server = serverAt(index);
  const goesOn = isAwaited(server);
  emit(Event.Forgotten, nowUs())
    .code(<u32>goesOn)
    .port(server.port)
    .server(server.address);
  if (!goesOn) {
    close(index);
    return Status.Ok;
  }
  freeHanded(server);
  // Their failures came after the server was back: that is another matter.
  const isOutage = !isOn(Option.Ask);
  server.state = <u8>(isOutage ? ServerState.Down : ServerState.Suspected);
  server.fromUs = clientAt(server.head).firstUs;
  server.beforeUs = server.heardUs;
  server.answeredUs = NEVER;
  if (isOutage) adjust(Counter.ServersDown, 1);
  place(index, true);
  sayOutage(server);
  return Status.Ok;
}

function claim(record: CommandRecord): Status {
  const isComplete = record.server.isHost && isAdapter(record.hardware);
  if (!isComplete || (record.iface != 0 && !isInterface(record.iface))) return Status.BadValue;
  const address = record.server;
  return addClaim(address, hashAddress(address), record.hardware, record.iface) ? Status.Ok : Status.Full;
}

/** It may have tried before anybody knew that it is the program's: then it waits no longer. Those of no room are said by a sync. */
function own(address: Address): Status {
  if (!address.isHost) return Status.BadValue;
  const addressHash = hashAddress(address);
  if (!addOwn(address, addressHash)) return Status.Full;
  if (isOn(Option.Own)) return Status.Ok;
  for (let i: u32 = 1; i <= serverCapacity(); i++) {
    const server = serverAt(i);
    if (server.state == ServerState.Alive) continue;
    const waited = waitsNoLonger(server.outage, address, addressHash);
    const wasHanded = server.handedHead != 0 && waitsNoLonger(server.handedOutage, address, addressHash);
    if (!waited && !wasHanded) continue;
    if (hasRoom()) emit(Event.Answered, nowUs()).port(server.port).server(server.address).client(address);
  }
  return Status.Ok;
}

function forward(record: CommandRecord): Status {
  if (!record.server.isHost) return Status.BadValue;
  if (record.port != 0) {
    if (record.realPort == 0 || !record.client.isHost) return Status.BadValue;
    if (record.client.isIpv4 != record.server.isIpv4) return Status.BadFamily;
  }
  return addForward(record.server, record.port, record.client, record.port == 0 ? 0 : record.realPort)
    ? Status.Ok
    : Status.Full;
}

/** Whether it waited. */
function waitsNoLonger(outage: u32, address: Address, addressHash: u64): bool {
  const found = findClient(outage, address, addressHash);
  if (found == 0 || clientAt(found).tries == 0) return false;
  clientAt(found).setTimes(clientAt(found).firstUs, clientAt(found).lastUs, 0);
  return true;
}

function sayCounters(): void {
  setCounter(Counter.EventsLost, lostEvents());
  for (let first: u32 = 0; first < <u32>Counter.COUNT; first += COUNTERS_IN_RECORD) {
    const record = emit(Event.Counters, nowUs()).code(first);
    for (let i: u32 = 0; i < COUNTERS_IN_RECORD && first + i < <u32>Counter.COUNT; i++) {
      record.counter(i, counted(first + i));
    }
  }
}
