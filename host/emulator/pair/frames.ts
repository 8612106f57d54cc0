/** Frames of machines on one segment: address resolution of both kinds, datagrams, the beginning of a connection. */
import { addressBytes, addressText, isVersion4 } from '../../net/address.ts';
import { macBytes, macText } from '../../net/mac-address.ts';
import { ADVERTISEMENT, SOLICITATION } from '../wire/neighbour-frames.ts';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const NOBODY = '00:00:00:00:00:00';

const ETHERNET = 14;
const IPV4 = 20;
const IPV6 = 40;
const UDP = 8;
const ARP = 28;
const TCP = 20;
const TYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
const PROTOCOL = { tcp: 6, udp: 17, icmp6: 58 } as const;
const SOLICITED_FLAG = 0x40;
const OVERRIDE_FLAG = 0x20;
const HOP_LIMIT = 64;
/** Nobody beyond the link sends with it: messages of resolution are believed with it alone (RFC 4861 section 7.1). */
const ON_LINK = 255;
export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const ACK = 16;
const WINDOW = 64_240;

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
      readonly hardware: string;
      readonly address: string;
      readonly target: string;
    }
  | {
      readonly kind: 'solicitation';
      readonly source: string;
      readonly target: string;
      readonly hardware: string | null;
    }
  | {
      readonly kind: 'advertisement';
      readonly source: string;
      readonly target: string;
      readonly hardware: string | null;
      readonly overrides: boolean;
    }
  | (Ports & { readonly kind: 'udp'; readonly payload: Uint8Array })
  | Segment;

export interface Heard {
  readonly from: string;
  readonly to: string;
  readonly said: Said;
}

/** RFC 1071 over the bytes, on top of a sum. */
function checksum(bytes: Uint8Array, sum = 0): number {
  let total = sum;
  for (let at = 0; at < bytes.length; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}

function words(bytes: Uint8Array): number {
  return ~checksum(bytes) & 0xffff;
}

/** As many bytes as an address of its kind has. */
function short(address: string): Uint8Array {
  const bytes = addressBytes(address);
  return isVersion4(address) ? bytes.subarray(12) : bytes;
}

function ethernet(from: string, to: string, type: number, length: number): Buffer {
  const frame = Buffer.alloc(ETHERNET + length);
  frame.set(macBytes(to), 0);
  frame.set(macBytes(from), 6);
  frame.writeUInt16BE(type, 12);
  return frame;
}

export function arp(
  isRequest: boolean,
  hardware: string,
  address: string,
  target: { readonly address: string; readonly hardware: string | null },
  to = BROADCAST,
): Buffer {
  const frame = ethernet(hardware, to, TYPE.arp, ARP);
  frame.writeUInt16BE(1, ETHERNET);
  frame.writeUInt16BE(TYPE.ipv4, ETHERNET + 2);
  frame.set([6, 4, 0, isRequest ? 1 : 2], ETHERNET + 4);
  frame.set(macBytes(hardware), ETHERNET + 8);
  frame.set(short(address), ETHERNET + 14);
  frame.set(macBytes(target.hardware ?? NOBODY), ETHERNET + 18);
  frame.set(short(target.address), ETHERNET + 24);
  return frame;
}

/** An IP packet whose payload has its checksum at `checksumAt`. */
function packet(
  [from, to]: readonly [string, string],
  { source, destination }: Sides,
  protocol: number,
  payload: Buffer,
  checksumAt: number,
): Buffer {
  const is4 = isVersion4(source);
  const [ours, theirs] = [short(source), short(destination)];
  payload.writeUInt16BE(0, checksumAt);
  const pseudo = words(ours) + words(theirs) + protocol + payload.length;
  const sum = checksum(payload, pseudo);
  payload.writeUInt16BE(sum === 0 && protocol === PROTOCOL.udp ? 0xffff : sum, checksumAt);
  const header = is4 ? IPV4 : IPV6;
  const frame = ethernet(from, to, is4 ? TYPE.ipv4 : TYPE.ipv6, header + payload.length);
  const ip = frame.subarray(ETHERNET, ETHERNET + header);
  if (is4) {
    ip.set([0x45, 0], 0);
    ip.writeUInt16BE(IPV4 + payload.length, 2);
    ip.set([0x40, 0, HOP_LIMIT, protocol], 6);
    ip.set(ours, 12);
    ip.set(theirs, 16);
    ip.writeUInt16BE(checksum(ip), 10);
  } else {
    ip[0] = 0x60;
    ip.writeUInt16BE(payload.length, 4);
    ip.set([protocol, protocol === PROTOCOL.icmp6 ? ON_LINK : HOP_LIMIT], 6);
    ip.set(ours, 8);
    ip.set(theirs, 24);
  }
  frame.set(payload, ETHERNET + header);
  return frame;
}

export function datagram(
  macs: readonly [string, string],
  { from, to, ...sides }: Ports,
  bytes: Uint8Array,
): Buffer {
  const payload = Buffer.alloc(UDP + bytes.length);
  payload.writeUInt16BE(from, 0);
  payload.writeUInt16BE(to, 2);
  payload.writeUInt16BE(payload.length, 4);
  payload.set(bytes, UDP);
  return packet(macs, sides, PROTOCOL.udp, payload, 6);
}

/** Without options: nobody here looks at them. */
export function segment(macs: readonly [string, string], said: Omit<Segment, 'kind'>): Buffer {
  const payload = Buffer.alloc(TCP);
  payload.writeUInt16BE(said.from, 0);
  payload.writeUInt16BE(said.to, 2);
  payload.writeUInt32BE(said.sequence, 4);
  payload.writeUInt32BE(said.acknowledged, 8);
  payload.set([(TCP / 4) << 4, said.flags], 12);
  payload.writeUInt16BE((said.flags & RST) === 0 ? WINDOW : 0, 14);
  return packet(macs, said, PROTOCOL.tcp, payload, 16);
}

/** The group of those who may have the address (RFC 4291 section 2.7.1), and where it is sent (RFC 2464 section 7). */
function groupOf(address: string): { readonly group: string; readonly mac: string } {
  const bytes = addressBytes('ff02::1:ff00:0').slice();
  bytes.set(addressBytes(address).subarray(13), 13);
  const last = bytes.subarray(12);
  const mac = macText(Uint8Array.of(0x33, 0x33, ...last));
  return { group: addressText(bytes), mac };
}

export function solicitation(hardware: string, source: string, target: string, to: string | null): Buffer {
  const { group, mac } = groupOf(target);
  const payload = Buffer.alloc(32);
  payload[0] = SOLICITATION;
  payload.set(addressBytes(target), 8);
  payload.set([1, 1], 24);
  payload.set(macBytes(hardware), 26);
  const sides = { source, destination: to === null ? group : target };
  return packet([hardware, to ?? mac], sides, PROTOCOL.icmp6, payload, 2);
}

export function advertisement(hardware: string, target: string, asker: string, to: string): Buffer {
  const payload = Buffer.alloc(32);
  const isToAll = asker === '::';
  payload.set([ADVERTISEMENT, 0, 0, 0, OVERRIDE_FLAG | (isToAll ? 0 : SOLICITED_FLAG)], 0);
  payload.set(addressBytes(target), 8);
  payload.set([2, 1], 24);
  payload.set(macBytes(hardware), 26);
  const sides = { source: target, destination: isToAll ? 'ff02::1' : asker };
  return packet([hardware, isToAll ? '33:33:00:00:00:01' : to], sides, PROTOCOL.icmp6, payload, 2);
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
  const said = saidBy(frame.readUInt16BE(12), frame.subarray(ETHERNET));
  return said === null ? null : { from, to, said };
}

function saidBy(type: number, body: Buffer): Said | null {
  if (type === TYPE.arp) {
    const [hardware, address] = [macText(body.subarray(8)), text4(body.subarray(14, 18))];
    const target = text4(body.subarray(24, 28));
    return { kind: 'arp', isRequest: body.readUInt16BE(6) === 1, hardware, address, target };
  }
  const is4 = type === TYPE.ipv4;
  if (!is4 && type !== TYPE.ipv6) return null;
  const source = is4 ? text4(body.subarray(12, 16)) : addressText(body.subarray(8, 24));
  const destination = is4 ? text4(body.subarray(16, 20)) : addressText(body.subarray(24, 40));
  const inside = body.subarray(is4 ? IPV4 : IPV6);
  const protocol = body[is4 ? 9 : 6];
  if (protocol === PROTOCOL.icmp6) {
    const [target, hardware] = [addressText(inside.subarray(8, 24)), named(inside.subarray(24))];
    if (inside[0] === SOLICITATION) return { kind: 'solicitation', source, target, hardware };
    const overrides = ((inside[4] ?? 0) & OVERRIDE_FLAG) !== 0;
    return inside[0] === ADVERTISEMENT
      ? { kind: 'advertisement', source, target, hardware, overrides }
      : null;
  }
  const ports = { source, destination, from: inside.readUInt16BE(0), to: inside.readUInt16BE(2) };
  if (protocol === PROTOCOL.udp) return { kind: 'udp', ...ports, payload: inside.subarray(UDP) };
  if (protocol !== PROTOCOL.tcp) return null;
  const [sequence, acknowledged] = [inside.readUInt32BE(4), inside.readUInt32BE(8)];
  return { kind: 'tcp', ...ports, flags: inside[13] ?? 0, sequence, acknowledged };
}
