/** From the first byte of a frame to the step that knows its protocol. */

import { Arp } from '../wire/arp';
import { u16be } from '../wire/bytes';
import { COOKED_V1_LENGTH, COOKED_V2_LENGTH, CookedV1, CookedV2 } from '../wire/cooked';
import { ETHERNET_LENGTH, Ethernet, EtherType, isTag, TAG_LENGTH } from '../wire/ethernet';
import { ICMPV6, Icmp, IcmpType, Icmpv6Type } from '../wire/icmp';
import { Ipv4 } from '../wire/ipv4';
import { CUT_SHORT, Ipv6, LATER_FRAGMENT, MORE_FRAGMENTS } from '../wire/ipv6';
import { TCP } from '../wire/tcp';
import { UDP } from '../wire/udp';
import { arp } from './arp';
import { datagram } from './datagram';
import { unforwardV4, unforwardV6 } from './forwarding';
import { neighbour } from './neighbour';
import { watchesDatagrams } from './options';
import {
  destination,
  isPart,
  isWhole,
  setInterface,
  setLinkDestination,
  setLinkSource,
  source,
} from './packet';
import { tcp } from './tcp';
import { unreachableV4, unreachableV6 } from './unreachable';
import { Verdict, WANTS_ALL } from './verdict';

/** What a frame begins with. */
export const enum Link {
  /** An Ethernet header, with up to eight VLAN tags. */
  Ethernet = 1,
  /** An IP header, its version tells which. */
  Raw = 2,
  /** The header of Linux cooked captures. */
  CookedV1 = 3,
  /** That of their second version. */
  CookedV2 = 4,
}

/** Protocol number of ICMP. */
const ICMP: u32 = 1;

/** More VLAN tags than any real frame has; a bound on the work for one frame. */
const MAX_TAGS: u32 = 8;

/** Works on the frame of `captured` bytes at `at`. */
export function classify(link: u32, at: usize, captured: u32): Verdict {
  switch (link) {
    case Link.Ethernet: {
      const header = Ethernet.checked(at, captured);
      if (header == null) return Verdict.LinkCutShort;
      setLinkSource(header.source);
      setLinkDestination(header.destination);
      return network(header.type, at + ETHERNET_LENGTH, captured - ETHERNET_LENGTH);
    }
    case Link.CookedV1: {
      const header = CookedV1.checked(at, captured);
      if (header == null) return Verdict.LinkCutShort;
      setLinkSource(0);
      // No interface in it; but a forwarded packet comes in as one type and leaves as another.
      setInterface(header.packetType);
      return network(header.protocol, at + COOKED_V1_LENGTH, captured - COOKED_V1_LENGTH);
    }
    case Link.CookedV2: {
      const header = CookedV2.checked(at, captured);
      if (header == null) return Verdict.LinkCutShort;
      setLinkSource(0);
      setInterface(header.interfaceIndex);
      return network(header.protocol, at + COOKED_V2_LENGTH, captured - COOKED_V2_LENGTH);
    }
    case Link.Raw: {
      if (captured == 0) return Verdict.LinkCutShort;
      setLinkSource(0);
      const version = load<u8>(at) >> 4;
      if (version == 4) return ipv4(at, captured);
      if (version == 6) return ipv6(at, captured);
      return Verdict.OtherProtocol;
    }
    default:
      return Verdict.OtherLink;
  }
}

/** What follows the link header, tags first. */
function network(etherType: u32, start: usize, length: u32): Verdict {
  let type = etherType;
  let at = start;
  let captured = length;
  for (let tags: u32 = 0; isTag(type); tags++) {
    if (tags == MAX_TAGS) return Verdict.TooManyTags;
    if (captured < TAG_LENGTH) return Verdict.LinkCutShort;
    type = u16be(at + 2);
    at += TAG_LENGTH;
    captured -= TAG_LENGTH;
  }
  if (type == EtherType.Ipv4) return ipv4(at, captured);
  if (type == EtherType.Ipv6) return ipv6(at, captured);
  if (type == EtherType.Arp) {
    const message = Arp.checked(at, captured);
    return message == null ? Verdict.ArpMalformed : arp(message);
  }
  return Verdict.OtherProtocol;
}

function ipv4(at: usize, captured: u32): Verdict {
  const header = Ipv4.checked(at, captured);
  if (header == null || !isWhole(header.totalLength, captured)) return Verdict.Ipv4Malformed;
  if (header.isLaterFragment) return Verdict.LaterFragment;
  const payload = at + header.headerLength;
  const length = header.within(captured) - header.headerLength;
  if (header.protocol == TCP) {
    unforwardV4(header, payload, length);
    source.setIpv4(header.source);
    destination.setIpv4(header.destination);
    return tcp(at, payload, length, header.payloadLength(captured), header.hasMoreFragments);
  }
  if (header.protocol == UDP && watchesDatagrams()) {
    if (isPart()) return <Verdict>WANTS_ALL;
    source.setIpv4(header.source);
    destination.setIpv4(header.destination);
    return datagram(at, payload, length, header.payloadLength(captured), header.hasMoreFragments);
  }
  if (header.protocol == ICMP) {
    const message = Icmp.checked(payload, length);
    if (message == null) return Verdict.IcmpMalformed;
    if (message.type == IcmpType.Unreachable && isPart()) return <Verdict>WANTS_ALL;
    if (message.type == IcmpType.Unreachable)
      return unreachableV4(header.source, message.code, payload, length);
    return Verdict.OtherIcmp;
  }
  return Verdict.OtherTransport;
}

function ipv6(at: usize, captured: u32): Verdict {
  const header = Ipv6.checked(at, captured);
  if (header == null || !isWhole(header.wholeLength(captured), captured)) return Verdict.Ipv6Malformed;
  if (isPart() && header.hasExtensions) return <Verdict>WANTS_ALL;
  const within = header.within(captured);
  const transport = header.transport(within);
  if (transport == LATER_FRAGMENT) return Verdict.LaterFragment;
  if (transport == CUT_SHORT) return Verdict.Ipv6Malformed;
  const offset = transport & 0xffff;
  const protocol = (transport >> 16) & 0xff;
  const payload = at + offset;
  const length = within - offset;
  if (protocol == TCP) {
    unforwardV6(header, payload, length);
    source.setIpv6(header.source);
    destination.setIpv6(header.destination);
    // An IPv4 address in disguise is on no wire (RFC 4942 section 2.2); here it would be taken for the real one.
    if (source.isIpv4 || destination.isIpv4) return Verdict.Ipv6Malformed;
    return tcp(at, payload, length, header.wholeLength(captured) - offset, (transport & MORE_FRAGMENTS) != 0);
  }
  if (protocol == UDP && watchesDatagrams()) {
    if (isPart()) return <Verdict>WANTS_ALL;
    source.setIpv6(header.source);
    destination.setIpv6(header.destination);
    if (source.isIpv4 || destination.isIpv4) return Verdict.Ipv6Malformed;
    return datagram(
      at,
      payload,
      length,
      header.wholeLength(captured) - offset,
      (transport & MORE_FRAGMENTS) != 0,
    );
  }
  if (protocol == ICMPV6) {
    const message = Icmp.checked(payload, length);
    if (message == null) return Verdict.IcmpMalformed;
    if (isPart()) return <Verdict>WANTS_ALL;
    if (message.type == Icmpv6Type.Unreachable)
      return unreachableV6(header.source, message.code, payload, length);
    if (
      message.type == Icmpv6Type.NeighbourSolicitation ||
      message.type == Icmpv6Type.NeighbourAdvertisement
    ) {
      source.setIpv6(header.source);
      return neighbour(message.type, header.hopLimit, payload, length);
    }
    return Verdict.OtherIcmp;
  }
  return Verdict.OtherTransport;
}
