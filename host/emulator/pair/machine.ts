/** A machine on the segment: its cards and addresses, what its kernel answers, and its sockets. */
import { isVersion4, networkOf, type Prefix, prefixContains } from '../../net/address.ts';
import type { Endpoint } from '../../net/endpoint.ts';
import type { Loop } from '../kernel/loop.ts';
import type { WorldTime } from '../kernel/time.ts';
import { ACK, answer, datagram, FIN, heard, question, RST, type Said, SYN, segment } from './frames.ts';
import { NeighbourTable } from './neighbours.ts';
import { Card, type Owner, type Segment } from './segment.ts';

export type Tcp = Extract<Said, { kind: 'tcp' }>;

interface MachineOptions {
  readonly segment: Segment;
  /** Of its kernel. */
  readonly time: WorldTime;
  readonly loop: Loop;
  readonly onLearnt: (address: string, mac: string | null) => void;
  /** A card has another address, or is in another state. */
  readonly onChange: () => void;
}

/** What the program on it hears of. */
interface Listener {
  /** Every frame that comes in by a card. */
  frame(card: Card, bytes: Uint8Array): void;
  /** A card is switched on or off, or has another carrier. */
  link(card: Card): void;
  changed(): void;
}

export class WorldMachine implements Owner {
  readonly name: string;
  readonly cards: Card[] = [];
  readonly neighbours: NeighbourTable;
  isPowered = true;
  /** Ports that answer, and whether they do so now. */
  readonly services = new Set<number>();
  isServing = true;
  listener: Listener | null = null;
  /** Answers to connections of its own. */
  onAnswer: (said: Tcp) => void = () => {};
  readonly #options: MachineOptions;
  readonly #sockets = new Map<number, (bytes: Uint8Array, from: Endpoint) => void>();

  constructor(name: string, options: MachineOptions) {
    this.name = name;
    this.#options = options;
    this.neighbours = new NeighbourTable({
      time: options.time,
      ask: (address, source, mac) => this.#ask(address, source, mac),
      onLearnt: options.onLearnt,
    });
  }

  add(name: string, mac: string, addresses: readonly Prefix[]): void {
    const card = new Card(name, mac, this);
    card.addresses.push(...addresses);
    this.cards.push(card);
    this.#options.segment.attach(card);
  }

  card(name: string): Card | undefined {
    return this.cards.find((one) => one.name === name);
  }

  /** Its card that answers for an address now. */
  answering(address: string): Card | null {
    return this.cards.find((card) => card.hasCarrier && card.has(address)) ?? null;
  }

  put(card: Card, prefix: Prefix): void {
    if (!card.has(prefix.address)) card.addresses.push(prefix);
    this.switched(card, true);
  }

  remove(card: Card, address: string): void {
    const at = card.addresses.findIndex((one) => one.address === address);
    if (at >= 0) card.addresses.splice(at, 1);
    this.changed();
  }

  switched(card: Card, isUp: boolean): void {
    if (card.isUp === isUp) {
      this.changed();
      return;
    }
    card.isUp = isUp;
    this.listener?.link(card);
    this.changed();
  }

  plugged(card: Card, isPlugged: boolean): void {
    card.isPlugged = isPlugged;
    this.listener?.link(card);
    this.changed();
  }

  changed(): void {
    this.#options.onChange();
    this.listener?.changed();
  }

  /** No power: nothing of it is left but what is screwed on. */
  lose(): void {
    this.isPowered = false;
    this.listener = null;
    this.#sockets.clear();
    this.neighbours.clear();
    this.#options.time.restarted();
    this.#options.onChange();
  }

  hears(card: Card, bytes: Uint8Array): void {
    const frame = heard(bytes);
    if (frame !== null) this.#hear(card, frame.from, frame.said);
    if (this.listener === null) return;
    this.#options.loop.stir();
    this.listener.frame(card, bytes);
  }

  /** False: something listens there. */
  listen(port: number, onDatagram: (bytes: Uint8Array, from: Endpoint) => void): boolean {
    if (this.#sockets.has(port)) return false;
    this.#sockets.set(port, onDatagram);
    return true;
  }

  closePort(port: number): void {
    this.#sockets.delete(port);
  }

  sendDatagram(own: Endpoint, to: Endpoint, bytes: Uint8Array): void {
    const source = this.#sourceFor(own.host, to.host);
    if (source === null) return;
    const ports = { source, destination: to.host, from: own.port, to: to.port };
    this.#send(
      source,
      to.host,
      (macs) => datagram(macs, ports, bytes),
      () => {},
    );
  }

  /** A segment of a connection; `onUnreachable`: nobody has said that he has the address. */
  sendSegment(said: Omit<Tcp, 'kind'>, onUnreachable: () => void = () => {}): void {
    this.#send(said.source, said.destination, (macs) => segment(macs, said), onUnreachable);
  }

  /** By which of its addresses it talks to another. */
  ownFor(destination: string): string | null {
    return this.#sourceFor(isVersion4(destination) ? '0.0.0.0' : '::', destination);
  }

  #sourceFor(host: string, destination: string): string | null {
    if (host !== '0.0.0.0' && host !== '::') return this.#holder(host) === null ? null : host;
    const own = this.cards
      .filter((card) => card.isUp)
      .flatMap(({ addresses }) => addresses)
      .filter(({ address }) => isVersion4(address) === isVersion4(destination));
    const near = own.find((prefix) => prefixContains(networkOf(prefix), destination));
    return (near ?? own[0])?.address ?? null;
  }

  #holder(address: string): Card | null {
    return this.cards.find((card) => card.isUp && card.has(address)) ?? null;
  }

  /** What comes from an address goes out by the card that has it. */
  #send(
    source: string,
    destination: string,
    build: (macs: readonly [string, string]) => Uint8Array,
    onUnreachable: () => void,
  ): void {
    this.neighbours.with(destination, source, (mac) => {
      const card = this.#holder(source);
      if (mac === null) onUnreachable();
      else if (card !== null) this.#options.segment.send(card, build([card.mac, mac]));
    });
  }

  #ask(address: string, source: string, mac: string | null): void {
    const card = this.#holder(source);
    if (card === null) return;
    this.#options.segment.send(card, question(card.mac, source, address, mac));
  }

  #hear(card: Card, from: string, said: Said): void {
    switch (said.kind) {
      case 'arp':
        this.#hearArp(card, said);
        return;
      case 'solicitation':
        if (!card.has(said.target)) return;
        if (said.source !== '::' && said.mac !== null) this.#noteAsker(said.source, said.mac);
        this.#options.segment.send(card, answer(card.mac, said.target, said.source, from));
        return;
      case 'advertisement': {
        const { target, mac, overrides } = said;
        if (mac !== null) this.neighbours.learn(target, mac, { isNew: false, overrides, answers: true });
        return;
      }
      case 'udp':
        if (card.has(said.destination)) {
          this.#sockets.get(said.to)?.(said.payload, { host: said.source, port: said.from });
        }
        return;
      case 'tcp':
        if (card.has(said.destination)) this.#hearTcp(said);
    }
  }

  /** As `arp_rcv` of the kernel does, with each card speaking for its own addresses alone. */
  #hearArp(card: Card, { isRequest, mac, address, target }: Extract<Said, { kind: 'arp' }>): void {
    const isAsked = isRequest && card.has(target);
    if (address !== '0.0.0.0' && !card.has(address)) {
      const isAnswer = !isRequest && card.has(target);
      if (isAsked) this.#noteAsker(address, mac);
      else
        this.neighbours.learn(address, mac, {
          isNew: false,
          overrides: address === target,
          answers: isAnswer,
        });
    }
    if (!isAsked) return;
    this.#options.segment.send(card, answer(card.mac, target, address, mac));
  }

  #noteAsker(address: string, mac: string): void {
    this.neighbours.learn(address, mac, { isNew: true, overrides: false, answers: false });
  }

  #hearTcp(said: Tcp): void {
    if ((said.flags & SYN) === 0 || (said.flags & ACK) !== 0) {
      if ((said.flags & ACK) !== 0 && (said.flags & (SYN | RST)) !== 0) this.neighbours.confirm(said.source);
      if ((said.flags & FIN) === 0) this.onAnswer(said);
      return;
    }
    const isOpen = this.isServing && this.services.has(said.to);
    this.sendSegment({
      ...{ source: said.destination, destination: said.source, from: said.to, to: said.from },
      ...{ flags: isOpen ? SYN | ACK : RST | ACK, sequence: 0, acknowledged: (said.sequence + 1) >>> 0 },
    });
  }
}
