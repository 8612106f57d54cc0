/** A machine's kernel as a table: its adapters, and the addresses on them. */

interface FakeAdapter {
  readonly hardware: string;
  up: boolean;
  /** Whether its cable is in. */
  cable: boolean;
  readonly addresses: Set<string>;
}

export class FakeMachine {
  readonly name: string;
  readonly adapters = new Map<string, FakeAdapter>();
  /** Adapters that refuse to be switched on, and off. */
  readonly refusing = { on: new Set<string>(), off: new Set<string>() };
  readonly claims = new Set<string>();
  dead = false;
  /** None of its adapters has a carrier, or its data plane is away. */
  deaf = false;
  /** What it announces does not go out. */
  mute = false;
  /** How long it takes to switch an adapter on. */
  slowMs = 0;

  constructor(
    name: string,
    adapters: Readonly<Record<string, string>>,
    addresses: Readonly<Record<string, string>> = {},
  ) {
    this.name = name;
    for (const [adapter, hardware] of Object.entries(adapters)) {
      this.adapters.set(adapter, { hardware, up: false, cable: true, addresses: new Set() });
    }
    for (const [address, adapter] of Object.entries(addresses)) this.put(adapter, address);
  }

  put(adapter: string, address: string): void {
    const found = this.adapters.get(adapter);
    if (found === undefined) throw new Error(`${this.name} has no ${adapter}`);
    found.up = true;
    found.addresses.add(address);
  }

  /** The hardware address with which it answers for an address, or null. */
  answersFor(address: string): string | null {
    for (const { up, cable, addresses, hardware } of this.adapters.values()) {
      if (!this.dead && up && cable && addresses.has(address)) return hardware;
    }
    return null;
  }

  holdersOf(address: string): string[] {
    return [...this.adapters].filter(([, { addresses }]) => addresses.has(address)).map(([name]) => name);
  }

  /** The only one; null: none. */
  holderOf(address: string): string | null {
    const [holder = null, ...others] = this.holdersOf(address);
    if (others.length > 0) throw new Error(`${address} is on ${others.length + 1} adapters`);
    return holder;
  }
}
