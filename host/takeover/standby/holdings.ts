/** The book of the addresses that a standby has. */
import type { Prefix } from '../../net/address.ts';
import type { MoveCause } from '../protocol/messages.ts';

/** An address that is here. */
export interface Taken extends Prefix {
  readonly ifname: string;
  readonly active: string;
  readonly cause: MoveCause;
}

export interface Holding extends Taken {
  ifname: string;
  mac: string;
  cause: MoveCause;
  state: 'taking' | 'taken' | 'returning';
  /** While it moves: the interface that it still has, and has again if the move comes to nothing. */
  from: string | null;
  /** The instruction that brought it; 0: none did. */
  id: number;
  sinceMs: number;
  defendedMs: number;
}

export class Holdings implements Iterable<Holding> {
  readonly #all = new Map<string, Holding>();

  [Symbol.iterator](): Iterator<Holding> {
    return this.#all.values();
  }

  get(address: string): Holding | undefined {
    return this.#all.get(address);
  }

  has(address: string): boolean {
    return this.#all.has(address);
  }

  put(holding: Holding): void {
    this.#all.set(holding.address, holding);
  }

  delete(address: string): void {
    this.#all.delete(address);
  }

  of(active: string): Holding[] {
    return [...this].filter((holding) => holding.active === active);
  }

  /** How many addresses each interface has. */
  used(): Map<string, number> {
    const used = new Map<string, number>();
    for (const ifname of [...this].flatMap(interfacesOf)) used.set(ifname, (used.get(ifname) ?? 0) + 1);
    return used;
  }

  taken(): Taken[] {
    return [...this].map(({ address, length, ifname, active, cause }) => ({
      address,
      length,
      ifname,
      active,
      cause,
    }));
  }
}

/** One, or two while it moves. */
export function interfacesOf({ ifname, from }: Holding): string[] {
  return from === null ? [ifname] : [ifname, from];
}
