/**
 * The rest of a connection that is open, for whoever wants all frames: acknowledged, and closed by its server a moment later. The
 * daemon's filter lets nothing of it through.
 */

import type { Actor } from '../kernel/calendar.ts';
import { FIRST_HOPS } from '../wire/envelope.ts';
import { passOn } from '../wire/frames.ts';
import type { Ground } from './ground.ts';
import { writeClientMac, writePlaceMac } from './packets.ts';
import type { RouterKernel } from './router.ts';

/** What is said in it is not played. */
const LASTS_US = 2000;

interface ConversationOptions {
  readonly ground: Ground;
  readonly router: RouterKernel;
}

export class Conversations implements Actor {
  readonly #ground: Ground;
  readonly #router: RouterKernel;
  readonly #actor: number;
  readonly #mac = new Uint8Array(6);

  constructor({ ground, router }: ConversationOptions) {
    this.#ground = ground;
    this.#router = router;
    this.#actor = ground.calendar.admit(this);
  }

  /** It has just been opened. */
  begins(slot: number): void {
    const { wires, attempts, calendar } = this.#ground;
    if (!wires.isWatched) return;
    this.#there(slot, 1, 1, false);
    // The router's own is closed by its program.
    if ((attempts.client[slot] as number) < 0) return;
    attempts.hold(slot);
    calendar.enter(calendar.nowUs + LASTS_US, this.#actor, 0, slot);
  }

  /** The router's program closes its own. */
  ends(slot: number): void {
    if (!this.#ground.wires.isWatched) return;
    this.#there(slot, 1, 1, true);
    this.#back(slot, 1, 2, true);
    this.#there(slot, 2, 2, false);
  }

  happens(_what: number, slot: number): void {
    const { attempts } = this.#ground;
    this.#back(slot, 1, 1, true);
    this.#there(slot, 1, 2, false);
    this.#there(slot, 1, 2, true);
    this.#back(slot, 2, 2, false);
    attempts.drop(slot);
  }

  /** From its client, so many bytes (of flags) after both beginnings. */
  #there(slot: number, sent: number, got: number, isFin: boolean): void {
    const { attempts, directory, frames, wires, calendar } = this.#ground;
    const { packets } = this.#router;
    const client = attempts.client[slot] as number;
    packets.back(slot, FIRST_HOPS);
    const [theirs, ours] = [frames.sequence, frames.acknowledgement - 1];
    const echo = frames.stamp;
    packets.syn(slot, packets.idOf(slot) + sent + got, packets.stampOf(slot), FIRST_HOPS);
    frames.sequence = (ours + sent) >>> 0;
    frames.acknowledgement = (theirs + got) >>> 0;
    frames.stamp = (frames.stamp + Math.floor((calendar.nowUs - attempts.sentUs(slot)) / 1000)) >>> 0;
    frames.echo = echo;
    const place = attempts.place[slot] as number;
    const out = directory.ifaceOf[directory.placeNetwork[place] as number] as number;
    writePlaceMac(this.#ground, place, this.#mac);
    if (client < 0) {
      const own = isFin ? frames.fin() : frames.ack();
      own.set(this.#mac, 0);
      own.set(this.#router.resolution.macOf(out), 6);
      if (wires.isUp(out)) wires.emitOther(out, true, own);
      return;
    }
    const network = directory.clientNetwork(client);
    frames.hops = FIRST_HOPS - (directory.isBehind[network] as number);
    const bytes = isFin ? frames.fin() : frames.ack();
    const iface = directory.ifaceOf[network] as number;
    this.#pass(bytes, iface, out, client, true);
  }

  #back(slot: number, sent: number, got: number, isFin: boolean): void {
    const { attempts, directory, frames, wires } = this.#ground;
    const place = attempts.place[slot] as number;
    const network = directory.placeNetwork[place] as number;
    this.#router.packets.back(slot, FIRST_HOPS - (directory.isBehind[network] as number));
    frames.sequence = (frames.sequence + sent) >>> 0;
    frames.acknowledgement = (frames.acknowledgement - 1 + got) >>> 0;
    frames.id = sent + got;
    const bytes = isFin ? frames.fin() : frames.ack();
    const iface = directory.ifaceOf[network] as number;
    const client = attempts.client[slot] as number;
    writePlaceMac(this.#ground, place, this.#mac);
    if (client >= 0) {
      this.#pass(bytes, iface, directory.ifaceOf[directory.clientNetwork(client)] as number, client, false);
      return;
    }
    bytes.set(this.#mac, 6);
    bytes.set(this.#router.resolution.macOf(iface), 0);
    if (wires.isUp(iface)) wires.emitOther(iface, false, bytes);
  }

  /** In by one interface and out by the other; `#mac` is the server's. */
  #pass(bytes: Uint8Array, from: number, to: number, client: number, isThere: boolean): void {
    const { wires } = this.#ground;
    const { resolution } = this.#router;
    const mac = new Uint8Array(6);
    writeClientMac(this.#ground, client, mac);
    const [sender, receiver] = isThere ? [mac, this.#mac] : [this.#mac, mac];
    bytes.set(sender, 6);
    bytes.set(resolution.macOf(from), 0);
    if (!wires.isUp(from)) return;
    wires.emitOther(from, false, bytes);
    if (wires.isUp(to)) wires.emitOther(to, true, passOn(bytes, resolution.macOf(to), receiver));
  }
}
