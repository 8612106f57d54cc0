/**
 * Sequence numbers of whole conversations, and not only of their beginning (paragraph 160): what a client sends to a service that has
 * accepted it, and sends again twice because nobody acknowledges it, waits from then on as a request does. Whatever the server sends to that client in between is an answer, be it that
 * its window is full; and what it sends to anybody is a sign that it lives.
 */

import { Option } from '../record/commands';
import { Cause, Sign } from '../record/events';
import { Attempt, attemptAt, Outcome } from '../table/attempt';
import {
  addConversation,
  awaitConversation,
  findConversation,
  hasFreeConversation,
  mayWait,
  oldestConversation,
  removeConversation,
  renewConversation,
} from '../table/conversations';
import { firstOpen } from '../table/open-attempts';
import { containsAddress } from '../table/prefixes';
import { findServer, serverAt } from '../table/servers';
import { Tcp, TcpFlag } from '../wire/tcp';
import { credit } from './chains';
import { count, counted } from './counters';
import { isPassing, wouldCross } from './crossing';
import { end, MAX_PASSED, wasFoundSilent } from './expiry';
import { hopsLeft, isCorrupt } from './integrity';
import { isAnsweredFor, isOn, nowUs, waitUs } from './options';
import { fail, findOutage } from './outages';
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
import { hearRefusal, isKnownService, sideOf } from './servers';
import { isForged, isFromServer, mayBeForged } from './sides';
import { signOfLife } from './signs';
import { Counter, Verdict } from './verdict';

/** No less is between what is sent and the same sent again; what comes sooner is the same packet on another wire. */
const APART_US: i64 = 100_000;

/** Sent once, and again twice. */
const TRIES: u32 = 3;

/** Works on a segment that belongs to no handshake; its arguments are those of `tcp`. */
export function segment(ip: usize, header: Tcp, length: u32, whole: u32): Verdict {
  const isFromWatched = containsAddress(source);
  const isToWatched = containsAddress(destination);
  if (!isFromWatched && !isToWatched) return Verdict.OtherTcp;
  hashBoth();
  const verdict = isFromWatched ? ofServer(header) : Verdict.OtherTcp;
  // Between two servers each may be the other's client.
  if (verdict != Verdict.OtherTcp || !isToWatched) return verdict;
  return header.handshake == TcpFlag.Ack
    ? ofClient(ip, header, whole, length > header.headerLength)
    : Verdict.OtherTcp;
}

function ofClient(ip: usize, header: Tcp, whole: u32, isData: bool): Verdict {
  const ports = (header.sourcePort << 16) | header.destinationPort;
  const index = findConversation(source, sourceHash(), destination, destinationHash(), ports);
  if (index == 0) return isData ? begin(header, ports) : Verdict.OtherTcp;
  const attempt = attemptAt(index);
  if (!isData && header.sequence != attempt.sequence) return Verdict.OtherTcp;
  if (attempt.interface == 0 && !isOutgoing()) beginWhere(attempt);
  if (!isAgain(attempt)) {
    noteLeaving(attempt);
    return Verdict.OtherTcp;
  }
  if (header.sequence != attempt.sequence) return goOn(index, header);
  if (timeUs() - attempt.lastUs < APART_US) return Verdict.OtherTcp;
  if (isIncoming() && (hopsLeft(ip) <= 1 || isCorrupt(ip, header, whole))) return Verdict.OtherTcp;
  // It was not the server that left it unanswered, or not all of the time.
  if (attempt.wait == 0 && hasLivedSince(attempt.lastUs)) return goOn(index, header);
  if (attempt.tries != 0xffff) attempt.tries++;
  attempt.lastUs = timeUs();
  if (attempt.wait != 0) creditAgain(attempt);
  return attempt.wait == 0 && attempt.tries >= TRIES ? wait(index) : Verdict.ConversationRepeated;
}

/** Clients speak to services; who sends to another port may be a server himself, of which the one watched is a client. */
function begin(header: Tcp, ports: u32): Verdict {
  if (isOutgoing() ? isNobodys(header.sourcePort) : isNobody(source, sourceHash())) return Verdict.OtherTcp;
  if (!isKnownService(destination, destinationHash(), header.destinationPort)) return Verdict.OtherTcp;
  makeRoom();
  const index = addConversation(source, sourceHash(), destination, destinationHash(), ports);
  const attempt = attemptAt(index);
  beginWhere(attempt);
  return sent(attempt, header.sequence, 1);
}

/** The client sends something else, so what it sent before has been answered; or it was, and begins anew. */
function goOn(index: u32, header: Tcp): Verdict {
  renewConversation(index);
  return sent(attemptAt(index), header.sequence, 1);
}

function sent(attempt: Attempt, sequence: u32, tries: u16): Verdict {
  attempt.sequence = sequence;
  attempt.firstUs = attempt.lastUs = timeUs();
  attempt.tries = tries;
  attempt.credited = 0;
  attempt.outage = 0;
  return Verdict.ConversationSent;
}

/** Who is entered where his server is known to be down takes no place of those that wait. */
function wait(index: u32): Verdict {
  if (!goesThrough()) return Verdict.ConversationRepeated;
  if (creditAgain(attemptAt(index))) return Verdict.ConversationLinked;
  if (!mayWait()) return Verdict.ConversationRepeated;
  awaitConversation(index, nowUs() + waitUs());
  return Verdict.ConversationWaits;
}

/** What is to another machine goes by way of that one, unless a bridge carries it on. */
function goesThrough(): bool {
  return !isPassing() || wouldCross(sideOf(destination, destinationHash()));
}

/** Whether its server is down. */
function creditAgain(attempt: Attempt): bool {
  const outage = findOutage(destination, destinationHash(), attempt.service);
  credit(outage, attempt, sourceHash());
  return outage != 0;
}

/** Whether the server in hand, to which something goes, was heard of after that. */
function hasLivedSince(us: i64): bool {
  const host = findServer(destination, destinationHash(), 0);
  return host != 0 && serverAt(host).heardUs > us;
}

function ofServer(header: Tcp): Verdict {
  const ports = (header.destinationPort << 16) | header.sourcePort;
  const index = findConversation(destination, destinationHash(), source, sourceHash(), ports);
  const isAwaited = firstOpen() != 0 || counted(Counter.ServersDown) != 0;
  if (isAwaited && isFromServer(source, sourceHash()))
    hearRefusal(source, sourceHash(), <u32>destinationHash());
  if (index != 0) return answer(index, header);
  return header.window == 0 && header.handshake == TcpFlag.Ack ? beginFull(header, ports) : Verdict.OtherTcp;
}

/** Of a client whose words are all taken: where he is shows when he asks for room. */
function beginFull(header: Tcp, ports: u32): Verdict {
  const isOurs = isNobody(destination, destinationHash()) || !isFromServer(source, sourceHash());
  if (isOurs || !isKnownService(source, sourceHash(), header.sourcePort)) return Verdict.OtherTcp;
  makeRoom();
  const index = addConversation(destination, destinationHash(), source, sourceHash(), ports);
  attemptAt(index).interface = 0;
  sent(attemptAt(index), header.acknowledgement - 1, 0);
  return Verdict.ConversationAnswered;
}

function answer(index: u32, header: Tcp): Verdict {
  const attempt = attemptAt(index);
  if (isForged(attempt, sourceHash())) return Verdict.WrongSide;
  if (isOutgoing() && <u32>attempt.interface != iface()) return Verdict.OtherTcp;
  if (mayBeForged(source, sourceHash())) return Verdict.WrongSide;
  const isReset = (header.handshake & TcpFlag.Rst) != 0;
  // The page in the dead server's place answers as the server.
  if (attempt.wait != 0 && isOutgoing() && isAnsweredFor(header.sourcePort)) return Verdict.OtherTcp;
  if (attempt.tries > 1 && !isReset && !isOutgoing() && isOn(Option.SynAck))
    signOfLife(source, sourceHash(), attempt.service, Sign.Conversation);
  if (header.window == 0 && !isReset) stall(index, header);
  else if (attempt.wait == 0) removeConversation(index);
  else endAnswered(index, isReset);
  return Verdict.ConversationAnswered;
}

/** The server takes nothing for now: its client asks for room, with the number before the next one (RFC 9293 section 3.8.6.1). */
function stall(index: u32, header: Tcp): void {
  renewConversation(index);
  sent(attemptAt(index), header.acknowledgement - 1, 0);
}

/** Who has been away and knows nothing of the conversation any more has turned its client away meanwhile. */
function endAnswered(index: u32, isReset: bool): void {
  const attempt = attemptAt(index);
  if (isReset && attempt.credited == 0 && wasFoundSilent(attempt, sourceHash()))
    fail(attempt, destinationHash(), sourceHash(), attempt.service, Cause.Refused);
  end(index, isReset ? Outcome.Refused : Outcome.Answered);
}

function makeRoom(): void {
  for (let passed: u32 = 0; !hasFreeConversation(); passed++) {
    const index = oldestConversation();
    if (attemptAt(index).tries > 1 && passed < MAX_PASSED) {
      renewConversation(index);
      continue;
    }
    count(Counter.ConversationsEvicted);
    removeConversation(index);
  }
}
