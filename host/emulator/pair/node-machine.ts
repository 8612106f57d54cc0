/** What a node of the pair finds on a machine of the world, in the place of iproute2, a daemon and files. */
import type { TakeoverConfiguration } from '../../config/takeover/types.ts';
import { InProcessFabric } from '../../fabric/in-process.ts';
import type { FieldsOf } from '../../log/events.ts';
import type { Log } from '../../log/log.ts';
import { isVersion4, networkOf, type Prefix, prefixContains } from '../../net/address.ts';
import { Announcer } from '../../takeover/machine/announcer.ts';
import { GROUP_MS } from '../../takeover/machine/kernel.ts';
import { AGAIN_ON_FRESH_LINK, USUAL_CHECK_MS } from '../../takeover/machine/machine.ts';
import type { InterfaceFacts } from '../../takeover/ports/interface-facts.ts';
import type {
  MachineHandlers,
  MachineOptions,
  NodeMachine,
  Remembered,
} from '../../takeover/ports/machine.ts';
import type { Ports } from '../../takeover/ports/ports.ts';
import { REFUSALS, type RefusedDatagram } from '../../takeover/protocol/session.ts';
import { pause, type Time } from '../../time.ts';
import type { Calendar } from '../kernel/calendar.ts';
import type { WorldMachine } from './machine.ts';
import type { Card } from './segment.ts';

/** A batch of iproute2's that runs already has done a command after so long. */
const COMMAND_MS = 2;

/** What a machine keeps for the next process on it: gone with its power. */
export interface Memory {
  known: Remembered;
  raised: Set<string>;
}

export const forgotten = (): Memory => ({ known: { taken: [], stuck: [] }, raised: new Set() });

/** What a node's machine has of the world. */
interface NodePlace {
  readonly machine: WorldMachine;
  readonly calendar: Calendar;
  readonly memory: Memory;
  readonly send: (card: Card, bytes: Uint8Array) => void;
  /** The process has ended: whatever it still does comes to nothing. */
  readonly isOver: () => boolean;
}

export class PairMachine implements NodeMachine {
  readonly name: string;
  readonly kernel: NodeMachine['kernel'];
  readonly interfaces: NodeMachine['interfaces'];
  readonly memory: NodeMachine['memory'];
  /** The kernel of this world keeps quiet by itself: each card speaks for its own addresses alone. */
  readonly settings = { prepare: (): void => {} };
  readonly refused = Object.fromEntries(REFUSALS.map((why) => [why, 0])) as Record<RefusedDatagram, number>;
  readonly #place: NodePlace;
  readonly #log: Log;
  readonly #time: Time;
  readonly #interfaces: readonly string[];
  readonly #announcer: Announcer;
  readonly #fabric: InProcessFabric;
  readonly #fresh = new Set<string>();
  #configuration: TakeoverConfiguration;

  constructor(
    place: NodePlace,
    configuration: TakeoverConfiguration,
    { interfaces, log, time, chance }: MachineOptions,
    handlers: MachineHandlers,
  ) {
    this.#place = place;
    this.#configuration = configuration;
    this.#interfaces = interfaces;
    this.#log = log;
    this.#time = time;
    this.name = configuration.takeover.name ?? place.machine.name;
    this.kernel = this.#kernelFacts();
    this.interfaces = this.#actions();
    const { memory } = place;
    this.memory = {
      get known() {
        return memory.known;
      },
      change: (part) => {
        if (!place.isOver()) memory.known = { ...memory.known, ...part };
      },
    };
    this.#fabric = new InProcessFabric({
      nowUs: () => place.calendar.nowUs,
      onFrame: (bytes, number) => {
        const card = place.machine.card(interfaces[number - 1] ?? '');
        if (card !== undefined && !place.isOver()) place.send(card, bytes);
      },
    });
    this.#announcer = new Announcer({
      connect: this.#fabric.connect,
      daemon: configuration.daemon,
      interfaces,
      terms: () => this.#configuration.takeover.announce,
      router: () => false,
      macOf: (ifname) => place.machine.card(ifname)?.mac ?? null,
      isOwn: (mac) => place.machine.cards.some((card) => card.mac === mac),
      onConflict: (address, mac) => handlers.onConflict(address, mac),
      ...{ log, time, chance },
    });
    this.#listenTo(handlers);
  }

  keys = (): readonly [string, ...string[]] => {
    const { key, oldKey } = this.#configuration.takeover;
    return oldKey === null ? [key] : [key, oldKey];
  };

  async start(): Promise<void> {}

  async listen(): Promise<void> {
    await this.#announcer.start();
  }

  async close(): Promise<void> {
    this.#place.machine.listener = null;
    await this.#announcer.close();
    this.#fabric.end();
  }

  use(configuration: TakeoverConfiguration): void {
    this.#configuration = configuration;
  }

  isolate(): void {}

  restore(): void {}

  refuse(why: RefusedDatagram, from: string): void {
    this.refused[why]++;
    this.#log.warn('takeover.refused', { from, peer: from, why, reason: why, message: why });
  }

  complain(event: 'takeover.second', fields: FieldsOf<'takeover.second'>): void {
    this.#log.error(event, fields);
  }

  ports(): Ports {
    const { machine } = this.#place;
    return {
      time: this.#time,
      tell: (level, event, fields) => this.#log.at(level, event, fields),
      announce: async (ifname, address, again = 0) => {
        this.#mustBeHeard(ifname);
        const isFresh = this.#fresh.delete(ifname);
        await this.#announcer.announce(ifname, address, isFresh ? AGAIN_ON_FRESH_LINK : again);
      },
      claim: (ifname, address) => this.#announcer.claim(ifname, address),
      unclaim: (address) => this.#announcer.unclaim(address),
      probe: (address, by) => {
        const open = (by === undefined ? this.#interfaces : [by]).filter(
          (ifname) => machine.card(ifname)?.hasCarrier === true,
        );
        return this.#announcer.probe(address, open, this.#configuration.takeover.checkMs ?? USUAL_CHECK_MS);
      },
      activate: (ifname, address) => this.#activate(ifname, address),
      macOf: (ifname) => machine.card(ifname)?.mac ?? null,
    };
  }

  #listenTo(handlers: MachineHandlers): void {
    const { machine, isOver } = this.#place;
    let isTold = false;
    machine.listener = {
      frame: (card, bytes) => {
        const number = this.#interfaces.indexOf(card.name) + 1;
        if (number > 0) this.#fabric.frame(bytes, 'In', number);
      },
      link: (card) => {
        if (!isOver()) handlers.onLink(card.name, card.isUp, card.hasCarrier);
      },
      changed: () => {
        if (isTold) return;
        isTold = true;
        this.#time.after(GROUP_MS, () => {
          isTold = false;
          handlers.onKernel();
        });
      },
    };
  }

  /** As the daemon says of an interface without a carrier. */
  #mustBeHeard(ifname: string): void {
    if (this.#place.machine.card(ifname)?.hasCarrier !== true) throw new Error(`${ifname} is down`);
  }

  /** A command of iproute2's: it takes its time, and a process that has ended meanwhile has given none. */
  async #command(): Promise<void> {
    await pause(this.#time, COMMAND_MS);
    if (this.#place.isOver()) await new Promise<never>(() => {});
  }

  #card(ifname: string): Card {
    const card = this.#place.machine.card(ifname);
    if (card === undefined) throw new Error(`Cannot find device "${ifname}"`);
    return card;
  }

  async #activate(ifname: string, prefix: Prefix): Promise<void> {
    const wasOff = this.#place.machine.card(ifname)?.isUp === false;
    await this.#command();
    const card = this.#card(ifname);
    if (wasOff) this.#place.memory.raised.add(ifname);
    this.#place.machine.put(card, prefix);
    if (!card.hasCarrier) throw new Error(`${ifname} has no carrier: is its cable out?`);
    if (wasOff) this.#fresh.add(ifname);
  }

  #kernelFacts(): NodeMachine['kernel'] {
    const { machine } = this.#place;
    const holdersOf = (address: string): string[] =>
      machine.cards.filter((card) => card.has(address)).map(({ name }) => name);
    return {
      has: (ifname) => machine.card(ifname) !== undefined,
      isUp: (ifname) => machine.card(ifname)?.isUp ?? false,
      hasCarrier: (ifname) => machine.card(ifname)?.hasCarrier ?? false,
      indexOf: (ifname) => machine.cards.findIndex(({ name }) => name === ifname) + 1,
      holdersOf,
      holderOf: (address) => holdersOf(address)[0] ?? null,
      prefixOf: (ifname, address) =>
        machine.card(ifname)?.addresses.find((prefix) => prefix.address === address),
      ownAddresses: (near) => {
        const own = machine.cards
          .flatMap(({ addresses }) => addresses)
          .filter(({ address }) => isVersion4(address) === isVersion4(near));
        const isNear = (prefix: Prefix): boolean => prefixContains(networkOf(prefix), near);
        return [...own.filter(isNear), ...own.filter((one) => !isNear(one))].map(({ address }) => address);
      },
    };
  }

  #actions(): NodeMachine['interfaces'] {
    const { machine, memory } = this.#place;
    const lower = async (only?: string): Promise<void> => {
      for (const ifname of [...memory.raised].filter((one) => only === undefined || one === only)) {
        const card = machine.card(ifname);
        if (card === undefined || card.addresses.length > 0) continue;
        await this.#command();
        machine.switched(card, false);
        memory.raised.delete(ifname);
      }
    };
    return {
      factsOf: (ifname): InterfaceFacts => {
        const card = machine.card(ifname);
        const on = card?.isUp ?? false;
        return { ifname, mac: card?.mac ?? null, on, broken: on && card?.hasCarrier !== true };
      },
      has: (ifname, address) => {
        const card = machine.card(ifname);
        return card?.isUp === true && card.has(address);
      },
      raise: async (interfaces) => {
        const down = interfaces.filter((ifname) => machine.card(ifname)?.isUp === false);
        if (down.length > 0) await this.#command();
        for (const ifname of down) {
          memory.raised.add(ifname);
          machine.switched(this.#card(ifname), true);
        }
      },
      lower,
      withdraw: async (ifname, prefix, _sourced, isLowered) => {
        await this.#command();
        machine.remove(this.#card(ifname), prefix.address);
        if (isLowered) await lower(ifname);
      },
      deactivate: async (ifname, prefix) => {
        await this.#command();
        const card = this.#card(ifname);
        machine.remove(card, prefix.address);
        if (card.addresses.length === 0) {
          machine.switched(card, false);
          return null;
        }
        return `${ifname} stays on: it has ${card.addresses.map(({ address }) => address).join(', ')}`;
      },
      // Whatever comes from an address goes out by the card that has it, in this world.
      talkBy: async () => {},
      talkByNoMore: async () => {},
    };
  }
}
