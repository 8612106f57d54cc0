/**
 * The attempts that are open: a chain for each length of wait, in order of deadlines, which within one chain is that of their coming;
 * and the walks along them, from the shortest wait to the longest.
 */

import { Attempt, AttemptFlag, attemptAt, attemptCapacity } from './attempt';
import { countOpen, openIn } from './shares';

/** The longest wait is that of those last in order, and each shorter one by as much shorter. */
export const WAITS: u32 = 10;

/** For each wait the first and the last open attempt, and the first that has not been looked at: those before it have. */
const opens = memory.data((WAITS + 1) * 12, 4);
/** What comes first, and the other two behind it. */
const enum Open {
  Head = 0,
  Tail = 4,
  Unlooked = 8,
}

/** Later than any deadline. */
const LATEST: i64 = i64.MAX_VALUE;

/** The waits of which there are open attempts: bit n is that of wait n. */
let waits: u32 = 0;
/** Not later than the first deadline of the open attempts. */
let dueUs: i64 = 0;
/** The next open attempt of a walk through all of them, or 0. */
let walked: u32 = 0;
/** The open attempt that is a candidate for eviction next, or 0 for the first: it goes round. */
let candidate: u32 = 0;
/** How long the attempt waits that came last; said by `clearOpen`, for a module runs nothing before its first call. */
let latest: u32 = 0;

export function clearOpen(): void {
  waits = walked = candidate = 0;
  latest = WAITS;
  dueUs = LATEST;
  memory.fill(opens, 0, (WAITS + 1) * 12);
}

/** Any open attempt, or 0: the first of a walk through all of them. */
export function firstOpen(): u32 {
  return waits == 0 ? 0 : load<u32>(openAt(ctz(waits), Open.Head));
}

/** An open attempt whose deadline has come, or 0. */
export function firstDue(nowUs: i64): u32 {
  if (nowUs < dueUs) return 0;
  let nextUs = LATEST;
  for (let rest = waits; rest != 0; rest &= rest - 1) {
    const head = load<u32>(openAt(ctz(rest), Open.Head));
    const deadlineUs = attemptAt(head).deadlineUs;
    if (deadlineUs <= nowUs) return head;
    nextUs = min(nextUs, deadlineUs);
  }
  dueUs = nextUs;
  return 0;
}

/** Bits of the waits of which there are open attempts. */
export function openWaits(): u32 {
  return waits;
}

/** Of those that wait so long the one that was not looked at for longest, or 0. */
export function firstUnlooked(wait: u32): u32 {
  return load<u32>(openAt(wait, Open.Unlooked));
}

/** The first unlooked one has been looked at. */
export function passUnlooked(wait: u32): void {
  const at = openAt(wait, Open.Unlooked);
  store<u32>(at, attemptAt(load<u32>(at)).next);
}

/** Begins a walk through the open attempts; who is extended on the way is walked, too. */
export function beginWalk(): void {
  walked = firstOpen();
}

/** The next one of the walk, or 0; attempts may end between two steps. */
export function nextWalked(): u32 {
  const index = walked;
  if (index != 0) walked = nextOpen(index);
  return index;
}

/** The open attempt that came last, or 0; where that is gone, another one that came late. */
export function lastOpen(): u32 {
  if (waits == 0) return 0;
  const isLeft = (waits & ((<u32>1) << latest)) != 0;
  return load<u32>(openAt(isLeft ? latest : 31 - clz(waits), Open.Tail));
}

/**
 * The next open attempt that may be evicted, or 0: one after the other, round and round, those that wait shortest first, and of
 * those that wait as long the oldest.
 */
export function nextCandidate(): u32 {
  const index = candidate != 0 ? candidate : firstOpen();
  candidate = index == 0 ? 0 : nextOpen(index);
  return index;
}

/** Those before it stay for this round; it goes, and the one behind it is the next. */
export function chooseCandidate(index: u32): void {
  candidate = nextOpen(index);
}

/** Whether its share holds an eighth of the table. */
export function isCrowded(attempt: Attempt): bool {
  return openIn(attempt.share) >= attemptCapacity() >> 3;
}

/** The open attempt behind it: the next of those that wait as long, or the first of those that wait longer; or 0. */
export function nextOpen(index: u32): u32 {
  const attempt = attemptAt(index);
  if (attempt.next != 0) return attempt.next;
  const longer = waits & ~(((<u32>2) << (<u32>attempt.wait)) - 1);
  return longer == 0 ? 0 : load<u32>(openAt(ctz(longer), Open.Head));
}

/** It has come, and is the last of those that wait so long. */
export function appendOpen(index: u32, wait: u32): void {
  latest = wait;
  append(index, wait);
}

function append(index: u32, wait: u32): void {
  const attempt = attemptAt(index);
  const tail = load<u32>(openAt(wait, Open.Tail));
  attempt.wait = <u8>wait;
  attempt.next = 0;
  attempt.previous = tail;
  if (tail == 0) store<u32>(openAt(wait, Open.Head), index);
  else attemptAt(tail).next = index;
  store<u32>(openAt(wait, Open.Tail), index);
  waits |= (<u32>1) << wait;
  dueUs = min(dueUs, attempt.deadlineUs);
  if (!attempt.has(AttemptFlag.Datagrams)) countOpen(attempt.share, 1);
  if (load<u32>(openAt(wait, Open.Unlooked)) == 0) store<u32>(openAt(wait, Open.Unlooked), index);
}

/** To the end of those that wait so long, with another deadline; a walk that was to come to it still does. */
export function moveOpen(index: u32, wait: u32, deadlineUs: i64): void {
  const isWalked = walked == index;
  detachOpen(index);
  attemptAt(index).deadlineUs = deadlineUs;
  append(index, wait);
  if (isWalked && walked == 0) walked = index;
}

export function detachOpen(index: u32): void {
  const attempt = attemptAt(index);
  const wait = <u32>attempt.wait;
  if (walked == index) walked = nextOpen(index);
  if (candidate == index) candidate = nextOpen(index);
  const unlooked = openAt(wait, Open.Unlooked);
  if (load<u32>(unlooked) == index) store<u32>(unlooked, attempt.next);
  if (!attempt.has(AttemptFlag.Datagrams)) countOpen(attempt.share, -1);
  if (attempt.previous != 0) attemptAt(attempt.previous).next = attempt.next;
  else store<u32>(openAt(wait, Open.Head), attempt.next);
  if (attempt.next != 0) attemptAt(attempt.next).previous = attempt.previous;
  else store<u32>(openAt(wait, Open.Tail), attempt.previous);
  if (load<u32>(openAt(wait, Open.Head)) == 0) waits &= ~((<u32>1) << wait);
}

function openAt(wait: u32, what: Open): usize {
  return opens + <usize>(wait * 12) + <usize>what;
}
