/** The standby node on a real machine: its socket, the sessions of its actives. */

import type { StandbyConfiguration, TakeoverConfiguration } from '../../config/takeover/types.ts';
import { RingbackError } from '../../errors.ts';
import type { Log } from '../../log/log.ts';
import { type Endpoint, endpointText } from '../../net/endpoint.ts';
import type { Ready } from '../../role/role.ts';
import type { Surroundings } from '../../surroundings.ts';
import type { Time, Timer } from '../../time.ts';
import { MACHINE_PARTS } from '../machine/parts.ts';
import type { Handover } from '../ports/handover.ts';
import type { NodeMachine, NodeParts } from '../ports/machine.ts';
import type { TakeoverNode } from '../ports/node.ts';
import type { TakeoverMessage } from '../protocol/messages.ts';
import type { PeerSocket } from '../protocol/socket.ts';
import { StandbySessions } from '../protocol/standby-sessions.ts';
import { Standby } from './standby.ts';

export class StandbyNode implements TakeoverNode {
  readonly #log: Log;
  readonly #time: Time;
  readonly #machine: NodeMachine;
  readonly #parts: NodeParts;
  readonly #sessions: StandbySessions;
  #configuration: StandbyConfiguration;
  #standby: Standby | null = null;
  #socket: PeerSocket | null = null;
  #nextReport: Timer | null = null;
  /** Where each active spoke from last. */
  readonly #places = new Map<string, Endpoint>();
  #closed = false;

  private constructor(
    configuration: TakeoverConfiguration,
    takeover: StandbyConfiguration,
    log: Log,
    surroundings: Surroundings,
    parts: NodeParts,
  ) {
    this.#parts = parts;
    this.#log = log;
    this.#time = surroundings.time;
    this.#configuration = takeover;
    const about = { interfaces: takeover.interfaces, log, ...surroundings };
    this.#machine = parts.machine(configuration, about, {
      onConflict: (address, mac) => this.#standby?.onConflict(address, mac),
      onKernel: () => this.#standby?.onKernel(),
      onLink: () => {},
    });
    this.#sessions = new StandbySessions({
      keys: this.#machine.keys,
      ownKeys: () =>
        new Map(
          this.#configuration.actives.flatMap(({ name, key }) => (key === null ? [] : [[name, [key]]])),
        ),
      name: this.#machine.name,
      identify: (name, from, addresses) => this.#identify(name, from, addresses),
      ...surroundings,
    });
  }

  /** Throws a RingbackError when it can't begin. */
  static async open(
    configuration: TakeoverConfiguration,
    takeover: StandbyConfiguration,
    log: Log,
    surroundings: Surroundings,
    parts: NodeParts = MACHINE_PARTS,
  ): Promise<StandbyNode> {
    const node = new StandbyNode(configuration, takeover, log, surroundings, parts);
    try {
      await node.#open();
    } catch (error) {
      await node.#machine.interfaces.lower().catch(() => {});
      await node.#machine.close();
      throw error;
    }
    return node;
  }

  get about(): Ready {
    const { listen, interfaces, actives } = this.#configuration;
    return {
      role: 'standby',
      name: this.#machine.name,
      listen: endpointText(listen),
      interfaces: interfaces.join(' '),
      actives: actives.map(({ name }) => name).join(' '),
    };
  }

  status(): object {
    return { name: this.#machine.name, ...this.#standby?.status(), refused: this.#machine.refused };
  }

  async give(): Promise<readonly Handover[]> {
    throw new RingbackError(
      'usage',
      'this is a standby; addresses are given where the active is, and --return gives them back',
    );
  }

  async giveBack(what: readonly string[]): Promise<readonly Handover[]> {
    const unknown = what.find((one) => this.#standby?.knows(one) !== true);
    if (unknown !== undefined) {
      const taken = this.#standby?.taken().map(({ address }) => address) ?? [];
      const known = [...this.#configuration.actives.map(({ name }) => name), ...taken].join(', ');
      throw new RingbackError(
        'usage',
        `${unknown} is no active and no address that is here; there are ${known}`,
      );
    }
    return (await this.#standby?.giveBack(what, 'operator')) ?? [];
  }

  reconfigure({ takeover, ...rest }: TakeoverConfiguration): readonly string[] {
    if (takeover.role !== 'standby') return ['role'];
    const before = this.#configuration;
    const fixed = (['listen', 'name'] as const).filter(
      (key) => JSON.stringify(takeover[key]) !== JSON.stringify(before[key]),
    );
    const isNew = takeover.interfaces.some((ifname) => !before.interfaces.includes(ifname));
    const { listen, name } = before;
    const interfaces = isNew ? before.interfaces : takeover.interfaces;
    this.#configuration = { ...takeover, listen, name, interfaces };
    this.#machine.use({ ...rest, takeover: this.#configuration });
    this.#standby?.reconfigure(this.#configuration, this.#listening);
    return [...fixed, ...(isNew ? ['adapters'] : [])];
  }

  /** What was taken stays on its interfaces, and is found there by the next process. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#nextReport?.cancel();
    const taken = this.#standby?.taken() ?? [];
    for (const { address, ifname, active } of taken) {
      this.#log.warn('takeover.kept', {
        address,
        adapter: ifname,
        peer: active,
        message: 'stays on its interface',
      });
    }
    this.#standby?.close();
    this.#socket?.close();
    if (taken.length === 0) {
      this.#machine.restore();
      await this.#machine.interfaces.lower().catch(() => {});
    }
    await this.#machine.close();
  }

  get #listening(): string | null {
    return this.#machine.kernel.holderOf(this.#configuration.listen.host);
  }

  async #open(): Promise<void> {
    const machine = this.#machine;
    await machine.start();
    const { interfaces, listen, warm, actives } = this.#configuration;
    for (const ifname of interfaces) {
      if (!machine.kernel.has(ifname))
        this.#log.warn('takeover.adapter', { adapter: ifname, reason: 'is not there' });
    }
    if (warm) await machine.interfaces.raise(interfaces);
    await machine.listen();
    const { taken, stuck } = machine.memory.known;
    // What is on an interface that is to take no addresses any more is no less here, nor what is on one that has another name since.
    const names = new Set([...interfaces, ...taken.map(({ ifname }) => ifname)]);
    const { kernel } = machine;
    const indexes = new Set([...names].filter((one) => kernel.has(one)).map((one) => kernel.indexOf(one)));
    const isOurs = (one: string): boolean => names.has(one) || indexes.has(kernel.indexOf(one));
    const ports = machine.ports();
    this.#standby = new Standby(
      this.#configuration,
      {
        ...ports,
        send: (active, message) => this.#send(active, message),
        factsOf: (ifname) => machine.interfaces.factsOf(ifname),
        holdersOf: (address) => machine.kernel.holdersOf(address).filter(isOurs),
        withdraw: (ifname, address) => this.#withdraw(ifname, address),
        remember: () => this.#remember(),
      },
      this.#listening,
    );
    this.#standby.adopt(
      taken.filter(({ active }) => actives.some(({ name }) => name === active)),
      stuck,
    );
    if (this.#configuration.arp && this.#standby.taken().length > 0) machine.isolate(this.#standby.taken());
    this.#remember();
    this.#socket = await this.#parts.openSocket(listen, (bytes, from) => this.#onDatagram(bytes, from));
    for (const { name, address } of actives) {
      this.#socket.send(this.#sessions.knock(name), { host: address, port: listen.port });
    }
    this.#reportAll();
  }

  async #withdraw(ifname: string, address: { address: string; length: number }): Promise<void> {
    const { arp, warm } = this.#configuration;
    await this.#machine.interfaces.withdraw(ifname, address, arp, !warm);
  }

  #remember(): void {
    const taken = this.#standby?.taken() ?? [];
    const stuck = this.#standby?.stuck() ?? [];
    this.#machine.memory.change({ taken, stuck });
    if (taken.length === 0 && stuck.length === 0) this.#machine.restore();
  }

  /** By its name, or else by its address, or one of its addresses. */
  #identify(name: string, from: string, addresses: readonly string[]): string | null {
    const { actives } = this.#configuration;
    const found =
      actives.find((active) => active.name === name) ??
      actives.find(({ address }) => address === from) ??
      actives.find(({ address }) => addresses.includes(address));
    return found?.name ?? null;
  }

  #send(active: string, message: TakeoverMessage): boolean {
    const place = this.#places.get(active);
    const bytes = place === undefined ? null : this.#sessions.seal(active, message);
    if (place === undefined || bytes === null) return false;
    this.#socket?.send(bytes, place);
    return true;
  }

  #reportAll(): void {
    if (this.#closed || this.#standby === null) return;
    for (const active of this.#places.keys()) this.#report(active);
    this.#nextReport = this.#time.after(this.#standby.reportMs, () => this.#reportAll());
  }

  #report(active: string): void {
    if (this.#standby !== null) this.#send(active, this.#standby.report(active, this.#machine.name));
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint): void {
    const reading = this.#sessions.open(bytes, from.host);
    switch (reading.is) {
      case 'refused':
        this.#machine.refuse(reading.why, from.host);
        return;
      case 'answer':
        this.#socket?.send(reading.bytes, from);
        return;
      case 'message':
        this.#places.set(reading.active, from);
        this.#standby?.onMessage(reading.active, reading.message, reading.begins);
        if (reading.begins) this.#report(reading.active);
    }
  }
}
