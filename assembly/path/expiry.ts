/** The end of attempts: unanswered after the wait (paragraphs 157 and 158), or gone before their time. */

import { Option } from '../record/commands';
import { Cause, Event, emit, hasRoom } from '../record/events';
import {
  Attempt,
  AttemptFlag,
  attemptAt,
  attemptToEvict,
  firstOpen,
  firstSettled,
  Outcome,
  removeAttempt,
} from '../table/attempts';
import { hashAddress } from '../table/hash';
import { findServer, serverAt } from '../table/servers';
import { count } from './counters';
import { credit, fail, findOutage, isKnownService } from './outages';
import { isOn, nowUs } from './settings';
import { Counter } from './verdict';

/** Ends at most `most` attempts that are due; false when some may be left. */
export function expire(most: u32): bool {
  for (let i: u32 = 0; i < most; i++) {
    if (!hasRoom()) return false;
    const settled = firstSettled();
    if (settled != 0 && attemptAt(settled).deadlineUs <= nowUs()) {
      // Where the message itself does not count, what it was about was silent all the same.
      const isSilent = attemptAt(settled).outcome == Outcome.Unreachable && !isOn(Option.Unreachable);
      if (isSilent && isOn(Option.Unanswered)) judge(attemptAt(settled));
      end(settled, attemptAt(settled).outcome);
      continue;
    }
    const open = firstOpen();
    if (open == 0 || attemptAt(open).deadlineUs > nowUs()) return true;
    if (isOn(Option.Unanswered)) judge(attemptAt(open));
    end(open, Outcome.Unanswered);
  }
  return false;
}

/** When the table is full, the attempt that matters least goes: one that is settled, otherwise the oldest. */
export function makeRoomForAttempt(): void {
  const victim = attemptToEvict();
  if (victim == 0) return;
  count(Counter.AttemptsEvicted);
  end(victim, attemptAt(victim).outcome);
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
      .port(attempt.serverPort)
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
  if (attempt.has(AttemptFlag.Acknowledged)) return;
  const clientHash = hashAddress(attempt.client);
  const serverHash = hashAddress(attempt.server);
  const port = <u32>attempt.serverPort;
  const outage = findOutage(attempt.server, serverHash, port);
  if (outage != 0) {
    credit(outage, attempt, clientHash);
    return;
  }
  const host = findServer(attempt.server, serverHash, 0);
  const answers = host != 0 && serverAt(host).heardUs >= attempt.firstUs;
  if (isKnownService(attempt.server, serverHash, port)) {
    fail(attempt, clientHash, serverHash, answers ? port : 0, Cause.Unanswered);
  } else if (!answers && (host == 0 || serverAt(host).services == 0)) {
    fail(attempt, clientHash, serverHash, 0, Cause.Unanswered);
  } else {
    count(Counter.ServicesUnknown);
  }
}
