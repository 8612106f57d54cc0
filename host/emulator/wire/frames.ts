/**
 * Frames as Linux 6.18 sends them, byte for byte, with right checksums. One of these writes each kind of frame always into the same
 * bytes: they are read before the next one is built, or copied.
 */
import {
  checksumOf,
  ETHERNET_BYTES,
  EtherType,
  FrameEnds,
  IP4_BYTES,
  IP6_BYTES,
  IpProtocol,
  put16,
  putIp,
  sumOf,
  writeIp,
} from './envelope.ts';

const Flag = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;
const TCP_BYTES = 20;
export const UDP_BYTES = 8;
export const ICMP_BYTES = 8;
const DONT_FRAGMENT = 0x4000;
/** Internetwork control (RFC 1812 section 4.3.2.5). */
const CONTROL = 0xc0;
/** A datagram of 576 bytes (RFC 1812 section 4.3.2.3) and one of 1280 (RFC 4443 section 2.4), without their headers. */
const MAX_QUOTED4 = 576 - IP4_BYTES - ICMP_BYTES;
const MAX_QUOTED6 = 1280 - IP6_BYTES - ICMP_BYTES;
/** Maximum segment size, selective acknowledgement, timestamps, nothing, window scale 10. */
const OPENING_OPTIONS = [2, 4, 0, 0, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 10];
const STAMP_IN_OPENING = 8;
/** Nothing, nothing, timestamps. */
const LATER_OPTIONS = [1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0];
const STAMP_IN_LATER = 4;
const SEGMENT_SIZE = { ip4: 1460, ip6: 1440 } as const;
/** What is left of the first windows, scaled. */
const LATER_WINDOW = 63;

/** ICMP and ICMPv6 errors alike: what they say in each. */
const UNREACHABLE = {
  network: { ip4: [3, 0], ip6: [1, 0] },
  host: { ip4: [3, 1], ip6: [1, 3] },
  port: { ip4: [3, 3], ip6: [1, 4] },
  prohibited: { ip4: [3, 13], ip6: [1, 1] },
} as const;
export type Unreachable = keyof typeof UNREACHABLE;

/** TCP segments of one kind and IP version. */
class Segment {
  readonly bytes: Uint8Array;
  readonly #into: DataView;
  readonly #options: number;
  /** Where the timestamp stands; null: there is none. */
  readonly #stamp: number | null;
  readonly #word: number;
  readonly #window: number;

  constructor(
    isIp6: boolean,
    flags: number,
    window: number,
    options: readonly number[],
    stamp: number | null,
  ) {
    const tcp = ETHERNET_BYTES + (isIp6 ? IP6_BYTES : IP4_BYTES);
    this.bytes = new Uint8Array(tcp + TCP_BYTES + options.length);
    this.#into = new DataView(this.bytes.buffer);
    this.bytes.set(options, tcp + TCP_BYTES);
    if (flags & Flag.syn) put16(this.bytes, tcp + TCP_BYTES + 2, isIp6 ? SEGMENT_SIZE.ip6 : SEGMENT_SIZE.ip4);
    // What never changes is added up once.
    this.#options = sumOf(this.bytes, tcp + TCP_BYTES, this.bytes.length);
    this.#stamp = stamp === null ? null : tcp + TCP_BYTES + stamp;
    this.#word = (((TCP_BYTES + options.length) >> 2) << 12) | flags;
    this.#window = window;
  }

  write(of: Frames): Uint8Array {
    const into = this.#into;
    const tcp = ETHERNET_BYTES + (of.isIp6 ? IP6_BYTES : IP4_BYTES);
    const pseudo = writeIp(into, of, IpProtocol.tcp, this.bytes.length - tcp, 0, DONT_FRAGMENT);
    const { fromPort, toPort, sequence, acknowledgement } = of;
    into.setUint32(tcp, (fromPort << 16) | toPort);
    into.setUint32(tcp + 4, sequence);
    into.setUint32(tcp + 8, acknowledgement);
    into.setUint32(tcp + 12, (this.#word << 16) | this.#window);
    let sum = pseudo + this.#options + fromPort + toPort + this.#word + this.#window;
    sum += (sequence >>> 16) + (sequence & 0xffff) + (acknowledgement >>> 16) + (acknowledgement & 0xffff);
    if (this.#stamp !== null) {
      const { stamp, echo } = of;
      into.setUint32(this.#stamp, stamp);
      into.setUint32(this.#stamp + 4, echo);
      sum += (stamp >>> 16) + (stamp & 0xffff) + (echo >>> 16) + (echo & 0xffff);
    }
    into.setUint16(tcp + 16, checksumOf(sum));
    return this.bytes;
  }
}

const both = (
  flags: number,
  windows: readonly [number, number],
  options: readonly number[],
  stamp: number | null,
) =>
  [
    new Segment(false, flags, windows[0], options, stamp),
    new Segment(true, flags, windows[1], options, stamp),
  ] as const;

export class Frames extends FrameEnds {
  fromPort = 0;
  toPort = 0;
  sequence = 0;
  acknowledgement = 0;
  /** TSval and TSecr (RFC 7323). */
  stamp = 0;
  echo = 0;
  readonly #syn = both(Flag.syn, [64_240, 64_800], OPENING_OPTIONS, STAMP_IN_OPENING);
  readonly #synAck = both(Flag.syn | Flag.ack, [65_160, 64_260], OPENING_OPTIONS, STAMP_IN_OPENING);
  readonly #rst = both(Flag.rst | Flag.ack, [0, 0], [], null);
  readonly #ack = both(Flag.ack, [LATER_WINDOW, LATER_WINDOW], LATER_OPTIONS, STAMP_IN_LATER);
  readonly #fin = both(Flag.fin | Flag.ack, [LATER_WINDOW, LATER_WINDOW], LATER_OPTIONS, STAMP_IN_LATER);

  syn(): Uint8Array {
    return this.#syn[this.isIp6 ? 1 : 0].write(this);
  }

  synAck(): Uint8Array {
    return this.#synAck[this.isIp6 ? 1 : 0].write(this);
  }

  /** RST and ACK, as a closed port answers a SYN. */
  rst(): Uint8Array {
    return this.#rst[this.isIp6 ? 1 : 0].write(this);
  }

  ack(): Uint8Array {
    return this.#ack[this.isIp6 ? 1 : 0].write(this);
  }

  /** FIN and ACK. */
  fin(): Uint8Array {
    return this.#fin[this.isIp6 ? 1 : 0].write(this);
  }

  /** Of its own bytes. */
  udp(payload: Uint8Array): Uint8Array {
    const udp = ETHERNET_BYTES + (this.isIp6 ? IP6_BYTES : IP4_BYTES);
    const bytes = new Uint8Array(udp + UDP_BYTES + payload.length);
    const into = new DataView(bytes.buffer);
    const flags = this.isIp6 ? 0 : DONT_FRAGMENT;
    const sum = writeIp(into, this, IpProtocol.udp, UDP_BYTES + payload.length, 0, flags);
    into.setUint16(udp, this.fromPort);
    into.setUint16(udp + 2, this.toPort);
    into.setUint16(udp + 4, UDP_BYTES + payload.length);
    bytes.set(payload, udp + UDP_BYTES);
    const checksum = checksumOf(sum + sumOf(bytes, udp, bytes.length));
    // Zero would say that there is none (RFC 768).
    put16(bytes, udp + 6, checksum === 0 ? 0xffff : checksum);
    return bytes;
  }

  /** Quotes the packet of a whole frame; of its own bytes. */
  unreachable(what: Unreachable, about: Uint8Array): Uint8Array {
    const icmp = ETHERNET_BYTES + (this.isIp6 ? IP6_BYTES : IP4_BYTES);
    const quoted = Math.min(about.length - ETHERNET_BYTES, this.isIp6 ? MAX_QUOTED6 : MAX_QUOTED4);
    const bytes = new Uint8Array(icmp + ICMP_BYTES + quoted);
    const [type, code] = this.isIp6 ? UNREACHABLE[what].ip6 : UNREACHABLE[what].ip4;
    const protocol = this.isIp6 ? IpProtocol.icmp6 : IpProtocol.icmp4;
    const pseudo = putIp(bytes, this, protocol, ICMP_BYTES + quoted, this.isIp6 ? 0 : CONTROL);
    bytes[icmp] = type;
    bytes[icmp + 1] = code;
    bytes.set(about.subarray(ETHERNET_BYTES, ETHERNET_BYTES + quoted), icmp + ICMP_BYTES);
    // Of ICMPv6, it covers the addresses, too (RFC 4443 section 2.3).
    put16(bytes, icmp + 2, checksumOf((this.isIp6 ? pseudo : 0) + sumOf(bytes, icmp, bytes.length)));
    return bytes;
  }
}

/** What a router does to a frame that it passes on, in its own bytes: other MAC addresses, one hop less. */
export function passOn(bytes: Uint8Array, fromMac: Uint8Array, toMac: Uint8Array): Uint8Array {
  for (let at = 0; at < 6; at++) {
    bytes[at] = toMac[at] as number;
    bytes[at + 6] = fromMac[at] as number;
  }
  const ip = ETHERNET_BYTES;
  if ((((bytes[12] as number) << 8) | (bytes[13] as number)) === EtherType.ip6) {
    bytes[ip + 7] = (bytes[ip + 7] as number) - 1;
    return bytes;
  }
  bytes[ip + 8] = (bytes[ip + 8] as number) - 1;
  // RFC 1624: the sum is less by 256, and its complement more.
  const sum = (((bytes[ip + 10] as number) << 8) | (bytes[ip + 11] as number)) + 0x100;
  put16(bytes, ip + 10, (sum & 0xffff) + (sum >>> 16));
  return bytes;
}
