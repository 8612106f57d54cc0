/** The active node on a real machine: its socket, its session, its health. */
import { TAKEOVER_PORT } from '../../config/takeover/schema.ts';
import type {
  ActiveConfiguration,
  ServiceAddress,
  TakeoverConfiguration,
} from '../../config/takeover/types.ts';
import { RingbackError } from '../../errors.ts';
import type { Log } from '../../log/log.ts';
import { type Endpoint, endpointText } from '../../net/endpoint.ts';
import type { Ready } from '../../role/role.ts';
import type { Surroundings } from '../../surroundings.ts';
import { pause, type Time, type Timer } from '../../time.ts';
import { MACHINE_PARTS } from '../machine/parts.ts';
import type { Handover } from '../ports/handover.ts';
import type { NodeMachine, NodeParts } from '../ports/machine.ts';
import type { TakeoverNode } from '../ports/node.ts';
import { ActiveSession } from '../protocol/active-session.ts';
import { Greeting, Knocks } from '../protocol/greeting.ts';
import type { TakeoverMessage } from '../protocol/messages.ts';
import type { PeerSocket } from '../protocol/socket.ts';
import { Active } from './active.ts';
import { Health } from './health.ts';

/** How long addresses may take to change hands when this program is told to stop, and its last word to be heard. */
const STOP_MS = 5000;
const BYE_MS = 500;
const BYE_AGAIN_MS = 20;

export class ActiveNode implements TakeoverNode {
  readonly #log: Log;
  readonly #time: Time;
  readonly #machine: NodeMachine;
  readonly #parts: NodeParts;
  readonly #session: ActiveSession;
  readonly #health: Health;
  #configuration: ActiveConfiguration;
  #active: Active | null = null;
  #socket: PeerSocket | null = null;
  #listen: Endpoint | null = null;
  #standby: string;
  readonly #greeting: Greeting;
  readonly #knocks: Knocks;
  #nextHeartbeat: Timer | null = null;
  #byeSeen: (() => void) | null = null;
  #silence: () => Promise<void> = async () => {};
  #closed = false;

  private constructor(
    configuration: TakeoverConfiguration,
    takeover: ActiveConfiguration,
    log: Log,
    surroundings: Surroundings,
    parts: NodeParts,
  ) {
    const { time } = surroundings;
    this.#parts = parts;
    this.#log = log;
    this.#time = time;
    this.#configuration = takeover;
    this.#standby = takeover.standby.host;
    const interfaces = [...new Set(takeover.addresses.map(({ ifname }) => ifname))];
    this.#machine = parts.machine(
      configuration,
      { interfaces, log, ...surroundings },
      {
        onConflict: (address, mac) => this.#active?.onConflict(address, mac),
        onKernel: () => this.#active?.onKernel((service) => this.#holds(service)),
        onLink: (ifname, up, carrier) => this.#onLink(ifname, up, carrier),
      },
    );
    this.#session = new ActiveSession(this.#machine.keys, this.#machine.name, surroundings);
    this.#knocks = new Knocks(time);
    this.#greeting = new Greeting(time, () => {
      this.#socket?.send(this.#session.hello(), this.#configuration.standby);
    });
    this.#health = new Health(time, (key, fault) => this.#active?.setFault(key, fault), parts.startOutside);
  }

  /** Throws a RingbackError when it can't begin. */
  static async open(
    configuration: TakeoverConfiguration,
    takeover: ActiveConfiguration,
    log: Log,
    surroundings: Surroundings,
    parts: NodeParts = MACHINE_PARTS,
  ): Promise<ActiveNode> {
    const node = new ActiveNode(configuration, takeover, log, surroundings, parts);
    try {
      await node.#open();
    } catch (error) {
      await node.#leave();
      throw error;
    }
    return node;
  }

  get about(): Ready {
    const { standby, addresses } = this.#configuration;
    return {
      role: 'active',
      name: this.#machine.name,
      from: this.#listen === null ? '' : endpointText(this.#listen),
      standby: endpointText(standby),
      addresses: addresses.map(({ address }) => address).join(' '),
    };
  }

  status(): object {
    return { name: this.#machine.name, ...this.#active?.status(), refused: this.#machine.refused };
  }

  async give(addresses: readonly string[]): Promise<readonly Handover[]> {
    this.#mustKnow(addresses);
    return (await this.#active?.give(addresses, 'operator')) ?? [];
  }

  async giveBack(addresses: readonly string[]): Promise<readonly Handover[]> {
    this.#mustKnow(addresses);
    return (await this.#active?.reclaim(addresses)) ?? [];
  }

  reconfigure({ takeover, ...rest }: TakeoverConfiguration): readonly string[] {
    if (takeover.role !== 'active') return ['role'];
    const before = this.#configuration;
    const fixed = (['listen', 'standby', 'name'] as const).filter(
      (key) => JSON.stringify(takeover[key]) !== JSON.stringify(before[key]),
    );
    const interfaces = new Set(before.addresses.map(({ ifname }) => ifname));
    const isNew = takeover.addresses.some(({ ifname }) => !interfaces.has(ifname));
    const { listen, standby, name, heartbeat } = before;
    const addresses = isNew ? before.addresses : takeover.addresses;
    this.#configuration = { ...takeover, listen, standby, name, addresses };
    this.#machine.use({ ...rest, takeover: this.#configuration });
    if (this.#configuration.arp) this.#machine.isolate(addresses);
    this.#active?.reconfigure(this.#configuration, (service) => this.#holds(service));
    if (heartbeat?.everyMs !== takeover.heartbeat?.everyMs) this.#sendHeartbeat();
    this.#health.use(this.#configuration);
    for (const ifname of interfaces) this.#lookAtLink(ifname);
    return [...fixed, ...(isNew ? ['addresses'] : [])];
  }

  async close(): Promise<void> {
    this.#health.close();
    if (this.#configuration.stop === 'give') await this.#giveBeforeTheEnd();
    this.#closed = true;
    this.#greeting.close();
    this.#nextHeartbeat?.cancel();
    await this.#sayBye();
    for (const { address, adapter: ifname, state } of this.#active?.status().addresses ?? []) {
      if (state === 'here') this.#log.info('takeover.kept', { address, adapter: ifname });
    }
    this.#active?.close();
    this.#socket?.close();
    await this.#leave();
  }

  async #open(): Promise<void> {
    const machine = this.#machine;
    await machine.start();
    const { addresses, standby, arp } = this.#configuration;
    const interfaces = [...new Set(addresses.map(({ ifname }) => ifname))];
    for (const ifname of interfaces) {
      if (!machine.kernel.has(ifname))
        this.#log.warn('takeover.adapter', { adapter: ifname, reason: 'is not there' });
    }
    const services = new Set(addresses.map(({ address }) => address));
    const own = machine.kernel.ownAddresses(standby.host).find((address) => !services.has(address));
    const anyHost = standby.host.includes(':') ? '::' : '0.0.0.0';
    const wanted = this.#configuration.listen ?? { host: own ?? anyHost, port: TAKEOVER_PORT };
    if (own === undefined) {
      const reason = 'every address of this machine is one to be given';
      const message = `${reason}: once all are, or at a start while the standby has them, neither hears the other; give it one more address, on any interface`;
      this.#log.warn('takeover.mute', { reason, message });
    }
    // A port alone is for all addresses, of the standby's kind.
    this.#listen = wanted.host === '::' ? { ...wanted, host: anyHost } : wanted;
    if (arp) machine.isolate(addresses);
    machine.settings.prepare(interfaces);
    await this.#talk(this.#listen.host);
    await machine.listen();
    this.#active = new Active(
      this.#configuration,
      {
        ...machine.ports(),
        send: (message) => this.#send(message),
        sent: () => this.#session.sent,
        raise: (ifname) => machine.interfaces.raise([ifname]),
        lower: (ifname) => machine.interfaces.lower(ifname),
        deactivate: async (ifname, address) => ({
          kept: await machine.interfaces.deactivate(ifname, address),
        }),
      },
      (service) => this.#holds(service),
    );
    this.#socket = await this.#parts.openSocket(this.#listen, (bytes, from) => this.#onDatagram(bytes, from));
    for (const ifname of interfaces) this.#lookAtLink(ifname);
    this.#health.use(this.#configuration);
    this.#greeting.begin();
    this.#sendHeartbeat();
  }

  /** The machine is as it was, but for the addresses. */
  async #leave(): Promise<void> {
    this.#machine.restore();
    await this.#machine.interfaces.lower().catch(() => {});
    await this.#silence().catch(() => {});
    await this.#machine.close();
  }

  /**
   * By the interface of this machine's own address. By a service address's it would ask for the standby's MAC address with
   * an address that the standby has taken meanwhile, which stays unanswered, and which its neighbours would believe.
   */
  async #talk(own: string): Promise<void> {
    const { kernel, interfaces } = this.#machine;
    const ifname = kernel.holderOf(own);
    const prefix = ifname === null ? undefined : kernel.prefixOf(ifname, own);
    if (!this.#configuration.arp || ifname === null || prefix === undefined) return;
    await interfaces.talkBy(ifname, prefix);
    this.#silence = () => interfaces.talkByNoMore(ifname, prefix);
  }

  #holds({ ifname, address }: ServiceAddress): boolean {
    return this.#machine.interfaces.has(ifname, address);
  }

  #mustKnow(addresses: readonly string[]): void {
    const unknown = addresses.find((address) => this.#active?.has(address) !== true);
    if (unknown === undefined) return;
    const known = this.#configuration.addresses.map(({ address }) => address).join(', ');
    throw new RingbackError('usage', `${unknown} is none of this active's addresses; there are ${known}`);
  }

  /**
   * A cable that is out is a fault of the addresses behind it. An interface that is off is one only while an address should be
   * there: whose addresses are all given is off because this program switched it off, and nobody can know what its cable does.
   */
  #onLink(ifname: string, up: boolean, carrier: boolean): void {
    const key = `link ${ifname}`;
    const addresses = this.#configuration.addresses
      .filter((service) => service.ifname === ifname)
      .map(({ address }) => address);
    const isInUse = addresses.some((address) => this.#active?.isHere(address));
    if (!this.#configuration.link || carrier || (!up && !isInUse)) this.#active?.setFault(key, null);
    else if (isInUse) {
      const reason = `${ifname} ${up ? 'has no carrier' : 'is switched off'}`;
      this.#active?.setFault(key, { reason, cause: 'link', addresses });
    }
  }

  #lookAtLink(ifname: string): void {
    const { kernel } = this.#machine;
    this.#onLink(ifname, kernel.isUp(ifname), kernel.hasCarrier(ifname));
  }

  #send(message: TakeoverMessage): boolean {
    const bytes = this.#session.seal(message);
    if (bytes === null) return false;
    this.#socket?.send(bytes, this.#configuration.standby);
    return true;
  }

  #sendHeartbeat(): void {
    if (this.#closed || this.#active === null) return;
    this.#nextHeartbeat?.cancel();
    this.#send(this.#active.heartbeat(this.#machine.name));
    this.#nextHeartbeat = this.#time.after(this.#active.heartbeatMs, () => this.#sendHeartbeat());
  }

  #onDatagram(bytes: Uint8Array, from: Endpoint): void {
    const reading = this.#session.open(bytes);
    switch (reading.is) {
      case 'refused':
        this.#machine.refuse(reading.why, from.host);
        return;
      case 'welcome':
        this.#greeting.answered();
        this.#active?.onSession(reading.standby);
        this.#standby = reading.standby;
        this.#sendHeartbeat();
        return;
      case 'lost':
        this.#active?.onSessionEnd();
        this.#greeting.begin();
        return;
      case 'knock':
        this.#onKnock(from);
        return;
      case 'second':
        this.#complainOfSecond(reading.standby, from.host);
        return;
      case 'message':
        if (reading.message.kind === 'byeSeen') this.#byeSeen?.();
        else this.#active?.onMessage(reading.message, reading.seen);
    }
  }

  /** Whoever has recorded one can send it again: only what is answered now counts. */
  #onKnock(from: Endpoint): void {
    const { standby } = this.#configuration;
    const isStandbys = from.host === standby.host;
    if (isStandbys && !this.#session.isUp) this.#greeting.knocked();
    else if (!this.#knocks.admits()) return;
    // A standby that has lost the session says so to the next heartbeat.
    else if (isStandbys) this.#sendHeartbeat();
    else this.#socket?.send(this.#session.question(), from);
  }

  /** One active has one standby: two of them would both take its addresses. */
  #complainOfSecond(other: string, address: string): void {
    const message = `two standbys: ${this.#standby} at ${this.#configuration.standby.host}, and ${other} at ${address}; stop one of them`;
    this.#machine.complain('takeover.second', { peer: this.#standby, other, message });
  }

  async #giveBeforeTheEnd(): Promise<void> {
    const given = new AbortController();
    const late = pause(this.#time, STOP_MS, given.signal);
    await Promise.race([this.#active?.give([], 'stop'), late]);
    given.abort();
  }

  /** So that the standby does not take silence for death. */
  async #sayBye(): Promise<void> {
    if (!this.#session.isUp) return;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        again.cancel();
        late.cancel();
        resolve();
      };
      this.#byeSeen = finish;
      const say = (): boolean => this.#send({ kind: 'bye' });
      const again = this.#time.every(BYE_AGAIN_MS, say);
      const late = this.#time.after(BYE_MS, finish);
      say();
    });
  }
}
