/** What `fabric.interfaces` names: devices, or networks of the router, each of which is listened on at the device that carries it. */

import type { NetworkAnswer, Networks } from '../fabric/networks.ts';
import type { Log } from '../log/log.ts';
import type { Time, Timer } from '../time.ts';

/** Whatever is not heard of by itself is asked for so often. */
const ASK_MS = 10_000;

interface InterfaceNamesOptions {
  readonly names: readonly string[];
  /** null: they are devices, all of them. */
  readonly networks: Networks | null;
  /** The one with that number, from 1, is another device from now on. */
  readonly onMoved: (number: number, device: string) => void;
  readonly log: Log;
  readonly time: Time;
}

interface Place {
  readonly name: string;
  device: string;
  isNetwork: boolean;
  /** It was up with that device: that of a network that is down may be another one, below it. */
  isSettled: boolean;
}

export class InterfaceNames {
  readonly #options: InterfaceNamesOptions;
  readonly #places: readonly Place[];
  #asking: Promise<void> | null = null;
  #isAskedAgain = false;
  #timer: Timer | null = null;
  #unwatch: (() => void) | null = null;
  #isClosed = false;

  constructor(options: InterfaceNamesOptions) {
    this.#options = options;
    this.#places = options.names.map((name) => ({ name, device: name, isNetwork: false, isSettled: false }));
  }

  /** The devices, in the order of the names. One that another name has already, or that is not known yet, goes by its name. */
  get devices(): readonly string[] {
    const devices: string[] = [];
    for (const { name, device } of this.#places) devices.push(devices.includes(device) ? name : device);
    return devices;
  }

  /** The network that an interface carries; null: it is named itself. */
  networkOf(number: number): string | null {
    const place = this.#places[number - 1];
    return place?.isNetwork === true ? place.name : null;
  }

  /** Asks, and from now on follows. Never rejects. */
  async begin(): Promise<void> {
    const { networks, time } = this.#options;
    if (networks === null || this.#places.length === 0) return;
    const isAnywhere = await this.#askAll(networks);
    if (!isAnywhere || this.#isClosed) return;
    this.#unwatch = networks.watch(() => this.#ask(networks));
    this.#timer = time.every(ASK_MS, () => this.#ask(networks));
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#unwatch?.();
  }

  /** One after the other: what happens meanwhile is asked for behind that. */
  #ask(networks: Networks): void {
    if (this.#asking !== null) {
      this.#isAskedAgain = true;
      return;
    }
    this.#isAskedAgain = false;
    this.#asking = this.#askAll(networks).then(() => {
      this.#asking = null;
      if (this.#isAskedAgain && !this.#isClosed) this.#ask(networks);
    });
  }

  /** Whether there are networks on this machine at all. */
  async #askAll(networks: Networks): Promise<boolean> {
    const before = this.devices;
    for (const place of this.#places) {
      const answer = await networks.ask(place.name);
      if (answer === 'nowhere') return false;
      learn(place, answer);
    }
    if (this.#isClosed) return false;
    for (const [index, device] of this.devices.entries()) {
      if (device !== before[index]) this.#moved(index + 1, device);
    }
    return true;
  }

  #moved(number: number, device: string): void {
    const { log, onMoved } = this.#options;
    const name = this.#options.names[number - 1] ?? '';
    log.info('interface.moved', { interface: device, network: name });
    onMoved(number, device);
  }
}

/** netifd may be away for a moment, and then knows of no network: whatever was one stays where it is. */
function learn(place: Place, answer: Exclude<NetworkAnswer, 'nowhere'>): void {
  if (answer === 'unknown' || answer === 'device') return;
  place.isNetwork = true;
  const { up, device } = answer;
  if (device === null || (!up && place.isSettled)) return;
  place.device = device;
  place.isSettled = up;
}
