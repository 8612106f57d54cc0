/** Connection requests and their answers (detection B, paragraphs 155 to 161). */

import { Option } from '../record/commands';
import { Cause, Met, Sign } from '../record/events';
import { Attempt, AttemptFlag, attemptAt, Outcome } from '../table/attempt';
import { addAttempt, findAnswered, findAttempt, settleAttempt } from '../table/attempts';
import { holdsConversations } from '../table/conversations';
import { isForwarded } from '../table/forwards';
import { hashAddress, hashAttempt } from '../table/hash';
import { firstOpen } from '../table/open-attempts';
import { containsAddress } from '../table/prefixes';
import { Tcp, TcpFlag } from '../wire/tcp';
import { findProbe, probeLeaves, probeMeets } from './asking';
import { credit, takeBackCredit } from './chains';
import { segment } from './conversation';
import { crossed, isPassing, wouldCross } from './crossing';
import { makeRoomForAttempt, RETRANSMISSION_US } from './expiry';
import { hopsLeft, isCorrupt } from './integrity';
import { isAnsweredFor, isOn, nowUs, waitUs } from './options';
import { fail, findDown, findOutage } from './outages';
import { beginWhere, isAgain, isNobody, isNobodys, noteLeaving } from './own';
import {
  destination,
  destinationHash,
  hasDirection,
  hashBoth,
  iface,
  isIncoming,
  isOutgoing,
  isPart,
  source,
  sourceHash,
  timeUs,
} from './packet';
import { hearFrom, hearRefusal, isDoubted, isKnownService, sideOf } from './servers';
import { cameInElsewhere, isForged, isFromServer, mayBeForged, noteInbound, noteUnasked } from './sides';
import { signOfLife } from './signs';
import { Verdict, WANTS_ALL } from './verdict';
import { learnTime, waitFor, waitOf } from './waits';

/**
 * Works on the TCP header at `at`, of which `captured` bytes may be read; the segment, or the first fragment of it, is
 * `length` bytes long. `ip` is where its packet begins.
 */
export function tcp(ip: usize, at: usize, captured: u32, length: u32, fragmented: bool): Verdict {
  const header = Tcp.checked(at, captured, length, fragmented);
  if (header == null) {
    // Its header may be put together here.
    if (fragmented && containsAddress(source)) noteUnasked(source, hashAddress(source));
    return Verdict.TcpMalformed;
  }
  if (isPart() && (header.handshake & (TcpFlag.Syn | TcpFlag.Rst)) != 0) return <Verdict>WANTS_ALL;
  const whole = captured >= length && !fragmented ? length : 0;
  switch (header.handshake) {
    case TcpFlag.Syn:
      return request(ip, header, length, whole);
    case TcpFlag.Syn | TcpFlag.Ack:
      return answer(ip, header, whole);
    case TcpFlag.Rst | TcpFlag.Ack: {
      const verdict = reset(ip, header, whole);
      if (verdict != Verdict.ResetUnasked || !holdsConversations()) return verdict;
      const other = segment(ip, header, length, whole);
      return other == Verdict.OtherTcp ? verdict : other;
    }
    case TcpFlag.Ack:
      if (!hasDirection() && firstOpen() != 0) acknowledgement(header);
      return holdsConversations() ? segment(ip, header, length, whole) : Verdict.OtherTcp;
    case TcpFlag.Rst:
      return holdsConversations() ? segment(ip, header, length, whole) : Verdict.OtherTcp;
    default:
      return Verdict.OtherTcp;
  }
}

/** `length`: of the segment; `whole`: the same, or 0 if not all of it is there. */
function request(ip: usize, header: Tcp, length: u32, whole: u32): Verdict {
  if (!containsAddress(destination)) return Verdict.NotWatched;
  if (isIncoming()) {
    const isUnfit = hopsLeft(ip) <= 1 || isCorrupt(ip, header, whole);
    if (isUnfit && isPassing()) return Verdict.SynForOthers;
    if (hopsLeft(ip) <= 1) return Verdict.SynExpiring;
    if (isUnfit) return Verdict.SynBadChecksum;
  }
  hashBoth();
  if (isNobody(source, sourceHash())) {
    if (isOutgoing()) noteProbe(header);
    return Verdict.SynOwn;
  }
  const ports = (header.sourcePort << 16) | header.destinationPort;
  const found = findAttempt(source, sourceHash(), destination, destinationHash(), ports, header.sequence);
  if (found != 0) return repeated(attemptAt(found));
  if (isOutgoing() && noteProbe(header)) return Verdict.SynOwn;
  const isOwn = !isNobodys(header.sourcePort);
  const other =
    isPassing() || (isOutgoing() && !isOwn) ? crossed(ip, hashRequest(ports, header.sequence)) : 0;
  if (other == 0 && isPassing() && !wouldCross(sideOf(destination, destinationHash())))
    return Verdict.SynForOthers;
  if (other == 0 && !isOwn) return Verdict.SynOwn;
  makeRoomForAttempt();
  const wait = waitFor(destination, destinationHash(), header.destinationPort);
  const index = addAttempt(
    source,
    sourceHash(),
    destination,
    destinationHash(),
    ports,
    header.sequence,
    length > header.headerLength ? length - header.headerLength : 0,
    wait,
    nowUs() + waitOf(wait),
  );
  const attempt = attemptAt(index);
  attempt.firstUs = timeUs();
  attempt.lastUs = timeUs();
  beginWhere(attempt, other);
  const outage = findOutage(destination, destinationHash(), header.destinationPort);
  if (outage == 0) return Verdict.SynNoted;
  credit(outage, attempt, sourceHash());
  return Verdict.SynLinked;
}

/** Names the request in hand. */
function hashRequest(ports: u32, sequence: u32): u32 {
  return hashAttempt(sourceHash(), destinationHash(), ports, sequence);
}

/** Whether the request that leaves is one of the program's own probes, which then notes it. */
function noteProbe(header: Tcp): bool {
  const probe = findProbe(destination, destinationHash(), header.destinationPort, header.sourcePort);
  if (probe != 0) probeLeaves(probe);
  return probe != 0;
}

/** The same request again: a retransmission, or the same packet where it leaves or crosses a bridge. */
function repeated(attempt: Attempt): Verdict {
  if (!isAgain(attempt)) {
    noteLeaving(attempt);
    return Verdict.SynForwarded;
  }
  if (attempt.tries != 0xffff) attempt.tries++;
  if (timeUs() > attempt.lastUs) attempt.lastUs = timeUs();
  if (attempt.outcome != Outcome.Answered) {
    const outage = findOutage(destination, destinationHash(), attempt.service);
    if (outage != 0) credit(outage, attempt, sourceHash());
  }
  return Verdict.SynRepeated;
}

/**
 * The attempt that the packet in hand answers, from source to destination, or 0. On its way out it counts only where
 * the request came in: with address translation the same conversation has another name elsewhere.
 */
function findAnsweredHere(header: Tcp): u32 {
  hashBoth();
  const ports = (header.destinationPort << 16) | header.sourcePort;
  return findAnswered(destination, destinationHash(), source, sourceHash(), ports, header.acknowledgement);
}

function isInThePagesPlace(port: u32): bool {
  return isAnsweredFor(port) && findDown(source, sourceHash(), port) != 0;
}

/** Names the answer in hand. */
function hashAnswer(header: Tcp): u64 {
  const ports = (header.destinationPort << 16) | header.sourcePort;
  return <u64>hashAttempt(destinationHash(), sourceHash(), ports, header.acknowledgement);
}

/** Whether the answer in hand is this machine's own: the page answers in the dead server's place. */
function isOwnAnswer(header: Tcp): bool {
  if (!isOutgoing() || !isInThePagesPlace(header.sourcePort)) return false;
  // What is forwarded nobody knows where to gets no page.
  return !isForwarded(source, header.sourcePort) && !cameInElsewhere(hashAnswer(header));
}

/**
 * The answer in hand is heard of before its request: each interface has a queue of its own. Where it leaves it must not be taken
 * for this machine's.
 */
function noteEarly(header: Tcp): void {
  if (!isInThePagesPlace(header.sourcePort) || !isFromServer(source, sourceHash())) return;
  noteInbound(hashAnswer(header));
}

/** Whether what is in hand, from source to destination, is about one of this machine's own probes, which then notes it. */
function meetsProbe(header: Tcp, met: Met): bool {
  const probe = findProbe(source, sourceHash(), header.sourcePort, header.destinationPort);
  if (probe == 0) return false;
  if (isFromServer(source, sourceHash())) probeMeets(probe, met);
  return true;
}

/**
 * What a client sends next after its request shows that it was answered, where the capture has only the one direction of
 * a conversation. The attempt stays as open as it is; the server was heard. Live, the router asks.
 */
function acknowledgement(header: Tcp): void {
  if (!containsAddress(destination)) return;
  hashBoth();
  const ports = (header.sourcePort << 16) | header.destinationPort;
  const index = findAnswered(source, sourceHash(), destination, destinationHash(), ports, header.sequence);
  if (index == 0) return;
  const attempt = attemptAt(index);
  if (attempt.outcome != Outcome.Open) return;
  attempt.set(AttemptFlag.Acknowledged);
  takeBackCredit(attempt, sourceHash(), destinationHash());
  hearFrom(destination, destinationHash(), attempt.service, 0, <u32>sourceHash());
  signOfLife(destination, destinationHash(), attempt.service, Sign.Acknowledged);
}

function answer(ip: usize, header: Tcp, whole: u32): Verdict {
  if (!containsAddress(source)) return Verdict.NotWatched;
  const index = findAnsweredHere(header);
  if (index == 0) {
    noteUnasked(source, sourceHash());
    if (meetsProbe(header, Met.Answer)) return Verdict.ProbeMet;
    noteEarly(header);
    return Verdict.SynAckUnasked;
  }
  const port = header.sourcePort;
  const attempt = attemptAt(index);
  if (isOwnAnswer(header)) {
    // The client got the page: it was turned away, and that must not look like the silence of a server that is back when
    // the wait is over.
    if (attempt.outcome == Outcome.Open) settleAttempt(index, Outcome.Refused, nowUs() + waitUs());
    return Verdict.SynAckOwn;
  }
  if (attempt.outcome == Outcome.Answered) return Verdict.SynAckRepeated;
  if (isForged(attempt, sourceHash())) return Verdict.WrongSide;
  if (isOutgoing() && <u32>attempt.interface != iface()) return Verdict.SynAckRepeated;
  if (mayBeForged(source, sourceHash())) return Verdict.WrongSide;
  if (isCorrupt(ip, header, whole)) return Verdict.SynAckBadChecksum;
  settleAttempt(index, Outcome.Answered, nowUs() + waitUs());
  // Later its client may have given up long ago: the router has kept the request while it looked for the server.
  if (timeUs() - attempt.firstUs < RETRANSMISSION_US)
    takeBackCredit(attempt, destinationHash(), sourceHash());
  if (isOn(Option.LearnWait)) learnTime(attempt, sourceHash(), destinationHash());
  hearFrom(source, sourceHash(), port, attempt.left, <u32>destinationHash());
  if (isOn(Option.SynAck)) signOfLife(source, sourceHash(), port, Sign.SynAck);
  return Verdict.SynAckAnswers;
}

/** A refusal acknowledges the request; a reset that does not may be anybody's (RFC 9293 section 3.10.7.3). */
function reset(ip: usize, header: Tcp, whole: u32): Verdict {
  if (!containsAddress(source)) return Verdict.NotWatched;
  const index = findAnsweredHere(header);
  if (index == 0) {
    noteUnasked(source, sourceHash());
    return meetsProbe(header, Met.Reset) ? Verdict.ProbeMet : Verdict.ResetUnasked;
  }
  const port = header.sourcePort;
  const attempt = attemptAt(index);
  if (attempt.outcome != Outcome.Open || isOwnAnswer(header)) return Verdict.ResetRepeated;
  if (isForged(attempt, sourceHash())) return Verdict.WrongSide;
  if (isOutgoing() && <u32>attempt.interface != iface()) return Verdict.ResetRepeated;
  if (mayBeForged(source, sourceHash())) return Verdict.WrongSide;
  if (isCorrupt(ip, header, whole)) return Verdict.ResetBadChecksum;
  settleAttempt(index, Outcome.Refused, nowUs() + waitUs());
  // On its way out it may be this machine's firewall that refuses.
  if (!isOutgoing()) hearRefusal(source, sourceHash(), <u32>destinationHash());
  if (attempt.has(AttemptFlag.Acknowledged)) return Verdict.ResetRefuses;
  if (isOn(Option.Refused) && isKnownService(source, sourceHash(), port)) {
    if (isDoubted(source, sourceHash(), port, destinationHash())) attempt.set(AttemptFlag.ServiceDoubted);
    else fail(attempt, destinationHash(), sourceHash(), port, Cause.Refused);
  }
  return Verdict.ResetRefuses;
}
