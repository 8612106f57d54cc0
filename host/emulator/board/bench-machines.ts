/**
 * Machines on both sides of a real router: who is there, who answers ARP for which address, where the router itself is. Of IPv4: a
 * bench's router resolves, forwards and connects alike for both versions.
 */
import type { HostPlan } from '../scenario/types.ts';
import { IP4_AT } from '../wire/envelope.ts';
import { NeighbourFrames } from '../wire/neighbour-frames.ts';
import type { WorldDirectory } from '../world/directory.ts';
import { Mac, writeMac } from '../world/wires.ts';

const REQUEST = 1;

export function readIp(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** The last four of an address's 16 bytes. */
export function writeIp(into: Uint8Array, ip: number): void {
  into[IP4_AT] = ip >>> 24;
  into[IP4_AT + 1] = ip >>> 16;
  into[IP4_AT + 2] = ip >>> 8;
  into[IP4_AT + 3] = ip;
}

/** Someone of one interface who answers ARP. */
interface Neighbour {
  readonly iface: number;
  readonly mac: Uint8Array;
  /** -1: a next router, or one of the people; they are always there. */
  readonly host: number;
}

/** Of a host. */
interface HostState {
  hasPower: boolean;
  isPlugged: boolean;
  isFrozen: boolean;
  isServing: boolean;
}

type Send = (iface: number, bytes: Uint8Array) => void;

export class BenchMachines {
  readonly directory: WorldDirectory;
  /** By host. */
  readonly standing: readonly HostState[];
  readonly #send: Send;
  readonly #frames = new NeighbourFrames();
  readonly #neighbours = new Map<number, Neighbour>();
  readonly #placeAt = new Map<number, number>();
  /** By whose MAC address a machine with that address speaks. */
  readonly #speakers = new Map<number, Neighbour>();
  readonly #ipOfPlace: Float64Array;
  readonly #ipOfPerson: Float64Array;
  /** By interface: where the router's address is, and its MAC address once it is known. */
  readonly #routers: {
    readonly iface: number;
    readonly ip: number;
    readonly asker: number;
    mac: Uint8Array | null;
  }[] = [];

  /** `own`: an address that this machine itself has on the bench's networks; it needs nobody to answer for it. */
  constructor(directory: WorldDirectory, send: Send, own: string) {
    this.directory = directory;
    this.#send = send;
    this.standing = directory.hosts.map(({ isUp }: HostPlan) => ({
      ...{ hasPower: isUp, isPlugged: true, isFrozen: false, isServing: true },
    }));
    const next = directory.networks.map(({ plan, iface }, network) => {
      const via = plan.via.find((one) => !one.includes(':'));
      return via === undefined
        ? null
        : this.#addNeighbour(ipOf(via), { iface, host: -1, mac: macOf(Mac.nextRouter, network) });
    });
    this.#ipOfPlace = new Float64Array(directory.places).fill(-1);
    for (let place = 0; place < directory.places; place++) {
      if (directory.isPlaceIp6[place] === 1 || directory.addressOf(place) === own) continue;
      const network = directory.placeNetwork[place] as number;
      const ip = ipOf(directory.addressOf(place));
      this.#ipOfPlace[place] = ip;
      this.#placeAt.set(ip, place);
      const iface = directory.ifaceOf[network] as number;
      const host = directory.owner[place] as number;
      const neighbour = { iface, host, mac: macOf(Mac.host, place) };
      this.#speakers.set(ip, next[network] ?? this.#addNeighbour(ip, neighbour));
    }
    const { people, namedPlaces } = directory;
    this.#ipOfPerson = new Float64Array(people.count).fill(-1);
    for (const { first, plan, network } of people.groups) {
      const iface = directory.ifaceOf[network] as number;
      for (let person = first; person < first + plan.count; person++) {
        if (people.isIp6(person)) continue;
        const ip = ipOf(directory.client(namedPlaces + person).address);
        this.#ipOfPerson[person] = ip;
        const behind = next[network] ?? null;
        this.#speakers.set(
          ip,
          behind ?? this.#addNeighbour(ip, { iface, host: -1, mac: macOf(Mac.person, person) }),
        );
      }
    }
    this.#findRouters();
  }

  /** Whether the router has been heard on every interface. */
  get isComplete(): boolean {
    return this.#routers.every(({ mac }) => mac !== null);
  }

  /** Who has the router's addresses? Until somebody says so. */
  askForRouters(): void {
    for (const router of this.#routers) if (router.mac === null) this.#askFor(router.ip, router.asker);
  }

  /** As a machine that has started does: it asks for its gateway. */
  askForGateway(host: number): void {
    for (const place of this.directory.placesOfHost[host] ?? []) {
      const ip = this.#ipOfPlace[place] as number;
      const iface = this.#speakers.get(ip)?.iface;
      const router = this.#routers.find((one) => one.iface === iface);
      if (ip >= 0 && router !== undefined) this.#askFor(router.ip, ip);
    }
  }

  routerMac(iface: number): Uint8Array | null {
    return this.#routers.find((one) => one.iface === iface)?.mac ?? null;
  }

  speaker(ip: number): Neighbour | undefined {
    return this.#speakers.get(ip);
  }

  /** -1: no machine has that address. */
  placeAt(ip: number): number {
    return this.#placeAt.get(ip) ?? -1;
  }

  ipOfPlace(place: number): number {
    return this.#ipOfPlace[place] as number;
  }

  /** -1: it speaks IPv6. */
  ipOfClient(client: number): number {
    const { namedPlaces } = this.directory;
    return (
      client < namedPlaces ? this.#ipOfPlace[client] : this.#ipOfPerson[client - namedPlaces]
    ) as number;
  }

  /** Whether it is there to hear anything. */
  isThere(host: number): boolean {
    const { hasPower, isPlugged } = this.standing[host] as HostState;
    return hasPower && isPlugged;
  }

  hearArp(iface: number, bytes: Uint8Array): void {
    const [sender, target] = [readIp(bytes, 28), readIp(bytes, 38)];
    const router = this.#routers.find((one) => one.iface === iface && one.ip === sender);
    if (router !== undefined) router.mac = bytes.slice(22, 28);
    if (bytes[21] !== REQUEST) return;
    const asked = this.#neighbours.get(target);
    if (asked === undefined || asked.iface !== iface || sender === target) return;
    if (asked.host >= 0 && !this.isThere(asked.host)) return;
    const frames = this.#frames;
    frames.isIp6 = false;
    writeIp(frames.from, target);
    writeIp(frames.to, sender);
    frames.fromMac.set(asked.mac);
    frames.toMac.set(bytes.subarray(22, 28));
    this.#send(iface, frames.answer(frames.from, false, false));
  }

  #askFor(ip: number, asker: number): void {
    const speaker = this.#speakers.get(asker) ?? this.#neighbours.get(asker);
    if (speaker === undefined) return;
    const frames = this.#frames;
    frames.isIp6 = false;
    writeIp(frames.from, asker);
    writeIp(frames.to, ip);
    frames.fromMac.set(speaker.mac);
    this.#send(speaker.iface, frames.ask());
  }

  #addNeighbour(ip: number, neighbour: Neighbour): Neighbour {
    this.#neighbours.set(ip, neighbour);
    return neighbour;
  }

  #findRouters(): void {
    for (const { plan, iface } of this.directory.networks) {
      const own = plan.router.find((one) => !one.includes(':'));
      if (own === undefined || this.#routers.some((one) => one.iface === iface)) continue;
      const asker = [...this.#neighbours].find(([, one]) => one.iface === iface)?.[0];
      if (asker !== undefined) this.#routers.push({ iface, ip: ipOf(own), asker, mac: null });
    }
  }
}

function ipOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function macOf(kind: number, number: number): Uint8Array {
  const mac = new Uint8Array(6);
  writeMac(mac, kind, number);
  return mac;
}
