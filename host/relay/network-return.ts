/** When this machine's own network comes back: an address is there that was not, which takes a link that is up. */
import type { Time, Timer } from '../time.ts';

/** A network that was gone for less is one that mail servers have not missed either. */
const LOOK_MS = 2000;

export class NetworkReturn {
  readonly #addresses: () => ReadonlySet<string>;
  readonly #time: Time;
  readonly #onBack: () => void;
  #known: ReadonlySet<string> = new Set();
  #timer: Timer | null = null;

  constructor(addresses: () => ReadonlySet<string>, time: Time, onBack: () => void) {
    this.#addresses = addresses;
    this.#time = time;
    this.#onBack = onBack;
  }

  watch(): void {
    this.#known = this.#addresses();
    this.#wait();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #wait(): void {
    this.#timer = this.#time.after(LOOK_MS, () => {
      const before = this.#known;
      this.#known = this.#addresses();
      this.#wait();
      for (const address of this.#known) if (!before.has(address)) return this.#onBack();
    });
  }
}
