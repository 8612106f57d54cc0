/** What a host orders: a record in the command buffer, carried out. */

import { command, commandBuffer } from '../../assembly/index';
import { Command, Option } from '../../assembly/record/commands';
import { pendingEvents } from '../../assembly/record/events';
import { Field, OF_DATAGRAMS, RECORD_BYTES, Transport } from '../../assembly/record/layout';
import { Address } from '../../assembly/wire/address';
import { DATAGRAMS } from '../../assembly/wire/udp';
import { WAIT_US } from './numbers';

export const EVERYTHING: u32 =
  Option.Unreachable | Option.Unanswered | Option.Refused | Option.Resolution | Option.SynAck;

export const ASKING: u32 = EVERYTHING | Option.Ask;

/** Other sizes than the last time: the same would keep the tables. */
let knownSize: u32 = 64;

/** The next configuration makes the tables anew. */
export function changeSizes(): void {
  knownSize ^= 1;
}

/** Writes which service it is about: `port` from DATAGRAMS on is one of UDP. */
function putPort(at: usize, port: u32): void {
  store<u16>(at, <u16>port, Field.Port);
  if (port >= DATAGRAMS) store<u8>(at, load<u8>(at, Field.Kind) | <u8>OF_DATAGRAMS, Field.Kind);
}

/** A cleared record of that kind in the command buffer. */
function order(kind: Command): usize {
  const at = commandBuffer();
  memory.fill(at, 0, RECORD_BYTES);
  store<u8>(at, <u8>kind, Field.Kind);
  return at;
}

function carryOut(): u32 {
  const answer = command();
  assert(answer >> 8 == pendingEvents(), 'a command says how many events are pending');
  return answer & 0xff;
}

export function configure(
  options: u32 = EVERYTHING,
  servers: u32 = 16,
  clients: u32 = 64,
  attempts: u32 = 64,
  waitUs: i64 = WAIT_US,
  sidesless: u32 = 0,
  conversations: u32 = 0,
): u32 {
  const at = order(Command.Configure);
  store<u32>(at, options, Field.Flags);
  store<i64>(at, waitUs, Field.WaitUs);
  store<u32>(at, servers, Field.Servers);
  store<u32>(at, clients, Field.Clients);
  store<u32>(at, attempts, Field.Attempts);
  store<u32>(at, knownSize, Field.Known);
  store<u32>(at, 16, Field.Prefixes);
  store<u32>(at, sidesless, Field.Everything);
  store<u64>(at, 0x0123456789abcdef, Field.KeyLow);
  store<u64>(at, 0xfedcba9876543210, Field.KeyHigh);
  store<u32>(at, conversations, Field.Conversations);
  return carryOut();
}

export function bare(kind: Command): u32 {
  order(kind);
  return carryOut();
}

/** A command about a server's port. */
export function aboutServer(kind: Command, server: Address, port: u32 = 0): u32 {
  const at = order(kind);
  putPort(at, port);
  changetype<Address>(at + Field.Server).set(server);
  return carryOut();
}

export function aboutClient(kind: Command, client: Address): u32 {
  changetype<Address>(order(kind) + Field.Client).set(client);
  return carryOut();
}

export function aboutPrefix(kind: Command, address: Address, length: u32): u32 {
  const at = order(kind);
  store<u8>(at, <u8>length, Field.Code);
  changetype<Address>(at + Field.Server).set(address);
  return carryOut();
}

export function watch(address: Address, length: u32): u32 {
  return aboutPrefix(Command.Watch, address, length);
}

/** That port of the outer address is one of another address. */
export function forward(outer: Address, port: u32, real: Address, realPort: u32): u32 {
  const at = order(Command.Forward);
  store<u16>(at, <u16>port, Field.Port);
  store<u16>(at, <u16>realPort, Field.RealPort);
  changetype<Address>(at + Field.Server).set(outer);
  changetype<Address>(at + Field.Client).set(real);
  return carryOut();
}

export function answerFor(port: u32, on: bool): u32 {
  const at = order(Command.AnswerFor);
  store<u16>(at, <u16>port, Field.Port);
  store<u8>(at, on ? 1 : 0, Field.Code);
  return carryOut();
}

/** Datagrams of that port count, or do so no longer. */
export function watchDatagrams(port: u32, on: bool = true): u32 {
  const at = order(Command.Datagrams);
  store<u16>(at, <u16>port, Field.Port);
  store<u8>(at, on ? 1 : 0, Field.Code);
  return carryOut();
}

export function sweep(olderThanUs: i64): u32 {
  store<i64>(order(Command.Sweep), olderThanUs, Field.FirstUs);
  return carryOut();
}

export function restore(
  server: Address,
  port: u32,
  client: Address,
  cause: u32,
  firstUs: i64,
  lastUs: i64,
  tries: u32 = 1,
  triedPort: u32 = 0,
  state: u32 = 0,
): u32 {
  const at = order(Command.Restore);
  store<u8>(at, <u8>cause, Field.Code);
  putPort(at, port);
  store<u16>(at, <u16>tries, Field.Tries);
  store<u16>(at, <u16>triedPort, Field.RestoredPort);
  if (triedPort >= DATAGRAMS) store<u8>(at, <u8>Transport.TriedDatagrams, Field.RestoredTransports);
  store<u8>(at, <u8>state, Field.RestoredState);
  changetype<Address>(at + Field.Server).set(server);
  changetype<Address>(at + Field.Client).set(client);
  store<i64>(at, firstUs, Field.FirstUs);
  store<i64>(at, lastUs, Field.LastUs);
  return carryOut();
}

/** A service answered last at `us`; or was found silent by a look that began then. */
export function aboutTime(kind: Command, server: Address, port: u32, us: i64): u32 {
  const at = order(kind);
  putPort(at, port);
  changetype<Address>(at + Field.Server).set(server);
  store<i64>(at, us, Field.FirstUs);
  return carryOut();
}

/** A probe begins whose connections come from `probePort` on. */
export function probe(server: Address, port: u32, probePort: u32): u32 {
  const at = order(Command.Ask);
  putPort(at, port);
  store<u16>(at, <u16>probePort, Field.ProbePort);
  changetype<Address>(at + Field.Server).set(server);
  return carryOut();
}

/** An order about who has an address: `hardware` is the last byte of 02:00:00:00:00:XX. */
function orderAbout(kind: Command, address: Address, hardware: u32, iface: u32): usize {
  const at = order(kind);
  store<u16>(at, <u16>iface, Field.Interface);
  changetype<Address>(at + Field.Server).set(address);
  store<u8>(at, 2, Field.Hardware);
  store<u8>(at, <u8>hardware, Field.Hardware + 5);
  return at;
}

export function announce(
  form: u32,
  address: Address,
  target: Address = address,
  hardware: u32 = 2,
  iface: u32 = 1,
  isRouter: bool = false,
): u32 {
  const at = orderAbout(Command.Announce, address, hardware, iface);
  store<u8>(at, <u8>form, Field.Code);
  changetype<Address>(at + Field.Client).set(target);
  store<u8>(at, isRouter ? 1 : 0, Field.Router);
  return carryOut();
}

export function claim(address: Address, hardware: u32 = 2, iface: u32 = 0): u32 {
  orderAbout(Command.Claim, address, hardware, iface);
  return carryOut();
}

export function unclaim(address: Address): u32 {
  return aboutServer(Command.Unclaim, address);
}

/** Carries out the order in the command buffer as it is. */
export function again(): u32 {
  return carryOut();
}

/** Overwrites the MAC address of the order carried out last, and carries it out again. */
export function againFor(hardware: u64): u32 {
  store<u32>(commandBuffer(), <u32>hardware, Field.Hardware);
  store<u16>(commandBuffer(), <u16>(hardware >> 32), Field.Hardware + 4);
  return carryOut();
}
