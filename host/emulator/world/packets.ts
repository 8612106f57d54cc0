/** Frames of attempts: from their columns to bytes. */
import type { Unreachable } from '../wire/frames.ts';
import type { Ground } from './ground.ts';
import { Mac, writeMac } from './wires.ts';

/** More than a host has cards. */
export const CARDS = 16;

/** By which MAC addresses packets of a network's machines come to the router: their own, or the next router's. */
export function writePlaceMac({ directory }: Ground, place: number, into: Uint8Array): void {
  const network = directory.placeNetwork[place] as number;
  if (directory.isBehind[network]) writeMac(into, Mac.nextRouter, network);
  else
    writeMac(into, Mac.host, (directory.owner[place] as number) * CARDS + (directory.card[place] as number));
}

export function writeClientMac(ground: Ground, client: number, into: Uint8Array): void {
  const { directory } = ground;
  if (client < directory.namedPlaces) {
    writePlaceMac(ground, client, into);
    return;
  }
  const network = directory.clientNetwork(client);
  if (directory.isBehind[network]) writeMac(into, Mac.nextRouter, network);
  else writeMac(into, Mac.person, client);
}

export class Packets {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** IPv4's identification of the last SYN, and the timestamp that it bears. */
  idOf(slot: number): number {
    const { attempts } = this.#ground;
    return (((attempts.sequence[slot] as number) >>> 16) + (attempts.sent[slot] as number)) & 0xffff;
  }

  stampOf(slot: number): number {
    const { attempts } = this.#ground;
    // Every machine counts from another beginning.
    const own = Math.imul((attempts.client[slot] as number) + 2, 0x9e3779b1) >>> 0;
    return (own + Math.floor(attempts.sentUs(slot) / 1000)) >>> 0;
  }

  /** As it comes to the router, or leaves it if it is its own; without MAC addresses. */
  syn(slot: number, id: number, stamp: number, hops: number): Uint8Array {
    const { attempts, directory, frames } = this.#ground;
    const client = attempts.client[slot] as number;
    const place = attempts.place[slot] as number;
    frames.isIp6 = directory.isPlaceIp6[place] === 1;
    if (client < 0) this.#writeRouter(place, frames.from);
    else directory.writeClient(client, frames.from);
    directory.writePlace(place, frames.to);
    frames.fromPort = attempts.fromPort[slot] as number;
    frames.toPort = attempts.toPort[slot] as number;
    frames.sequence = attempts.sequence[slot] as number;
    frames.acknowledgement = 0;
    frames.id = id;
    frames.flow = (attempts.sequence[slot] as number) & 0xfffff;
    frames.stamp = stamp;
    frames.echo = 0;
    frames.hops = hops;
    return frames.syn();
  }

  /** Turns the frames' ends: what the server sends for an attempt. */
  back(slot: number, hops: number): void {
    const { attempts, directory, frames, calendar } = this.#ground;
    const client = attempts.client[slot] as number;
    const place = attempts.place[slot] as number;
    frames.isIp6 = directory.isPlaceIp6[place] === 1;
    directory.writePlace(place, frames.from);
    if (client < 0) this.#writeRouter(place, frames.to);
    else directory.writeClient(client, frames.to);
    frames.fromPort = attempts.toPort[slot] as number;
    frames.toPort = attempts.fromPort[slot] as number;
    const sequence = attempts.sequence[slot] as number;
    frames.sequence = Math.imul(sequence, 0x85ebca6b) >>> 0;
    frames.acknowledgement = (sequence + 1) >>> 0;
    frames.id = 0;
    frames.flow = sequence >>> 12;
    frames.stamp = (Math.imul(place + 1, 0x27d4eb2f) + Math.floor(calendar.nowUs / 1000)) >>> 0;
    frames.echo = this.stampOf(slot);
    frames.hops = hops;
  }

  synAck(slot: number, hops: number): Uint8Array {
    this.back(slot, hops);
    return this.#ground.frames.synAck();
  }

  rst(slot: number, hops: number): Uint8Array {
    this.back(slot, hops);
    this.#ground.frames.sequence = 0;
    return this.#ground.frames.rst();
  }

  /** A message about its SYN, with `quotedHops` left, from the router (`network`: where its client is) or from that place. */
  unreachable(
    slot: number,
    what: Unreachable,
    from: { readonly place: number } | { readonly address: Uint8Array },
    quoted: { readonly id: number; readonly stamp: number },
    quotedHops: number,
    hops: number,
  ): Uint8Array {
    const { attempts, directory, frames } = this.#ground;
    const about = this.syn(slot, quoted.id, quoted.stamp, quotedHops);
    const client = attempts.client[slot] as number;
    if (client < 0) this.#writeRouter(attempts.place[slot] as number, frames.to);
    else directory.writeClient(client, frames.to);
    if ('place' in from) directory.writePlace(from.place, frames.from);
    else frames.from.set(from.address);
    frames.hops = hops;
    frames.id = (quoted.id ^ 0x5555) & 0xffff;
    frames.flow = 0;
    return frames.unreachable(what, about);
  }

  #writeRouter(place: number, into: Uint8Array): void {
    const { directory } = this.#ground;
    into.set(directory.routerTowards(place));
  }
}
