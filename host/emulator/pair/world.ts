/** The machines of a takeover scenario on their segment, with the real nodes on two or more of them. */
import type { Prefix } from '../../net/address.ts';
import type { Calendar } from '../kernel/calendar.ts';
import type { Loop } from '../kernel/loop.ts';
import type { Streams } from '../kernel/streams.ts';
import { WorldTime } from '../kernel/time.ts';
import type { HostPlan, NetworkPlan, Scenario, Span, Verb } from '../scenario/types.ts';
import type { Witness } from '../truth/witness.ts';
import { macOf, prefixOn, ROUTER_MAC } from './cards.ts';
import { PairDirectory } from './directory.ts';
import { heard } from './frames.ts';
import { WorldMachine } from './machine.ts';
import { NodeProgram } from './program.ts';
import { announcedBy, PairPromise } from './promise.ts';
import { type Card, Segment } from './segment.ts';
import { Tries } from './tries.ts';

export interface WorldKernel {
  readonly calendar: Calendar;
  readonly loop: Loop;
  readonly streams: Streams;
}

type OnSaid = (address: string, card: Card, bytes: Uint8Array) => void;

interface Place {
  readonly plan: HostPlan;
  readonly machine: WorldMachine;
  readonly time: WorldTime;
  readonly program: NodeProgram | null;
  readonly tries: Tries;
  /** What its cards have when it starts. */
  readonly first: ReadonlyMap<string, readonly Prefix[]>;
}

export class PairWorld {
  readonly directory: PairDirectory;
  readonly promise = new PairPromise();
  readonly #scenario: Scenario;
  readonly #kernel: WorldKernel;
  readonly #witness: Witness;
  readonly #onSaid: OnSaid | null;
  readonly #segment: Segment;
  readonly #network: NetworkPlan;
  readonly #places = new Map<string, Place>();
  /** Machines that nothing happens to. */
  readonly #neighbours: WorldMachine[] = [];
  readonly #answering = new Map<number, boolean>();
  #disturbedUs = 0;

  /** `onSaid`: a card has said to everybody that it has an address; given where there is a router beside. */
  constructor(scenario: Scenario, kernel: WorldKernel, witness: Witness, onSaid: OnSaid | null = null) {
    this.#scenario = scenario;
    this.#kernel = kernel;
    this.#witness = witness;
    this.#onSaid = onSaid;
    this.directory = new PairDirectory(scenario);
    const node = scenario.hosts.find(({ name }) => scenario.takeover.has(name));
    const network = scenario.networks.find(({ name }) => name === node?.network);
    if (network === undefined) throw new RangeError('no network for a pair');
    this.#network = network;
    this.#segment = new Segment({
      calendar: kernel.calendar,
      link: network.link,
      chance: () => kernel.streams.of('pair wire').fraction(),
      onFrame: (card, bytes) => this.#spoken(card, bytes),
    });
    if (network.router.length > 0) this.#routerOn(network);
    const hosts = scenario.hosts.filter((host) => host.network === network.name);
    for (const plan of hosts) this.#places.set(plan.name, this.#place(plan, scenario.hosts.indexOf(plan)));
  }

  begin(): void {
    for (const [service] of this.directory.all.entries()) this.#answering.set(service, false);
    this.#look();
    for (const { program, plan } of this.#places.values()) if (plan.isUp) program?.begin();
  }

  /** What everybody wanted to say has been said. */
  end(): void {
    const calmMs = this.#isWell() ? (this.#kernel.calendar.nowUs - this.#disturbedUs) / 1000 : 0;
    for (const { address } of this.directory.all) this.promise.end(address, this.holders(address), calmMs);
    for (const { tries } of this.#places.values()) tries.close();
  }

  machine(name: string): WorldMachine | undefined {
    return this.#places.get(name)?.machine;
  }

  program(name: string): NodeProgram | null {
    return this.#places.get(name)?.program ?? null;
  }

  /** Who answers for an address now. */
  holders(address: string): WorldMachine[] {
    const machines = [...[...this.#places.values()].map(({ machine }) => machine), ...this.#neighbours];
    return machines.filter((machine) => machine.answering(address) !== null);
  }

  carryOut(verb: Verb): void {
    switch (verb.verb) {
      case 'try':
        this.#try(verb);
        return;
      case 'split':
        this.#segment.split(verb.nodes);
        break;
      case 'heal':
        this.#segment.heal(verb.nodes);
        break;
      case 'unplug':
      case 'plug':
        for (const card of this.#cards(verb.node)) {
          const machine = this.machine(card.owner.name);
          machine?.plugged(card, verb.verb === 'plug');
        }
        break;
      case 'kill':
        this.#kill(verb.node);
        break;
      case 'revive':
        this.#revive(verb.node);
        break;
      case 'start':
      case 'stop':
        this.#serve(verb.node, verb.verb === 'start');
        break;
      case 'killProgram':
        this.#places.get(verb.what)?.program?.kill();
        break;
      case 'startProgram':
        this.#places.get(verb.what)?.program?.begin();
        break;
      default:
        return;
    }
    this.#disturbedUs = this.#kernel.calendar.nowUs;
    this.#look();
    this.#kernel.loop.stir();
  }

  /** As a neighbour that answers for its addresses: somebody's gateway. */
  #routerOn({ router }: NetworkPlan): void {
    const { calendar, loop } = this.#kernel;
    const machine = new WorldMachine('router', {
      ...{ segment: this.#segment, loop, onChange: () => {} },
      time: new WorldTime({ calendar, loop, wallMs: this.#scenario.startMs }),
      onLearnt: (address, mac) => this.#witness.learnt?.('router', address, mac),
    });
    machine.add(
      'eth0',
      ROUTER_MAC,
      router.map((address) => prefixOn(this.#network, address)),
    );
    this.#neighbours.push(machine);
  }

  #place(plan: HostPlan, index: number): Place {
    const { calendar, loop, streams } = this.#kernel;
    const of = { calendar, loop, wallMs: this.#scenario.startMs };
    const time = new WorldTime(of);
    const machine = new WorldMachine(plan.name, {
      ...{ segment: this.#segment, time, loop },
      onLearnt: (address, mac) => this.#witness.learnt?.(plan.name, address, mac),
      onChange: () => this.#look(),
    });
    const cards = plan.adapters.length === 0 ? [{ name: 'eth0', addresses: plan.addresses }] : plan.adapters;
    const first = new Map<string, readonly Prefix[]>();
    for (const [at, { name, addresses }] of cards.entries()) {
      const prefixes = addresses.map((address) => prefixOn(this.#network, address));
      first.set(name, prefixes);
      machine.add(name, macOf(index, at), prefixes);
    }
    for (const port of plan.serves) machine.services.add(port);
    machine.isPowered = plan.isUp;
    const configuration = this.#scenario.takeover.get(plan.name);
    const program =
      configuration === undefined
        ? null
        : new NodeProgram({
            ...{ machine, configuration, calendar, time: new WorldTime(of), witness: this.#witness },
            chance: streams.of(`takeover ${plan.name}`),
            send: (card, bytes) => this.#segment.send(card, bytes),
            reaches: (address) => this.#reaches(machine, address),
          });
    // Cards that have nothing at the beginning are off until somebody needs them.
    if (program !== null) for (const card of machine.cards) card.isUp = card.addresses.length > 0;
    const below = (n: number): number => streams.of(`tries ${plan.name}`).below(n);
    const tries = new Tries({ machine, time, below, witness: this.#witness });
    return { plan, machine, time, program, tries, first };
  }

  #reaches(machine: WorldMachine, address: string): boolean {
    return this.holders(address).some(
      (other) =>
        this.#segment.hear(machine.name, other.name) && machine.cards.some((card) => card.hasCarrier),
    );
  }

  /** `web`: all of its cards; `web-1`: the one in that port of the switch, as in the lab. */
  #cards(node: string): readonly Card[] {
    const all = this.machine(node)?.cards;
    if (all !== undefined) return all;
    const [, name = '', number = ''] = /^(.+)-(\d+)$/.exec(node) ?? [];
    return this.machine(name)?.cards.slice(Number(number), Number(number) + 1) ?? [];
  }

  #try({ client, server, version, port, patienceUs }: Extract<Verb, { verb: 'try' }>): void {
    const service = this.directory.serviceOf(server, version, port);
    const number = this.directory.clientOf(client, version);
    const place = this.#places.get(client);
    if (service === null || number === null || place === undefined) return;
    place.tries.begin(number, service, this.directory.service(service), patienceUs);
  }

  #kill(node: string): void {
    const place = this.#places.get(node);
    if (place === undefined || !place.machine.isPowered) return;
    place.tries.close();
    place.program?.lose();
    place.machine.lose();
  }

  /** It starts as at the beginning: its system gives its cards what they are to have. */
  #revive(node: string): void {
    const place = this.#places.get(node);
    if (place === undefined || place.machine.isPowered) return;
    place.time.after(this.#bootMs(place.plan.boot), () => {
      const { machine, first, program } = place;
      for (const card of machine.cards) {
        card.addresses.splice(0, card.addresses.length, ...(first.get(card.name) ?? []));
        card.isUp = program === null || card.addresses.length > 0;
      }
      machine.isPowered = true;
      machine.isServing = true;
      machine.changed();
      this.#disturbedUs = this.#kernel.calendar.nowUs;
      program?.begin();
    });
  }

  #bootMs(span: Span): number {
    const draw = this.#kernel.streams.of('boots');
    switch (span.kind) {
      case 'fixed':
        return span.us / 1000;
      case 'between':
        return (span.fromUs + draw.below(span.toUs - span.fromUs + 1)) / 1000;
      case 'skewed':
        return span.medianUs / 1000;
    }
  }

  #serve(node: string, isServing: boolean): void {
    const machine = this.machine(node);
    if (machine !== undefined) machine.isServing = isServing;
  }

  #isWell(): boolean {
    const isWell = ({ machine, program }: Place): boolean =>
      machine.isPowered &&
      machine.isServing &&
      machine.cards.every(({ isPlugged }) => isPlugged) &&
      program?.isRunning !== false;
    return this.#segment.isWhole && [...this.#places.values()].every(isWell);
  }

  #spoken(card: Card, bytes: Uint8Array): void {
    const said = heard(bytes);
    if (said !== null) this.promise.frame(card, said);
    const address = said === null ? null : announcedBy(said);
    if (address !== null) this.#onSaid?.(address, card, bytes);
    this.#witness.frame?.(1, false, bytes);
  }

  /** Who answers now, and with which MAC addresses. */
  #look(): void {
    for (const [service, { address, port }] of this.directory.all.entries()) {
      const holders = this.holders(address);
      const cards = holders.flatMap((machine) => machine.answering(address) ?? []);
      this.promise.answering(address, cards);
      const answers = holders.some((machine) => machine.isServing && machine.services.has(port));
      if (this.#answering.get(service) === answers) continue;
      this.#answering.set(service, answers);
      this.#witness.service(service, answers);
    }
  }
}
