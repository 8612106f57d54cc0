/** The nodes of a duplex system without machines: each is what its node.ts in host/takeover is on a real one. */

import { machineChance } from '../../../host/chance.ts';
import type { ActiveConfiguration, StandbyConfiguration } from '../../../host/config/takeover/types.ts';
import type { Prefix } from '../../../host/net/address.ts';
import { Active } from '../../../host/takeover/active/active.ts';
import type { StateFile } from '../../../host/takeover/machine/state-file.ts';
import { ActiveSession } from '../../../host/takeover/protocol/active-session.ts';
import type { TakeoverMessage } from '../../../host/takeover/protocol/messages.ts';
import { StandbySessions } from '../../../host/takeover/protocol/standby-sessions.ts';
import { Standby } from '../../../host/takeover/standby/standby.ts';
import type { Timer } from '../../../host/time.ts';
import { KEY } from './configuration.ts';
import type { FakeMachine } from './machine.ts';
import type { World } from './world.ts';

/** What a standby's program finds in its memory. */
export type Remembered = Pick<StateFile['known'], 'taken' | 'stuck'>;

/** What host/takeover/active/node.ts is on a real machine. */
export class ActiveNode {
  readonly active: Active;
  readonly session: ActiveSession;
  readonly #world: World;
  readonly #name: string;
  #next: Timer | null = null;
  #greeting: Timer | null = null;
  #closed = false;

  constructor(world: World, machine: FakeMachine, configuration: ActiveConfiguration) {
    this.#world = world;
    this.#name = machine.name;
    this.session = new ActiveSession(() => [KEY], machine.name, { time: world.clock, chance: machineChance });
    this.active = new Active(
      configuration,
      {
        ...world.ports(machine, configuration.checkMs ?? 200, () => this.#closed),
        send: (message) => this.#send(message),
        sent: () => this.session.sent,
        raise: async (name) => {
          const iface = machine.interfaces.get(name);
          if (iface !== undefined) iface.up = true;
        },
        lower: async (name) => {
          const iface = machine.interfaces.get(name);
          if (iface?.addresses.size === 0) iface.up = false;
        },
        deactivate: async (ifname, { address }) => {
          if (machine.refusing.off.has(ifname)) throw new Error('Operation not permitted');
          machine.interfaces.get(ifname)?.addresses.delete(address);
          const others = machine.interfaces.get(ifname);
          if (others?.addresses.size === 0) others.up = false;
          return { kept: null };
        },
      },
      ({ address }) => machine.answersFor(address) !== null,
    );
  }

  begin(): void {
    this.#greet();
    this.#heartbeat();
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
      this.#greeting?.cancel();
      this.#greeting = null;
      this.active.onSession(reading.standby);
      this.#send(this.active.heartbeat(this.#name));
    } else if (reading.is === 'lost') {
      this.active.onSessionEnd();
      this.#greet();
    } else if (reading.is === 'message') this.active.onMessage(reading.message, reading.seen);
  }

  say(message: TakeoverMessage): void {
    this.#send(message);
  }

  contradicted(address: string, mac: string): void {
    this.active.onConflict(address, mac);
  }

  close(): void {
    this.#closed = true;
    this.active.close();
    this.#greeting?.cancel();
    this.#next?.cancel();
  }

  #send(message: TakeoverMessage): boolean {
    const bytes = this.session.seal(message);
    if (bytes === null) return false;
    this.#world.deliver(this.#name, 'standby', bytes);
    return true;
  }

  #greet(): void {
    this.#world.deliver(this.#name, 'standby', this.session.hello());
    this.#greeting = this.#world.clock.after(500, () => this.#greet());
  }

  #heartbeat(): void {
    this.#send(this.active.heartbeat(this.#name));
    this.#next = this.#world.clock.after(this.active.heartbeatMs, () => this.#heartbeat());
  }
}

/** What host/takeover/standby/node.ts is on a real machine. */
export class StandbyNode {
  readonly standby: Standby;
  readonly sessions: StandbySessions;
  readonly #world: World;
  readonly #heard = new Set<string>();
  #next: Timer | null = null;
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
      time: world.clock,
      chance: machineChance,
    });
    this.standby = new Standby(
      configuration,
      {
        ...world.ports(machine, configuration.checkMs ?? 0, () => this.#closed),
        send: (active, message) => this.#send(active, message),
        factsOf: (ifname) => {
          const { mac = null, up = false, cable = true } = machine.interfaces.get(ifname) ?? {};
          return { ifname, mac, on: up, broken: up && !cable };
        },
        holdersOf: (address) => machine.holdersOf(address),
        withdraw: async (ifname, { address }: Prefix) => {
          if (machine.refusing.off.has(ifname)) throw new Error('Operation not permitted');
          machine.interfaces.get(ifname)?.addresses.delete(address);
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
    this.#reportAll();
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

  contradicted(address: string, mac: string): void {
    this.standby.onConflict(address, mac);
  }

  close(): void {
    this.#closed = true;
    this.standby.close();
    this.#next?.cancel();
  }

  #send(active: string, message: TakeoverMessage): boolean {
    const bytes = this.sessions.seal(active, message);
    if (bytes === null) return false;
    this.#world.deliver('standby', active, bytes);
    return true;
  }

  #reportAll(): void {
    for (const active of this.#heard) this.#send(active, this.standby.report(active, 'standby'));
    this.#next = this.#world.clock.after(this.standby.reportMs, () => this.#reportAll());
  }
}
