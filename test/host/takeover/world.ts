/**
 * A duplex system without machines: real halves and real sessions, a clock that the test turns, kernels and a network that are
 * tables. What is sent is bytes, and may be lost, kept, and sent again.
 */
import type { Prefix } from '../../../host/config/address.ts';
import { parseTakeoverConfiguration } from '../../../host/config/takeover/file.ts';
import type { ActiveConfiguration, StandbyConfiguration } from '../../../host/config/takeover/types.ts';
import type { Fields, Level } from '../../../host/log.ts';
import { Active } from '../../../host/takeover/active/active.ts';
import { ActiveSession } from '../../../host/takeover/active/session.ts';
import type { Memory } from '../../../host/takeover/memory.ts';
import type { Ports } from '../../../host/takeover/ports.ts';
import { StandbySessions } from '../../../host/takeover/standby/sessions.ts';
import { Standby } from '../../../host/takeover/standby/standby.ts';
import type { Message } from '../../../host/takeover/wire.ts';
import { FakeClock } from './clock.ts';
import { FakeMachine } from './machine.ts';

const KEY = 'a secret of the pair';
const NEVER = new Promise<never>(() => {});

export interface Told {
  readonly machine: string;
  readonly level: Level;
  readonly event: string;
  readonly fields: Fields;
}

export interface Announcement {
  readonly machine: string;
  readonly adapter: string;
  readonly hardware: string | null;
  readonly address: string;
}

interface Sent {
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
}

export const ADDRESSES = { web: ['172.27.178.80', '172.27.178.81'], shop: ['172.27.178.82'] } as const;

type Remembered = Pick<Memory['known'], 'taken' | 'stuck'>;

/** What the halves' configurations say beside the usual. */
export interface Halves {
  readonly active?: object;
  readonly standby?: object;
}

export class World {
  readonly clock = new FakeClock();
  readonly told: Told[] = [];
  readonly announced: Announcement[] = [];
  readonly sent: Sent[] = [];
  readonly machines = new Map<string, FakeMachine>();
  readonly halves = new Map<string, ActiveHalf | StandbyHalf>();
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
    setImmediate(() => this.halves.get(to)?.receive(bytes, from));
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
      clock: this.clock,
      tell: (level, event, fields) => void this.told.push({ machine: machine.name, level, event, fields }),
      announce: async (adapter, { address }) => {
        if (isOver()) await NEVER;
        if (machine.mute) throw new Error('the data plane is away');
        const hardware = machine.adapters.get(adapter)?.hardware ?? null;
        this.announced.push({ machine: machine.name, adapter, hardware, address });
        for (const other of this.machines.values()) {
          if (other === machine || !other.claims.has(address) || !this.hears(machine.name, other.name))
            continue;
          setImmediate(() => this.halves.get(other.name)?.contradicted(address, hardware ?? ''));
        }
      },
      claim: (_, address) => void machine.claims.add(address),
      unclaim: (address) => void machine.claims.delete(address),
      probe: (address, by) =>
        new Promise((resolve, reject) => {
          const isOff = by !== undefined && machine.adapters.get(by)?.up !== true;
          if (machine.deaf || isOff) {
            reject(new Error('no adapter has a carrier to ask by'));
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
      activate: async (adapter, { address }) => {
        if (machine.slowMs > 0) {
          await new Promise<void>((resolve) => void this.clock.after(machine.slowMs, resolve));
        }
        if (isOver()) await NEVER;
        if (machine.refusing.on.has(adapter)) throw new Error('Operation not permitted');
        machine.put(adapter, address);
        if (machine.adapters.get(adapter)?.cable === false) throw new Error(`${adapter} has no carrier`);
      },
      hardwareOf: (adapter) => machine.adapters.get(adapter)?.hardware ?? null,
    };
  }

  /** The duplex system once its halves have met. */
  static async ready(more: Halves = {}): Promise<World> {
    const world = World.duplex(more);
    await world.clock.pass(150);
    return world;
  }

  /** As in the seed's figures: web with two addresses, shop with one, a standby that listens on the last of its adapters. */
  static duplex(more: Halves = {}): World {
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

  startActive(name: 'web' | 'shop', more: object = {}): ActiveHalf {
    this.halves.get(name)?.close();
    this.machine(name).claims.clear();
    const half = new ActiveHalf(this, this.machine(name), activeConfiguration(name, more));
    this.halves.set(name, half);
    half.begin();
    return half;
  }

  startStandby(more: object = {}, remembered: Remembered = { taken: [], stuck: [] }): StandbyHalf {
    this.halves.get('standby')?.close();
    this.machine('standby').claims.clear();
    const half = new StandbyHalf(this, this.machine('standby'), standbyConfiguration(more), remembered);
    this.halves.set('standby', half);
    half.begin();
    return half;
  }

  active(name: string): Active {
    const half = this.halves.get(name);
    if (!(half instanceof ActiveHalf)) throw new Error(`${name} is no active`);
    return half.active;
  }

  get standby(): Standby {
    const half = this.halves.get('standby');
    if (!(half instanceof StandbyHalf)) throw new Error('no standby');
    return half.standby;
  }

  /** An active's operator gives addresses (none named: all); whether each is at the standby then. */
  async give(name: string, addresses: readonly string[] = []): Promise<boolean[]> {
    const [handovers] = await Promise.all([
      this.active(name).give(addresses, 'operator'),
      this.clock.pass(100),
    ]);
    return handovers.map(({ done }) => done);
  }

  /** The machine is gone, and everything on it. */
  kill(name: string): void {
    this.machine(name).dead = true;
    this.halves.get(name)?.close();
    this.halves.delete(name);
  }
}

export function activeConfiguration(name: 'web' | 'shop', more: object = {}): ActiveConfiguration {
  const addresses = ADDRESSES[name].map((address, i) => ({ address: `${address}/24`, adapter: `eth${i}` }));
  const half = { role: 'active', name, standby: '172.27.178.13', key: KEY, addresses, ...more };
  const { takeover } = parseTakeoverConfiguration(JSON.stringify({ takeover: half }), 'test');
  if (takeover.role !== 'active') throw new Error('no active');
  return takeover;
}

export function standbyConfiguration(more: object = {}): StandbyConfiguration {
  const half = {
    role: 'standby',
    listen: '172.27.178.13:7373',
    key: KEY,
    adapters: ['eth0', 'eth1'],
    actives: [
      { name: 'web', address: '172.27.178.11' },
      { name: 'shop', address: '172.27.178.12' },
    ],
    ...more,
  };
  const { takeover } = parseTakeoverConfiguration(JSON.stringify({ takeover: half }), 'test');
  if (takeover.role !== 'standby') throw new Error('no standby');
  return takeover;
}

/** What host/takeover/active/half.ts is on a real machine. */
class ActiveHalf {
  readonly active: Active;
  readonly session: ActiveSession;
  readonly #world: World;
  readonly #name: string;
  #stop: (() => void)[] = [];
  #greeting: (() => void) | null = null;
  #closed = false;

  constructor(world: World, machine: FakeMachine, configuration: ActiveConfiguration) {
    this.#world = world;
    this.#name = machine.name;
    this.session = new ActiveSession(() => [KEY], machine.name);
    this.active = new Active(
      configuration,
      {
        ...world.ports(machine, configuration.checkMs ?? 200, () => this.#closed),
        send: (message) => this.#send(message),
        sent: () => this.session.sent,
        raise: async (name) => {
          const adapter = machine.adapters.get(name);
          if (adapter !== undefined) adapter.up = true;
        },
        lower: async (name) => {
          const adapter = machine.adapters.get(name);
          if (adapter?.addresses.size === 0) adapter.up = false;
        },
        deactivate: async (adapter, { address }) => {
          if (machine.refusing.off.has(adapter)) throw new Error('Operation not permitted');
          machine.adapters.get(adapter)?.addresses.delete(address);
          const others = machine.adapters.get(adapter);
          if (others?.addresses.size === 0) others.up = false;
          return { kept: null };
        },
      },
      ({ address }) => machine.answersFor(address) !== null,
    );
  }

  begin(): void {
    this.#greet();
    this.#beat();
  }

  receive(bytes: Buffer): void {
    const reading = this.session.open(bytes);
    this.#world.told.push({
      machine: this.#name,
      level: 'debug',
      event: `reading.${reading.is}`,
      fields: {},
    });
    if (reading.is === 'welcome') {
      this.#greeting?.();
      this.#greeting = null;
      this.active.onSession(reading.standby);
      this.#send(this.active.beat(this.#name));
    } else if (reading.is === 'lost') {
      this.active.onSessionEnd();
      this.#greet();
    } else if (reading.is === 'message') this.active.onMessage(reading.message, reading.seen);
  }

  say(message: Message): void {
    this.#send(message);
  }

  contradicted(address: string, hardware: string): void {
    this.active.onConflict(address, hardware);
  }

  close(): void {
    this.#closed = true;
    this.active.close();
    this.#greeting?.();
    for (const stop of this.#stop) stop();
  }

  #send(message: Message): boolean {
    const bytes = this.session.seal(message);
    if (bytes === null) return false;
    this.#world.deliver(this.#name, 'standby', bytes);
    return true;
  }

  #greet(): void {
    this.#world.deliver(this.#name, 'standby', this.session.hello());
    this.#greeting = this.#world.clock.after(500, () => this.#greet());
  }

  #beat(): void {
    this.#send(this.active.beat(this.#name));
    this.#stop = [this.#world.clock.after(this.active.beatMs, () => this.#beat())];
  }
}

/** What host/takeover/standby/half.ts is on a real machine. */
class StandbyHalf {
  readonly standby: Standby;
  readonly sessions: StandbySessions;
  readonly #world: World;
  readonly #heard = new Set<string>();
  #stop: (() => void) | null = null;
  #closed = false;

  constructor(
    world: World,
    machine: FakeMachine,
    configuration: StandbyConfiguration,
    { taken, stuck }: Remembered,
  ) {
    this.#world = world;
    this.sessions = new StandbySessions({
      keys: () => [KEY],
      name: 'standby',
      identify: (name) => (configuration.actives.some((active) => active.name === name) ? name : null),
      nowMs: () => world.clock.nowMs(),
    });
    this.standby = new Standby(
      configuration,
      {
        ...world.ports(machine, configuration.checkMs ?? 0, () => this.#closed),
        send: (active, message) => this.#send(active, message),
        factsOf: (adapter) => {
          const { hardware = null, up = false, cable = true } = machine.adapters.get(adapter) ?? {};
          return { adapter, hardware, on: up, broken: up && !cable };
        },
        holdersOf: (address) => machine.holdersOf(address),
        withdraw: async (adapter, { address }: Prefix) => {
          if (machine.refusing.off.has(adapter)) throw new Error('Operation not permitted');
          machine.adapters.get(adapter)?.addresses.delete(address);
        },
        remember: () => this.#remember(),
      },
      'eth0',
    );
    this.standby.adopt(taken, stuck);
    this.#remember();
  }

  #remember(): void {
    if (this.#closed) return;
    this.#world.remembered = { taken: this.standby.taken(), stuck: this.standby.stuck() };
  }

  begin(): void {
    this.#beat();
  }

  receive(bytes: Buffer, from: string): void {
    const reading = this.sessions.open(bytes, from);
    this.#world.told.push({ machine: 'standby', level: 'debug', event: `reading.${reading.is}`, fields: {} });
    if (reading.is === 'answer') this.#world.deliver('standby', from, reading.bytes);
    if (reading.is !== 'message') return;
    this.#heard.add(reading.active);
    this.standby.onMessage(reading.active, reading.message, reading.begins);
    if (reading.begins) this.#send(reading.active, this.standby.report(reading.active, 'standby'));
  }

  contradicted(address: string, hardware: string): void {
    this.standby.onConflict(address, hardware);
  }

  close(): void {
    this.#closed = true;
    this.standby.close();
    this.#stop?.();
  }

  #send(active: string, message: Message): boolean {
    const bytes = this.sessions.seal(active, message);
    if (bytes === null) return false;
    this.#world.deliver('standby', active, bytes);
    return true;
  }

  #beat(): void {
    for (const active of this.#heard) this.#send(active, this.standby.report(active, 'standby'));
    this.#stop = this.#world.clock.after(this.standby.beatMs, () => this.#beat());
  }
}
