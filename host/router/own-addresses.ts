/**
 * This machine's own addresses, where the daemon meets what is sent from here as a client's packets: on a router beside it, or as
 * copies; and where what this machine tries counts. The fabric is told them, and each change.
 */
import type { Command } from '../fabric/records.ts';
import type { Time, Timer } from '../time.ts';

/** Nobody says that an address has come; long before who tries with it is turned away, it is known. */
const FOLLOW_MS = 2000;

interface OwnAddressesOptions {
  readonly send: (command: Command) => void;
  readonly time: Time;
}

export class OwnAddresses {
  readonly #addresses: () => Iterable<string>;
  readonly #options: OwnAddressesOptions;
  #said: ReadonlySet<string> = new Set();
  #timer: Timer | null = null;

  constructor(addresses: () => Iterable<string>, options: OwnAddressesOptions) {
    this.#addresses = addresses;
    this.#options = options;
  }

  /** All of them, to a fabric that knows of none. */
  sayAll(): void {
    this.#said = new Set();
    this.#look();
  }

  follow(): void {
    this.#timer = this.#options.time.every(FOLLOW_MS, () => this.#look());
  }

  close(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const now = new Set([...this.#addresses()].filter(passesRouters));
    // First those that are given back: there is room for so many.
    for (const client of this.#said) if (!now.has(client)) this.#options.send({ kind: 'disown', client });
    for (const client of now) if (!this.#said.has(client)) this.#options.send({ kind: 'own', client });
    this.#said = now;
  }
}

/** Not those of the machine alone (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3), nor of its links (section 2.5.6). */
function passesRouters(address: string): boolean {
  return !/^(127\.|::1$|fe[89ab])/.test(address);
}
