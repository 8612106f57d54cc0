/** Which addresses spoke when in a capture, from which MAC address and how far away. */
import { isVersion4 } from '../../net/address.ts';
import type { Decoded } from './decode.ts';

/** Frames of one address that are nearer to each other are one. */
const ONE_WORD_US = 50_000;
/** What kernels begin with. */
const FIRST_HOPS = [64, 128, 255] as const;
/** No path is longer: it began with another number, as routing protocols do. */
const MAX_PATH = 40;

interface Speaker {
  readonly address: string;
  /** In the order in which they were seen. */
  readonly macs: Set<string>;
  /** Interfaces of the capture by which its frames came: the first is the nearest to it. */
  readonly ifaces: Set<number>;
  /** Routers between it and the capture, at the least. */
  hops: number;
  readonly ipUs: number[];
  /** ARP, and neighbour discovery. */
  readonly linkUs: number[];
}

const push = (list: number[], us: number): void => {
  if (us - (list.at(-1) ?? Number.NEGATIVE_INFINITY) >= ONE_WORD_US) list.push(us);
};

const isGroup = (address: string): boolean =>
  address.startsWith('ff') || /^(22[4-9]|23\d|255)\./.test(address);

/** How many routers have counted it down. */
function hopsOf(left: number): number {
  const hops = (FIRST_HOPS.find((one) => left <= one) ?? 255) - left;
  return hops > MAX_PATH ? 0 : hops;
}

export class Voices {
  readonly speakers = new Map<string, Speaker>();
  /** When somebody asked the whole link for that address. */
  readonly sought = new Map<string, number[]>();
  /** When somebody asked at its MAC address whether it is still there. */
  readonly verified = new Map<string, number[]>();
  /** Those that speak for others: their MAC addresses stand before packets that come from far away. */
  readonly routers = new Set<string>();

  /** How many IPv4 addresses each MAC address has, once all is heard. */
  #version4: ReadonlyMap<string, number> | null = null;

  note(frame: Decoded, iface: number, us: number): void {
    if (frame.kind === 'arp' || frame.kind === 'nd') {
      if (frame.sender !== null) push(this.#speaker(frame.sender, frame.sourceMac, iface).linkUs, us);
      if (frame.isRequest && frame.sender !== frame.target) {
        const list = frame.isToGroup ? this.sought : this.verified;
        const times = list.get(frame.target) ?? [];
        times.push(us);
        list.set(frame.target, times);
      }
      return;
    }
    const speaker = this.#speaker(frame.source, frame.sourceMac, iface);
    const hops = hopsOf(frame.hops);
    speaker.hops = Math.min(speaker.hops, hops);
    push(speaker.ipUs, us);
    // What is for a group has hop limits of its own.
    if (frame.sourceMac !== null && hops > 0 && !isGroup(frame.destination))
      this.routers.add(frame.sourceMac);
  }

  /** The MAC address that is its own: null where a router stands before it. */
  ownMac(address: string): string | null {
    const speaker = this.speakers.get(address);
    if (speaker === undefined) return null;
    return [...speaker.macs].find((mac) => !this.routers.has(mac)) ?? null;
  }

  /** Of both IP versions, where it speaks for nobody else: it is one machine. */
  pairingMac(address: string): string | null {
    const mac = this.ownMac(address);
    if (mac === null) return null;
    this.#version4 ??= this.#countVersion4();
    return this.#version4.get(mac) === 1 ? mac : null;
  }

  /** The first moment after `fromUs` and up to `toUs` at which it was heard, of one kind or of both. */
  first(address: string, fromUs: number, toUs: number, what: 'ip' | 'link' | 'any' = 'any'): number | null {
    const speaker = this.speakers.get(address);
    if (speaker === undefined) return null;
    const lists = what === 'any' ? [speaker.ipUs, speaker.linkUs] : [speaker[`${what}Us`]];
    const found = lists
      .map((list) => list.find((us) => us > fromUs))
      .filter((us): us is number => us !== undefined && us <= toUs);
    return found.length === 0 ? null : Math.min(...found);
  }

  #countVersion4(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { address, macs } of this.speakers.values()) {
      if (isVersion4(address)) for (const mac of macs) counts.set(mac, (counts.get(mac) ?? 0) + 1);
    }
    return counts;
  }

  #speaker(address: string, mac: string | null, iface: number): Speaker {
    let speaker = this.speakers.get(address);
    if (speaker === undefined) {
      speaker = { address, macs: new Set(), ifaces: new Set(), hops: 255, ipUs: [], linkUs: [] };
      this.speakers.set(address, speaker);
    }
    if (mac !== null) speaker.macs.add(mac);
    speaker.ifaces.add(iface);
    return speaker;
  }
}
