/** A machine's kernel as a table: its interfaces, and the addresses on them. */

interface FakeInterface {
  readonly mac: string;
  up: boolean;
  /** Whether its cable is in. */
  cable: boolean;
  readonly addresses: Set<string>;
}

export class FakeMachine {
  readonly name: string;
  readonly interfaces = new Map<string, FakeInterface>();
  /** Interfaces that refuse to be switched on, and off. */
  readonly refusing = { on: new Set<string>(), off: new Set<string>() };
  readonly claims = new Set<string>();
  dead = false;
  /** None of its interfaces has a carrier, or its data plane is away. */
  deaf = false;
  /** What it announces does not go out. */
  mute = false;
  /** How long it takes to switch an interface on. */
  slowMs = 0;

  constructor(
    name: string,
    interfaces: Readonly<Record<string, string>>,
    addresses: Readonly<Record<string, string>> = {},
  ) {
    this.name = name;
    for (const [ifname, mac] of Object.entries(interfaces)) {
      this.interfaces.set(ifname, { mac, up: false, cable: true, addresses: new Set() });
    }
    for (const [address, ifname] of Object.entries(addresses)) this.put(ifname, address);
  }

  put(ifname: string, address: string): void {
    const found = this.interfaces.get(ifname);
    if (found === undefined) throw new Error(`${this.name} has no ${ifname}`);
    found.up = true;
    found.addresses.add(address);
  }

  /** The MAC address with which it answers for an address, or null. */
  answersFor(address: string): string | null {
    for (const { up, cable, addresses, mac } of this.interfaces.values()) {
      if (!this.dead && up && cable && addresses.has(address)) return mac;
    }
    return null;
  }

  holdersOf(address: string): string[] {
    return [...this.interfaces].filter(([, { addresses }]) => addresses.has(address)).map(([name]) => name);
  }

  /** The only one; null: none. */
  holderOf(address: string): string | null {
    const [holder = null, ...others] = this.holdersOf(address);
    if (others.length > 0) throw new Error(`${address} is on ${others.length + 1} interfaces`);
    return holder;
  }
}
