/**
 * How long a client waits until it was turned away: as long for all, or learnt for each service from the time between a request
 * and its answer, requests that were lost and sent again included. The seed has one wait, by what was observed (paragraph 161).
 */

import { Option } from '../record/commands';
import { Event, emit } from '../record/events';
import { Attempt, AttemptFlag } from '../table/attempt';
import { WAITS } from '../table/open-attempts';
import { findServer, Server, ServerState, serverAt } from '../table/servers';
import { isTimed, noteTime, SPANS } from '../table/times';
import { Address } from '../wire/address';
import { isOn, nowUs, waitUs } from './options';
import { timeUs } from './packet';

/** So many times as long as nearly all of its answers take is a service waited for. */
const TIMES: i64 = 3;

/** Spans below the step by which waits differ: each is a quarter of the next. */
const SHORT_SPANS: u32 = 5;

/** What one client is told in a row counts once in this time: it may have more of one kind than all others together. */
const SAME_CLIENT_US: i64 = 1_000_000;

/** How long an attempt of that wait may stay unanswered; the last one is the longest. */
export function waitOf(wait: u32): i64 {
  return wait >= WAITS ? waitUs() : max<i64>((waitUs() * <i64>wait) / <i64>WAITS, 1);
}

/** Which wait an attempt at that service has: the longest if nothing was learnt of it. */
export function waitFor(address: Address, addressHash: u64, port: u32): u32 {
  if (!isOn(Option.LearnWait)) return WAITS;
  const index = findServer(address, addressHash, port);
  return index == 0 || !isTimed(serverAt(index)) ? WAITS : waitWithin(serverAt(index).within);
}

/** The answer in hand, to an attempt of `by`: what it says of its service, which was heard of before. */
export function learnTime(attempt: Attempt, serverHash: u64, by: u64): void {
  const index = findServer(attempt.server, serverHash, attempt.service);
  const host = findServer(attempt.server, serverHash, 0);
  if (index == 0 || host == 0) return;
  const service = serverAt(index);
  // What has waited for the end of an outage says how long that was.
  if (wasDown(service, attempt) || wasDown(serverAt(host), attempt)) return;
  const isProof = attempt.has(AttemptFlag.Judged);
  const isAgain = service.heardBy == <u32>by && service.heardUs + SAME_CLIENT_US > nowUs();
  if (!isAgain || isProof) noteTime(service, spanOf(timeUs() - attempt.firstUs), isProof);
}

/** Says it. */
export function sayLearnt(service: Server): void {
  if (!isOn(Option.LearnWait) || !isTimed(service)) return;
  emit(Event.Learnt, nowUs())
    .code(service.timed)
    .port(service.port)
    .server(service.address)
    .first(endOf(service.within))
    .last(waitOf(waitWithin(service.within)));
}

function wasDown(server: Server, attempt: Attempt): bool {
  const isUp = server.state == ServerState.Alive || server.state == ServerState.Suspected;
  return !isUp || server.answeredUs >= attempt.firstUs;
}

/** A third of the step by which waits differ. */
function stepUs(): i64 {
  return max<i64>(waitUs() / (<i64>WAITS * TIMES), 1);
}

function waitWithin(span: u32): u32 {
  return span <= SHORT_SPANS ? 1 : min(span - SHORT_SPANS + 1, WAITS);
}

function spanOf(us: i64): u32 {
  const step = stepUs();
  if (us > step) return <u32>min<i64>((us - 1) / step + <i64>SHORT_SPANS, SPANS - 1);
  let span = SHORT_SPANS;
  while (span > 0 && us <= endOf(span - 1)) span--;
  return span;
}

/** How long the longest answer of that span may take. */
function endOf(span: u32): i64 {
  if (span <= SHORT_SPANS) return stepUs() >> <i64>((SHORT_SPANS - span) << 1);
  return span == SPANS - 1 ? waitUs() : stepUs() * <i64>(span - SHORT_SPANS + 1);
}
