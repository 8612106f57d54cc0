/** The attempts of datagrams by their places: a share of the table, of which any may have to go. */

import { Attempt, AttemptFlag, attemptAt, attemptCapacity, hasFreeAttempt } from './attempt';
import { aligned, take } from './memory';

/** One attempt in so many may be of datagrams: whoever floods with them takes no room from connection requests. */
const DATAGRAM_PART: u32 = 8;

let datagrams: usize = 0;
let datagramCount: u32 = 0;
/** The place that is looked at next when one has to go. */
let datagramHand: u32 = 0;

function mostDatagrams(capacity: u32): u32 {
  return max(capacity / DATAGRAM_PART, 1);
}

export function datagramsBytes(capacity: u32): u64 {
  return aligned(<u64>mostDatagrams(capacity) * 4);
}

export function setUpDatagrams(capacity: u32): void {
  datagrams = take(<u64>mostDatagrams(capacity) * 4);
  datagramCount = datagramHand = 0;
}

/** Whether another attempt of datagrams finds a place without one going. */
export function hasRoomForDatagrams(): bool {
  return hasFreeAttempt() && datagramCount < mostDatagrams(attemptCapacity());
}

/** The next one of them that may go, or 0 if there are none: one after the other, round and round. */
export function nextDatagrams(): u32 {
  if (datagramCount == 0) return 0;
  if (datagramHand >= datagramCount) datagramHand = 0;
  const place = datagramHand;
  datagramHand++;
  return load<u32>(placeAt(place));
}

/** An attempt becomes one of datagrams; `hasRoomForDatagrams` must have been true. */
export function enterDatagrams(index: u32): void {
  assert(datagramCount < mostDatagrams(attemptCapacity()));
  const attempt = attemptAt(index);
  attempt.set(AttemptFlag.Datagrams);
  attempt.sequence = datagramCount;
  store<u32>(placeAt(datagramCount), index);
  datagramCount++;
}

/** The last of them comes to its place. */
export function leaveDatagrams(attempt: Attempt): void {
  datagramCount--;
  const last = load<u32>(placeAt(datagramCount));
  attemptAt(last).sequence = attempt.sequence;
  store<u32>(placeAt(attempt.sequence), last);
}

function placeAt(place: u32): usize {
  return datagrams + ((<usize>place) << 2);
}
