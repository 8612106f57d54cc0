/** The end of attempts: unanswered after the wait (paragraphs 157 and 158), or gone before their time. */

import { Option } from '../record/commands';
import { Cause, Event, emit, hasRoom } from '../record/events';
import { Attempt, AttemptFlag, attemptAt, hasFreeAttempt, Outcome } from '../table/attempt';
import { extendAttempt, firstSettled, removeAttempt } from '../table/attempts';
import { hasRoomForDatagrams, nextDatagrams } from '../table/datagram-places';
import { isOuter } from '../table/forwards';
import { hashAddress } from '../table/hash';
import { isKnown } from '../table/known-clients';
import {
  chooseCandidate,
  firstDue,
  firstUnlooked,
  isCrowded,
  lastOpen,
  nextCandidate,
  openWaits,
  passUnlooked,
  WAITS,
} from '../table/open-attempts';
import { findServer, ServerState, serverAt } from '../table/servers';
import { isEvictedAgain, openIn, openInFullest } from '../table/shares';
import { credit } from './chains';
import { count } from './counters';
import { isOn, nowUs, waitUs } from './options';
import { fail, findOutage } from './outages';
import { isKnownService } from './servers';
import { Counter } from './verdict';
import { waitOf } from './waits';

/** A request that is not answered is sent again (RFC 6298 section 2.1); what was answered before was not turned away. */
export const RETRANSMISSION_US: i64 = 1_000_000;
/** As many attempts are passed by in the search for one that may go. */
const MAX_PASSED: u32 = 8;
/** More than any attempt weighs. */
const WEIGHTS: u32 = 3;
/** One service is looked at so often. */
const LOOK_AGAIN_US: i64 = 5_000_000;

/** Ends at most `most` attempts that are due; false when some may be left. */
export function expire(most: u32): bool {
  for (let i: u32 = 0; i < most; i++) {
    if (!hasRoom()) return false;
    const settled = firstSettled();
    if (settled != 0 && attemptAt(settled).deadlineUs <= nowUs()) {
      judgeSettled(attemptAt(settled));
      end(settled, attemptAt(settled).outcome);
      continue;
    }
    const open = firstDue(nowUs());
    if (open == 0) return true;
    if (!isOn(Option.Unanswered) || !judgeOpen(open)) end(open, Outcome.Unanswered);
  }
  return false;
}

/** Its wait is over. Returns whether it is remembered all the same. */
function judgeOpen(index: u32): bool {
  const attempt = attemptAt(index);
  const wait = <u32>attempt.wait;
  if (isEarly(attempt)) {
    extendAttempt(index, wait, nowUs() + waitOf(wait));
    return true;
  }
  judge(attempt);
  if (wait == WAITS) return false;
  // It may be answered after all, which then was to be waited for; and what it sends again is the same request.
  attempt.set(AttemptFlag.Judged);
  extendAttempt(index, WAITS, nowUs() + waitUs());
  return true;
}

/** Asks for a look at known services that have left a request unanswered; at most `most` requests are gone through. */
export function look(most: u32): void {
  if (!isOn(Option.Ask) || !isOn(Option.Unanswered)) return;
  let left = most;
  for (let rest = openWaits(); rest != 0; rest &= rest - 1) left = lookAtThose(ctz(rest), left);
}

/** Of those that wait so long. Returns how many requests may still be gone through. */
function lookAtThose(wait: u32, most: u32): u32 {
  for (let left = most; left > 0 && hasRoom(); left--) {
    const index = firstUnlooked(wait);
    if (index == 0) return left;
    const attempt = attemptAt(index);
    if (attempt.deadlineUs - waitOf(wait) + RETRANSMISSION_US > nowUs()) return left;
    passUnlooked(wait);
    if (attempt.has(AttemptFlag.Judged)) continue;
    // Most of what a look could send would be answered by nobody, dead or alive.
    if (attempt.has(AttemptFlag.Datagrams)) continue;
    const at = findServer(attempt.server, hashAddress(attempt.server), attempt.service);
    if (at == 0) continue;
    const service = serverAt(at);
    const isWanted = service.isKnownService && service.state == ServerState.Alive;
    if (!isWanted || service.heardUs > attempt.lastUs || service.lookedUs + LOOK_AGAIN_US > nowUs()) continue;
    service.lookedUs = nowUs();
    emit(Event.Look, nowUs())
      .port(service.port)
      .server(service.address)
      .first(isOn(Option.LearnWait) ? waitOf(wait) : 0);
  }
  return 0;
}

/** When the table is full, the attempt that matters least goes: one that is settled before one that is open. */
export function makeRoomForAttempt(): void {
  if (hasFreeAttempt()) return;
  count(Counter.AttemptsEvicted);
  let victim = firstSettled();
  if (victim == 0) {
    victim = leastOpen();
    count(Counter.OpenEvicted);
    if (isOn(Option.Ask) && isOn(Option.Unanswered)) judgeEarly(attemptAt(victim));
  }
  end(victim, attemptAt(victim).outcome);
}

/**
 * The same for one of datagrams: another one of them goes, for what is forged most easily must cost no connection request its place.
 * False when none of them is there.
 */
export function makeRoomForDatagrams(): bool {
  if (hasRoomForDatagrams()) return true;
  let victim: u32 = 0;
  let least: u32 = WEIGHTS;
  for (let passed: u32 = 0; passed < MAX_PASSED; passed++) {
    const index = nextDatagrams();
    if (index == 0) return false;
    const attempt = attemptAt(index);
    const weight = attempt.outcome == Outcome.Open ? weightOf(attempt) : 0;
    if (weight >= least) continue;
    victim = index;
    least = weight;
    if (weight == 0) break;
  }
  count(Counter.AttemptsEvicted);
  if (attemptAt(victim).outcome == Outcome.Open) count(Counter.OpenEvicted);
  end(victim, attemptAt(victim).outcome);
  return hasRoomForDatagrams();
}

/**
 * The open attempt that goes: from a share that is at least half as full as the fullest, and there one that matters least of some that
 * are passed by, a few further each time. If none of these is in such a share, the one that came last is: it has filled it.
 */
function leastOpen(): u32 {
  const enough = openInFullest() >> 1;
  const first = nextCandidate();
  let victim: u32 = 0;
  let least: u32 = WEIGHTS;
  let index = first;
  for (let passed: u32 = 0; ; passed++) {
    const attempt = attemptAt(index);
    const weight = openIn(attempt.share) < enough ? WEIGHTS : weightOf(attempt);
    if (weight < least) {
      victim = index;
      least = weight;
    }
    if (weight == 0 || passed == MAX_PASSED) break;
    index = passed + 1 == MAX_PASSED ? lastOpen() : nextCandidate();
  }
  if (victim == 0) victim = first;
  if (victim != lastOpen()) chooseCandidate(victim);
  return victim;
}

/** How much an attempt matters, from 0 on: first whether its server has ever answered, then whether its client is known. */
function weightOf(attempt: Attempt): u32 {
  const host = findServer(attempt.server, hashAddress(attempt.server), 0);
  if (host != 0 && serverAt(host).hasAnswered) return 2;
  return isKnown(attempt.client, hashAddress(attempt.client)) ? 1 : 0;
}

/**
 * An attempt that is evicted counts as silent if its server's others fill the table, so that none would ever be judged: its
 * client stays with the suspicion.
 */
function judgeEarly(attempt: Attempt): void {
  if (!isCrowded(attempt)) return;
  const serverHash = hashAddress(attempt.server);
  if (!isEvictedAgain(attempt.share, serverHash) && !isSuspected(attempt, serverHash)) return;
  count(Counter.JudgedEarly);
  judge(attempt);
}

function isSuspected(attempt: Attempt, serverHash: u64): bool {
  const host = findServer(attempt.server, serverHash, 0);
  if (host != 0 && serverAt(host).state != ServerState.Alive) return true;
  const service = findServer(attempt.server, serverHash, attempt.service);
  return service != 0 && serverAt(service).state != ServerState.Alive;
}

/** Reports and forgets an attempt. */
export function end(index: u32, outcome: u32): void {
  const attempt = attemptAt(index);
  if (outcome == Outcome.Answered) count(Counter.Answered);
  else if (outcome == Outcome.Refused) count(Counter.Refused);
  else if (outcome == Outcome.Unanswered) count(Counter.Unanswered);
  else if (outcome == Outcome.Unreachable) count(Counter.Unreachable);
  else count(Counter.Open);
  if (isOn(Option.ReportAttempts)) {
    emit(Event.Attempt, nowUs())
      .code(outcome)
      .port(attempt.service)
      .tries(attempt.tries)
      .server(attempt.server)
      .client(attempt.client)
      .first(attempt.firstUs)
      .attempt(attempt.sequence, attempt.clientPort);
  }
  removeAttempt(index);
}

/**
 * What silence means. Nothing from the whole host: the host is down. Silence of one port of a host that otherwise
 * answers, or of whose services others are known: only if that service is known, for a scan is no outage.
 */
function judge(attempt: Attempt): void {
  // Nobody answers the last word of a conversation; who wants an answer asks again. Where the server is asked, that says it.
  if (attempt.has(AttemptFlag.Datagrams) && attempt.tries == 1 && !isOn(Option.Ask)) return;
  // What is credited in full has been told with its outage, or will be.
  if (attempt.has(AttemptFlag.Acknowledged) || attempt.credited == attempt.tries) return;
  const clientHash = hashAddress(attempt.client);
  const serverHash = hashAddress(attempt.server);
  const port = attempt.service;
  const outage = findOutage(attempt.server, serverHash, port);
  if (outage != 0) {
    credit(outage, attempt, clientHash);
    return;
  }
  if (hasAnsweredSince(attempt, serverHash)) {
    count(Counter.Unjudged);
    return;
  }
  const host = findServer(attempt.server, serverHash, 0);
  // Of an address with several machines behind it nothing is said as a whole.
  const answers = isOuter(attempt.server) || (host != 0 && serverAt(host).heardUs >= attempt.firstUs);
  if (isKnownService(attempt.server, serverHash, port)) {
    fail(attempt, clientHash, serverHash, answers ? port : 0, Cause.Unanswered);
  } else if (!answers && (host == 0 || serverAt(host).services == 0)) {
    fail(attempt, clientHash, serverHash, 0, Cause.Unanswered);
  } else {
    count(Counter.ServicesUnknown);
  }
}

/** Where the message itself does not count, what it was about was silent all the same; and what was doubted is judged now. */
function judgeSettled(attempt: Attempt): void {
  const isSilent = attempt.outcome == Outcome.Unreachable && !isOn(Option.Unreachable);
  if (isSilent && isOn(Option.Unanswered)) judge(attempt);
  const isHost = attempt.has(AttemptFlag.HostDoubted);
  if (!isHost && !attempt.has(AttemptFlag.ServiceDoubted)) return;
  const serverHash = hashAddress(attempt.server);
  const port = isHost ? 0 : attempt.service;
  const at = findServer(attempt.server, serverHash, port);
  const failedUs = attempt.deadlineUs - waitUs();
  if (at != 0 && serverAt(at).heardUs > failedUs) {
    count(Counter.Unjudged);
    return;
  }
  const cause = attempt.outcome == Outcome.Refused ? Cause.Refused : Cause.Unreachable;
  fail(attempt, hashAddress(attempt.client), serverHash, port, cause);
}

/** Whether in this wait the service has answered somebody between two of its requests: another wait begins, then. */
function isEarly(attempt: Attempt): bool {
  const at = findServer(attempt.server, hashAddress(attempt.server), attempt.service);
  if (at == 0 || serverAt(at).isDown) return false;
  const heardUs = serverAt(at).heardUs;
  const forUs = waitOf(attempt.wait);
  const sinceUs = attempt.deadlineUs - forUs;
  return heardUs > sinceUs && heardUs < attempt.lastUs && attempt.lastUs + forUs > nowUs();
}

/**
 * Whether the service has answered somebody after the last request, so that this one was not turned away by an outage;
 * unless a look found it silent meanwhile, which was a short one.
 */
function hasAnsweredSince(attempt: Attempt, serverHash: u64): bool {
  const at = findServer(attempt.server, serverHash, attempt.service);
  return at != 0 && serverAt(at).heardUs > attempt.lastUs && !wasFoundSilent(attempt, serverHash);
}

/** Whether a look found the service silent while it waited. */
export function wasFoundSilent(attempt: Attempt, serverHash: u64): bool {
  const at = findServer(attempt.server, serverHash, attempt.service);
  return at != 0 && serverAt(at).silentUs >= attempt.firstUs;
}
