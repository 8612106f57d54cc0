/**
 * How long a service takes to answer: how many of its latest answers came within which span of time. A few bytes for each
 * service, however many answers.
 */

import { Server } from './servers';

/** Spans are numbered from 0 on; the last one has no end. */
export const SPANS: u32 = 16;

/** At so many answers the older ones count for half: what is known is of the last hundred or two. */
export const MAX_TIMED: u32 = 200;

/** Of fewer answers nothing follows. */
export const MIN_TIMED: u32 = 20;

/** One answer in so many may take longer than what counts as usual. */
const RARE: u32 = 100;

/**
 * An answer took as long as that span says. `isProof`: what is known was wrong, for nobody waits so long; so it counts for as many
 * as it takes to change that.
 */
export function noteTime(server: Server, span: u32, isProof: bool): void {
  const timed = <u32>server.timed;
  const times = isProof ? timed / (RARE >> 1) + 1 : 1;
  const at = timesAt(server) + <usize>span;
  store<u8>(at, <u8>(load<u8>(at) + times));
  server.timed = <u8>(timed + times);
  if (<u32>server.timed >= MAX_TIMED) halve(server);
  server.within = <u8>usual(server);
}

/** Of how many of its latest answers the time is known. */
export function isTimed(server: Server): bool {
  return <u32>server.timed >= MIN_TIMED;
}

/** Nothing is known any more. */
export function clearTimes(server: Server): void {
  server.timed = server.within = 0;
  server.timesLow = server.timesHigh = 0;
}

/** The shortest span within which all but the rare ones came. */
function usual(server: Server): u32 {
  let longer: u32 = 0;
  for (let span = SPANS - 1; span > 0; span--) {
    longer += load<u8>(timesAt(server) + <usize>span);
    if (longer * RARE > <u32>server.timed) return span;
  }
  return 0;
}

/** What came once is forgotten. */
function halve(server: Server): void {
  let left: u32 = 0;
  for (let span: u32 = 0; span < SPANS; span++) {
    const at = timesAt(server) + <usize>span;
    const half = load<u8>(at) >> 1;
    store<u8>(at, half);
    left += half;
  }
  server.timed = <u8>left;
}

function timesAt(server: Server): usize {
  return changetype<usize>(server) + offsetof<Server>('timesLow');
}
