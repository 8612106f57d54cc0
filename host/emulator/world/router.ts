/**
 * The router's kernel, and those of the next routers behind it: what they do with each packet. A packet of an attempt is no
 * object while nothing waits; it is built from the attempt's columns.
 */
import { FIRST_HOPS } from '../wire/envelope.ts';
import { passOn, type Unreachable } from '../wire/frames.ts';
import { Mark } from './attempts.ts';
import { Crossings } from './crossings.ts';
import { Answer, type Crossing, type Ground, Parcel } from './ground.ts';
import { IcmpLimits, LimitsOfOthers } from './limits.ts';
import { Packets, writeClientMac, writePlaceMac } from './packets.ts';
import { Resolution } from './resolution.ts';
import { Mac, writeMac } from './wires.ts';

/** The router itself, among those to whom messages are limited. */
const ITSELF = -1;

interface RouterOptions {
  readonly ground: Ground;
  readonly limits: {
    readonly neighbours: number;
    readonly icmpPerSecond: number;
    readonly icmpBurst: number;
  };
  readonly isThere: (place: number) => boolean;
  readonly wasAsked: (place: number) => void;
  /** Whether the page answers it in the server's place, asked for its first SYN. */
  readonly isShown: (slot: number) => boolean;
  /** An answer begins its way on its client's network; one to the router's own has arrived. */
  readonly toClient: (slot: number, answer: number) => void;
  /** A SYN begins its way on its server's network. */
  readonly toServer: (slot: number) => void;
  readonly toPlace: (datagram: Crossing) => void;
}

export class RouterKernel {
  readonly packets: Packets;
  readonly resolution: Resolution;
  readonly crossings: Crossings;
  readonly icmp: IcmpLimits;
  readonly #options: RouterOptions;
  readonly #ground: Ground;
  readonly #toMac = new Uint8Array(6);
  readonly #farIcmp: LimitsOfOthers;

  constructor(options: RouterOptions) {
    this.#options = options;
    const { ground, limits, isThere, wasAsked } = options;
    this.#ground = ground;
    this.packets = new Packets(ground);
    const { calendar, streams } = ground;
    this.icmp = new IcmpLimits({ calendar, stream: streams.of('router icmp'), ...limits });
    this.#farIcmp = new LimitsOfOthers(calendar, streams.of('next routers icmp'));
    const { toPlace } = options;
    this.crossings = new Crossings({ ground, toPlace, resolution: () => this.resolution });
    this.resolution = new Resolution({
      ground,
      maxEntries: limits.neighbours,
      isThere,
      wasAsked,
      found: (parcel) => this.#goesOn(parcel),
      failed: (parcel) => this.#isGivenUp(parcel, false),
      foundFar: (parcel) => this.#arrives(parcel),
      failedFar: (parcel) => this.#isGivenUp(parcel, true),
      dropped: ({ slot }) => {
        if (slot >= 0) this.#ground.attempts.drop(slot);
      },
    });
  }

  /** A client's SYN has come to its interface. */
  synIn(slot: number): void {
    const { attempts, directory, frames, wires } = this.#ground;
    const client = attempts.client[slot] as number;
    const network = directory.clientNetwork(client);
    const iface = directory.ifaceOf[network] as number;
    if (!wires.isUp(iface)) return;
    const hops = FIRST_HOPS - (directory.isBehind[network] as number);
    writeClientMac(this.#ground, client, frames.fromMac);
    writeMac(frames.toMac, Mac.router, iface);
    const bytes = this.packets.syn(slot, this.packets.idOf(slot), this.packets.stampOf(slot), hops);
    wires.emit(iface, false, bytes);
    if (attempts.sent[slot] === 1 && this.#options.isShown(slot)) attempts.mark(slot, Mark.shown);
    if (attempts.has(slot, Mark.shown)) {
      this.#toClient(slot, Answer.synAck, this.packets.synAck(slot, FIRST_HOPS), true);
    } else this.#send(slot, bytes);
  }

  /** The router's own SYN. */
  synOut(slot: number): void {
    this.#send(slot, null);
  }

  /** A connection goes well: as a network of namespaces has it, both neighbours are confirmed by its packets. */
  vouch(slot: number): void {
    const { attempts } = this.#ground;
    const client = attempts.client[slot] as number;
    this.resolution.near.vouch(this.resolution.towards(attempts.place[slot] as number));
    if (client >= 0) this.resolution.near.vouch(this.resolution.towardsClient(client));
  }

  /** A SYN goes to its server; `bytes`: as it came in. */
  #send(slot: number, bytes: Uint8Array | null): void {
    const { attempts, directory, wires } = this.#ground;
    const place = attempts.place[slot] as number;
    const iface = directory.ifaceOf[directory.placeNetwork[place] as number] as number;
    if (!wires.isSwitchedOn[iface]) {
      this.#unreachable(slot, 'network', this.#parcelOf(slot), false);
      return;
    }
    const neighbour = this.resolution.towards(place);
    if (!this.resolution.near.use(neighbour)) {
      attempts.hold(slot);
      if (!this.resolution.near.queue(neighbour, this.#parcelOf(slot))) attempts.drop(slot);
      return;
    }
    if (!wires.isUp(iface)) return;
    this.#writeMacTowards(place);
    if (bytes !== null) wires.emit(iface, true, passOn(bytes, this.resolution.macOf(iface), this.#toMac));
    else this.#emitSyn(slot, iface, this.packets.idOf(slot), this.packets.stampOf(slot));
    this.#onNetwork(slot, place, null);
  }

  #emitSyn(slot: number, iface: number, id: number, stamp: number): void {
    const bytes = this.packets.syn(slot, id, stamp, this.#hopsBehind(slot));
    bytes.set(this.#toMac, 0);
    bytes.set(this.resolution.macOf(iface), 6);
    this.#ground.wires.emit(iface, true, bytes);
  }

  /** It has left; the next router, if there is one, looks for its server. */
  #onNetwork(slot: number, place: number, parcel: Parcel | null): void {
    const { attempts, directory, wires } = this.#ground;
    const network = directory.placeNetwork[place] as number;
    if (directory.isBehind[network]) {
      if (wires.isCut[network]) return;
      if (!this.resolution.far.use(place)) {
        attempts.hold(slot);
        if (!this.resolution.far.queue(place, parcel ?? this.#parcelOf(slot))) attempts.drop(slot);
        return;
      }
    } else if (!this.resolution.isHeardOfOwner(place)) return;
    this.#options.toServer(slot);
  }

  /** What waited for its neighbour. */
  #goesOn(parcel: Parcel): void {
    const { attempts, directory, wires } = this.#ground;
    const { slot, datagram } = parcel;
    if (datagram !== null) {
      this.crossings.leave(datagram);
      return;
    }
    const place = attempts.place[slot] as number;
    const iface = directory.ifaceOf[directory.placeNetwork[place] as number] as number;
    if (wires.isUp(iface)) {
      this.#writeMacTowards(place);
      this.#emitSyn(slot, iface, parcel.id, parcel.stamp);
      this.#onNetwork(slot, place, parcel);
    }
    attempts.drop(slot);
  }

  /** What waited at a next router. */
  #arrives({ slot, datagram }: Parcel): void {
    if (datagram !== null) {
      this.#options.toPlace(datagram);
      return;
    }
    this.#options.toServer(slot);
    this.#ground.attempts.drop(slot);
  }

  #isGivenUp(parcel: Parcel, isFar: boolean): void {
    const { slot, datagram } = parcel;
    if (datagram !== null) {
      this.crossings.fail(datagram);
      return;
    }
    this.#unreachable(slot, 'host', parcel, isFar);
    this.#ground.attempts.drop(slot);
  }

  /** What a server sends for an attempt has come to the router. */
  answerIn(slot: number, answer: number): void {
    const { attempts, directory, frames, wires } = this.#ground;
    const place = attempts.place[slot] as number;
    const network = directory.placeNetwork[place] as number;
    const iface = directory.ifaceOf[network] as number;
    if (!wires.isUp(iface)) return;
    writePlaceMac(this.#ground, place, frames.fromMac);
    writeMac(frames.toMac, Mac.router, iface);
    const bytes = this.#bytesOf(slot, answer, FIRST_HOPS - (directory.isBehind[network] as number));
    wires.emit(iface, false, bytes);
    this.#toClient(slot, answer, bytes, false);
  }

  #bytesOf(slot: number, answer: number, hops: number): Uint8Array {
    if (answer === Answer.synAck) return this.packets.synAck(slot, hops);
    if (answer === Answer.rst) return this.packets.rst(slot, hops);
    const quoted = this.#parcelOf(slot);
    const from = this.#ground.attempts.place[slot] as number;
    return this.packets.unreachable(slot, 'port', { place: from }, quoted, this.#hopsBehind(slot), hops);
  }

  /** Goes to its client in these bytes, which the router has written itself (`isOwn`) or passes on. */
  #toClient(slot: number, answer: number, bytes: Uint8Array, isOwn: boolean): void {
    const { attempts, directory, wires } = this.#ground;
    const client = attempts.client[slot] as number;
    if (client < 0) {
      this.#options.toClient(slot, answer);
      return;
    }
    const iface = directory.ifaceOf[directory.clientNetwork(client)] as number;
    writeClientMac(this.#ground, client, this.#toMac);
    const mac = this.resolution.macOf(iface);
    if (isOwn) {
      bytes.set(this.#toMac, 0);
      bytes.set(mac, 6);
    } else passOn(bytes, mac, this.#toMac);
    const neighbour = this.resolution.towardsClient(client);
    if (!this.resolution.near.use(neighbour)) {
      attempts.hold(slot);
      const onArrival = (): void => {
        this.#options.toClient(slot, answer);
        attempts.drop(slot);
      };
      const frame = bytes.slice();
      const datagram = { frame, iface, place: -1, isNews: true, isOwn: false, onArrival, onError: () => {} };
      this.resolution.near.queue(neighbour, new Parcel(-1, 0, 0, datagram));
      return;
    }
    if (!wires.isUp(iface)) return;
    wires.emit(iface, true, bytes);
    this.#options.toClient(slot, answer);
  }

  /** Somebody says to a client that there is no way: this router, or (`isFar`) the next one. */
  #unreachable(slot: number, what: Unreachable, quoted: Parcel, isFar: boolean): void {
    const { attempts, directory, frames, wires } = this.#ground;
    const client = attempts.client[slot] as number;
    const place = attempts.place[slot] as number;
    const isIp6 = directory.isPlaceIp6[place] === 1;
    const network = directory.placeNetwork[place] as number;
    const answer = what === 'network' ? Answer.networkUnreachable : Answer.hostUnreachable;
    if (client < 0 && !isFar) {
      this.#options.toClient(slot, answer);
      return;
    }
    if (!(isFar ? this.#farIcmp.of(network) : this.icmp).admits(client < 0 ? ITSELF : client, isIp6)) return;
    // As far as it has got: it is told of as it was received where nobody has looked for its way on.
    const hops = this.#hopsBehind(slot) + (isFar ? -1 : what === 'network' ? 1 : 0);
    if (!isFar) {
      const address = directory.routerOn(directory.clientNetwork(client), isIp6);
      this.#toClient(
        slot,
        answer,
        this.packets.unreachable(slot, what, { address }, quoted, hops, FIRST_HOPS),
        true,
      );
      return;
    }
    const iface = directory.ifaceOf[network] as number;
    if (!wires.isUp(iface)) return;
    const address = directory.nextRouterOf(network, isIp6);
    writeMac(frames.fromMac, Mac.nextRouter, network);
    writeMac(frames.toMac, Mac.router, iface);
    const bytes = this.packets.unreachable(slot, what, { address }, quoted, hops, FIRST_HOPS);
    wires.emit(iface, false, bytes);
    this.#toClient(slot, answer, bytes, false);
  }

  #parcelOf(slot: number): Parcel {
    return new Parcel(slot, this.packets.idOf(slot), this.packets.stampOf(slot));
  }

  /** Hops that a SYN has left when it leaves this router. */
  #hopsBehind(slot: number): number {
    const { attempts, directory } = this.#ground;
    const client = attempts.client[slot] as number;
    return client < 0
      ? FIRST_HOPS
      : FIRST_HOPS - 1 - (directory.isBehind[directory.clientNetwork(client)] as number);
  }

  #writeMacTowards(place: number): void {
    writePlaceMac(this.#ground, place, this.#toMac);
  }
}
