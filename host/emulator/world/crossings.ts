/** Whole frames that cross the router: datagrams, and what waits for a client's MAC address. */
import { type Crossing, type Ground, Parcel } from './ground.ts';
import { writePlaceMac } from './packets.ts';
import type { Resolution } from './resolution.ts';

interface CrossingsOptions {
  readonly ground: Ground;
  readonly resolution: () => Resolution;
  readonly toPlace: (crossing: Crossing) => void;
}

export class Crossings {
  readonly #options: CrossingsOptions;
  readonly #mac = new Uint8Array(6);

  constructor(options: CrossingsOptions) {
    this.#options = options;
  }

  /** To its place, of the router's own or one that has come in. */
  send(crossing: Crossing): void {
    const { ground } = this.#options;
    const resolution = this.#options.resolution();
    const { frame, iface, place } = crossing;
    if (!ground.wires.isSwitchedOn[iface]) {
      if (crossing.isOwn) crossing.onError('ENETUNREACH');
      return;
    }
    writePlaceMac(ground, place, this.#mac);
    frame.set(this.#mac, 0);
    frame.set(resolution.macOf(iface), 6);
    const neighbour = resolution.towards(place);
    if (resolution.near.use(neighbour)) this.leave(crossing);
    else resolution.near.queue(neighbour, new Parcel(-1, 0, 0, crossing));
  }

  /** Its neighbour is known. */
  leave(crossing: Crossing): void {
    const { ground, toPlace } = this.#options;
    const { wires, directory } = ground;
    const { frame, iface, place, isNews } = crossing;
    if (!wires.isUp(iface)) return;
    if (isNews) {
      wires.emit(iface, true, frame);
      crossing.onArrival();
      return;
    }
    wires.emitOther(iface, true, frame);
    const network = directory.placeNetwork[place] as number;
    if (!directory.isBehind[network]) toPlace(crossing);
    else if (!wires.isCut[network]) {
      const { far } = this.#options.resolution();
      if (far.use(place)) toPlace(crossing);
      else far.queue(place, new Parcel(-1, 0, 0, crossing));
    }
  }

  /** Nobody has its neighbour's address. */
  fail(crossing: Crossing): void {
    if (crossing.isOwn) crossing.onError('EHOSTUNREACH');
  }
}
