/** What a packet of a capture begins with: the link types (LINKTYPE_, the registry of tcpdump.org) and what is read of them. */
import type { LinkName } from '../fabric/engine.ts';

/** What the fabric gets of a packet; `link` null: it carries nothing that the fabric reads, ARP over a serial line say. */
interface Frame {
  readonly link: LinkName | null;
  /** Where it begins. */
  readonly offset: number;
}

const [NULL, PPP, PPP_HDLC, C_HDLC, LOOP, PPP_PPPD, PPP_WITH_DIRECTION] = [0, 9, 50, 104, 108, 166, 204];

/** Those whose frames the fabric takes as they are: Ethernet, Linux cooked, raw IP. */
const AS_IT_IS: ReadonlyMap<number, LinkName> = new Map([
  [1, 'ethernet'],
  [12, 'raw'],
  [14, 'raw'],
  [101, 'raw'],
  [113, 'cookedV1'],
  [228, 'raw'],
  [229, 'raw'],
  [276, 'cookedV2'],
]);

/** Others that are met. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [6, 'Token Ring'],
  [8, 'SLIP'],
  [10, 'FDDI'],
  [51, 'PPPoE session'],
  [100, 'ATM, RFC 1483'],
  [C_HDLC, 'Cisco HDLC'],
  [105, 'IEEE 802.11'],
  [107, 'Frame Relay'],
  [109, 'OpenBSD enc'],
  [117, 'OpenBSD pflog'],
  [119, 'IEEE 802.11 with Prism header'],
  [122, 'IP over Fibre Channel'],
  [127, 'IEEE 802.11 with radiotap header'],
  [138, 'IP over IEEE 1394'],
  [143, 'DOCSIS'],
  [163, 'IEEE 802.11 with AVS header'],
  [187, 'Bluetooth'],
  [189, 'USB'],
  [192, 'PPI'],
  [195, 'IEEE 802.15.4'],
  [201, 'Bluetooth'],
  [220, 'USB'],
  [227, 'CAN'],
  [239, 'NFLOG'],
  [247, 'InfiniBand'],
  [253, 'Netlink'],
]);

/** AF_INET everywhere; AF_INET6 of NetBSD and OpenBSD, FreeBSD, Darwin. */
const FAMILIES = new Set([2, 24, 28, 30]);
const FAMILY_BYTES = 4;
const PPP_PROTOCOLS = new Set([0x0021, 0x0057]);
/** Addresses of Cisco's framing, for one and for all (RFC 1547 section 4.3.1). */
const CISCO = new Set([0x0f, 0x8f]);

/** What the frames of `type` are where the fabric takes them as they are. */
export function linkAsItIs(type: number): LinkName | undefined {
  return AS_IT_IS.get(type);
}

/** What the fabric gets of a packet of another `type`, or the link type that is not read. */
export function frameOf(type: number, bytes: Uint8Array): Frame | number {
  switch (type) {
    case NULL:
    case LOOP:
      return behindFamily(bytes);
    case PPP:
      return behindPpp(bytes, 0);
    case PPP_HDLC:
      return CISCO.has(bytes[0] ?? 0) ? C_HDLC : behindPpp(bytes, 0);
    case PPP_WITH_DIRECTION:
      return behindPpp(bytes, 1);
    case PPP_PPPD:
      // The direction stands in place of the address.
      return behindProtocol(bytes, 2);
    default:
      return type;
  }
}

export function nameOfLink(type: number): string | null {
  return NAMES.get(type) ?? null;
}

/** The family is in the order of the machine that wrote it, whatever the file's: it is small in one of the two. */
function behindFamily(bytes: Uint8Array): Frame {
  if (bytes.length < FAMILY_BYTES) return cutShort(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, FAMILY_BYTES);
  const isIp = [true, false].some((littleEndian) => FAMILIES.has(view.getUint32(0, littleEndian)));
  return { link: isIp ? 'raw' : null, offset: FAMILY_BYTES };
}

/** Address and control may be left out (RFC 1661 section 6.6). */
function behindPpp(bytes: Uint8Array, start: number): Frame {
  return behindProtocol(bytes, bytes[start] === 0xff && bytes[start + 1] === 0x03 ? start + 2 : start);
}

/** The number of a protocol ends with its first odd octet: it may be one octet (RFC 1661 section 2). */
function behindProtocol(bytes: Uint8Array, at: number): Frame {
  const [first, second] = [bytes[at], bytes[at + 1]];
  if (first !== undefined && first % 2 === 1)
    return { link: PPP_PROTOCOLS.has(first) ? 'raw' : null, offset: at + 1 };
  if (first === undefined || second === undefined) return cutShort(bytes);
  return { link: PPP_PROTOCOLS.has(first * 256 + second) ? 'raw' : null, offset: at + 2 };
}

/** Nothing of it is left: the fabric counts it as malformed. */
function cutShort(bytes: Uint8Array): Frame {
  return { link: 'raw', offset: bytes.length };
}
