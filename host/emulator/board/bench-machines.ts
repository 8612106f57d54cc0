/** Machines on both sides of a real router: who is there, who answers ARP and neighbour discovery for which address, where the router itself is. */
import type { HostPlan, Scenario } from '../scenario/types.ts';
import { ETHERNET_BYTES, IP6_BYTES } from '../wire/envelope.ts';
import { ADVERTISEMENT, NeighbourFrames, OPTION_BYTES, SOLICITATION } from '../wire/neighbour-frames.ts';
import type { WorldDirectory } from '../world/directory.ts';
import { Mac, writeMac } from '../world/wires.ts';
import { type AddressKey, addressKeyOf, isKey6, readKey, writeKey } from './addresses.ts';

const REQUEST = 1;
const ND_AT = ETHERNET_BYTES + IP6_BYTES;
/** Behind the header of a message of neighbour discovery, and behind its target. */
const [ND_TARGET, ND_OPTION] = [8, 24];
const UNSPECIFIED = addressKeyOf('::');

/** Someone of one interface who answers for his address. */
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

/** One of the router's own addresses. */
interface RouterPlace {
  readonly iface: number;
  readonly ip: AddressKey;
  /** Who asks for it. */
  readonly asker: AddressKey;
  /** Nobody needs it where nobody speaks that version. */
  readonly isNeeded: boolean;
  mac: Uint8Array | null;
}

type Send = (iface: number, bytes: Uint8Array) => void;

interface BenchMachinesOptions {
  readonly scenario: Pick<Scenario, 'people' | 'script'>;
  readonly directory: WorldDirectory;
  readonly send: Send;
  /** An address that this machine itself has on the bench's networks; it needs nobody to answer for it. */
  readonly own: string;
}

export class BenchMachines {
  readonly directory: WorldDirectory;
  /** By host. */
  readonly standing: readonly HostState[];
  readonly #send: Send;
  readonly #frames = new NeighbourFrames();
  readonly #neighbours = new Map<AddressKey, Neighbour>();
  readonly #placeAt = new Map<AddressKey, number>();
  /** By whose MAC address a machine with that address speaks. */
  readonly #speakers = new Map<AddressKey, Neighbour>();
  readonly #keyOfPlace: (AddressKey | null)[];
  readonly #keyOfPerson: AddressKey[];
  readonly #routers: RouterPlace[] = [];

  constructor({ scenario, directory, send, own }: BenchMachinesOptions) {
    this.directory = directory;
    this.#send = send;
    this.standing = directory.hosts.map(({ isUp }: HostPlan) => ({
      ...{ hasPower: isUp, isPlugged: true, isFrozen: false, isServing: true },
    }));
    const next = directory.networks.map(({ plan, iface }, network) => {
      const mac = macOf(Mac.nextRouter, network);
      return [false, true].map((isIp6) => {
        const via = plan.via.find((one) => one.includes(':') === isIp6);
        return via === undefined ? null : this.#addNeighbour(addressKeyOf(via), { iface, host: -1, mac });
      });
    });
    const speaks = (key: AddressKey, network: number, neighbour: Neighbour): void => {
      const behind = next[network]?.[isKey6(key) ? 1 : 0];
      this.#speakers.set(key, behind ?? this.#addNeighbour(key, neighbour));
    };
    this.#keyOfPlace = Array.from({ length: directory.places }, (_, place) => {
      if (directory.addressOf(place) === own) return null;
      const key = addressKeyOf(directory.addressOf(place));
      this.#placeAt.set(key, place);
      const network = directory.placeNetwork[place] as number;
      const iface = directory.ifaceOf[network] as number;
      speaks(key, network, { iface, host: directory.owner[place] as number, mac: macOf(Mac.host, place) });
      return key;
    });
    const { people, namedPlaces } = directory;
    this.#keyOfPerson = Array.from({ length: people.count }, (_, person) =>
      addressKeyOf(directory.client(namedPlaces + person).address),
    );
    for (const { first, plan, network } of people.groups) {
      const iface = directory.ifaceOf[network] as number;
      for (let person = first; person < first + plan.count; person++) {
        const key = this.#keyOfPerson[person] as AddressKey;
        speaks(key, network, { iface, host: -1, mac: macOf(Mac.person, person) });
      }
    }
    this.#findRouters(scenario);
  }

  /** Whether the router has been heard on every interface, in every version that somebody speaks. */
  get isComplete(): boolean {
    return this.#routers.every(({ mac, isNeeded }) => mac !== null || !isNeeded);
  }

  /** Who has the router's addresses? Until somebody says so. */
  askForRouters(): void {
    for (const router of this.#routers) if (router.mac === null) this.#askFor(router.ip, router.asker);
  }

  /** As a machine that has started does: it asks for its gateway. */
  askForGateway(host: number): void {
    for (const place of this.directory.placesOfHost[host] ?? []) {
      const key = this.#keyOfPlace[place] ?? null;
      if (key === null) continue;
      const router = this.#routerOn(this.#speakers.get(key)?.iface, isKey6(key));
      if (router !== undefined) this.#askFor(router.ip, key);
    }
  }

  /** null: it was not heard there yet. */
  routerMac(iface: number, isIp6: boolean): Uint8Array | null {
    return this.#routerOn(iface, isIp6)?.mac ?? null;
  }

  speaker(key: AddressKey): Neighbour | undefined {
    return this.#speakers.get(key);
  }

  /** -1: no machine has that address. */
  placeAt(key: AddressKey): number {
    return this.#placeAt.get(key) ?? -1;
  }

  /** null: that address is this machine's own. */
  keyOfPlace(place: number): AddressKey | null {
    return this.#keyOfPlace[place] ?? null;
  }

  keyOfClient(client: number): AddressKey | null {
    const { namedPlaces } = this.directory;
    return (
      (client < namedPlaces ? this.#keyOfPlace[client] : this.#keyOfPerson[client - namedPlaces]) ?? null
    );
  }

  /** Whether it is there to hear anything. */
  isThere(host: number): boolean {
    const { hasPower, isPlugged } = this.standing[host] as HostState;
    return hasPower && isPlugged;
  }

  hearArp(iface: number, bytes: Uint8Array): void {
    const [sender, target] = [readKey(bytes, 28, false), readKey(bytes, 38, false)];
    this.#heard(iface, sender, bytes.subarray(22, 28));
    if (bytes[21] === REQUEST && sender !== target) this.#answer(iface, target, sender, bytes);
  }

  /** A message of ICMPv6. */
  hearNeighbour(iface: number, bytes: Uint8Array): void {
    if (bytes.length < ND_AT + ND_OPTION) return;
    const target = readKey(bytes, ND_AT + ND_TARGET, true);
    const sender = readKey(bytes, ETHERNET_BYTES + 8, true);
    if (bytes[ND_AT] === ADVERTISEMENT) {
      const option = ND_AT + ND_OPTION;
      const named = bytes.length >= option + OPTION_BYTES;
      this.#heard(iface, target, named ? bytes.subarray(option + 2, option + 8) : bytes.subarray(6, 12));
    }
    // Whoever wants an address for himself hears nothing: nobody here takes one of the router's.
    if (bytes[ND_AT] === SOLICITATION && sender !== UNSPECIFIED) this.#answer(iface, target, sender, bytes);
  }

  #heard(iface: number, ip: AddressKey, mac: Uint8Array): void {
    const router = this.#routers.find((one) => one.iface === iface && one.ip === ip);
    if (router !== undefined) router.mac = mac.slice();
  }

  #answer(iface: number, target: AddressKey, asker: AddressKey, bytes: Uint8Array): void {
    const asked = this.#neighbours.get(target);
    if (asked === undefined || asked.iface !== iface) return;
    if (asked.host >= 0 && !this.isThere(asked.host)) return;
    const frames = this.#frames;
    frames.isIp6 = isKey6(target);
    writeKey(frames.from, target);
    writeKey(frames.to, asker);
    frames.fromMac.set(asked.mac);
    frames.toMac.set(bytes.subarray(6, 12));
    this.#send(iface, frames.answer(frames.from, ((bytes[0] as number) & 1) === 0, false));
  }

  #askFor(ip: AddressKey, asker: AddressKey): void {
    const speaker = this.#speakers.get(asker) ?? this.#neighbours.get(asker);
    if (speaker === undefined) return;
    const frames = this.#frames;
    frames.isIp6 = isKey6(ip);
    writeKey(frames.from, asker);
    writeKey(frames.to, ip);
    frames.fromMac.set(speaker.mac);
    this.#send(speaker.iface, frames.ask());
  }

  #routerOn(iface: number | undefined, isIp6: boolean): RouterPlace | undefined {
    return this.#routers.find((one) => one.iface === iface && isKey6(one.ip) === isIp6);
  }

  #addNeighbour(key: AddressKey, neighbour: Neighbour): Neighbour {
    this.#neighbours.set(key, neighbour);
    return neighbour;
  }

  #findRouters({ people, script }: Pick<Scenario, 'people' | 'script'>): void {
    const speaks6 =
      people.some(({ ip6 }) => ip6 > 0) ||
      script.some(({ verbs }) => verbs.some((verb) => verb.verb === 'try' && verb.version === 6));
    for (const { plan, iface } of this.directory.networks) {
      for (const address of plan.router) {
        const ip = addressKeyOf(address);
        const isIp6 = isKey6(ip);
        if (this.#routerOn(iface, isIp6) !== undefined) continue;
        const ofLink = [...this.#neighbours].find(
          ([key, one]) => one.iface === iface && isKey6(key) === isIp6,
        );
        const isNeeded = speaks6 || !isIp6;
        if (ofLink !== undefined) this.#routers.push({ iface, ip, asker: ofLink[0], isNeeded, mac: null });
      }
    }
  }
}

function macOf(kind: number, number: number): Uint8Array {
  const mac = new Uint8Array(6);
  writeMac(mac, kind, number);
  return mac;
}
