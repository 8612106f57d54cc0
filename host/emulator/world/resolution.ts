/**
 * Who is where: the router's table of neighbours with its questions on the wire, and those of the next routers, which nobody here
 * sees.
 */
import { linkLocal } from '../wire/neighbour-frames.ts';
import type { Ground, Parcel } from './ground.ts';
import { KernelNeighbours } from './neighbours.ts';
import { CARDS, writeClientMac, writePlaceMac } from './packets.ts';
import { Mac, writeMac } from './wires.ts';

interface ResolutionOptions {
  readonly ground: Ground;
  readonly maxEntries: number;
  /** Whether a machine that has that address answers on its link at this moment. */
  readonly isThere: (place: number) => boolean;
  /** It has been asked, and now knows the router. */
  readonly wasAsked: (place: number) => void;
  readonly found: (parcel: Parcel) => void;
  readonly failed: (parcel: Parcel) => void;
  readonly foundFar: (parcel: Parcel) => void;
  readonly failedFar: (parcel: Parcel) => void;
  /** No queue keeps it any more. */
  readonly dropped: (parcel: Parcel) => void;
}

const What = { reply: 0, replyAlone: 1 } as const;
const NO_HOST = -1;

export class Resolution {
  /** Places, next routers (two for each network), people. */
  readonly near: KernelNeighbours<Parcel>;
  /** Places as their next routers see them. */
  readonly far: KernelNeighbours<Parcel>;
  readonly #options: ResolutionOptions;
  readonly #ground: Ground;
  readonly #macs: readonly Uint8Array[];
  readonly #locals: readonly Uint8Array[];
  readonly #nextRouters: number;
  readonly #people: number;
  /** By place: whose MAC address was heard last. */
  readonly #heard: Int32Array;
  readonly #actor: number;
  readonly #address = new Uint8Array(16);

  constructor(options: ResolutionOptions) {
    this.#options = options;
    const { ground, maxEntries, isThere, found, failed, foundFar, failedFar, dropped } = options;
    this.#ground = ground;
    const { directory, calendar, streams, wires } = ground;
    this.#macs = Array.from(wires.hasCarrier, (_, iface) => {
      const mac = new Uint8Array(6);
      writeMac(mac, Mac.router, iface);
      return mac;
    });
    this.#locals = this.#macs.map(linkLocal);
    this.#heard = new Int32Array(directory.places).fill(NO_HOST);
    this.#nextRouters = directory.places;
    this.#people = directory.places + 2 * directory.networks.length;
    const isOnLink = directory.people.groups.some(({ network }) => !directory.isBehind[network]);
    this.#actor = calendar.admit(this);
    this.near = new KernelNeighbours({
      count: this.#people + (isOnLink ? directory.people.count : 0),
      maxEntries,
      calendar,
      stream: streams.of('router neighbours'),
      groupOf: (neighbour) =>
        this.#ifaceOf(this.#networkOf(neighbour)) * 2 + (this.#isIp6(neighbour) ? 1 : 0),
      isLazy: null,
      hooks: {
        ask: (neighbour) => this.#ask(neighbour, false),
        probe: (neighbour) => this.#ask(neighbour, true),
        found: (_neighbour, waiting) => waiting.forEach(found),
        failed: (_neighbour, waiting) => waiting.forEach(failed),
        dropped,
      },
    });
    const askFar = (place: number): void => {
      if (isThere(place)) this.far.confirm(place);
    };
    this.far = new KernelNeighbours({
      count: directory.places,
      maxEntries: Number.POSITIVE_INFINITY,
      calendar,
      stream: streams.of('neighbours of next routers'),
      groupOf: (place) => directory.placeNetwork[place] as number,
      isLazy: isThere,
      hooks: {
        ask: askFar,
        probe: askFar,
        found: (_place, waiting) => waiting.forEach(foundFar),
        failed: (_place, waiting) => waiting.forEach(failedFar),
        dropped,
      },
    });
  }

  macOf(iface: number): Uint8Array {
    return this.#macs[iface] as Uint8Array;
  }

  /** Where packets to that place go next. */
  towards(place: number): number {
    const { directory } = this.#ground;
    const network = directory.placeNetwork[place] as number;
    if (!directory.isBehind[network]) return place;
    return this.#nextRouters + network * 2 + (directory.isPlaceIp6[place] as number);
  }

  towardsClient(client: number): number {
    const { directory } = this.#ground;
    if (client < directory.namedPlaces) return this.towards(client);
    const network = directory.clientNetwork(client);
    if (!directory.isBehind[network]) return this.#people + client - directory.namedPlaces;
    return this.#nextRouters + network * 2 + (directory.isClientIp6(client) ? 1 : 0);
  }

  /** Whether what is sent to that place by the MAC address that was heard last gets to its owner. */
  isHeardOfOwner(place: number): boolean {
    const heard = this.#heard[place];
    return heard === NO_HOST || heard === this.#cardOf(place);
  }

  /** It asks who the router is, and so says who it is itself; it is answered. */
  asksForRouter(place: number, isAlone: boolean): void {
    const { directory, neighbourFrames: frames, wires } = this.#ground;
    const network = directory.placeNetwork[place] as number;
    const iface = this.#ifaceOf(network);
    if (!wires.isUp(iface)) return;
    const router = directory.routerTowards(place);
    frames.isIp6 = directory.isPlaceIp6[place] === 1;
    directory.writePlace(place, frames.from);
    frames.to.set(router);
    writePlaceMac(this.#ground, place, frames.fromMac);
    frames.toMac.set(this.macOf(iface));
    wires.emit(iface, false, isAlone ? frames.probe() : frames.ask());
    this.#hears(place, true);
    frames.from.set(router);
    directory.writePlace(place, frames.to);
    frames.fromMac.set(this.macOf(iface));
    writePlaceMac(this.#ground, place, frames.toMac);
    wires.emit(iface, true, frames.answer(router, isAlone, true));
  }

  /** It says who it is, and nobody has asked. */
  announces(place: number): void {
    const { directory, neighbourFrames: frames, wires } = this.#ground;
    const iface = this.#ifaceOf(directory.placeNetwork[place] as number);
    if (!wires.isUp(iface)) return;
    frames.isIp6 = directory.isPlaceIp6[place] === 1;
    directory.writePlace(place, frames.from);
    writePlaceMac(this.#ground, place, frames.fromMac);
    wires.emit(iface, false, frames.announce());
    this.#hears(place, false);
  }

  /** It has said so by that frame of its own. */
  said(place: number, bytes: Uint8Array): void {
    const { directory, wires } = this.#ground;
    const network = directory.placeNetwork[place] as number;
    const iface = this.#ifaceOf(network);
    if (!wires.isUp(iface) || wires.isCut[network] === 1) return;
    wires.emit(iface, false, bytes);
    this.#hears(place, false);
  }

  happens(what: number, neighbour: number): void {
    this.#reply(neighbour, what === What.replyAlone);
  }

  #hears(place: number, isQuestion: boolean): void {
    const isOther = !this.isHeardOfOwner(place);
    this.#heard[place] = this.#cardOf(place);
    this.near.hear(place, isQuestion, isOther);
  }

  #ask(neighbour: number, isAlone: boolean): void {
    const { calendar, neighbourFrames: frames, wires, directory } = this.#ground;
    const network = this.#networkOf(neighbour);
    const iface = this.#ifaceOf(network);
    if (!wires.isUp(iface)) return;
    const isIp6 = this.#isIp6(neighbour);
    frames.isIp6 = isIp6;
    frames.from.set(isIp6 ? (this.#locals[iface] as Uint8Array) : directory.routerOn(network, false));
    frames.fromMac.set(this.macOf(iface));
    this.#writeAddress(neighbour, frames.to);
    this.#writeMac(neighbour, frames.toMac);
    wires.emit(iface, true, isAlone ? frames.probe() : frames.ask());
    // The link of a network behind a next router is beyond that.
    const isLink = neighbour < this.#nextRouters || neighbour >= this.#people;
    if (isLink && wires.isCut[network]) return;
    if (isLink && (wires.loses(network) || wires.loses(network))) {
      this.#isLost(neighbour);
      return;
    }
    const delayUs = isLink ? 2 * (wires.delayUs[network] as number) : 0;
    if (delayUs === 0) this.#reply(neighbour, isAlone);
    else
      calendar.enter(
        calendar.nowUs + delayUs,
        this.#actor,
        isAlone ? What.replyAlone : What.reply,
        neighbour,
      );
  }

  /** A request for a neighbour, or its answer, by chance: what asks for a service there misses it. */
  #isLost(neighbour: number): void {
    const { directory, witness } = this.#ground;
    if (neighbour >= this.#nextRouters) return;
    for (const service of directory.servicesOfPlace(neighbour)) witness.lost?.(service);
  }

  #reply(neighbour: number, isAlone: boolean): void {
    const { neighbourFrames: frames, wires, directory } = this.#ground;
    if (neighbour < this.#nextRouters) {
      if (!this.#options.isThere(neighbour)) return;
      // Asked alone, another one who has the address now keeps silent.
      if (isAlone && !this.isHeardOfOwner(neighbour)) return;
      this.#heard[neighbour] = this.#cardOf(neighbour);
      this.#options.wasAsked(neighbour);
    }
    const network = this.#networkOf(neighbour);
    const iface = this.#ifaceOf(network);
    if (!wires.isUp(iface)) return;
    const isIp6 = this.#isIp6(neighbour);
    frames.isIp6 = isIp6;
    this.#writeAddress(neighbour, frames.from);
    this.#address.set(frames.from);
    this.#writeMac(neighbour, frames.fromMac);
    frames.to.set(isIp6 ? (this.#locals[iface] as Uint8Array) : directory.routerOn(network, false));
    frames.toMac.set(this.macOf(iface));
    wires.emit(iface, false, frames.answer(this.#address, isAlone, this.#isNextRouter(neighbour)));
    this.near.confirm(neighbour);
  }

  #cardOf(place: number): number {
    const { directory } = this.#ground;
    return (directory.owner[place] as number) * CARDS + (directory.card[place] as number);
  }

  #isNextRouter(neighbour: number): boolean {
    return neighbour >= this.#nextRouters && neighbour < this.#people;
  }

  #client(neighbour: number): number {
    return neighbour - this.#people + this.#ground.directory.namedPlaces;
  }

  #networkOf(neighbour: number): number {
    const { directory } = this.#ground;
    if (neighbour < this.#nextRouters) return directory.placeNetwork[neighbour] as number;
    if (neighbour < this.#people) return (neighbour - this.#nextRouters) >> 1;
    return directory.clientNetwork(this.#client(neighbour));
  }

  #ifaceOf(network: number): number {
    return this.#ground.directory.ifaceOf[network] as number;
  }

  #isIp6(neighbour: number): boolean {
    const { directory } = this.#ground;
    if (neighbour < this.#nextRouters) return directory.isPlaceIp6[neighbour] === 1;
    if (neighbour < this.#people) return ((neighbour - this.#nextRouters) & 1) === 1;
    return directory.isClientIp6(this.#client(neighbour));
  }

  #writeAddress(neighbour: number, into: Uint8Array): void {
    const { directory } = this.#ground;
    if (neighbour < this.#nextRouters) directory.writePlace(neighbour, into);
    else if (neighbour >= this.#people) directory.writeClient(this.#client(neighbour), into);
    else into.set(directory.nextRouterOf(this.#networkOf(neighbour), this.#isIp6(neighbour)));
  }

  #writeMac(neighbour: number, into: Uint8Array): void {
    if (neighbour < this.#nextRouters) writePlaceMac(this.#ground, neighbour, into);
    else if (neighbour >= this.#people) writeClientMac(this.#ground, this.#client(neighbour), into);
    else writeMac(into, Mac.nextRouter, this.#networkOf(neighbour));
  }
}
