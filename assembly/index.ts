/** The door: every export of the module, and nothing else. An engine calls it as `path/frame` and `path/command` say. */

import { outgoingAt, outgoingFrame } from './path/announce';
import { bytesOf, execute, isConfigured } from './path/command';
import { count } from './path/counters';
import { expire, look } from './path/expiry';
import { classify } from './path/frame';
import { isBusy, work } from './path/long-answers';
import { advance } from './path/options';
import { beginPacket, completePacket, Direction, IN_PART } from './path/packet';
import { Verdict, WANTS_ALL } from './path/verdict';
import { commandAt } from './record/commands';
import { eventsAt, eventsTaken, hasRoom, pendingEvents } from './record/events';
import { hasSignal, Queued } from './record/queued';

export { OUTGOING_BYTES } from './path/announce';
export { KEPT_PART } from './path/chains';
export { MAX_RECORDS, MAX_SERVERS, MAX_WAIT_US } from './path/command';
export { Link } from './path/frame';
export { MAX_SIDELESS } from './path/options';
export { Direction, FRAME_PART_BYTES, FrameFlag, IN_PART, MAX_INTERFACES } from './path/packet';
export { Counter, Verdict, WANTS_ALL } from './path/verdict';
export { Carrier, CarrierField, Errand, Reached, Sent } from './record/carrier';
export { Command, Form, Option, Status } from './record/commands';
export { Cause, EVENT_CAPACITY, EVENT_RESERVE, Event, Met, Sign } from './record/events';
export { COUNTERS_IN_RECORD, Field, OF_DATAGRAMS, RECORD_BYTES, Transport } from './record/layout';
export { QUEUED_BYTES, QueuedField } from './record/queued';
export { MAX_ASKS, PROBE_PORTS } from './table/asks';
export { heldAttempts, Outcome } from './table/attempt';
export { MAX_CLAIMS } from './table/claims';
export { CLIENT_BYTES } from './table/clients';
export { MAX_FORWARDS } from './table/forwards';
export { WAITS } from './table/open-attempts';
export { MAX_OWN } from './table/own-addresses';
export { heldServers, ServerState } from './table/servers';

/** The version of the records: it goes up with every change of an export or a record. */
export const ABI: u32 = 9;

/** Bytes of a frame that the module looks at: link, tags, headers and a quoted packet with all their options. */
export const FRAME_BYTES: u32 = 512;

const frameAt = memory.data(FRAME_BYTES, 8);

/** Attempts that one frame may end: as many as come with frames, and some more to catch up. */
const ENDED_BY_FRAME: u32 = 8;
const ENDED_BY_TICK: u32 = 4096;

export function frameBuffer(): usize {
  return frameAt;
}

/** Bytes of memory that tables of these sizes take. */
export function tablesBytes(servers: u32, clients: u32, attempts: u32, known: u32, prefixes: u32): f64 {
  return <f64>bytesOf(servers, clients, attempts, known, prefixes);
}

export function commandBuffer(): usize {
  return commandAt();
}

export function eventBuffer(): usize {
  return eventsAt();
}

export function outgoingBuffer(): usize {
  return outgoingAt();
}

/**
 * The frame that the last command has built: its length in bytes, whole Ethernet without the check sequence, in the
 * outgoing buffer | the interface to send it on << 16. 0 when it has built none.
 */
export function outgoing(): u32 {
  return outgoingFrame();
}

/**
 * Works on a frame of which `captured` bytes lie in the frame buffer, and that was `length` bytes long on the wire; the
 * largest number where nobody knows. `iface` is a number up to MAX_INTERFACES that tells interfaces apart, `direction` a
 * Direction | what there is of FrameFlag. Returns its verdict | pending events << 8; where only a part lies there (`captured` | IN_PART)
 * perhaps WANTS_ALL in its place, and then `wholeFrame` comes next.
 */
export function frame(
  link: u32,
  iface: u32,
  direction: u32,
  captured: u32,
  length: u32,
  timeLow: u32,
  timeHigh: u32,
): u32 {
  const us = time(timeLow, timeHigh);
  advance(us);
  let verdict = Verdict.NotConfigured;
  if (isConfigured()) {
    expire(ENDED_BY_FRAME);
    look(ENDED_BY_FRAME);
    const looked = min(captured & ~IN_PART, FRAME_BYTES);
    beginPacket(iface, direction, us, max(length, looked) - looked, (captured & IN_PART) != 0);
    verdict = classify(link, frameAt, looked);
  }
  if (verdict != WANTS_ALL) count(verdict);
  return verdict | (pendingEvents() << 8);
}

/** Goes on with the frame that all was wanted of: now it lies in the buffer from its first byte on. Returns the same. */
export function wholeFrame(link: u32, captured: u32): u32 {
  completePacket();
  const verdict = classify(link, frameAt, min(captured, FRAME_BYTES));
  count(verdict);
  return verdict | (pendingEvents() << 8);
}

/**
 * Works on the frames of a capture, of which the list at `list` has `most` entries: on each as `tick`, `frame` in no known direction and
 * `resume` would. Returns how many are done: it stops before one for whose events there might be no room, and where a signal has
 * been said, for its answer comes before what follows. Whoever calls it takes the events away, and goes on.
 */
export function frames(list: usize, most: u32): u32 {
  if (!isConfigured()) return 0;
  for (let done: u32 = 0; done < most; done++) {
    if (!hasRoom()) return done;
    const queued = Queued.of(list, done);
    const us = queued.us;
    const before = pendingEvents();
    advance(us);
    const isCaughtUp = expire(ENDED_BY_TICK);
    look(ENDED_BY_TICK);
    if (!isCaughtUp || !hasRoom() || hasSignal(before)) return done;
    const looked = min(queued.captured, FRAME_BYTES);
    beginPacket(queued.iface, Direction.Unknown, us, max(queued.length, looked) - looked);
    count(classify(queued.link, queued.at, looked));
    if (hasSignal(before)) return done + 1;
  }
  return most;
}

/** Says what time it is. Returns the pending events; `resume` goes on where they filled the buffer. */
export function tick(timeLow: u32, timeHigh: u32): u32 {
  advance(time(timeLow, timeHigh));
  if (isConfigured()) {
    expire(ENDED_BY_TICK);
    look(ENDED_BY_TICK);
  }
  return pendingEvents();
}

/** Carries out the record in the command buffer. Returns its status | pending events << 8. */
export function command(): u32 {
  return execute() | (pendingEvents() << 8);
}

/** The engine has taken the pending events away. */
export function drained(): void {
  eventsTaken();
}

/**
 * Goes on with what found no room for its events, or takes long. Returns the pending events; 0 when nothing is left, or
 * when others should have their turn first, which `busy` tells apart.
 */
export function resume(): u32 {
  if (isConfigured()) {
    expire(ENDED_BY_TICK);
    look(ENDED_BY_TICK);
    work();
  }
  return pendingEvents();
}

/** Whether `resume` has more to do. */
export function busy(): u32 {
  return isBusy() ? 1 : 0;
}

function time(low: u32, high: u32): i64 {
  return <i64>(((<u64>high) << 32) | <u64>low);
}
