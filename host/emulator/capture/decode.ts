/**
 * What stands in a frame that somebody else has captured, as far as a scenario or a picture needs it. The program itself
 * never parses frames, its module does; this is for those who look at a world, or make one of a capture.
 */
import { addressText } from '../../net/address.ts';
import { ETHER, type LinkLayer, linkHeader, viewOf } from './link-header.ts';

export const TCP = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

/** Where the parts lie in the frame; what is cut off has no place. */
interface Common {
  /** Of Ethernet; null where the link has none. */
  readonly sourceMac: string | null;
  readonly destinationMac: string | null;
  /** Where the packet behind the link's header and VLAN tags begins. */
  readonly at: number;
}

interface Ip extends Common {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  /** TTL or hop limit. */
  readonly hops: number;
  /** Where the transport's header begins. */
  readonly transportAt: number;
}

export interface TcpFrame extends Ip {
  readonly kind: 'tcp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  /** Kinds of options, in order. */
  readonly options: readonly number[];
  readonly headerBytes: number;
  /** Of data, as the IP header says. */
  readonly dataBytes: number;
}

interface UdpFrame extends Ip {
  readonly kind: 'udp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly dataAt: number;
}

/** Destination unreachable, of either version. */
export interface UnreachableFrame extends Ip {
  readonly kind: 'unreachable';
  readonly code: number;
  /** Where the quoted packet begins, and what is known of it. */
  readonly quotedAt: number;
  readonly quoted: {
    readonly source: string;
    readonly destination: string;
    readonly protocol: number;
    readonly transportAt: number;
    readonly sourcePort: number;
    readonly destinationPort: number;
    readonly sequence: number;
  } | null;
}

interface Neighbour extends Common {
  readonly isRequest: boolean;
  /** To everybody or to a group: the asker does not know a MAC address. */
  readonly isToGroup: boolean;
  /** Who speaks; null: he has no address yet. */
  readonly sender: string | null;
  /** Of whom. */
  readonly target: string;
}

type ArpFrame = Neighbour & { readonly kind: 'arp' };
/** Neighbour discovery. */
type NdFrame = Neighbour & { readonly kind: 'nd' };
export type NeighbourFrame = ArpFrame | NdFrame;

interface OtherFrame extends Ip {
  readonly kind: 'ip';
  readonly protocol: number;
}

export type Decoded = TcpFrame | UdpFrame | UnreachableFrame | NeighbourFrame | OtherFrame;

const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, fragment: 44, icmpv6: 58 } as const;
/** Extension headers of IPv6 that are gone over: hop-by-hop options, routing, destination options. */
const EXTENSIONS = new Set([0, 43, 60]);
const ND = { solicitation: 135, advertisement: 136 } as const;

function ipv4Text(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

const ipv6Text = (bytes: Uint8Array, at: number): string => addressText(bytes.subarray(at, at + 16));

/** null: nothing of interest, or too little of it. */
export function decodeFrame(link: LinkLayer, bytes: Uint8Array): Decoded | null {
  const header = linkHeader(link, bytes);
  if (header === null) return null;
  const { type, at, sourceMac, destinationMac } = header;
  const common = { sourceMac, destinationMac, at };
  if (type === ETHER.arp) return arp(common, bytes);
  if (type === ETHER.ipv4) return ipv4(common, bytes);
  return type === ETHER.ipv6 ? ipv6(common, bytes) : null;
}

const isGroup = (mac: string | null): boolean => mac === null || (parseInt(mac.slice(0, 2), 16) & 1) === 1;

function arp(common: Common, bytes: Uint8Array): Decoded | null {
  const { at } = common;
  if (at + 28 > bytes.length) return null;
  const view = viewOf(bytes);
  // Ethernet and IPv4.
  if (view.getUint16(at) !== 1 || view.getUint16(at + 2) !== ETHER.ipv4) return null;
  if (bytes[at + 4] !== 6 || bytes[at + 5] !== 4) return null;
  const operation = view.getUint16(at + 6);
  if (operation !== 1 && operation !== 2) return null;
  const sender = ipv4Text(bytes, at + 14);
  return {
    kind: 'arp',
    ...common,
    isRequest: operation === 1,
    isToGroup: isGroup(common.destinationMac),
    sender: sender === '0.0.0.0' ? null : sender,
    target: ipv4Text(bytes, at + 24),
  };
}

function ipv4(common: Common, bytes: Uint8Array): Decoded | null {
  const { at } = common;
  if (at + 20 > bytes.length || (bytes[at] ?? 0) >> 4 !== 4) return null;
  const view = viewOf(bytes);
  const headerBytes = ((bytes[at] ?? 0) & 15) * 4;
  // A later fragment has no header of what it carries.
  if (headerBytes < 20 || (view.getUint16(at + 6) & 0x1fff) !== 0) return null;
  const ip: Ip = {
    ...common,
    version: 4,
    source: ipv4Text(bytes, at + 12),
    destination: ipv4Text(bytes, at + 16),
    hops: bytes[at + 8] ?? 0,
    transportAt: at + headerBytes,
  };
  return transport(ip, bytes, bytes[at + 9] ?? 0, view.getUint16(at + 2) - headerBytes);
}

function ipv6(common: Common, bytes: Uint8Array): Decoded | null {
  const { at } = common;
  if (at + 40 > bytes.length || (bytes[at] ?? 0) >> 4 !== 6) return null;
  const walked = walk(bytes, at);
  if (walked === null) return null;
  const ip: Ip = {
    ...common,
    version: 6,
    source: ipv6Text(bytes, at + 8),
    destination: ipv6Text(bytes, at + 24),
    hops: bytes[at + 7] ?? 0,
    transportAt: walked.at,
  };
  const payload = viewOf(bytes).getUint16(at + 4);
  return transport(ip, bytes, walked.protocol, payload - (walked.at - at - 40));
}

/** Over the extension headers of the packet at `at`; null: a later fragment, or cut off. */
function walk(bytes: Uint8Array, at: number): { protocol: number; at: number } | null {
  let protocol = bytes[at + 6] ?? 0;
  let next = at + 40;
  while (EXTENSIONS.has(protocol) || protocol === PROTOCOL.fragment) {
    if (next + 8 > bytes.length) return null;
    if (protocol === PROTOCOL.fragment && (viewOf(bytes).getUint16(next + 2) & 0xfff8) !== 0) return null;
    const length = protocol === PROTOCOL.fragment ? 8 : ((bytes[next + 1] ?? 0) + 1) * 8;
    protocol = bytes[next] ?? 0;
    next += length;
  }
  return { protocol, at: next };
}

function transport(ip: Ip, bytes: Uint8Array, protocol: number, length: number): Decoded | null {
  if (protocol === PROTOCOL.tcp) return tcp(ip, bytes, length);
  if (protocol === PROTOCOL.udp) return udp(ip, bytes);
  const message = bytes[ip.transportAt];
  if (protocol === PROTOCOL.icmp && ip.version === 4 && message === 3) return unreachable(ip, bytes);
  if (protocol === PROTOCOL.icmpv6 && ip.version === 6) {
    if (message === 1) return unreachable(ip, bytes);
    if (message === ND.solicitation || message === ND.advertisement) return neighbour(ip, bytes);
  }
  return { kind: 'ip', ...ip, protocol };
}

function tcp(ip: Ip, bytes: Uint8Array, length: number): Decoded | null {
  const at = ip.transportAt;
  if (at + 20 > bytes.length) return null;
  const view = viewOf(bytes);
  const headerBytes = ((bytes[at + 12] ?? 0) >> 4) * 4;
  if (headerBytes < 20) return null;
  return {
    kind: 'tcp',
    ...ip,
    sourcePort: view.getUint16(at),
    destinationPort: view.getUint16(at + 2),
    sequence: view.getUint32(at + 4),
    acknowledgement: view.getUint32(at + 8),
    flags: bytes[at + 13] ?? 0,
    window: view.getUint16(at + 14),
    options: optionsOf(bytes.subarray(at + 20, Math.min(at + headerBytes, bytes.length))),
    headerBytes,
    dataBytes: Math.max(0, length - headerBytes),
  };
}

function optionsOf(bytes: Uint8Array): readonly number[] {
  const kinds: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at] ?? 0;
    kinds.push(kind);
    if (kind === 0) break;
    const length = kind === 1 ? 1 : (bytes[at + 1] ?? 0);
    if (length === 0) break;
    at += length;
  }
  return kinds;
}

function udp(ip: Ip, bytes: Uint8Array): Decoded | null {
  const at = ip.transportAt;
  if (at + 8 > bytes.length) return null;
  const view = viewOf(bytes);
  const [sourcePort, destinationPort] = [view.getUint16(at), view.getUint16(at + 2)];
  return { kind: 'udp', ...ip, sourcePort, destinationPort, dataAt: at + 8 };
}

function unreachable(ip: Ip, bytes: Uint8Array): Decoded {
  const at = ip.transportAt;
  return {
    kind: 'unreachable',
    ...ip,
    code: bytes[at + 1] ?? 0,
    quotedAt: at + 8,
    quoted: quotedOf(bytes, at + 8, ip.version),
  };
}

function quotedOf(bytes: Uint8Array, at: number, version: 4 | 6): UnreachableFrame['quoted'] {
  const least = version === 4 ? 20 : 40;
  if (at + least + 8 > bytes.length || (bytes[at] ?? 0) >> 4 !== version) return null;
  const walked =
    version === 4 ? { protocol: bytes[at + 9] ?? 0, at: at + ((bytes[at] ?? 0) & 15) * 4 } : walk(bytes, at);
  if (walked === null || walked.at + 8 > bytes.length) return null;
  const view = viewOf(bytes);
  return {
    source: version === 4 ? ipv4Text(bytes, at + 12) : ipv6Text(bytes, at + 8),
    destination: version === 4 ? ipv4Text(bytes, at + 16) : ipv6Text(bytes, at + 24),
    protocol: walked.protocol,
    transportAt: walked.at,
    sourcePort: view.getUint16(walked.at),
    destinationPort: view.getUint16(walked.at + 2),
    sequence: view.getUint32(walked.at + 4),
  };
}

function neighbour(ip: Ip, bytes: Uint8Array): Decoded | null {
  const at = ip.transportAt;
  // Whoever is not on the link can't have sent it.
  if (at + 24 > bytes.length || ip.hops !== 255) return null;
  const isRequest = bytes[at] === ND.solicitation;
  const target = ipv6Text(bytes, at + 8);
  const { sourceMac, destinationMac, source } = ip;
  return {
    kind: 'nd',
    sourceMac,
    destinationMac,
    at: ip.at,
    isRequest,
    isToGroup: ip.destination.startsWith('ff'),
    // An advertisement speaks of its target, whatever address it comes from.
    sender: !isRequest ? target : source === '::' ? null : source,
    target,
  };
}
