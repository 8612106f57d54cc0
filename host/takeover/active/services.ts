/** The book of an active's addresses, and how each of them is. */
import type { ServiceAddress } from '../../config/takeover/types.ts';
import type { ActivePorts } from '../ports/ports.ts';
import { FIRST_RETRY_MS } from '../ports/timers.ts';
import { type AddressEntry, type MoveCause, NO_MAC } from '../protocol/messages.ts';

export interface Service extends ServiceAddress {
  mac: string;
  /** Whether this machine's kernel has it. */
  held: boolean;
  /** Why it could not be switched off. */
  stuck: string | null;
  /** Given away, on its way there, or on its way back; a report of the standby's says nothing meanwhile. */
  busy: boolean;
  /** Why it was given; null while it is here. */
  cause: MoveCause | null;
  /** How often nobody answered for it while the standby was silent. */
  unanswered: number;
  /** When it was said last that somebody else has it. */
  contradictedMs: number;
  /** Reports older than the message of this number say nothing about it. */
  mark: number;
  retryMs: number;
}

/** Whether the kernel has an address at the moment. */
export type Held = (service: ServiceAddress) => boolean;

type ServicePorts = Pick<ActivePorts, 'macOf' | 'claim' | 'unclaim'>;

export class ServiceAddresses implements Iterable<Service> {
  readonly #ports: ServicePorts;
  #all: readonly Service[] = [];

  constructor(addresses: readonly ServiceAddress[], ports: ServicePorts, held: Held) {
    this.#ports = ports;
    this.use(addresses, held);
  }

  [Symbol.iterator](): Iterator<Service> {
    return this.#all[Symbol.iterator]();
  }

  /** Those that are configured from now on; what is known of one that stays as it was stays known. */
  use(addresses: readonly ServiceAddress[], held: Held): void {
    const before = new Map(this.#all.map((service) => [service.address, service]));
    this.#all = addresses.map((address) => {
      const known = before.get(address.address);
      before.delete(address.address);
      if (known?.ifname === address.ifname && known.length === address.length) return known;
      const fresh = this.#fresh(address, held(address));
      if (fresh.held) this.#ports.claim(fresh.ifname, fresh.address);
      return fresh;
    });
    for (const address of before.keys()) this.#ports.unclaim(address);
  }

  has(service: Service): boolean {
    return this.#all.includes(service);
  }

  find(address: string): Service | undefined {
    return this.#all.find((service) => service.address === address);
  }

  /** Those of these addresses; none named: all. */
  named(addresses: readonly string[]): Service[] {
    return this.#all.filter(({ address }) => addresses.length === 0 || addresses.includes(address));
  }

  /** As the standby is told of them. */
  entries(): AddressEntry[] {
    return this.#all.map(entryOf);
  }

  #fresh(service: ServiceAddress, held: boolean): Service {
    return {
      ...service,
      mac: this.#ports.macOf(service.ifname) ?? NO_MAC,
      held,
      stuck: null,
      busy: false,
      cause: null,
      unanswered: 0,
      contradictedMs: Number.NEGATIVE_INFINITY,
      mark: 0,
      retryMs: FIRST_RETRY_MS,
    };
  }
}

export function entryOf({ address, length, held, stuck, mac }: Service): AddressEntry {
  return { address, length, held, marked: stuck !== null, mac };
}
