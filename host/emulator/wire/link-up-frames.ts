/** What an IPv6 host sends when its link comes up, byte for byte as Linux 6.18 does, each always into the same bytes. */
import {
  checksumOf,
  ETHERNET_BYTES,
  FrameEnds,
  IP6_BYTES,
  IpProtocol,
  NEIGHBOUR_HOPS,
  PADDED_BYTES,
  put16,
  put32,
  putIp,
  sumOf,
} from './envelope.ts';
import { ND_BYTES, OPTION_BYTES, SOLICITATION, SOURCE_MAC } from './neighbour-frames.ts';

const ROUTER_SOLICITATION = 133;
const REPORT = 143;
const ROUTER_SOLICITATION_BYTES = 8;
/** RFC 3971 section 5.3.2; here it tells one's own question from that of somebody with the same address (RFC 7527). */
const [NONCE, NONCE_BYTES] = [14, 6];
const HOP_BY_HOP = 0;
/** MLD, for routers (RFC 2711), and padding (RFC 8200 section 4.2). */
const ROUTER_ALERT = [IpProtocol.icmp6, 0, 5, 2, 0, 0, 1, 0];
/** Nobody passes it on (RFC 3810 section 5). */
const ON_LINK = 1;
const REPORT_BYTES = 8;
const RECORD_BYTES = 20;
/** From now on all is wanted that is for the group (RFC 3810 section 5.2.12). */
const CHANGE_TO_EXCLUDE = 4;

/** Solicited nodes, and whoever listens for reports; all routers (RFC 4291 section 2.7.1, RFC 3810 section 5.2.14). */
const GROUP = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff] as const;
const LISTENERS = Uint8Array.from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16]);
const ALL_ROUTERS = Uint8Array.from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);

/** `fromMac`: whose link it is; `from`: what it speaks as, the unspecified address as long as it has none. */
export class LinkUpFrames extends FrameEnds {
  readonly #probe = new Uint8Array(ETHERNET_BYTES + IP6_BYTES + ND_BYTES + OPTION_BYTES);
  readonly #solicit = new Uint8Array(ETHERNET_BYTES + IP6_BYTES + ROUTER_SOLICITATION_BYTES + OPTION_BYTES);

  constructor() {
    super();
    this.isIp6 = true;
  }

  /** Has anybody the address `target`? Asked before it is one's own (RFC 4862 section 5.4.2); `nonce` has six bytes. */
  probe(target: Uint8Array, nonce: Uint8Array): Uint8Array {
    const bytes = this.#probe;
    const icmp = ETHERNET_BYTES + IP6_BYTES;
    this.from.fill(0);
    this.#toGroupOf(target);
    this.hops = NEIGHBOUR_HOPS;
    const pseudo = putIp(bytes, this, IpProtocol.icmp6, bytes.length - icmp);
    put32(bytes, icmp, SOLICITATION << 24);
    bytes.set(target, icmp + 8);
    const option = icmp + ND_BYTES;
    bytes[option] = NONCE;
    bytes[option + 1] = 1;
    bytes.set(nonce.subarray(0, NONCE_BYTES), option + 2);
    put16(bytes, icmp + 2, checksumOf(pseudo + sumOf(bytes, icmp, bytes.length)));
    return bytes;
  }

  /** Is a router here? (RFC 4861 section 4.1) */
  solicit(): Uint8Array {
    const bytes = this.#solicit;
    const icmp = ETHERNET_BYTES + IP6_BYTES;
    this.#to(ALL_ROUTERS);
    this.hops = NEIGHBOUR_HOPS;
    const pseudo = putIp(bytes, this, IpProtocol.icmp6, bytes.length - icmp);
    put32(bytes, icmp, ROUTER_SOLICITATION << 24);
    const option = icmp + ROUTER_SOLICITATION_BYTES;
    bytes[option] = SOURCE_MAC;
    bytes[option + 1] = 1;
    bytes.set(this.fromMac, option + 2);
    put16(bytes, icmp + 2, checksumOf(pseudo + sumOf(bytes, icmp, bytes.length)));
    return bytes;
  }

  /** Of its own bytes: what is for the groups of these addresses is wanted here (MLDv2). */
  report(addresses: readonly Uint8Array[]): Uint8Array {
    const option = ETHERNET_BYTES + IP6_BYTES;
    const icmp = option + ROUTER_ALERT.length;
    const bytes = new Uint8Array(icmp + REPORT_BYTES + addresses.length * RECORD_BYTES);
    this.#to(LISTENERS);
    this.hops = ON_LINK;
    const behind = bytes.length - option;
    putIp(bytes, this, HOP_BY_HOP, behind);
    bytes.set(ROUTER_ALERT, option);
    put32(bytes, icmp, (REPORT << 24) >>> 0);
    put16(bytes, icmp + 6, addresses.length);
    for (const [index, address] of addresses.entries()) {
      const record = icmp + REPORT_BYTES + index * RECORD_BYTES;
      bytes[record] = CHANGE_TO_EXCLUDE;
      bytes.set(groupOf(address), record + 4);
    }
    const pseudo = sumOf(this.from, 0, PADDED_BYTES) + sumOf(this.to, 0, PADDED_BYTES);
    const length = bytes.length - icmp + IpProtocol.icmp6;
    put16(bytes, icmp + 2, checksumOf(pseudo + length + sumOf(bytes, icmp, bytes.length)));
    return bytes;
  }

  #toGroupOf(address: Uint8Array): void {
    this.#to(groupOf(address));
  }

  /** A group, by whose last bytes its frames go (RFC 2464 section 7). */
  #to(group: Uint8Array): void {
    this.to.set(group);
    this.toMac.set([0x33, 0x33]);
    this.toMac.set(group.subarray(12), 2);
  }
}

function groupOf(address: Uint8Array): Uint8Array {
  return Uint8Array.from([...GROUP, ...address.subarray(13)]);
}
