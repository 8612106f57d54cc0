/**
 * Datagrams: whoever sends some to a service, and gets none back, was turned away. A client and a service have one attempt, whatever the
 * ports; it ends when its wait is over, answered or not, and what is sent after that begins another one.
 */

import { Option } from '../record/commands';
import { Met, Sign } from '../record/events';
import { Attempt, attemptAt, Outcome } from '../table/attempt';
import { addDatagrams, findDatagrams, settleAttempt } from '../table/attempts';
import { hashAttempt } from '../table/hash';
import { containsAddress } from '../table/prefixes';
import { DATAGRAMS, UDP, Udp } from '../wire/udp';
import { findProbe, probeLeaves, probeMeets } from './asking';
import { credit, takeBackCredit } from './chains';
import { crossed, isPassing, wouldCross } from './crossing';
import { makeRoomForDatagrams, RETRANSMISSION_US } from './expiry';
import { hopsLeft, isCorruptDatagram } from './integrity';
import { areDatagramsWatched, isOn, nowUs, waitUs } from './options';
import { findOutage } from './outages';
import { beginWhere, isAgain, isNobody, isNobodys, noteLeaving } from './own';
import {
  destination,
  destinationHash,
  hashBoth,
  iface,
  isIncoming,
  isOutgoing,
  source,
  sourceHash,
  timeUs,
} from './packet';
import { hearFrom, sideOf } from './servers';
import { isForged, isFromServer, mayBeForged, noteUnasked } from './sides';
import { signOfLife } from './signs';
import { Verdict } from './verdict';

/**
 * Works on the UDP header at `at`, of which `captured` bytes may be read, from `source` to `destination`; the datagram, or the first
 * fragment of it, is `length` bytes long. `ip` is where its packet begins.
 */
export function datagram(ip: usize, at: usize, captured: u32, length: u32, fragmented: bool): Verdict {
  const header = Udp.checked(at, captured, length, fragmented);
  if (header == null) return Verdict.OtherTransport;
  const isAnswer = areDatagramsWatched(header.sourcePort) && containsAddress(source);
  const isRequest = areDatagramsWatched(header.destinationPort) && containsAddress(destination);
  if (!isAnswer && !isRequest) return Verdict.NotWatched;
  hashBoth();
  const whole = captured >= length && !fragmented ? length : 0;
  if (!isAnswer) return request(ip, header, whole);
  const service = header.sourcePort | DATAGRAMS;
  const index = findDatagrams(destination, destinationHash(), source, sourceHash(), service);
  // Between two servers each may be the other's client.
  if (index == 0 && isRequest) return request(ip, header, whole);
  return answer(ip, header, whole, index);
}

function request(ip: usize, header: Udp, whole: u32): Verdict {
  if (isIncoming()) {
    const isUnfit = hopsLeft(ip) <= 1 || isCorruptDatagram(ip, header, whole);
    if (isUnfit && isPassing()) return Verdict.SynForOthers;
    if (hopsLeft(ip) <= 1) return Verdict.SynExpiring;
    if (isUnfit) return Verdict.SynBadChecksum;
  }
  if (isNobody(source, sourceHash())) {
    if (isOutgoing()) noteProbe(header);
    return Verdict.DatagramOwn;
  }
  const service = header.destinationPort | DATAGRAMS;
  const found = findDatagrams(source, sourceHash(), destination, destinationHash(), service);
  if (found != 0) return repeated(attemptAt(found));
  if (isOutgoing() && noteProbe(header)) return Verdict.DatagramOwn;
  const isOwn = !isNobodys(header.sourcePort);
  const other = isPassing() || (isOutgoing() && !isOwn) ? crossed(ip, hashRequest(header)) : 0;
  if (other == 0 && isPassing() && !wouldCross(sideOf(destination, destinationHash())))
    return Verdict.SynForOthers;
  if (other == 0 && !isOwn) return Verdict.DatagramOwn;
  if (!makeRoomForDatagrams()) return Verdict.DatagramRefused;
  const index = addDatagrams(
    source,
    sourceHash(),
    destination,
    destinationHash(),
    service,
    nowUs() + waitUs(),
  );
  const attempt = attemptAt(index);
  attempt.firstUs = timeUs();
  attempt.lastUs = timeUs();
  beginWhere(attempt, other);
  const outage = findOutage(destination, destinationHash(), service);
  if (outage == 0) return Verdict.DatagramNoted;
  credit(outage, attempt, sourceHash());
  return Verdict.DatagramLinked;
}

/** Names the conversation of the datagram in hand: unlike a request it has no number of its own. */
function hashRequest(header: Udp): u32 {
  return hashAttempt(sourceHash(), destinationHash(), header.ports, UDP);
}

/** Whether the datagram that leaves is one of the program's own probes, which then notes it. */
function noteProbe(header: Udp): bool {
  const service = header.destinationPort | DATAGRAMS;
  const probe = findProbe(destination, destinationHash(), service, header.sourcePort);
  if (probe != 0) probeLeaves(probe);
  return probe != 0;
}

/** More of the same, or the same where it leaves. What is sent within a second of the last try is part of that. */
function repeated(attempt: Attempt): Verdict {
  if (!isAgain(attempt)) {
    noteLeaving(attempt);
    return Verdict.DatagramForwarded;
  }
  if (attempt.outcome == Outcome.Answered || timeUs() - attempt.lastUs < RETRANSMISSION_US)
    return Verdict.DatagramRepeated;
  attempt.lastUs = timeUs();
  if (attempt.tries != 0xffff) attempt.tries++;
  const outage = findOutage(destination, destinationHash(), attempt.service);
  if (outage != 0) credit(outage, attempt, sourceHash());
  return Verdict.DatagramRepeated;
}

/** `index`: of the attempt that it answers, or 0. */
function answer(ip: usize, header: Udp, whole: u32, index: u32): Verdict {
  const service = header.sourcePort | DATAGRAMS;
  if (index == 0) {
    noteUnasked(source, sourceHash());
    const probe = findProbe(source, sourceHash(), service, header.destinationPort);
    if (probe == 0) return Verdict.DatagramUnasked;
    if (isFromServer(source, sourceHash())) probeMeets(probe, Met.Answer);
    return Verdict.ProbeMet;
  }
  const attempt = attemptAt(index);
  const wasAnswered = attempt.outcome == Outcome.Answered;
  // Of a conversation that goes on one in a second is looked at.
  if (wasAnswered && timeUs() - attempt.lastUs < RETRANSMISSION_US) return Verdict.DatagramAnswers;
  if (isForged(attempt, sourceHash())) return Verdict.WrongSide;
  if (isOutgoing() && <u32>attempt.interface != iface()) return Verdict.DatagramAnswers;
  if (mayBeForged(source, sourceHash())) return Verdict.WrongSide;
  if (isCorruptDatagram(ip, header, whole)) return Verdict.SynAckBadChecksum;
  if (!wasAnswered) {
    settleAttempt(index, Outcome.Answered, nowUs() + waitUs());
    if (timeUs() - attempt.firstUs < RETRANSMISSION_US)
      takeBackCredit(attempt, destinationHash(), sourceHash());
  }
  attempt.lastUs = timeUs();
  hearFrom(source, sourceHash(), service, attempt.left, <u32>destinationHash());
  if (isOn(Option.SynAck)) signOfLife(source, sourceHash(), service, Sign.SynAck);
  return Verdict.DatagramAnswers;
}
