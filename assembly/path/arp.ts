/** ARP: replies (paragraph 100), and announcements such as a takeover's. */

import { Sign } from '../record/events';
import { hasClaims } from '../table/claims';
import { hashAddress } from '../table/hash';
import { containsAddress, isBroadcast } from '../table/prefixes';
import { Arp, ArpOperation } from '../wire/arp';
import { challengeByArp } from './conflict';
import { destination, isOutgoing, isToGroup, source } from './packet';
import { resolvedByOthers, resolving } from './servers';
import { resolution } from './signs';
import { Verdict } from './verdict';

export function arp(message: Arp): Verdict {
  if (hasClaims()) challengeByArp(message);
  seeResolving(message);
  source.setIpv4(message.sender);
  if (!containsAddress(source)) return Verdict.NotWatched;
  if (isOutgoing()) return Verdict.ArpOwn;
  // A probe has no sender address yet (RFC 5227 section 1.1).
  if (!source.isHost) return Verdict.ArpNoNews;
  let unasked = message.isGratuitous;
  const operation = message.operation;
  let sign = Sign.Announcement;
  if (operation == ArpOperation.Reply) {
    if (!unasked) sign = Sign.Arp;
  } else if (operation != ArpOperation.Request) {
    return Verdict.ArpNoNews;
  } else if (!unasked) {
    // Who asks for the subnet's broadcast address wants no answer: a takeover (JP 2001-144806 paragraph 42).
    destination.setIpv4(message.target);
    unasked = isBroadcast(destination);
  }
  const isSign = resolution(source, hashAddress(source), message.senderHardware, unasked, sign);
  return isSign ? Verdict.ArpSign : Verdict.ArpNoNews;
}

/** Somebody, or this machine, asks for an address, and not only whether somebody still has it. */
function seeResolving(message: Arp): void {
  if (message.operation != ArpOperation.Request || !isToGroup() || message.isGratuitous) return;
  destination.setIpv4(message.target);
  if (!containsAddress(destination)) return;
  if (isOutgoing()) resolving(destination, hashAddress(destination));
  else resolvedByOthers(destination, hashAddress(destination));
}
