/**
 * What a takeover promises whatever happens (JP 2001-144806 paragraphs 57 and 100): never the same IP address with the same MAC
 * address at two machines; each machine speaks with its own MAC addresses alone; an address that was taken is announced by the
 * card that has it; and once the network is whole and everybody is well again, each address is at one machine only.
 */
import type { Heard } from './frames.ts';
import type { WorldMachine } from './machine.ts';
import type { Card } from './segment.ts';

/** Both nodes have found out within this who keeps an address. */
const AGREED_MS = 15_000;

export class PairPromise {
  readonly #broken: string[] = [];
  /** Who spoke with an IP and a MAC address. */
  readonly #speakers = new Map<string, string>();
  /** Requests and advertisements by which an address was announced, by machine and address. */
  readonly #announced = new Map<string, number>();
  readonly #told = new Set<string>();

  get broken(): readonly string[] {
    return this.#broken;
  }

  /** How often a machine has said that it has an address, unasked. */
  announcements(machine: string, address: string): number {
    return this.#announced.get(`${machine} ${address}`) ?? 0;
  }

  /** A frame that a card has sent. */
  frame({ owner, mac }: Card, { from, said }: Heard): void {
    const machine = owner.name;
    if (from !== mac) this.#break(`${machine} spoke with MAC ${from} by the card that has ${mac}`);
    if (said.kind === 'arp') {
      if (said.address !== '0.0.0.0') this.#speaks(machine, said.address, said.mac);
      if (said.mac !== mac) {
        this.#break(`${machine} said in ARP that ${said.address} has ${said.mac}; its card has ${mac}`);
      }
      if (said.isRequest && isAnnouncement(said.address, said.target)) this.#count(machine, said.address);
    } else if (said.kind === 'advertisement') {
      this.#speaks(machine, said.target, said.mac ?? from);
      this.#count(machine, said.target);
    } else if (said.source !== '::') this.#speaks(machine, said.source, from);
  }

  /** Which cards answer for an address now, after something has changed. */
  answering(address: string, cards: readonly Card[]): void {
    const macs = new Set(cards.map(({ mac }) => mac));
    if (macs.size === cards.length) return;
    const names = cards.map(({ owner }) => owner.name).join(' and ');
    this.#break(`${address} is at ${names} with the same MAC address ${[...macs].join(' ')}`);
  }

  /** `calmMs`: how long the network has been whole, and nobody's state has changed from outside. */
  end(address: string, holders: readonly WorldMachine[], calmMs: number): void {
    if (calmMs < AGREED_MS || holders.length <= 1) return;
    const names = holders.map(({ name }) => name).join(' and ');
    this.#break(`${address} is still at ${names}, ${Math.floor(calmMs / 1000)} s after all was well again`);
  }

  #speaks(machine: string, address: string, mac: string): void {
    const key = `${address} ${mac}`;
    const before = this.#speakers.get(key);
    if (before === undefined) this.#speakers.set(key, machine);
    else if (before !== machine) {
      this.#break(`${address} was at ${before} and at ${machine} with the same MAC address ${mac}`);
    }
  }

  #count(machine: string, address: string): void {
    const key = `${machine} ${address}`;
    this.#announced.set(key, (this.#announced.get(key) ?? 0) + 1);
  }

  #break(sentence: string): void {
    if (this.#told.has(sentence)) return;
    this.#told.add(sentence);
    this.#broken.push(sentence);
  }
}

/** A question that nobody answers: for the network's broadcast address, or for who asks. */
function isAnnouncement(address: string, target: string): boolean {
  return address !== '0.0.0.0' && (target === address || target.endsWith('.255'));
}

/** The address that a frame says to everybody, unasked, to be at who sends it; null: it says no such thing. */
export function announcedBy({ to, said }: Heard): string | null {
  const isToAll = Number.parseInt(to.slice(0, 2), 16) % 2 === 1;
  if (!isToAll) return null;
  if (said.kind === 'arp') return isAnnouncement(said.address, said.target) ? said.address : null;
  return said.kind === 'advertisement' ? said.target : null;
}
