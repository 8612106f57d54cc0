/** Frames of machines on one segment, built from texts, and what they say to whoever hears them. */
import { addressBytes, addressText } from '../../net/address.ts';
import { macBytes, macText } from '../../net/mac-address.ts';
import {
  ETHERNET_BYTES,
  EtherType,
  type FrameEnds,
  IP4_BYTES,
  IP6_BYTES,
  IpProtocol,
} from '../wire/envelope.ts';
import { Frames, UDP_BYTES } from '../wire/frames.ts';
import { ADVERTISEMENT, NeighbourFrames, SOLICITATION } from '../wire/neighbour-frames.ts';

const OVERRIDE_FLAG = 0x20;
const UNSPECIFIED = '::';
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;

interface Sides {
  readonly source: string;
  readonly destination: string;
}
interface Ports extends Sides {
  readonly from: number;
  readonly to: number;
}
interface Segment extends Ports {
  readonly kind: 'tcp';
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledged: number;
}

/** What a frame says. */
export type Said =
  | {
      readonly kind: 'arp';
      readonly isRequest: boolean;
      readonly mac: string;
      readonly address: string;
      readonly target: string;
    }
  | {
      readonly kind: 'solicitation';
      readonly source: string;
      readonly target: string;
      readonly mac: string | null;
    }
  | {
      readonly kind: 'advertisement';
      readonly source: string;
      readonly target: string;
      readonly mac: string | null;
      readonly overrides: boolean;
    }
  | (Ports & { readonly kind: 'udp'; readonly payload: Uint8Array })
  | Segment;

export interface Heard {
  readonly from: string;
  readonly to: string;
  readonly said: Said;
}

/** One builder each for all of them: what it has written is copied at once. */
const neighbourFrames = new NeighbourFrames();
const packets = new Frames();

/** Both ends, of one IP version. */
function between<Ends extends FrameEnds>(
  ends: Ends,
  macs: readonly [string, string],
  { source, destination }: Sides,
): Ends {
  ends.isIp6 = source.includes(':');
  ends.fromMac.set(macBytes(macs[0]));
  ends.toMac.set(macBytes(macs[1]));
  ends.from.set(addressBytes(source));
  ends.to.set(addressBytes(destination));
  return ends;
}

/** Who has the address `target`? Asked by `source`, of everybody, or of who had it by that MAC address. */
export function question(mac: string, source: string, target: string, of: string | null): Uint8Array {
  const asking = between(neighbourFrames, [mac, of ?? mac], { source, destination: target });
  return (of === null ? asking.ask() : asking.probe()).slice();
}

/** I have it: to who asked, or to all where he had no address. */
export function answer(mac: string, target: string, asker: string, askerMac: string): Uint8Array {
  if (asker === UNSPECIFIED) {
    return between(neighbourFrames, [mac, mac], { source: target, destination: target }).announce().slice();
  }
  const answering = between(neighbourFrames, [mac, askerMac], { source: target, destination: asker });
  return answering.answer(answering.from, false, false).slice();
}

export function datagram(
  macs: readonly [string, string],
  { from, to, ...sides }: Ports,
  bytes: Uint8Array,
): Uint8Array {
  const frames = between(packets, macs, sides);
  frames.fromPort = from;
  frames.toPort = to;
  return frames.udp(bytes);
}

/** Of the beginning of a connection: SYN, its answer, or RST. */
export function segment(macs: readonly [string, string], said: Omit<Segment, 'kind'>): Uint8Array {
  const frames = between(packets, macs, said);
  frames.fromPort = said.from;
  frames.toPort = said.to;
  frames.sequence = said.sequence;
  frames.acknowledgement = said.acknowledged;
  if ((said.flags & RST) !== 0) return frames.rst().slice();
  return ((said.flags & ACK) === 0 ? frames.syn() : frames.synAck()).slice();
}

function text4(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** The link-layer address that a message of IPv6's resolution names. */
function named(options: Buffer): string | null {
  return options.length >= 8 && (options[0] === 1 || options[0] === 2)
    ? macText(options.subarray(2, 8))
    : null;
}

/** null: it says nothing that anybody here would hear. */
export function heard(bytes: Uint8Array): Heard | null {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const [to, from] = [macText(frame), macText(frame.subarray(6))];
  const said = saidBy(frame.readUInt16BE(12), frame.subarray(ETHERNET_BYTES));
  return said === null ? null : { from, to, said };
}

function saidBy(type: number, body: Buffer): Said | null {
  if (type === EtherType.arp) {
    const [mac, address] = [macText(body.subarray(8)), text4(body.subarray(14, 18))];
    const target = text4(body.subarray(24, 28));
    return { kind: 'arp', isRequest: body.readUInt16BE(6) === 1, mac, address, target };
  }
  const is4 = type === EtherType.ip4;
  if (!is4 && type !== EtherType.ip6) return null;
  const source = is4 ? text4(body.subarray(12, 16)) : addressText(body.subarray(8, 24));
  const destination = is4 ? text4(body.subarray(16, 20)) : addressText(body.subarray(24, 40));
  const inside = body.subarray(is4 ? IP4_BYTES : IP6_BYTES);
  const protocol = body[is4 ? 9 : 6];
  if (protocol === IpProtocol.icmp6) {
    const [target, mac] = [addressText(inside.subarray(8, 24)), named(inside.subarray(24))];
    if (inside[0] === SOLICITATION) return { kind: 'solicitation', source, target, mac };
    const overrides = ((inside[4] ?? 0) & OVERRIDE_FLAG) !== 0;
    return inside[0] === ADVERTISEMENT ? { kind: 'advertisement', source, target, mac, overrides } : null;
  }
  const ports = { source, destination, from: inside.readUInt16BE(0), to: inside.readUInt16BE(2) };
  if (protocol === IpProtocol.udp) return { kind: 'udp', ...ports, payload: inside.subarray(UDP_BYTES) };
  if (protocol !== IpProtocol.tcp) return null;
  const [sequence, acknowledged] = [inside.readUInt32BE(4), inside.readUInt32BE(8)];
  return { kind: 'tcp', ...ports, flags: inside[13] ?? 0, sequence, acknowledged };
}
