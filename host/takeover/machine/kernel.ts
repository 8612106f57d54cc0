/** What the kernel's interfaces have at the moment: addresses, MAC addresses, carriers, routes. Kept up to date by `ip monitor`. */
import { type ChildProcess, spawn } from 'node:child_process';
import { isVersion4, networkOf, type Prefix, prefixContains } from '../../net/address.ts';
import type { Time, Timer } from '../../time.ts';
import { ipJson, isJson, type Json, textOf } from './ip-batch.ts';
import { type Route, Routes } from './routes.ts';

/** Changes come in groups. */
export const GROUP_MS = 20;
/** And some come unseen. */
const REFRESH_MS = 10_000;
const RESTART_MS = 1000;

interface Address extends Prefix {
  /** It comes and goes with a router's advertisements (RFC 4862); one with a lifetime from DHCP does not. */
  readonly advertised: boolean;
  /** For privacy, and gone within days (RFC 8981). */
  readonly temporary: boolean;
  /** `tentative`: the kernel asks whether somebody else has it, and does not answer for it meanwhile; `failed`: somebody has (RFC 4862 section 5.4). */
  readonly duplicate: 'no' | 'tentative' | 'failed';
}

export interface Interface {
  readonly name: string;
  readonly index: number;
  readonly mac: string | null;
  readonly flags: readonly string[];
  /** All but link-local ones. */
  readonly addresses: readonly Address[];
}

function interfaceOf(json: Json): Interface | null {
  const name = textOf(json.ifname);
  if (name === null) return null;
  const infos = Array.isArray(json.addr_info) ? json.addr_info.filter(isJson) : [];
  return {
    name,
    index: Number(json.ifindex),
    mac: json.link_type === 'ether' ? textOf(json.address) : null,
    flags: Array.isArray(json.flags) ? json.flags.map(String) : [],
    addresses: infos.flatMap((info) => {
      const address = textOf(info.local);
      if (address === null || info.scope === 'link') return [];
      // The kernel says of both that they have a lifetime.
      const advertised = info.dynamic === true && !isVersion4(address);
      const duplicate = info.dadfailed === true ? 'failed' : info.tentative === true ? 'tentative' : 'no';
      const temporary = info.temporary === true;
      return [{ address, length: Number(info.prefixlen), advertised, temporary, duplicate }];
    }),
  };
}

interface KernelHandlers {
  /** Something may have changed, and is known now. */
  onChange(): void;
  /** At once, and now and then unchanged: an interface is switched on or off, has a carrier or has none. */
  onLink(ifname: string, up: boolean, carrier: boolean): void;
}

export class Kernel {
  readonly #handlers: KernelHandlers;
  readonly #time: Time;
  #interfaces = new Map<string, Interface>();
  readonly #routes: Routes;
  #monitor: ChildProcess | null = null;
  #timer: Timer | null = null;
  #refreshing = false;
  #again = false;
  /** Goes up with every word of `ip monitor` about an interface, which a picture taken before does not show. */
  #words = 0;
  /** Goes up with every change of our own, which a picture taken before does not show. */
  #changes = 0;
  /** Pictures that were begun, and the last of those that came: several may be on their way. */
  #begun = 0;
  #shown = 0;
  #closed = false;

  constructor(handlers: KernelHandlers, time: Time) {
    this.#handlers = handlers;
    this.#time = time;
    this.#routes = new Routes(time);
  }

  /** Throws RingbackError('unavailable') when there is no iproute2. */
  async start(): Promise<void> {
    await this.refresh();
    this.#watch();
    this.#routes.watch();
    this.#refreshIn(REFRESH_MS);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#monitor?.kill();
    this.#routes.close();
  }

  get interfaces(): readonly Interface[] {
    return [...this.#interfaces.values()];
  }

  has(ifname: string): boolean {
    return this.#interfaces.has(ifname);
  }

  /** Whether one of this machine's interfaces has that MAC address. */
  isOwn(mac: string): boolean {
    return this.interfaces.some((iface) => iface.mac === mac);
  }

  macOf(ifname: string): string | null {
    return this.#interfaces.get(ifname)?.mac ?? null;
  }

  indexOf(ifname: string): number {
    return this.#interfaces.get(ifname)?.index ?? 0;
  }

  isUp(ifname: string): boolean {
    return this.#interfaces.get(ifname)?.flags.includes('UP') ?? false;
  }

  hasCarrier(ifname: string): boolean {
    return this.#interfaces.get(ifname)?.flags.includes('LOWER_UP') ?? false;
  }

  /** Those that somebody has put there, and that nobody else had before. */
  addressesOf(ifname: string): readonly Prefix[] {
    const addresses = this.#interfaces.get(ifname)?.addresses ?? [];
    return addresses
      .filter(({ advertised, duplicate }) => !advertised && duplicate !== 'failed')
      .map(({ address, length }) => ({ address, length }));
  }

  /** The interfaces that have an address. */
  holdersOf(address: string): string[] {
    return this.interfaces
      .filter(({ addresses }) => addresses.some((one) => one.address === address))
      .map(({ name }) => name);
  }

  /** The first of them. */
  holderOf(address: string): string | null {
    return this.holdersOf(address)[0] ?? null;
  }

  /** Whether it is on the interface, but not answered for: somebody else has it, or the kernel does not know yet. */
  isDoubted(ifname: string, address: string): boolean {
    const found = this.#interfaces.get(ifname)?.addresses.find((one) => one.address === address);
    return found !== undefined && found.duplicate !== 'no';
  }

  /** An address of this machine as it is on an interface, or undefined. */
  prefixOf(ifname: string, address: string): Prefix | undefined {
    const found = this.#interfaces.get(ifname)?.addresses.find((one) => one.address === address);
    return found && { address, length: found.length };
  }

  /** Of this machine, not link-local, those in the network of another address first, and those that are to stay before others. */
  ownAddresses(near: string): string[] {
    const all = this.interfaces
      .filter(({ name }) => name !== 'lo')
      .flatMap(({ addresses }) => addresses)
      .filter(({ temporary, duplicate }) => !temporary && duplicate !== 'failed')
      .filter(({ address }) => isVersion4(address) === isVersion4(near));
    const rank = (one: Address): number =>
      (prefixContains(networkOf(one), near) ? 0 : 2) + Number(one.advertised);
    return all.sort((one, other) => rank(one) - rank(other)).map(({ address }) => address);
  }

  /** Those that somebody has put there. */
  routesOf(ifname: string): readonly Route[] {
    return this.#routes.all.filter((route) => route.ifname === ifname);
  }

  /** Those of them whose gateway is in a network, by whatever interface. */
  routesThrough(network: Prefix): readonly Route[] {
    return this.#routes.all.filter(({ via }) => via !== null && prefixContains(network, via));
  }

  /** What a command of ours has done, before the kernel says so. */
  note(
    ifname: string,
    change: { add?: Prefix; remove?: string; up?: boolean; routes?: readonly Route[] },
  ): void {
    const before = this.#interfaces.get(ifname);
    if (before === undefined) return;
    this.#changes++;
    this.#routes.note(change.routes ?? []);
    const { add, remove, up } = change;
    const addresses = before.addresses.filter(
      ({ address }) => address !== remove && address !== add?.address,
    );
    const others = before.flags.filter((flag) => flag !== 'UP' && flag !== 'LOWER_UP');
    const flags = up === undefined ? before.flags : up ? [...others, 'UP', 'LOWER_UP'] : others;
    const added =
      add === undefined ? [] : [{ ...add, advertised: false, temporary: false, duplicate: 'no' as const }];
    this.#interfaces.set(ifname, { ...before, flags, addresses: [...addresses, ...added] });
  }

  /** Resolves when it is known what is there now. */
  async refresh(): Promise<void> {
    await Promise.all([this.#read(), this.#routes.read()]);
  }

  async #read(): Promise<void> {
    const changes = this.#changes;
    const picture = ++this.#begun;
    const interfaces = await ipJson('address', 'show');
    if (picture < this.#shown) return;
    if (changes !== this.#changes) {
      this.#again = true;
      return;
    }
    const known = (Array.isArray(interfaces) ? interfaces.filter(isJson) : []).flatMap((json) => {
      const iface = interfaceOf(json);
      return iface === null ? [] : [iface];
    });
    this.#shown = picture;
    this.#interfaces = new Map(known.map((iface) => [iface.name, iface]));
  }

  #refreshIn(waitMs: number): void {
    if (this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#time.after(waitMs, () => void this.#refresh());
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#again = true;
      return;
    }
    this.#refreshing = true;
    this.#again = false;
    const [words, before] = [this.#words, this.#interfaces];
    // A picture that can't be taken now is taken later.
    await this.#read().catch(() => {});
    this.#refreshing = false;
    if (this.#closed) return;
    // What happened while there was no `ip monitor`, nobody has heard of.
    if (!this.#again && words === this.#words) {
      for (const name of new Set([...before.keys(), ...this.#interfaces.keys()])) this.#tellLink(name);
    }
    if (!this.#again) this.#handlers.onChange();
    this.#refreshIn(this.#again ? GROUP_MS : REFRESH_MS);
  }

  #watch(): void {
    const child = spawn('ip', ['-oneline', 'monitor', 'link', 'address'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.#monitor = child;
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#heard(line);
      this.#refreshIn(GROUP_MS);
      this.#routes.changed();
    });
    child.on('error', () => {});
    child.on('close', () => {
      if (this.#closed) return;
      this.#time.after(RESTART_MS, () => {
        if (this.#closed) return;
        this.#watch();
        this.#refreshIn(GROUP_MS);
      });
    });
  }

  #tellLink(ifname: string): void {
    this.#handlers.onLink(ifname, this.isUp(ifname), this.hasCarrier(ifname));
  }

  /** `3: eth1: <NO-CARRIER,BROADCAST,MULTICAST,UP> …`; one that goes is off before it is `Deleted`, one that leaves a bridge is not. */
  #heard(line: string): void {
    const [, name, flags] = /^\d+: ([^\s:@]+)(?:@[^\s:]*)?: <([^>]*)>/.exec(line) ?? [];
    if (name === undefined || flags === undefined) return;
    this.#words++;
    const has = flags.split(',');
    this.#handlers.onLink(name, has.includes('UP'), has.includes('LOWER_UP'));
  }
}
