/**
 * A capture that may be given away: networks stay, who in them is who is replaced, alike everywhere, MAC addresses too, and no
 * data are left. Lengths, times and headers stay, and checksums are right wherever they were.
 */
import { addressBytes, addressText, isVersion4 } from '../../net/address.ts';
import type { Packet } from '../../replay/packet.ts';
import { type Decoded, decodeFrame, type UnreachableFrame } from './decode.ts';
import { linkHeader } from './link-header.ts';

/** What is kept of an address: 24 bits, 64 of IPv6. */
const KEPT = { 4: 3, 6: 8 } as const;
const FIRST = 10;
const NOTHING = new Uint8Array(0);

/** Every address gets the next free number in its network, in the order in which they come. */
class Pseudonyms {
  readonly #addresses = new Map<string, string>();
  readonly #macs = new Map<string, Uint8Array>();
  readonly #next = new Map<string, number>();

  /** Of the bytes of an address of either version. */
  address(bytes: Uint8Array): Uint8Array {
    const version = bytes.length === 4 ? 4 : 6;
    if (isNobody(bytes)) return bytes;
    const mapped = version === 4 ? addressBytes(bytes.join('.')) : bytes;
    const text = addressText(mapped);
    let pseudonym = this.#addresses.get(text);
    if (pseudonym === undefined) {
      pseudonym = this.#nextIn(mapped, version);
      this.#addresses.set(text, pseudonym);
    }
    return addressBytes(pseudonym).subarray(isVersion4(pseudonym) && version === 4 ? 12 : 0);
  }

  mac(bytes: Uint8Array): Uint8Array {
    const isGroup = ((bytes[0] ?? 0) & 1) === 1;
    if (isGroup || bytes.every((byte) => byte === 0)) return bytes;
    const key = bytes.join(' ');
    let pseudonym = this.#macs.get(key);
    if (pseudonym === undefined) {
      const number = this.#macs.size + 1;
      pseudonym = Uint8Array.of(2, 0, 0, (number >> 16) & 255, (number >> 8) & 255, number & 255);
      this.#macs.set(key, pseudonym);
    }
    return pseudonym;
  }

  #nextIn(mapped: Uint8Array, version: 4 | 6): string {
    const at = version === 4 ? 12 + KEPT[4] : KEPT[6];
    const network = mapped.slice(0, at).join(' ');
    const number = (this.#next.get(network) ?? 0) + 1;
    this.#next.set(network, number);
    const bytes = mapped.slice().fill(0, at);
    // The first ones are often routers'. Of IPv4 there are 254 at the most, and none is left out.
    const part = version === 4 ? ((number + FIRST - 2) % 254) + 1 : number + FIRST - 1;
    for (let byte = 1; byte <= 3; byte++) {
      if (version === 6 || byte === 1) bytes[bytes.length - byte] = (part >> (8 * (byte - 1))) & 255;
    }
    return addressText(bytes);
  }
}

/** Unspecified, loopback, groups, broadcasts: nobody in particular. */
function isNobody(bytes: Uint8Array): boolean {
  if (bytes.length === 4) {
    const [first = 0] = bytes;
    return first === 0 || first === 127 || first >= 224 || bytes[3] === 255 || bytes[3] === 0;
  }
  return bytes[0] === 0xff || bytes.subarray(0, 15).every((byte) => byte === 0);
}

export class Anonymiser {
  readonly pseudonyms = new Pseudonyms();
  /** Packets of which nothing was left, for nobody knows what is in them. */
  dropped = 0;

  /** The same packet, of nobody; one without bytes where nothing of it may stay. */
  readonly packet = (packet: Packet): Packet => {
    const { link } = packet;
    const frame = link === null ? null : decodeFrame(link, packet.bytes);
    if (link === null || frame === null || hidesAddresses(frame, packet.bytes)) {
      this.dropped++;
      return { ...packet, link: null, bytes: NOTHING };
    }
    const bytes = packet.bytes.slice(0, endOf(frame, packet.bytes));
    const edit = new Edit(bytes, this.pseudonyms);
    edit.link(link, frame.at);
    if (frame.kind === 'arp') edit.arp(frame.at);
    else if (frame.kind === 'nd') edit.neighbour(frame.at);
    else edit.ip(frame);
    return { ...packet, bytes };
  };
}

/** Options of IPv4 and extension headers of IPv6 may name more addresses. */
function hidesAddresses(frame: Decoded, bytes: Uint8Array): boolean {
  if (frame.kind === 'arp') return false;
  if (frame.kind === 'nd') return bytes[frame.at + 6] !== 58;
  return frame.transportAt - frame.at !== (frame.version === 4 ? 20 : 40);
}

/** Where the headers end: what is behind them are data. */
function endOf(frame: Decoded, bytes: Uint8Array): number {
  switch (frame.kind) {
    case 'arp':
      return frame.at + 28;
    case 'nd':
      // With the option that names a MAC address.
      return Math.min(bytes.length, frame.at + 40 + 32);
    case 'tcp':
      return Math.min(bytes.length, frame.transportAt + frame.headerBytes);
    case 'udp':
      return frame.dataAt;
    case 'unreachable':
      return Math.min(bytes.length, quotedEnd(frame, bytes));
    case 'ip':
      return frame.transportAt;
  }
}

function quotedEnd({ quoted, quotedAt }: UnreachableFrame, bytes: Uint8Array): number {
  if (quoted === null) return quotedAt;
  const { protocol, transportAt } = quoted;
  if (protocol !== 6) return transportAt + 8;
  return transportAt + Math.max(8, ((bytes[transportAt + 12] ?? 0) >> 4) * 4);
}

/** Of a SYN: its size, windows, acknowledgements, times. Others may name addresses, or keys. */
const PLAIN_OPTIONS = new Set([0, 1, 2, 3, 4, 5, 8]);
const NOTHING_OPTION = 1;

/** The same options; what could tell more is nothing. */
function plainOptions(options: Uint8Array): Uint8Array {
  const plain = options.slice();
  for (let at = 0; at < plain.length; ) {
    const kind = plain[at] ?? 0;
    if (kind === 0) break;
    const length = kind === NOTHING_OPTION ? 1 : Math.max(2, plain[at + 1] ?? 2);
    if (!PLAIN_OPTIONS.has(kind)) plain.fill(NOTHING_OPTION, at, at + length);
    at += length;
  }
  return plain;
}

/** Where the checksums of a packet stand that an address goes into. */
const SUM_AT: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2 };

/** Changes bytes of a frame, and the checksums over them by the difference (RFC 1624). */
class Edit {
  readonly #bytes: Uint8Array;
  readonly #pseudonyms: Pseudonyms;

  constructor(bytes: Uint8Array, pseudonyms: Pseudonyms) {
    this.#bytes = bytes;
    this.#pseudonyms = pseudonyms;
  }

  link(link: Packet['link'], at: number): void {
    if (link === null || linkHeader(link, this.#bytes) === null) return;
    if (link === 'ethernet') for (const place of [0, 6]) this.#mac(place);
    if (link === 'cookedV1' && at >= 16) this.#mac(6);
    if (link === 'cookedV2' && at >= 20) this.#mac(12);
  }

  arp(at: number): void {
    this.#mac(at + 8);
    this.#address(at + 14, 4, []);
    this.#mac(at + 18);
    this.#address(at + 24, 4, []);
  }

  ip(frame: Exclude<Decoded, { kind: 'arp' | 'nd' }>): void {
    const { at, version, transportAt } = frame;
    const protocol =
      frame.kind === 'tcp'
        ? 6
        : frame.kind === 'udp'
          ? 17
          : frame.kind === 'unreachable' && version === 6
            ? 58
            : 0;
    const outer = this.#sums(at, version, protocol, transportAt, []);
    this.#addresses(at, version, outer);
    if (frame.kind === 'tcp') this.#options(transportAt, [transportAt + 16], []);
    if (frame.kind !== 'unreachable' || frame.quoted === null) return;
    // The message's own checksum goes over what it quotes.
    const inner = frame.quoted;
    const over = [transportAt + 2];
    const sums = this.#sums(frame.quotedAt, version, inner.protocol, inner.transportAt, over);
    this.#addresses(frame.quotedAt, version, sums);
    if (inner.protocol === 6) this.#options(inner.transportAt, [inner.transportAt + 16], over);
  }

  #options(transportAt: number, sums: readonly number[], over: readonly number[]): void {
    const at = transportAt + 20;
    const length = Math.max(0, this.#bytes.length - at) & ~1;
    if (length > 0) this.#replace(at, plainOptions(this.#bytes.slice(at, at + length)), sums, over);
  }

  /** A solicitation's group follows from its target. */
  neighbour(at: number): void {
    const sum = [at + 42];
    const targetAt = at + 48;
    this.#address(at + 8, 6, sum);
    this.#address(targetAt, 6, sum);
    const isSolicited = this.#bytes[at + 24] === 0xff && this.#bytes[at + 35] === 1;
    if (isSolicited) {
      const last = this.#bytes.slice(targetAt + 13, targetAt + 16);
      this.#replace(at + 36, Uint8Array.of(0xff, ...last), sum);
      if (at >= 14 && this.#bytes[0] === 0x33) this.#bytes.set(Uint8Array.of(0xff, ...last), 2);
    } else this.#address(at + 24, 6, sum);
    const option = this.#bytes[at + 64];
    if (this.#bytes.length >= at + 72 && (option === 1 || option === 2)) {
      const mac = this.#pseudonyms.mac(this.#bytes.slice(at + 66, at + 72));
      this.#replace(at + 66, mac, sum);
    }
  }

  /** Checksums that an address of the packet at `at` goes into; `over`: those of the message around it, which these go into. */
  #sums(at: number, version: 4 | 6, protocol: number, transportAt: number, over: readonly number[]): Sums {
    const own = SUM_AT[protocol];
    const transport =
      own === undefined || transportAt + own + 2 > this.#bytes.length ? [] : [transportAt + own];
    // UDP without a checksum has none.
    const isNone = protocol === 17 && transport.some((place) => this.#word(place) === 0);
    const header = version === 4 ? [at + 10] : [];
    return { changed: [...header, ...(isNone ? [] : transport)], over };
  }

  #addresses(at: number, version: 4 | 6, { changed, over }: Sums): void {
    const places = version === 4 ? [at + 12, at + 16] : [at + 8, at + 24];
    for (const place of places) this.#address(place, version, changed, over);
  }

  #address(at: number, version: 4 | 6, sums: readonly number[], over: readonly number[] = []): void {
    const length = version === 4 ? 4 : 16;
    if (at + length > this.#bytes.length) return;
    this.#replace(at, this.#pseudonyms.address(this.#bytes.slice(at, at + length)), sums, over);
  }

  #mac(at: number): void {
    if (at + 6 > this.#bytes.length) return;
    this.#bytes.set(this.#pseudonyms.mac(this.#bytes.slice(at, at + 6)), at);
  }

  /** `over`: they go over the place itself and over the other checksums. */
  #replace(at: number, value: Uint8Array, sums: readonly number[], over: readonly number[] = []): void {
    for (let offset = 0; offset < value.length; offset += 2) {
      const before = this.#word(at + offset);
      const after = ((value[offset] ?? 0) << 8) | (value[offset + 1] ?? 0);
      this.#bytes[at + offset] = after >> 8;
      this.#bytes[at + offset + 1] = after & 255;
      if (before === after) continue;
      for (const place of sums) {
        const sumBefore = this.#word(place);
        this.#adjust(place, before, after);
        for (const outer of over) this.#adjust(outer, sumBefore, this.#word(place));
      }
      for (const outer of over) this.#adjust(outer, before, after);
    }
  }

  #adjust(place: number, before: number, after: number): void {
    if (place + 2 > this.#bytes.length) return;
    let sum = (~this.#word(place) & 0xffff) + (~before & 0xffff) + after;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    const value = ~sum & 0xffff;
    this.#bytes[place] = value >> 8;
    this.#bytes[place + 1] = value & 255;
  }

  #word(at: number): number {
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }
}

interface Sums {
  readonly changed: readonly number[];
  readonly over: readonly number[];
}
