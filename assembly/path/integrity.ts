/** Whether whoever gets the segment in hand drops it for a wrong checksum. Only what came in: what leaves may get its checksum later. */

import { Ipv4 } from '../wire/ipv4';
import { Ipv6 } from '../wire/ipv6';
import { TCP, Tcp } from '../wire/tcp';
import { UDP, Udp } from '../wire/udp';
import { isIncoming, isVouched } from './packet';

const VERSION_6: u8 = 6;

/**
 * `ip` is where the packet begins; `whole` the length of its segment, or 0 if that was not captured to its end. The kernel
 * vouches for the segment only, never for a header of IPv4.
 */
export function isCorrupt(ip: usize, header: Tcp, whole: u32): bool {
  if (!isIncoming()) return false;
  if (load<u8>(ip) >> 4 == VERSION_6) {
    const packet = changetype<Ipv6>(ip);
    // Without a length of its own the packet does not say where the segment ends.
    const isJudged = whole != 0 && packet.payloadLength != 0 && !isVouched();
    return isJudged && !header.isIntact(packet.pseudoHeader(TCP, whole), whole);
  }
  const packet = changetype<Ipv4>(ip);
  if (!packet.isIntact) return true;
  const isJudged = whole != 0 && packet.totalLength != 0 && !isVouched();
  return isJudged && !header.isIntact(packet.pseudoHeader(whole), whole);
}

/** The same of a datagram. */
export function isCorruptDatagram(ip: usize, header: Udp, whole: u32): bool {
  if (!isIncoming()) return false;
  const isJudged = whole != 0 && !isVouched();
  if (load<u8>(ip) >> 4 == VERSION_6) {
    const packet = changetype<Ipv6>(ip);
    return isJudged && packet.payloadLength != 0 && !header.isIntact(packet.pseudoHeader(UDP, whole), whole);
  }
  const packet = changetype<Ipv4>(ip);
  if (!packet.isIntact) return true;
  if (!isJudged || packet.totalLength == 0 || header.isUnsummed) return false;
  return !header.isIntact(packet.pseudoHeader(whole), whole);
}

/** How many routers the packet at `ip` may still pass, this one among them. */
export function hopsLeft(ip: usize): u32 {
  return load<u8>(ip) >> 4 == VERSION_6 ? changetype<Ipv6>(ip).hopLimit : changetype<Ipv4>(ip).timeToLive;
}
