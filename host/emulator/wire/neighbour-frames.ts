/** How neighbours find each other: ARP (RFC 826) and Neighbour Discovery (RFC 4861), each always into the same bytes. */
import {
  checksumOf,
  ETHERNET_BYTES,
  EtherType,
  FrameEnds,
  IP4_AT,
  IP6_BYTES,
  IpProtocol,
  NEIGHBOUR_HOPS,
  PADDED_BYTES,
  put16,
  put32,
  putEthernet,
  putIp,
  sumOf,
} from './envelope.ts';

const ARP_BYTES = 28;
export const SOLICITATION = 135;
export const ADVERTISEMENT = 136;
export const SOURCE_MAC = 1;
const TARGET_MAC = 2;
export const ND_BYTES = 24;
export const OPTION_BYTES = 8;
/** A router, asked, and instead of what was known (RFC 4861 section 4.4). */
const Flag = { router: 0x80, solicited: 0x40, override: 0x20 } as const;

const BROADCAST: Uint8Array = new Uint8Array(6).fill(0xff);
const ALL_NODES = Uint8Array.from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
const ALL_NODES_MAC = Uint8Array.from([0x33, 0x33, 0, 0, 0, 1]);

/** `fe80::` and the modified EUI-64 of it (RFC 4291 appendix A). */
export function linkLocal(mac: Uint8Array): Uint8Array {
  const [a, b, c, d, e, f] = mac as unknown as [number, number, number, number, number, number];
  return Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 2, b, c, 0xff, 0xfe, d, e, f]);
}

/**
 * Questions and answers of the version that the envelope says. `from`, `fromMac`: who speaks. `to`: about or to whom, for a question; `toMac` is
 * written where everybody is asked.
 */
export class NeighbourFrames extends FrameEnds {
  readonly #arp = new Uint8Array(ETHERNET_BYTES + ARP_BYTES);
  readonly #nd = new Uint8Array(ETHERNET_BYTES + IP6_BYTES + ND_BYTES + OPTION_BYTES);
  readonly #short = this.#nd.subarray(0, this.#nd.length - OPTION_BYTES);
  readonly #target = new Uint8Array(PADDED_BYTES);

  constructor() {
    super();
    this.hops = NEIGHBOUR_HOPS;
  }

  /** Who has the address `to`? Everybody is asked. */
  ask(): Uint8Array {
    const { to, toMac } = this;
    if (!this.isIp6) {
      toMac.set(BROADCAST);
      return this.#writeArp(1, false);
    }
    this.#target.set(to);
    // The group of all who have an address that ends so (RFC 4291 section 2.7.1).
    to.set([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]);
    toMac.set([0x33, 0x33, 0xff, to[13] as number, to[14] as number, to[15] as number]);
    return this.#writeNd(SOLICITATION, 0, SOURCE_MAC);
  }

  /** Are you there? It is asked alone who had the address `to`, by `toMac`. */
  probe(): Uint8Array {
    if (!this.isIp6) return this.#writeArp(1, false);
    this.#target.set(this.to);
    return this.#writeNd(SOLICITATION, 0, SOURCE_MAC);
  }

  /** I have the address `about`. Who was asked alone needs not say by which MAC address. */
  answer(about: Uint8Array, wasProbed: boolean, isRouter: boolean): Uint8Array {
    if (!this.isIp6) return this.#writeArp(2, true);
    this.#target.set(about);
    const flags = Flag.solicited | (isRouter ? Flag.router : 0);
    return wasProbed
      ? this.#writeNd(ADVERTISEMENT, flags, null)
      : this.#writeNd(ADVERTISEMENT, flags | Flag.override, TARGET_MAC);
  }

  /** Nobody has asked: I have the address `from`. As Linux says it, a request of IPv4 for oneself (RFC 5227 section 3). */
  announce(): Uint8Array {
    const { from, to, toMac } = this;
    if (!this.isIp6) {
      to.set(from);
      toMac.set(BROADCAST);
      return this.#writeArp(1, false);
    }
    this.#target.set(from);
    to.set(ALL_NODES);
    toMac.set(ALL_NODES_MAC);
    return this.#writeNd(ADVERTISEMENT, Flag.override, TARGET_MAC);
  }

  #writeArp(operation: number, knowsTarget: boolean): Uint8Array {
    const bytes = this.#arp;
    putEthernet(bytes, this, EtherType.arp);
    put32(bytes, 14, 0x0001_0800);
    put32(bytes, 18, 0x0604_0000 | operation);
    for (let at = 0; at < 6; at++) {
      bytes[22 + at] = this.fromMac[at] as number;
      bytes[32 + at] = knowsTarget ? (this.toMac[at] as number) : 0;
    }
    for (let at = 0; at < 4; at++) {
      bytes[28 + at] = this.from[IP4_AT + at] as number;
      bytes[38 + at] = this.to[IP4_AT + at] as number;
    }
    return bytes;
  }

  #writeNd(type: number, flags: number, option: number | null): Uint8Array {
    const bytes = option === null ? this.#short : this.#nd;
    const icmp = ETHERNET_BYTES + IP6_BYTES;
    const pseudo = putIp(bytes, this, IpProtocol.icmp6, bytes.length - icmp);
    put32(bytes, icmp, type << 24);
    put32(bytes, icmp + 4, (flags << 24) >>> 0);
    bytes.set(this.#target, icmp + 8);
    if (option !== null) {
      bytes[icmp + ND_BYTES] = option;
      bytes[icmp + ND_BYTES + 1] = 1;
      bytes.set(this.fromMac, icmp + ND_BYTES + 2);
    }
    put16(bytes, icmp + 2, checksumOf(pseudo + sumOf(bytes, icmp, bytes.length)));
    return bytes;
  }
}
