/**
 * What a host with IPv6 says when its link comes up, unasked: it joins its groups, asks whether anybody has its addresses, and looks for a
 * router, again and again, for no world's router advertises itself. Measured of Linux 6.18. Hosts that were there before the world began
 * have long fallen silent; those of a lab are told to keep quiet.
 */
import { addressBytes, isVersion4 } from '../../net/address.ts';
import type { Actor } from '../kernel/calendar.ts';
import type { Stream } from '../kernel/streams.ts';
import { SECOND_US } from '../scenario/values.ts';
import { LinkUpFrames } from '../wire/link-up-frames.ts';
import { linkLocal } from '../wire/neighbour-frames.ts';
import type { Ground } from './ground.ts';
import { writePlaceMac } from './packets.ts';

interface LinkUpOptions {
  readonly ground: Ground;
  readonly isThere: (place: number) => boolean;
}

const What = { report: 0, probe: 1, probeLink: 2, solicit: 3 } as const;
/** Which start of the host it belongs to, and the wait behind it in seconds. */
const [START_SHIFT, WAIT_SHIFT] = [2, 12];
const STARTS = 1 << (WAIT_SHIFT - START_SHIFT);
/** Two reports at once, and one again. */
const REPORT_US = 150_000;
const [REPORT_AGAIN_US, REPORT_SPREAD_US] = [2_000_000, 2_000_000];
const [PROBE_US, PROBE_SPREAD_US] = [100_000, 800_000];
/** From the question until the address is its own. */
const VALID_US = 1_000_000;
const [FIRST_WAIT_S, MAX_WAIT_S] = [4, 3600];
const NONCE_BYTES = 6;

export class LinkUp implements Actor {
  readonly #options: LinkUpOptions;
  readonly #actor: number;
  readonly #stream: Stream;
  readonly #frames = new LinkUpFrames();
  readonly #mac = new Uint8Array(6);
  /** By place. */
  readonly #starts: Uint16Array;
  readonly #unspecified = new Uint8Array(16);
  readonly #nonce = new Uint8Array(NONCE_BYTES);

  constructor(options: LinkUpOptions) {
    this.#options = options;
    const { calendar, directory, streams } = options.ground;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('links that come up');
    this.#starts = new Uint16Array(directory.places);
  }

  /** Its kernel has begun. */
  begins(place: number): void {
    const { directory, isLab } = this.#options.ground;
    if (isLab || isVersion4(directory.addressOf(place))) return;
    if (directory.isBehind[directory.placeNetwork[place] as number]) return;
    this.#starts[place] = ((this.#starts[place] as number) + 1) % STARTS;
    const stream = this.#stream;
    for (let report = 0; report < 2; report++) this.#enter(stream.below(REPORT_US), What.report, place);
    this.#enter(REPORT_AGAIN_US + stream.below(REPORT_SPREAD_US), What.report, place);
    this.#enter(PROBE_US + stream.below(PROBE_SPREAD_US), What.probe, place);
    const linkUs = PROBE_US + stream.below(PROBE_SPREAD_US);
    this.#enter(linkUs, What.probeLink, place);
    this.#enter(linkUs + VALID_US, What.solicit, place, FIRST_WAIT_S);
  }

  happens(what: number, place: number): void {
    const { ground, isThere } = this.#options;
    const start = (what >>> START_SHIFT) % STARTS;
    if (start !== this.#starts[place] || !isThere(place)) return;
    const { directory, wires } = ground;
    const network = directory.placeNetwork[place] as number;
    const iface = directory.ifaceOf[network] as number;
    if (!wires.isUp(iface)) return;
    writePlaceMac(ground, place, this.#mac);
    const frames = this.#frames;
    frames.fromMac.set(this.#mac);
    const own = addressBytes(directory.addressOf(place));
    const link = linkLocal(this.#mac);
    switch (what & ((1 << START_SHIFT) - 1)) {
      case What.report:
        frames.from.set(this.#unspecified);
        wires.emit(iface, false, frames.report([own, link]));
        break;
      case What.probe:
        wires.emit(iface, false, frames.probe(own, this.#newNonce()));
        break;
      case What.probeLink:
        wires.emit(iface, false, frames.probe(link, this.#newNonce()));
        break;
      default: {
        const waitS = what >>> WAIT_SHIFT;
        frames.from.set(link);
        // Nobody on a router listens for it but its kernel.
        wires.emitOther(iface, false, frames.solicit());
        this.#enter(waitS * SECOND_US, What.solicit, place, Math.min(2 * waitS, MAX_WAIT_S));
      }
    }
  }

  #enter(inUs: number, what: number, place: number, waitS = 0): void {
    const { calendar } = this.#options.ground;
    const start = this.#starts[place] as number;
    calendar.enter(
      calendar.nowUs + inUs,
      this.#actor,
      what | (start << START_SHIFT) | (waitS << WAIT_SHIFT),
      place,
    );
  }

  #newNonce(): Uint8Array {
    for (let at = 0; at < NONCE_BYTES; at++) this.#nonce[at] = this.#stream.below(256);
    return this.#nonce;
  }
}
