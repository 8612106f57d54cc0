/** The network that a pair and its neighbours are on: a switch, cables that may be out, and ways between machines that may be cut. */
import type { Prefix } from '../../net/address.ts';
import { macText } from '../../net/mac-address.ts';
import type { Actor, Calendar } from '../kernel/calendar.ts';
import type { LinkPlan } from '../scenario/types.ts';

/** Of a machine, which hears by it. */
export class Card {
  readonly name: string;
  readonly mac: string;
  readonly addresses: Prefix[] = [];
  /** Switched on by its machine. */
  isUp = true;
  /** Its cable is in. */
  isPlugged = true;
  readonly owner: Owner;

  constructor(name: string, mac: string, owner: Owner) {
    this.name = name;
    this.mac = mac;
    this.owner = owner;
  }

  get hasCarrier(): boolean {
    return this.isUp && this.isPlugged && this.owner.isPowered;
  }

  has(address: string): boolean {
    return this.addresses.some((one) => one.address === address);
  }
}

export interface Owner {
  readonly name: string;
  readonly isPowered: boolean;
  hears(card: Card, bytes: Uint8Array): void;
}

interface SegmentOptions {
  readonly calendar: Calendar;
  readonly link: LinkPlan;
  /** From 0 up to 1. */
  readonly chance: () => number;
  /** What a machine has said. */
  readonly onFrame: (card: Card, bytes: Uint8Array) => void;
}

/** Somewhat more than a switch needs, where the scenario says nothing. */
const MIN_DELAY_US = 20;
const GROUP_BIT = 1;

export class Segment implements Actor {
  readonly #options: SegmentOptions;
  readonly #actor: number;
  readonly #cards: Card[] = [];
  readonly #cut = new Set<string>();
  /** On their way. */
  readonly #frames = new Map<number, { readonly card: Card; readonly bytes: Uint8Array }>();
  #sent = 0;

  constructor(options: SegmentOptions) {
    this.#options = options;
    this.#actor = options.calendar.admit(this);
  }

  attach(card: Card): void {
    this.#cards.push(card);
  }

  /** All of them hear nothing of each other any more. */
  split(names: readonly string[]): void {
    for (const pair of pairsOf(names)) this.#cut.add(pair);
  }

  /** None named: everybody hears everybody. */
  heal(names: readonly string[]): void {
    if (names.length === 0) this.#cut.clear();
    for (const pair of pairsOf(names)) this.#cut.delete(pair);
  }

  get isWhole(): boolean {
    return this.#cut.size === 0;
  }

  hear(one: string, other: string): boolean {
    return !this.#cut.has(pairOf(one, other));
  }

  send(card: Card, bytes: Uint8Array): void {
    if (!card.hasCarrier) return;
    const { calendar, link, chance, onFrame } = this.#options;
    onFrame(card, bytes);
    const dueUs = calendar.nowUs + Math.max(link.delayUs, MIN_DELAY_US);
    const isLost = link.loss > 0 && chance() < link.loss;
    const copies = link.duplication > 0 && chance() < link.duplication ? 2 : 1;
    for (let copy = 0; copy < copies && !isLost; copy++) {
      const number = this.#sent++ >>> 0;
      this.#frames.set(number, { card, bytes });
      calendar.enter(dueUs, this.#actor, 0, number);
    }
  }

  happens(_what: number, number: number): void {
    const frame = this.#frames.get(number);
    if (frame === undefined) return;
    this.#frames.delete(number);
    const { card, bytes } = frame;
    const to = macText(bytes);
    const isToMany = ((bytes[0] ?? 0) & GROUP_BIT) !== 0;
    for (const other of this.#cards) {
      if (other === card || !other.hasCarrier || !(isToMany || other.mac === to)) continue;
      if (other.owner !== card.owner && !this.hear(card.owner.name, other.owner.name)) continue;
      other.owner.hears(other, bytes);
    }
  }
}

function pairOf(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

function pairsOf(names: readonly string[]): string[] {
  return names.flatMap((one, at) => names.slice(at + 1).map((other) => pairOf(one, other)));
}
