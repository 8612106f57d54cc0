/** What an engine does: frames in, time, and tables made fresh. */

import {
  drained,
  FRAME_BYTES,
  FRAME_PART_BYTES,
  frame,
  frameBuffer,
  IN_PART,
  outgoing,
  outgoingBuffer,
  tick,
  WANTS_ALL,
  wholeFrame,
} from '../../assembly/index';
import { counted } from '../../assembly/path/counters';
import { Link } from '../../assembly/path/frame';
import { Direction } from '../../assembly/path/packet';
import { Counter, Verdict } from '../../assembly/path/verdict';
import { Status } from '../../assembly/record/commands';
import { pendingEvents } from '../../assembly/record/events';
import { take } from '../../assembly/table/memory';
import { ipv4, ipv6 } from './addresses';
import { begin, cutTo, frameBytes, frameLength, wireLength } from './frames';
import { HOUR_US, SAY_AGAIN_US, SECOND_US, WAIT_US } from './numbers';
import { changeSizes, configure, EVERYTHING, watch } from './orders';
import { roomEnd } from './room';

const VERDICTS: u32 = Counter.Answered;

/** One byte for each verdict that some frame of any test ended in. */
const seen = memory.data(VERDICTS);

let clockUs: i64 = HOUR_US;

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
  const isPart = length > FRAME_PART_BYTES;
  memory.fill(frameBuffer(), 0xff, FRAME_BYTES);
  memory.copy(frameBuffer(), frameBytes(), min(length, isPart ? FRAME_PART_BYTES : FRAME_BYTES));
  const captured = isPart ? length | IN_PART : length;
  let answer = frame(link, iface, direction, captured, onWire, <u32>us, <u32>(<u64>us >> 32));
  if ((answer & 0xff) == WANTS_ALL) {
    assert(isPart, 'of a whole frame nobody wants more');
    memory.copy(frameBuffer(), frameBytes(), min(length, FRAME_BYTES));
    answer = wholeFrame(link, length);
  }
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

/** Empty tables, the lab's servers watched, no events, and a time long after all that was before. */
export function fresh(
  options: u32 = EVERYTHING,
  servers: u32 = 16,
  clients: u32 = 64,
  attempts: u32 = 64,
  waitUs: i64 = WAIT_US,
  sidesless: u32 = 0,
): void {
  changeSizes();
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

export function counterOf(counter: Counter): u64 {
  return counted(counter);
}

export function countOf(verdict: Verdict): u64 {
  return counted(verdict);
}
