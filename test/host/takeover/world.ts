/**
 * A duplex system without machines: real nodes and real sessions, a clock that the test turns, kernels and a network that are
 * tables. What is sent is bytes, and may be lost, kept, and sent again.
 */

import type { Level } from '../../../host/log/catalogue/kinds.ts';
import type { Fields } from '../../../host/log/log.ts';
import type { Active } from '../../../host/takeover/active/active.ts';
import type { Ports } from '../../../host/takeover/ports/ports.ts';
import type { Standby } from '../../../host/takeover/standby/standby.ts';
import { FakeClock } from './clock.ts';
import { ADDRESSES, activeConfiguration, standbyConfiguration } from './configuration.ts';
import { FakeMachine } from './machine.ts';
import { ActiveNode, type Remembered, StandbyNode } from './nodes.ts';

const NEVER = new Promise<never>(() => {});

interface Told {
  readonly machine: string;
  readonly level: Level;
  readonly event: string;
  readonly fields: Fields;
}

interface Announcement {
  readonly machine: string;
  readonly ifname: string;
  readonly mac: string | null;
  readonly address: string;
}

interface Sent {
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
}

/** What the nodes' configurations say beside the usual. */
export interface NodeOptions {
  readonly active?: object;
  readonly standby?: object;
}

export class World {
  readonly clock = new FakeClock();
  readonly told: Told[] = [];
  readonly announced: Announcement[] = [];
  readonly sent: Sent[] = [];
  readonly machines = new Map<string, FakeMachine>();
  readonly nodes = new Map<string, ActiveNode | StandbyNode>();
  /** Pairs of machines, sorted and joined, that hear nothing of each other. */
  readonly cut = new Set<string>();
  /** What a standby that is started again would find in its memory. */
  remembered: Remembered = { taken: [], stuck: [] };
  /** So many of the next datagrams are lost. */
  losses = 0;

  machine(name: string): FakeMachine {
    const machine = this.machines.get(name);
    if (machine === undefined) throw new Error(`no ${name}`);
    return machine;
  }

  separate(one: string, other: string): void {
    this.cut.add([one, other].sort().join(' '));
  }

  hears(one: string, other: string): boolean {
    return !this.cut.has([one, other].sort().join(' '));
  }

  deliver(from: string, to: string, bytes: Buffer): void {
    this.sent.push({ from, to, bytes });
    if (this.losses > 0) {
      this.losses--;
      return;
    }
    if (this.machine(from).dead || this.machine(to).dead || !this.hears(from, to)) return;
    // Never within the call that sends it: a network takes its time.
    setImmediate(() => this.nodes.get(to)?.receive(bytes, from));
  }

  /** What was told of one event, as `machine address` each. */
  events(event: string, machine?: string): Told[] {
    return this.told.filter(
      (one) => one.event === event && (machine === undefined || one.machine === machine),
    );
  }

  /** Who answers for an address. */
  holders(address: string): string[] {
    return [...this.machines.values()]
      .filter((one) => one.answersFor(address) !== null)
      .map(({ name }) => name);
  }

  /** `isOver`: whether the process that has them was ended; what it had begun comes to nothing. */
  ports(machine: FakeMachine, checkMs: number, isOver: () => boolean): Ports {
    return {
      time: this.clock,
      tell: (level, event, fields) => void this.told.push({ machine: machine.name, level, event, fields }),
      announce: async (ifname, { address }) => {
        if (isOver()) await NEVER;
        if (machine.mute) throw new Error('the data plane is away');
        const mac = machine.interfaces.get(ifname)?.mac ?? null;
        this.announced.push({ machine: machine.name, ifname, mac, address });
        for (const other of this.machines.values()) {
          if (other === machine || !other.claims.has(address) || !this.hears(machine.name, other.name))
            continue;
          setImmediate(() => this.nodes.get(other.name)?.contradicted(address, mac ?? ''));
        }
      },
      claim: (_, address) => void machine.claims.add(address),
      unclaim: (address) => void machine.claims.delete(address),
      probe: (address, by) =>
        new Promise((resolve, reject) => {
          const isOff = by !== undefined && machine.interfaces.get(by)?.up !== true;
          if (machine.deaf || isOff) {
            reject(new Error('no interface has a carrier to ask by'));
            return;
          }
          for (const other of this.machines.values()) {
            const answer = other.answersFor(address);
            if (other !== machine && answer !== null && this.hears(machine.name, other.name)) {
              resolve(answer);
              return;
            }
          }
          this.clock.after(checkMs, () => resolve(null));
        }),
      activate: async (ifname, { address }) => {
        if (machine.slowMs > 0) {
          await new Promise<void>((resolve) => void this.clock.after(machine.slowMs, resolve));
        }
        if (isOver()) await NEVER;
        if (machine.refusing.on.has(ifname)) throw new Error('Operation not permitted');
        machine.put(ifname, address);
        if (machine.interfaces.get(ifname)?.cable === false) throw new Error(`${ifname} has no carrier`);
      },
      macOf: (ifname) => machine.interfaces.get(ifname)?.mac ?? null,
    };
  }

  /** The duplex system once its nodes have met. */
  static async ready(more: NodeOptions = {}): Promise<World> {
    const world = World.duplex(more);
    await world.clock.pass(150);
    return world;
  }

  /** As in the seed's figures: web with two addresses, shop with one, a standby that listens on the last of its interfaces. */
  static duplex(more: NodeOptions = {}): World {
    const world = new World();
    const web = new FakeMachine('web', { eth0: '02:00:00:00:11:00', eth1: '02:00:00:00:11:01' });
    web.put('eth0', ADDRESSES.web[0]);
    web.put('eth1', ADDRESSES.web[1]);
    const shop = new FakeMachine('shop', { eth0: '02:00:00:00:12:00' });
    shop.put('eth0', ADDRESSES.shop[0]);
    const standby = new FakeMachine('standby', { eth0: '02:00:00:00:13:00', eth1: '02:00:00:00:13:01' });
    standby.put('eth0', '172.27.178.13');
    for (const machine of [web, shop, standby]) world.machines.set(machine.name, machine);
    world.startStandby(more.standby);
    world.startActive('web', more.active);
    world.startActive('shop', more.active);
    return world;
  }

  startActive(name: 'web' | 'shop', more: object = {}): ActiveNode {
    this.nodes.get(name)?.close();
    this.machine(name).claims.clear();
    const node = new ActiveNode(this, this.machine(name), activeConfiguration(name, more));
    this.nodes.set(name, node);
    node.begin();
    return node;
  }

  startStandby(more: object = {}, remembered: Remembered = { taken: [], stuck: [] }): StandbyNode {
    this.nodes.get('standby')?.close();
    this.machine('standby').claims.clear();
    const node = new StandbyNode(this, this.machine('standby'), standbyConfiguration(more), remembered);
    this.nodes.set('standby', node);
    node.begin();
    return node;
  }

  active(name: string): Active {
    const node = this.nodes.get(name);
    if (!(node instanceof ActiveNode)) throw new Error(`${name} is no active`);
    return node.active;
  }

  get standby(): Standby {
    const node = this.nodes.get('standby');
    if (!(node instanceof StandbyNode)) throw new Error('no standby');
    return node.standby;
  }

  /** An active's operator gives addresses (none named: all); whether each is at the standby then. */
  async give(name: string, addresses: readonly string[] = []): Promise<boolean[]> {
    const [handovers] = await Promise.all([
      this.active(name).give(addresses, 'operator'),
      this.clock.pass(100),
    ]);
    return handovers.map(({ done }) => done);
  }

  /** A cable of the standby's, and what follows within so long. */
  async cable(ifname: string, isIn: boolean, passMs = 50): Promise<void> {
    const found = this.machine('standby').interfaces.get(ifname);
    if (found === undefined) throw new Error(`no ${ifname}`);
    found.cable = isIn;
    this.standby.onKernel();
    await this.clock.pass(passMs);
  }

  /** The machine is gone, and everything on it. */
  kill(name: string): void {
    this.machine(name).dead = true;
    this.nodes.get(name)?.close();
    this.nodes.delete(name);
  }
}
