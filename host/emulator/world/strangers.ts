/** Frames of people who are not there: floods with forged senders, scans, and what others' floods send back. */

import type { Actor } from '../kernel/calendar.ts';
import { drawWait } from '../kernel/draw.ts';
import type { Stream } from '../kernel/streams.ts';
import { FIRST_HOPS } from '../wire/envelope.ts';
import { passOn } from '../wire/frames.ts';
import { type Crossing, type Ground, Parcel } from './ground.ts';
import type { Hosts } from './hosts.ts';
import { writePlaceMac } from './packets.ts';
import { type Block, blockOf, writeLow } from './prefixes.ts';
import type { RouterKernel } from './router.ts';
import { Mac, writeMac } from './wires.ts';

type Kind = 'flood' | 'scan' | 'backscatter';

interface Storm {
  readonly kind: Kind;
  readonly place: number;
  /** Another service of it, in turn, where it is a scan. */
  readonly ports: readonly number[];
  readonly forged: Block;
  readonly everyUs: number;
  sent: number;
  isOver: boolean;
}

interface StrangersOptions {
  readonly ground: Ground;
  readonly router: RouterKernel;
  readonly hosts: Hosts;
  /** By which interface strangers come. */
  readonly iface: number;
}

const SCANNED_PORTS = 1024;
/** They come from afar. */
const HOPS_LEFT = 52;
/** Where a frame has its sender. */
const IP4_FROM = 26;
const IP6_FROM = 22;
const HTTPS = 443;
const FIRST_PORT = 1024;
const PORTS = 64_000;

export class Strangers implements Actor {
  readonly #options: StrangersOptions;
  readonly #ground: Ground;
  readonly #actor: number;
  readonly #stream: Stream;
  readonly #storms: Storm[] = [];
  readonly #stranger = new Uint8Array(6);
  readonly #server = new Uint8Array(6);

  constructor(options: StrangersOptions) {
    this.#options = options;
    this.#ground = options.ground;
    const { calendar, streams } = options.ground;
    this.#actor = calendar.admit(this);
    this.#stream = streams.of('strangers');
    writeMac(this.#stranger, Mac.stranger, 0);
  }

  /** From now on so many a second; none: no more. */
  storm(kind: Kind, host: number, rate: number, forged: string): void {
    const { directory, calendar } = this.#ground;
    const block = rate === 0 ? null : blockOf(forged);
    for (const place of directory.placesOfHost[host] ?? []) {
      for (const one of this.#storms) if (one.kind === kind && one.place === place) one.isOver = true;
      if (block === null || block.isIp6 !== (directory.isPlaceIp6[place] === 1)) continue;
      const ports = directory
        .servicesOfPlace(place)
        .map((service) => directory.servicePort[service] as number);
      const storm = { kind, place, ports, forged: block, everyUs: 1_000_000 / rate, sent: 0, isOver: false };
      const index = this.#storms.push(storm) - 1;
      calendar.enter(calendar.nowUs + drawWait(this.#stream, storm.everyUs), this.#actor, 0, index);
    }
  }

  happens(_what: number, index: number): void {
    const storm = this.#storms[index] as Storm;
    if (storm.isOver) return;
    const { calendar } = this.#ground;
    this.#send(storm);
    storm.sent++;
    calendar.enter(calendar.nowUs + drawWait(this.#stream, storm.everyUs), this.#actor, 0, index);
  }

  #send(storm: Storm): void {
    const { directory, frames, wires } = this.#ground;
    const { iface, router } = this.#options;
    const { place, kind, forged, ports, sent } = storm;
    if (!wires.isUp(iface)) return;
    frames.isIp6 = forged.isIp6;
    frames.from.set(forged.bytes);
    writeLow(frames.from, (forged.low + this.#stream.below(forged.size)) >>> 0);
    directory.writePlace(place, frames.to);
    const toPort = kind === 'scan' ? 1 + (sent % SCANNED_PORTS) : (ports[sent % ports.length] ?? HTTPS);
    const port = FIRST_PORT + this.#stream.below(PORTS);
    frames.fromPort = port;
    frames.toPort = toPort;
    frames.sequence = this.#stream.word();
    frames.acknowledgement = 0;
    frames.id = port;
    frames.flow = port;
    frames.stamp = sent;
    frames.echo = 0;
    frames.hops = HOPS_LEFT;
    if (kind === 'backscatter') {
      // What comes back from others' victims goes to ports that nobody has opened.
      frames.fromPort = HTTPS;
      frames.toPort = port;
      frames.acknowledgement = sent + 1;
    }
    const bytes = kind === 'backscatter' ? frames.synAck() : frames.syn();
    bytes.set(this.#stranger, 6);
    bytes.set(router.resolution.macOf(iface), 0);
    wires.emit(iface, false, bytes);
    this.#passes(storm, bytes, toPort);
  }

  /** On to the server, and back what it answers. */
  #passes({ place, kind }: Storm, bytes: Uint8Array, toPort: number): void {
    const { directory, wires, frames } = this.#ground;
    const { resolution } = this.#options.router;
    const network = directory.placeNetwork[place] as number;
    const iface = directory.ifaceOf[network] as number;
    if (!wires.isUp(iface)) return;
    writePlaceMac(this.#ground, place, this.#server);
    const passed = passOn(bytes, resolution.macOf(iface), this.#server);
    const neighbour = resolution.towards(place);
    if (!resolution.near.use(neighbour)) {
      resolution.near.queue(neighbour, new Parcel(-1, 0, 0, this.#waiting(passed, place, iface)));
      return;
    }
    wires.emit(iface, true, passed);
    if (wires.isCut[network] || (directory.isBehind[network] && !resolution.far.use(place))) return;
    const service = directory.serviceAt(place, toPort);
    const answer = this.#options.hosts.answers(place, service);
    if (answer === null || kind === 'backscatter' || !this.#options.hosts.speaks(place)) return;
    const { fromPort, sequence, stamp } = frames;
    frames.to.set(frames.from);
    directory.writePlace(place, frames.from);
    frames.fromPort = toPort;
    frames.toPort = fromPort;
    frames.acknowledgement = (sequence + 1) >>> 0;
    frames.sequence = answer ? Math.imul(sequence, 0x85ebca6b) >>> 0 : 0;
    frames.id = 0;
    frames.stamp = sequence;
    frames.echo = stamp;
    frames.hops = FIRST_HOPS - (directory.isBehind[network] as number);
    const reply = answer ? frames.synAck() : frames.rst();
    writePlaceMac(this.#ground, place, this.#server);
    reply.set(this.#server, 6);
    reply.set(resolution.macOf(iface), 0);
    wires.emit(iface, false, reply);
    const { iface: out } = this.#options;
    if (wires.isUp(out)) wires.emit(out, true, passOn(reply, resolution.macOf(out), this.#stranger));
  }

  /** It takes places in the queue, and messages, from those who are there. */
  #waiting(bytes: Uint8Array, place: number, iface: number): Crossing {
    const frame = bytes.slice();
    const onError = (): void => this.#isTold(frame, place);
    // Found after all, it gets no answer: nobody would miss it.
    return { frame, iface, place, isNews: true, isOwn: true, onArrival: () => {}, onError };
  }

  #isTold(about: Uint8Array, place: number): void {
    const { directory, frames, wires } = this.#ground;
    const { router, iface } = this.#options;
    if (!wires.isUp(iface) || !router.icmp.admitsStranger()) return;
    const isIp6 = directory.isPlaceIp6[place] === 1;
    const network = directory.networks.findIndex((one) => one.iface === iface);
    frames.isIp6 = isIp6;
    frames.from.set(directory.routerOn(network, isIp6));
    const sender = isIp6 ? about.subarray(IP6_FROM, IP6_FROM + 16) : about.subarray(IP4_FROM, IP4_FROM + 4);
    frames.to.set(sender, isIp6 ? 0 : 12);
    frames.fromMac.set(router.resolution.macOf(iface));
    frames.toMac.set(this.#stranger);
    frames.hops = FIRST_HOPS;
    frames.flow = 0;
    wires.emit(iface, true, frames.unreachable('host', about));
  }
}
