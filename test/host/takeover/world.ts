/**
 * A duplex system without machines: real halves and real sessions, a clock that the test turns, kernels and a network that are
 * tables. What is sent is bytes, and may be lost, kept, and sent again.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Prefix } from '../../../host/config/address.ts';
import { parseTakeoverConfiguration } from '../../../host/config/takeover/file.ts';
import type { ActiveConfiguration, StandbyConfiguration } from '../../../host/config/takeover/types.ts';
import type { Fields, Level } from '../../../host/log.ts';
import { Active } from '../../../host/takeover/active/active.ts';
import { ActiveSession } from '../../../host/takeover/active/session.ts';
import type { Clock } from '../../../host/takeover/clock.ts';
import type { Ports } from '../../../host/takeover/ports.ts';
import type { Taken } from '../../../host/takeover/standby/holdings.ts';
import { StandbySessions } from '../../../host/takeover/standby/sessions.ts';
import { Standby } from '../../../host/takeover/standby/standby.ts';
import type { Message } from '../../../host/takeover/wire.ts';

const KEY = 'a secret of the pair';

interface Timer {
  readonly dueMs: number;
  readonly action: () => void;
}

export class FakeClock implements Clock {
  #nowMs = 1000;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(waitMs: number, action: () => void): () => void {
    const timer = { dueMs: this.#nowMs + waitMs, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  settled(action: () => void): void {
    action();
  }

  /** Lets time pass, and everything happen that is due, in its order. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers].filter(({ dueMs }) => dueMs <= endMs);
      const [next] = due.sort((one, other) => one.dueMs - other.dueMs);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.action();
      await settle();
    }
    this.#nowMs = endMs;
  }

  /** This machine sleeps, and nothing happens on it: what was due meanwhile is late. */
  async sleep(ms: number): Promise<void> {
    this.#nowMs += ms;
    await settle();
  }
}

/** Everything that follows from what happened has happened. */
async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await turn();
}

export interface Told {
  readonly machine: string;
  readonly level: Level;
  readonly event: string;
  readonly fields: Fields;
}

interface FakeAdapter {
  readonly hardware: string;
  up: boolean;
  /** Whether its cable is in. */
  cable: boolean;
  readonly addresses: Set<string>;
}

export class FakeMachine {
  readonly name: string;
  readonly adapters = new Map<string, FakeAdapter>();
  /** Adapters that refuse to be switched on, and off. */
  readonly refusing = { on: new Set<string>(), off: new Set<string>() };
  readonly claims = new Set<string>();
  dead = false;
  /** None of its adapters has a carrier, or its data plane is away. */
  deaf = false;
  /** What it announces does not go out. */
  mute = false;
  /** How long it takes to switch an adapter on. */
  slowMs = 0;

  constructor(
    name: string,
    adapters: Readonly<Record<string, string>>,
    addresses: Readonly<Record<string, string>> = {},
  ) {
    this.name = name;
    for (const [adapter, hardware] of Object.entries(adapters)) {
      this.adapters.set(adapter, { hardware, up: false, cable: true, addresses: new Set() });
    }
    for (const [address, adapter] of Object.entries(addresses)) this.put(adapter, address);
  }

  put(adapter: string, address: string): void {
    const found = this.adapters.get(adapter);
    if (found === undefined) throw new Error(`${this.name} has no ${adapter}`);
    found.up = true;
    found.addresses.add(address);
  }

  /** The hardware address with which it answers for an address, or null. */
  answersFor(address: string): string | null {
    for (const { up, cable, addresses, hardware } of this.adapters.values()) {
      if (!this.dead && up && cable && addresses.has(address)) return hardware;
    }
    return null;
  }

  holderOf(address: string): string | null {
    for (const [adapter, { addresses }] of this.adapters) if (addresses.has(address)) return adapter;
    return null;
  }
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

export class World {
  readonly clock = new FakeClock();
  readonly told: Told[] = [];
  readonly announced: Announcement[] = [];
  readonly sent: Sent[] = [];
  readonly machines = new Map<string, FakeMachine>();
  readonly halves = new Map<string, ActiveHalf | StandbyHalf>();
  /** Pairs of machines, sorted and joined, that hear nothing of each other. */
  readonly cut = new Set<string>();
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

  ports(machine: FakeMachine, checkMs: number): Ports {
    return {
      clock: this.clock,
      tell: (level, event, fields) => void this.told.push({ machine: machine.name, level, event, fields }),
      announce: async (adapter, { address }) => {
        if (machine.mute) throw new Error('the data plane is away');
        const hardware = machine.adapters.get(adapter)?.hardware ?? null;
        this.announced.push({ machine: machine.name, adapter, hardware, address });
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
        if (machine.refusing.on.has(adapter)) throw new Error('Operation not permitted');
        if (machine.slowMs > 0) {
          await new Promise<void>((resolve) => void this.clock.after(machine.slowMs, resolve));
        }
        machine.put(adapter, address);
        if (machine.adapters.get(adapter)?.cable === false) throw new Error(`${adapter} has no carrier`);
      },
      hardwareOf: (adapter) => machine.adapters.get(adapter)?.hardware ?? null,
    };
  }

  /** As in the seed's figures: web with two addresses, shop with one, a standby that listens on the last of its adapters. */
  static duplex(more: { active?: object; standby?: object } = {}): World {
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
    const half = new ActiveHalf(this, this.machine(name), activeConfiguration(name, more));
    this.halves.set(name, half);
    half.begin();
    return half;
  }

  startStandby(more: object = {}, taken: readonly Taken[] = []): StandbyHalf {
    this.halves.get('standby')?.close();
    const half = new StandbyHalf(this, this.machine('standby'), standbyConfiguration(more), taken);
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

  constructor(world: World, machine: FakeMachine, configuration: ActiveConfiguration) {
    this.#world = world;
    this.#name = machine.name;
    this.session = new ActiveSession(() => [KEY], machine.name);
    this.active = new Active(
      configuration,
      {
        ...world.ports(machine, configuration.checkMs ?? 200),
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

  close(): void {
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

  constructor(
    world: World,
    machine: FakeMachine,
    configuration: StandbyConfiguration,
    taken: readonly Taken[],
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
        ...world.ports(machine, configuration.checkMs ?? 0),
        send: (active, message) => this.#send(active, message),
        factsOf: (adapter) => {
          const { hardware = null, up = false, cable = true } = machine.adapters.get(adapter) ?? {};
          return { adapter, hardware, on: up, broken: up && !cable };
        },
        holderOf: (address) => machine.holderOf(address),
        withdraw: async (adapter, { address }: Prefix) => {
          if (machine.refusing.off.has(adapter)) throw new Error('Operation not permitted');
          machine.adapters.get(adapter)?.addresses.delete(address);
        },
        remember: () => {},
      },
      'eth0',
    );
    this.standby.adopt(taken);
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

  close(): void {
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
