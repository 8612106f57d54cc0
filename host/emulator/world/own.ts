/** What programs on the machines of a world send themselves: connections of the router's, and datagrams of all. */

import type { Actor } from '../kernel/calendar.ts';
import { FIRST_HOPS } from '../wire/envelope.ts';
import { TIMED_OUT } from './clients.ts';
import { Answer, type Crossing, type Ground } from './ground.ts';
import type { Hosts } from './hosts.ts';
import { writePlaceMac } from './packets.ts';
import type { DatagramHandler, OwnConnection, OwnEnd } from './ports.ts';
import type { RouterKernel } from './router.ts';
import type { Visits } from './visits.ts';

const ROUTER = 'router';
const FIRST_PORT = 49_152;
const PORTS = 16_384;

const ENDS: Readonly<Record<number, OwnEnd>> = {
  [TIMED_OUT]: 'ETIMEDOUT',
  [Answer.synAck]: 'open',
  [Answer.rst]: 'ECONNREFUSED',
  [Answer.rejected]: 'ECONNREFUSED',
  [Answer.hostUnreachable]: 'EHOSTUNREACH',
  [Answer.networkUnreachable]: 'ENETUNREACH',
};

interface OwnOptions {
  readonly ground: Ground;
  readonly visits: Visits;
  readonly hosts: Hosts;
  readonly router: RouterKernel;
  /** The program closes a connection that is open. */
  readonly closed: (slot: number) => void;
}

/** Somebody's own business at a moment to come. */
type Errand = () => void;

export class Own implements Actor {
  readonly #options: OwnOptions;
  readonly #ground: Ground;
  readonly #actor: number;
  readonly #onEnd = new Map<number, (end: OwnEnd) => void>();
  readonly #listeners = new Map<string, DatagramHandler>();
  readonly #errands = new Map<number, Errand>();
  #errandsSet = 0;
  #ports = 0;

  constructor(options: OwnOptions) {
    this.#options = options;
    this.#ground = options.ground;
    this.#actor = options.ground.calendar.admit(this);
  }

  connect(
    to: { readonly address: string; readonly port: number },
    localPort: number | null,
    onEnd: (end: OwnEnd) => void,
  ): OwnConnection {
    const { directory } = this.#ground;
    const place = directory.placeAt(to.address);
    if (place < 0) return this.#nowhere(onEnd);
    const { visits, closed } = this.#options;
    const slot = visits.opens(place, directory.serviceAt(place, to.port), to.port, localPort);
    let isOpen = false;
    this.#onEnd.set(slot, (end) => {
      isOpen = end === 'open';
      onEnd(end);
    });
    let isClosed = false;
    return {
      close: () => {
        if (isClosed) return;
        isClosed = true;
        this.#onEnd.delete(slot);
        if (isOpen) closed(slot);
        visits.closes(slot);
      },
    };
  }

  ended(slot: number, answer: number): void {
    const onEnd = this.#onEnd.get(slot);
    this.#onEnd.delete(slot);
    onEnd?.(ENDS[answer] ?? 'ETIMEDOUT');
  }

  send(
    to: { readonly address: string; readonly port: number },
    payload: Uint8Array,
    onError: (code: string) => void,
  ): void {
    const { directory } = this.#ground;
    const place = directory.placeAt(to.address);
    if (place < 0) return;
    const isIp6 = directory.isPlaceIp6[place] === 1;
    const frame = this.#frame(isIp6, directory.routerTowards(place), place, to.port, payload);
    const datagram: Crossing = {
      frame,
      iface: directory.ifaceOf[directory.placeNetwork[place] as number] as number,
      place,
      isNews: false,
      isOwn: true,
      onArrival: () => this.#refused(datagram, onError),
      onError: (code) => this.#later(0, () => onError(code)),
    };
    this.#later(0, () => this.#options.router.crossings.send(datagram));
  }

  listen(machine: string, port: number, hears: DatagramHandler | null): void {
    const key = `${machine} ${port}`;
    if (hears === null) this.#listeners.delete(key);
    else this.#listeners.set(key, hears);
  }

  /** From one host to another, or to the router. */
  datagram(from: string, to: string, port: number, payload: Uint8Array): void {
    const { directory, wires } = this.#ground;
    const [place = -1] = directory.placesOfHost[directory.hostAt(from)] ?? [];
    if (place < 0 || !this.#options.hosts.speaks(place)) return;
    const network = directory.placeNetwork[place] as number;
    const sender = directory.addressOf(place);
    const fromPort = this.#port();
    if (wires.loses(network)) return;
    const bytes = payload.slice();
    this.#later(wires.delayUs[network] as number, () => {
      if (to === ROUTER) this.#atRouter(place, fromPort, port, bytes);
      else if (directory.hasHost(to)) this.#between(place, fromPort, to, port, bytes);
      if (to !== ROUTER) return;
      this.#listeners.get(`${to} ${port}`)?.(bytes, sender, fromPort);
    });
  }

  happens(_what: number, number: number): void {
    const errand = this.#errands.get(number);
    this.#errands.delete(number);
    errand?.();
  }

  /** A datagram is at the place that it was sent to. */
  toPlace(datagram: Crossing): void {
    const { directory, wires } = this.#ground;
    const network = directory.placeNetwork[datagram.place] as number;
    if (wires.loses(network)) return;
    this.#later(wires.delayUs[network] as number, datagram.onArrival);
  }

  #nowhere(onEnd: (end: OwnEnd) => void): OwnConnection {
    let isClosed = false;
    this.#later(0, () => {
      if (!isClosed) onEnd('ENETUNREACH');
    });
    return {
      close: () => {
        isClosed = true;
      },
    };
  }

  /** Nobody listens there: the machine says so, to the router itself. */
  #refused(datagram: Crossing, onError: (code: string) => void): void {
    const { directory, wires } = this.#ground;
    const { place, iface } = datagram;
    const network = directory.placeNetwork[place] as number;
    if (!this.#options.hosts.hears(place) || !this.#options.hosts.speaks(place) || wires.loses(network))
      return;
    this.#later(wires.delayUs[network] as number, () => {
      if (!wires.isUp(iface)) return;
      const { frames } = this.#ground;
      frames.isIp6 = directory.isPlaceIp6[place] === 1;
      directory.writePlace(place, frames.from);
      frames.to.set(directory.routerTowards(place));
      frames.hops = FIRST_HOPS - (directory.isBehind[network] as number);
      const message = frames.unreachable('port', datagram.frame);
      this.#comesIn(place, iface, message);
      wires.emit(iface, false, message);
      onError('ECONNREFUSED');
    });
  }

  #atRouter(place: number, fromPort: number, port: number, payload: Uint8Array): void {
    const { directory, wires, frames } = this.#ground;
    const iface = directory.ifaceOf[directory.placeNetwork[place] as number] as number;
    if (!wires.isUp(iface) || !wires.isWatched) return;
    frames.isIp6 = directory.isPlaceIp6[place] === 1;
    directory.writePlace(place, frames.from);
    frames.to.set(directory.routerTowards(place));
    Object.assign(frames, { fromPort, toPort: port, hops: FIRST_HOPS, id: fromPort, flow: 0 });
    const frame = frames.udp(payload);
    this.#comesIn(place, iface, frame);
    wires.emitOther(iface, false, frame);
  }

  /** To another host: by the switch where both are on one network, or through the router. */
  #between(place: number, fromPort: number, to: string, port: number, payload: Uint8Array): void {
    const { directory } = this.#ground;
    const isIp6 = directory.isPlaceIp6[place] === 1;
    const there = directory.placeOf(to, isIp6 ? 6 : 4);
    if (there < 0) return;
    const sender = directory.addressOf(place);
    const arrives = (): void => {
      if (this.#options.hosts.hears(there)) this.#listeners.get(`${to} ${port}`)?.(payload, sender, fromPort);
    };
    if (directory.placeNetwork[there] === directory.placeNetwork[place]) {
      arrives();
      return;
    }
    const from = new Uint8Array(16);
    directory.writePlace(place, from);
    const frame = this.#frame(isIp6, from, there, port, payload);
    const iface = directory.ifaceOf[directory.placeNetwork[there] as number] as number;
    const onError = (): void => {};
    const datagram = { frame, iface, place: there, isNews: false, isOwn: false, onArrival: arrives, onError };
    this.#options.router.crossings.send(datagram);
  }

  #comesIn(place: number, iface: number, frame: Uint8Array): void {
    const mac = new Uint8Array(6);
    writePlaceMac(this.#ground, place, mac);
    frame.set(mac, 6);
    frame.set(this.#options.router.resolution.macOf(iface), 0);
  }

  /** As it leaves the router, without MAC addresses. */
  #frame(isIp6: boolean, from: Uint8Array, place: number, port: number, payload: Uint8Array): Uint8Array {
    const { directory, frames } = this.#ground;
    frames.isIp6 = isIp6;
    frames.from.set(from);
    directory.writePlace(place, frames.to);
    const fromPort = this.#port();
    Object.assign(frames, { fromPort, toPort: port, hops: FIRST_HOPS, id: fromPort, flow: 0 });
    return frames.udp(payload);
  }

  #port(): number {
    return FIRST_PORT + (this.#ports++ % PORTS);
  }

  #later(waitUs: number, errand: Errand): void {
    const { calendar } = this.#ground;
    const number = this.#errandsSet++ >>> 0;
    this.#errands.set(number, errand);
    calendar.enter(calendar.nowUs + waitUs, this.#actor, 0, number);
  }
}
