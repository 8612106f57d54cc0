/**
 * Destination unreachable messages (detection A, paragraphs 29 to 32): who was turned away stands in the header
 * that the message quotes. A message counts as it leaves towards the client; on its way in, before address
 * translation, it may still speak of this machine.
 */

import { Option } from '../record/commands';
import { Cause, Met } from '../record/events';
import { AttemptFlag, attemptAt, Outcome } from '../table/attempt';
import { findAttempt, findDatagrams, settleAnew, settleAttempt } from '../table/attempts';
import { isOuter } from '../table/forwards';
import { containsAddress } from '../table/prefixes';
import { ICMP_LENGTH, Scope, scopeOfIcmp, scopeOfIcmpv6 } from '../wire/icmp';
import { Ipv4 } from '../wire/ipv4';
import { CUT_SHORT, Ipv6, LATER_FRAGMENT } from '../wire/ipv6';
import { QuotedTcp, TCP, TcpFlag } from '../wire/tcp';
import { DATAGRAMS, UDP, Udp } from '../wire/udp';
import { findDatagramProbe, findProbe, probeMeets } from './asking';
import { credit } from './chains';
import { count } from './counters';
import { unforwardV4, unforwardV6 } from './forwarding';
import { areDatagramsWatched, isOn, isProgramPort, nowUs, waitUs, watchesDatagrams } from './options';
import { fail, failUntracked, findOutage, openHostOutage } from './outages';
import { isNobody, isOwnTry } from './own';
import {
  destination,
  destinationHash,
  hasDirection,
  hashBoth,
  hasSide,
  isFromItself,
  isIncoming,
  source,
  sourceHash,
  timeUs,
} from './packet';
import { isDoubted, isKnownService, isUnresolved, noteSide } from './servers';
import { isForged, isForgedInbound, isFromServer, mayBeForged, noteInbound, noteUnasked } from './sides';
import { Counter, Verdict } from './verdict';

/** Whether the message in hand comes from the address that it is about. A firewall on the way says of any port that nobody is there. */
let isOfServer = false;

/** The ICMP message of `captured` bytes at `at`, from the address at `sender`. */
export function unreachableV4(sender: usize, code: u32, at: usize, captured: u32): Verdict {
  const quote = at + ICMP_LENGTH;
  const length = captured - ICMP_LENGTH;
  const header = Ipv4.checked(quote, length);
  if (header == null) return Verdict.QuoteMalformed;
  const transport = header.headerLength;
  const protocol = header.isLaterFragment ? 0 : header.protocol;
  if (protocol == TCP) unforwardV4(header, quote + transport, length - transport);
  isOfServer = load<u32>(sender) == load<u32>(header.destination);
  source.setIpv4(header.source);
  destination.setIpv4(header.destination);
  return unreachable(scopeOfIcmp(code), protocol, quote + transport, length - transport);
}

/** The ICMPv6 message of `captured` bytes at `at`, from the address at `sender`. */
export function unreachableV6(sender: usize, code: u32, at: usize, captured: u32): Verdict {
  const quote = at + ICMP_LENGTH;
  const length = captured - ICMP_LENGTH;
  const header = Ipv6.checked(quote, length);
  if (header == null) return Verdict.QuoteMalformed;
  const transport = header.transport(length);
  const offset = transport & 0xffff;
  const protocol = (transport >> 16) & 0xff;
  const isWhole = transport != CUT_SHORT && transport != LATER_FRAGMENT;
  if (isWhole && protocol == TCP) unforwardV6(header, quote + offset, length - offset);
  const server = header.destination;
  isOfServer = load<u64>(sender) == load<u64>(server) && load<u64>(sender, 8) == load<u64>(server, 8);
  source.setIpv6(header.source);
  destination.setIpv6(header.destination);
  if (source.isIpv4 || destination.isIpv4 || transport == CUT_SHORT) return Verdict.QuoteMalformed;
  if (transport == LATER_FRAGMENT) return unreachable(scopeOfIcmpv6(code), 0, quote, 0);
  return unreachable(scopeOfIcmpv6(code), protocol, quote + offset, length - offset);
}

/** `protocol` is 0 for what quotes a later fragment. */
function unreachable(said: Scope, protocol: u32, at: usize, captured: u32): Verdict {
  if (!containsAddress(destination)) return Verdict.NotWatched;
  // Behind it are several machines: one of them is not there, and nobody knows but of the port which one.
  const scope = said == Scope.Host && isOuter(destination) ? Scope.Service : said;
  if (scope == Scope.PathMtu) return Verdict.UnreachableMtu;
  hashBoth();
  if (isNobody(source, sourceHash())) return ofNobody(scope, protocol, at, captured);
  if (protocol == TCP) return ofRequest(scope, at, captured);
  return protocol == UDP && watchesDatagrams() ? ofDatagram(scope, at, captured) : ofOther(scope);
}

/** Who waits for nothing may have asked, though. */
function ofNobody(scope: Scope, protocol: u32, at: usize, captured: u32): Verdict {
  return hasAsked(scope, protocol, at, captured) ? Verdict.ProbeMet : Verdict.UnreachableIgnored;
}

function hasAsked(scope: Scope, protocol: u32, at: usize, captured: u32): bool {
  if (protocol == TCP) {
    const quoted = QuotedTcp.checked(at, captured);
    return quoted != null && meetsProbe(Scope.Host, quoted.destinationPort, quoted.sourcePort);
  }
  if (protocol == UDP && watchesDatagrams()) {
    const quoted = Udp.quoted(at, captured);
    if (quoted != null && meetsProbe(scope, quoted.destinationPort | DATAGRAMS, quoted.sourcePort))
      return true;
  }
  return meetsDatagramProbe(scope);
}

/** Whether the message is about one of this machine's own probes, which then notes it. Of one by TCP only resets are refusals. */
function meetsProbe(scope: Scope, port: u32, localPort: u32): bool {
  const probe = findProbe(destination, destinationHash(), port, localPort);
  if (probe == 0) return false;
  if (isFromServer(destination, destinationHash())) probeMeets(probe, metBy(scope));
  return true;
}

/** A rule on the way is met by this machine, and says nothing of the server. */
function metBy(scope: Scope): u32 {
  if (scope == Scope.Host) return Met.Unreachable;
  return scope == Scope.Service && isOfServer ? Met.Reset : 0;
}

/** The same of one that sends a datagram. */
function meetsDatagramProbe(scope: Scope): bool {
  const probe = findDatagramProbe(destination, destinationHash());
  if (probe == 0 || !isIncoming() || !isFromServer(destination, destinationHash())) return false;
  probeMeets(probe, metBy(scope));
  return true;
}

function ofRequest(scope: Scope, at: usize, captured: u32): Verdict {
  const quoted = QuotedTcp.checked(at, captured);
  if (quoted == null) return Verdict.QuoteMalformed;
  const ports = (quoted.sourcePort << 16) | quoted.destinationPort;
  const port = quoted.destinationPort;
  const index = findAttempt(source, sourceHash(), destination, destinationHash(), ports, quoted.sequence);
  if (index == 0) {
    const isToItself = isFromItself() && isOwnTry(source, sourceHash());
    if (!isToItself) noteUnasked(destination, destinationHash());
    if (meetsProbe(Scope.Host, port, quoted.sourcePort)) return Verdict.ProbeMet;
    if (isToItself && !isProgramPort(quoted.sourcePort)) return ofKernel(scope, port);
    // Where the way of a frame is known its request has passed before: a quote of none is forged.
    if (hasDirection() || quoted.handshake(captured) != TcpFlag.Syn) return Verdict.UnreachableUnasked;
    if (scope == Scope.Policy) return Verdict.UnreachablePolicy;
    return untracked(scope, port);
  }
  if (attemptAt(index).outcome == Outcome.Answered) return Verdict.UnreachableIgnored;
  return ofAttempt(scope, index, port);
}

/**
 * This machine's kernel says that what it has tried itself cannot be reached. Where it has asked the link in vain, the request has
 * never left; anything else may be its firewall.
 */
function ofKernel(scope: Scope, port: u32): Verdict {
  if (scope != Scope.Host || !isUnresolved(destination, destinationHash())) return Verdict.UnreachableIgnored;
  return untracked(scope, port);
}

/** What quotes a datagram of a port that counts. */
function ofDatagram(scope: Scope, at: usize, captured: u32): Verdict {
  const quoted = Udp.quoted(at, captured);
  if (quoted == null) return Verdict.QuoteMalformed;
  if (!areDatagramsWatched(quoted.destinationPort)) return ofOther(scope);
  const service = quoted.destinationPort | DATAGRAMS;
  const index = findDatagrams(source, sourceHash(), destination, destinationHash(), service);
  if (index != 0) return ofAttempt(scope, index, service);
  return meetsProbe(scope, service, quoted.sourcePort) ? Verdict.ProbeMet : ofOther(scope);
}

/** The conversation went well before, and its next word has met this. */
function beginAgain(index: u32): void {
  const attempt = attemptAt(index);
  attempt.firstUs = attempt.lastUs = timeUs();
  attempt.tries = 1;
  attempt.credited = 0;
  attempt.outage = 0;
  attempt.unset(AttemptFlag.ServiceDoubted);
  attempt.unset(AttemptFlag.HostDoubted);
  settleAnew(index, Outcome.Unreachable, nowUs() + waitUs());
}

/** Whether somebody else is answered after this failure, which may not be the first, its whole wait will tell. */
function doubt(index: u32, flag: AttemptFlag): void {
  attemptAt(index).set(flag);
  settleAnew(index, attemptAt(index).outcome, nowUs() + waitUs());
}

function ofAttempt(scope: Scope, index: u32, port: u32): Verdict {
  const attempt = attemptAt(index);
  if (isForged(attempt, destinationHash()) || isKeptForgery()) return Verdict.WrongSide;
  if (attempt.outcome == Outcome.Open) settleAttempt(index, Outcome.Unreachable, nowUs() + waitUs());
  else if (attempt.outcome == Outcome.Answered) beginAgain(index);
  if (scope == Scope.Policy) return Verdict.UnreachablePolicy;
  if (!isOn(Option.Unreachable)) return Verdict.UnreachableIgnored;
  if (scope == Scope.Host) {
    if (isDoubtedHost()) doubt(index, AttemptFlag.HostDoubted);
    else {
      credit(openHostOutage(attempt.firstUs, port), attempt, sourceHash());
      // The host's record may be made just now.
      noteSide(destination, destinationHash(), attempt.left);
    }
    return Verdict.UnreachableLinks;
  }
  const outage = findOutage(destination, destinationHash(), port);
  if (outage != 0) {
    credit(outage, attempt, sourceHash());
    return Verdict.UnreachableLinks;
  }
  if (!isKnownService(destination, destinationHash(), port)) {
    count(Counter.ServicesUnknown);
    return Verdict.UnreachableUnknown;
  }
  if (isDoubted(destination, destinationHash(), port, sourceHash())) doubt(index, AttemptFlag.ServiceDoubted);
  else fail(attempt, sourceHash(), destinationHash(), port, Cause.Unreachable);
  return Verdict.UnreachableLinks;
}

/** Whether what leaves may have come in before its request, unless this machine's own kernel found nobody. */
function isKeptForgery(): bool {
  return mayBeForged(destination, destinationHash()) && !isUnresolved(destination, destinationHash());
}

/** Whether it may be the client that is unreachable from there, unless this machine's own kernel found nobody. */
function isDoubtedHost(): bool {
  return (
    isDoubted(destination, destinationHash(), 0, sourceHash()) &&
    !isUnresolved(destination, destinationHash())
  );
}

/** Other protocols have no attempts: the message itself is the try. Only the host can be what is missing. */
function ofOther(scope: Scope): Verdict {
  if (isIncoming()) noteInbound(sourceHash() ^ destinationHash());
  if (meetsDatagramProbe(scope)) return Verdict.ProbeMet;
  if (scope == Scope.Policy) return Verdict.UnreachablePolicy;
  if (scope == Scope.Service) return Verdict.UnreachableIgnored;
  // Without sides it is a copy of what goes on to its client; of this machine's own it goes no further.
  if (hasSide() && !isOwnTry(source, sourceHash())) return Verdict.UnreachableInbound;
  if (isForgedInbound(sourceHash() ^ destinationHash())) return Verdict.WrongSide;
  if (isOn(Option.Unreachable) && isDoubtedHost()) return Verdict.UnreachableIgnored;
  return untracked(scope, 0);
}

function untracked(scope: Scope, port: u32): Verdict {
  if (!isOn(Option.Unreachable)) return Verdict.UnreachableIgnored;
  if (scope == Scope.Service && !isKnownService(destination, destinationHash(), port)) {
    count(Counter.ServicesUnknown);
    return Verdict.UnreachableUnknown;
  }
  failUntracked(scope == Scope.Service ? port : 0, port);
  return Verdict.UnreachableLinks;
}
