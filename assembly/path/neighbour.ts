/** Neighbour discovery: what ARP says for IPv4. */

import { Sign } from '../record/events';
import { hasClaims } from '../table/claims';
import { hashAddress } from '../table/hash';
import { containsAddress } from '../table/prefixes';
import { Icmpv6Type } from '../wire/icmp';
import { NEIGHBOUR_HOP_LIMIT, Neighbour } from '../wire/neighbour';
import { challengeByNeighbour } from './conflict';
import { destination, isOutgoing, isToGroup, source } from './packet';
import { resolvedByOthers, resolving } from './servers';
import { resolution } from './signs';
import { Verdict } from './verdict';

/**
 * The message of `captured` bytes at `at`. An advertisement speaks of its target; a solicitation of its source,
 * unless that is unspecified: whoever probes for duplicates has no address yet (RFC 4862 section 5.4).
 */
export function neighbour(type: u32, hopLimit: u32, at: usize, captured: u32): Verdict {
  const message = Neighbour.checked(at, captured);
  if (message == null || hopLimit != NEIGHBOUR_HOP_LIMIT) return Verdict.NeighbourMalformed;
  if (hasClaims()) challengeByNeighbour(type, source, message, captured);
  const advertisement = type == Icmpv6Type.NeighbourAdvertisement;
  if (!advertisement && isToGroup() && !source.isUnspecified) seeResolving(message);
  if (advertisement) source.setIpv6(message.target);
  if (source.isIpv4) return Verdict.NeighbourMalformed;
  if (!containsAddress(source)) return Verdict.NotWatched;
  if (isOutgoing()) return Verdict.NeighbourOwn;
  if (!source.isHost) return Verdict.NeighbourNoNews;
  const unasked = advertisement && !message.isSolicited;
  const hardware = message.linkLayer(captured);
  const isSign = resolution(source, hashAddress(source), hardware, unasked, Sign.Neighbour);
  return isSign ? Verdict.NeighbourSign : Verdict.NeighbourNoNews;
}

/** Somebody, or this machine, asks for an address, and not only whether somebody still has it. */
function seeResolving(message: Neighbour): void {
  destination.setIpv6(message.target);
  if (destination.isIpv4 || !containsAddress(destination)) return;
  if (isOutgoing()) resolving(destination, hashAddress(destination));
  else resolvedByOthers(destination, hashAddress(destination));
}
