/** What an engine and a host do: frames in, time, commands, events out. */

import {
  command,
  commandBuffer,
  drained,
  eventBuffer,
  FRAME_BYTES,
  frame,
  frameBuffer,
  outgoing,
  outgoingBuffer,
  resume,
  tick,
} from '../../assembly/index';
import { counted } from '../../assembly/path/counters';
import { Link } from '../../assembly/path/frame';
import { Direction } from '../../assembly/path/packet';
import { Counter, Verdict } from '../../assembly/path/verdict';
import { Command, Option, Status } from '../../assembly/record/commands';
import { Event, pendingEvents } from '../../assembly/record/events';
import { Field, OF_DATAGRAMS, RECORD_BYTES, Transport } from '../../assembly/record/layout';
import { take } from '../../assembly/table/memory';
import { Address } from '../../assembly/wire/address';
import { DATAGRAMS } from '../../assembly/wire/udp';
import { ipv4, ipv6 } from './addresses';
import { begin, cutTo, frameBytes, frameLength, wireLength } from './frames';
import { roomEnd } from './room';

export const MILLISECOND_US: i64 = 1000;
export const SECOND_US: i64 = 1_000_000;
export const HOUR_US: i64 = 3600 * SECOND_US;
export const WAIT_US: i64 = 30 * SECOND_US;
/** 2^26: who goes on trying is said again when the time of the last try passes a multiple of it. */
export const SAY_AGAIN_US: i64 = 1 << 26;

/** Two interfaces: clients are behind the first, servers behind the second. */
export const LAN: u32 = 1;
export const WAN: u32 = 2;

export const EVERYTHING: u32 =
  Option.Unreachable | Option.Unanswered | Option.Refused | Option.Resolution | Option.SynAck;

export const ASKING: u32 = EVERYTHING | Option.Ask;

const VERDICTS: u32 = Counter.Answered;

/** One byte for each verdict that some frame of any test ended in. */
const seen = memory.data(VERDICTS);

let clockUs: i64 = HOUR_US;
/** Other sizes than the last time: the same would keep the tables. */
let knownSize: u32 = 64;

/** The time of the next frame. */
export function now(): i64 {
  return clockUs;
}

export function pass(us: i64): void {
  clockUs += us;
}

/** Gives the module the frame that was built last; returns its verdict. `direction`: with what there is of FrameFlag. */
export function give(direction: u32 = Direction.In, iface: u32 = 1, link: Link = Link.Ethernet): u32 {
  return giveAt(clockUs, direction, iface, link);
}

/** The same of a frame that was so long on the wire. */
export function giveOf(onWire: u32, direction: u32 = Direction.In, link: Link = Link.Ethernet): u32 {
  return giveAt(clockUs, direction, 1, link, onWire);
}

/** The same, with a time of the frame's own. */
export function giveAt(
  us: i64,
  direction: u32 = Direction.In,
  iface: u32 = 1,
  link: Link = Link.Ethernet,
  onWire: u32 = wireLength(),
): u32 {
  const length = frameLength();
  memory.copy(frameBuffer(), frameBytes(), min(length, FRAME_BYTES));
  const answer = frame(link, iface, direction, length, onWire, <u32>us, <u32>(<u64>us >> 32));
  assert(answer >> 8 == pendingEvents(), 'a frame says how many events are pending');
  const verdict = answer & 0xff;
  store<u8>(seen + verdict, 1);
  return verdict;
}

/** Gives the module the frame that it has built itself. */
export function giveOutgoing(direction: Direction = Direction.In, iface: u32 = 1): u32 {
  const length = outgoing() & 0xffff;
  memory.copy(frameBytes(), outgoingBuffer(), length);
  begin();
  cutTo(length);
  return give(direction, iface);
}

export function wasSeen(verdict: u32): bool {
  return load<u8>(seen + verdict) != 0;
}

/** Lets `us` microseconds pass and says so. */
export function wait(us: i64): void {
  clockUs += us;
  tick(<u32>clockUs, <u32>(<u64>clockUs >> 32));
}

/** How many frames were counted, whatever their verdict. */
export function framesCounted(): u64 {
  let sum: u64 = 0;
  for (let i: u32 = 0; i < VERDICTS; i++) sum += counted(i);
  return sum;
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
  return carryOut();
}

/** Empty tables, the lab's servers watched, no events, and a time long after all that was before. */
export function fresh(
  options: u32 = EVERYTHING,
  servers: u32 = 16,
  clients: u32 = 64,
  attempts: u32 = 64,
  waitUs: i64 = WAIT_US,
  sidesless: u32 = 0,
): void {
  knownSize ^= 1;
  const status = configure(options, servers, clients, attempts, waitUs, sidesless);
  assert(status == Status.Ok, 'the configuration is accepted');
  assert(take(0) <= roomEnd(), 'the tables have room');
  watch(ipv4(172, 27, 178, 0), 120);
  watch(ipv6(0x178, 0), 64);
  drained();
  // Between two moments at which who goes on trying is said again, as far from both in every test.
  clockUs = ((clockUs + HOUR_US) | (SAY_AGAIN_US - 1)) + 20 * SECOND_US;
  tick(<u32>clockUs, <u32>(<u64>clockUs >> 32));
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

/** An event as the host reads it. */
@unmanaged
export class Said {
  get kind(): u32 {
    return load<u8>(changetype<usize>(this), Field.Kind) & ~OF_DATAGRAMS;
  }

  get code(): u32 {
    return load<u8>(changetype<usize>(this), Field.Code);
  }

  /** One of UDP is numbered from DATAGRAMS on, as in the module. */
  get port(): u32 {
    const isOfDatagrams = (load<u8>(changetype<usize>(this), Field.Kind) & OF_DATAGRAMS) != 0;
    return load<u16>(changetype<usize>(this), Field.Port) | (isOfDatagrams ? DATAGRAMS : 0);
  }

  get triedPort(): u32 {
    const port = load<u16>(changetype<usize>(this), Field.TriedPort);
    return port | (this.isOf(Transport.TriedDatagrams) ? DATAGRAMS : 0);
  }

  private isOf(transport: Transport): bool {
    return (load<u8>(changetype<usize>(this), Field.Transports) & <u8>transport) != 0;
  }

  get serial(): u32 {
    return load<u16>(changetype<usize>(this), Field.Serial);
  }

  get tries(): u32 {
    return load<u16>(changetype<usize>(this), Field.Tries);
  }

  get answeredPort(): u32 {
    const port = load<u16>(changetype<usize>(this), Field.AnsweredPort);
    return port | (this.isOf(Transport.AnsweredDatagrams) ? DATAGRAMS : 0);
  }

  get nowUs(): i64 {
    return load<i64>(changetype<usize>(this), Field.NowUs);
  }

  get server(): Address {
    return changetype<Address>(changetype<usize>(this) + Field.Server);
  }

  get client(): Address {
    return changetype<Address>(changetype<usize>(this) + Field.Client);
  }

  get firstUs(): i64 {
    return load<i64>(changetype<usize>(this), Field.FirstUs);
  }

  get lastUs(): i64 {
    return load<i64>(changetype<usize>(this), Field.LastUs);
  }

  /** The last byte of a MAC address 02:00:00:00:00:XX. */
  get hardware(): u32 {
    const at = changetype<usize>(this) + Field.Hardware;
    assert(load<u32>(at) == 2 && load<u8>(at, 4) == 0, 'the MAC address is one of the tests');
    return load<u8>(at, 5);
  }

  get state(): u32 {
    return load<u8>(changetype<usize>(this), Field.State);
  }
}

export function eventAt(index: u32): Said {
  return changetype<Said>(eventBuffer() + <usize>(index * RECORD_BYTES));
}

/** How many of the pending events are of that kind. */
export function saidTimes(kind: Event): u32 {
  let times: u32 = 0;
  for (let i: u32 = 0; i < pendingEvents(); i++) if (eventAt(i).kind == <u32>kind) times++;
  return times;
}

/** The `nth` pending event of that kind, counted from 0. */
export function said(kind: Event, nth: u32 = 0): Said {
  let left = nth;
  for (let i: u32 = 0; i < pendingEvents(); i++) {
    if (eventAt(i).kind != <u32>kind) continue;
    if (left == 0) return eventAt(i);
    left--;
  }
  assert(false, 'that event was not said');
  return eventAt(0);
}

/** Whether a pending event of that kind names this client. */
export function saidOf(kind: Event, client: Address): bool {
  for (let i: u32 = 0; i < pendingEvents(); i++) {
    if (eventAt(i).kind == <u32>kind && eventAt(i).client.equals(client)) return true;
  }
  return false;
}

/** Takes the pending events away, and what a long answer still has to say: returns how many there were of that kind. */
export function hearAll(kind: Event): u32 {
  let times = saidTimes(kind);
  drained();
  while (resume() != 0) {
    times += saidTimes(kind);
    drained();
  }
  return times;
}

export function counterOf(counter: Counter): u64 {
  return counted(counter);
}

export function countOf(verdict: Verdict): u64 {
  return counted(verdict);
}
