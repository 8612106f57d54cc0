/**
 * Forwarded ports ([34], [151], figure 27): towards its clients a server bears the address and port that this machine forwards
 * from. What is seen there gets the server's own ones back, before anybody looks into it: so an answer that leaves is the
 * one that came in, and who is turned away was turned away by the server, not by this machine.
 */

import { findForward, hasForwards } from '../table/forwards';
import { Address } from '../wire/address';
import { putU16be } from '../wire/bytes';
import { adjust, sumOf } from '../wire/checksum';
import { Ipv4 } from '../wire/ipv4';
import { Ipv6 } from '../wire/ipv6';
import { QuotedTcp, TCP_CHECKSUM } from '../wire/tcp';

/** Bytes of addresses. */
const IPV4_BYTES: u32 = 4;
const IPV6_BYTES: u32 = 16;

const outer = changetype<Address>(memory.data(16, 8));

/** A packet of IPv4 whose TCP header, of which `captured` bytes may be read, is at `tcp`. */
export function unforwardV4(packet: Ipv4, tcp: usize, captured: u32): void {
  if (!hasForwards()) return;
  const header = QuotedTcp.checked(tcp, captured);
  if (header == null) return;
  outer.setIpv4(packet.destination);
  const checksum = packet.checksumAt;
  if (rewrite(packet.destination, IPV4_BYTES, checksum, tcp, header.destinationPortAt, captured)) return;
  outer.setIpv4(packet.source);
  rewrite(packet.source, IPV4_BYTES, checksum, tcp, header.sourcePortAt, captured);
}

/** One of IPv6. */
export function unforwardV6(packet: Ipv6, tcp: usize, captured: u32): void {
  if (!hasForwards()) return;
  const header = QuotedTcp.checked(tcp, captured);
  if (header == null) return;
  outer.setIpv6(packet.destination);
  if (rewrite(packet.destination, IPV6_BYTES, 0, tcp, header.destinationPortAt, captured)) return;
  outer.setIpv6(packet.source);
  rewrite(packet.source, IPV6_BYTES, 0, tcp, header.sourcePortAt, captured);
}

/** Checksums that were right stay right, and others stay wrong. False where that port of `outer` is not forwarded, or nobody knows where to. */
function rewrite(
  addressAt: usize,
  bytes: u32,
  ipChecksumAt: usize,
  tcp: usize,
  portAt: usize,
  captured: u32,
): bool {
  const forward = findForward(outer, bswap<u16>(load<u16>(portAt)));
  if (forward == null || forward.realPort == 0 || forward.real.equals(outer)) return false;
  const addressBefore = sumOf(addressAt, bytes);
  const portBefore = <u64>load<u16>(portAt);
  if (bytes == IPV4_BYTES) store<u32>(addressAt, forward.real.ipv4);
  else forward.real.putIpv6(addressAt);
  putU16be(portAt, forward.realPort);
  const addressAfter = sumOf(addressAt, bytes);
  if (ipChecksumAt != 0) adjust(ipChecksumAt, addressBefore, addressAfter);
  if (captured >= TCP_CHECKSUM + 2)
    adjust(tcp + TCP_CHECKSUM, addressBefore + portBefore, addressAfter + <u64>load<u16>(portAt));
  return true;
}
