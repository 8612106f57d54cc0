/**
 * The active node: watches itself, and gives its addresses to the standby, one after the other (JP 2001-144806
 * ST02-ST03, ST12-ST13, ST16-ST17). Decides only; what it does goes through its ports.
 */
import type { ActiveConfiguration } from '../../config/takeover/types.ts';
import type { Handover } from '../ports/handover.ts';
import type { ActivePorts } from '../ports/ports.ts';
import { IDLE_MS, longer, Timers } from '../ports/timers.ts';
import { type DetectorTerms, FailureDetector } from '../protocol/failure-detector.ts';
import {
  type AddressEntry,
  isFinal,
  type MoveCause,
  type NodeState,
  type TakeoverMessage,
} from '../protocol/messages.ts';
import type { ActiveContext } from './context.ts';
import { Failback } from './failback.ts';
import { type Fault, Faults } from './faults.ts';
import { GivingQueue } from './giving.ts';
import { Reclaiming } from './reclaiming.ts';
import { type Held, type Service, ServiceAddresses } from './services.ts';
import { Switching } from './switching.ts';

/** Whoever else has an address says so with every packet. */
const CONTRADICTION_MS = 10_000;
/** A standby that runs and knows this active has answered by then. */
const UNHEARD_MS = 5000;

export interface ActiveStatus {
  readonly role: 'active';
  readonly healthy: boolean;
  readonly faults: readonly string[];
  readonly standby: { readonly address: string; readonly name: string | null; readonly reachable: boolean };
  readonly addresses: readonly {
    readonly address: string;
    readonly adapter: string;
    readonly state: 'here' | 'given' | 'stuck' | 'changing';
    readonly cause: MoveCause | null;
    readonly reason: string | null;
  }[];
}

export class Active {
  #configuration: ActiveConfiguration;
  readonly #ports: ActivePorts;
  readonly #timers: Timers;
  readonly #services: ServiceAddresses;
  readonly #faults: Faults;
  readonly #switching: Switching;
  readonly #giving: GivingQueue;
  readonly #returning: Reclaiming;
  readonly #watch: FailureDetector;
  readonly #failback: Failback;
  #session = false;
  /** Whether the standby has reported in this session: it greets everybody who has the key. */
  #reported = false;
  #standby: string | null = null;
  #standbyEntries: readonly AddressEntry[] = [];

  /** `held` tells which addresses the kernel has at the moment. */
  constructor(configuration: ActiveConfiguration, ports: ActivePorts, held: Held) {
    this.#configuration = configuration;
    this.#ports = ports;
    this.#timers = new Timers(ports.time);
    this.#services = new ServiceAddresses(configuration.addresses, ports, held);
    this.#faults = new Faults(ports.tell);
    const parts: ActiveContext = {
      ports,
      timers: this.#timers,
      services: this.#services,
      faults: this.#faults,
      peer: () => this.#peer,
    };
    this.#switching = new Switching(parts);
    this.#giving = new GivingQueue(parts, this.#switching, {
      standbyHas: (address) => this.#standbyHas(address),
      onRetry: () => this.#giveFaulty(),
    });
    this.#returning = new Reclaiming(parts, this.#switching);
    this.#watch = new FailureDetector({
      time: ports.time,
      ...this.#watchTerms,
      onDoubt: () => {},
      onLost: () => this.#onStandbyLost(),
      onBack: () => {
        ports.tell('info', 'takeover.back', { peer: this.#peer });
        this.#failback.over();
      },
    });
    this.#failback = new Failback(parts, this.#switching, this.#watch);
    this.#timers.after(UNHEARD_MS, () => this.#sayIfUnheard());
  }

  get healthy(): boolean {
    return this.#faults.isEmpty;
  }

  /** What the next heartbeat says. */
  heartbeat(name: string): TakeoverMessage {
    const entries = this.#services.entries();
    return {
      kind: 'heartbeat',
      healthy: this.healthy,
      everyMs: this.heartbeatMs,
      name,
      entries,
    } satisfies TakeoverMessage;
  }

  /** How often to say it. */
  get heartbeatMs(): number {
    return this.#configuration.heartbeat?.everyMs ?? IDLE_MS;
  }

  onSession(standby: string): void {
    this.#session = true;
    this.#reported = false;
    this.#standby = standby;
    this.#returning.forgetAll();
    for (const service of this.#services) service.mark = 0;
    this.#ports.tell('info', 'takeover.session', { peer: this.#peer });
  }

  onSessionEnd(): void {
    this.#session = false;
  }

  onMessage(message: TakeoverMessage, seen: number): void {
    switch (message.kind) {
      case 'report':
        this.#onReport(message, seen);
        return;
      case 'taken':
        this.#giving.onTaken(message);
        return;
      case 'return':
        this.#returning.onReturn(message);
        return;
      default:
        return;
    }
  }

  /** Something is wrong, or (null) not any more. `key` tells one thing from another. */
  setFault(key: string, fault: Fault | null): void {
    if (this.#faults.set(key, fault)) this.#giveFaulty();
  }

  /** Gives addresses (none named: all) to the standby, and says what became of each. */
  give(addresses: readonly string[], cause: MoveCause): Promise<Handover[]> {
    return Promise.all(
      this.#services.named(addresses).map((service) => {
        const { address } = service;
        if (service.busy) return { address, done: false, reason: 'is changing hands at the moment' };
        if (!service.held && this.#standbyHas(address)) {
          // An operator's word stands above a fault that is over.
          if (cause === 'operator') service.cause = cause;
          return { address, done: true, reason: 'is there already' };
        }
        return this.#giving.give(service, cause);
      }),
    );
  }

  /** Whether one of the addresses is configured here. */
  has(address: string): boolean {
    return this.#services.find(address) !== undefined;
  }

  /** Whether an address is here, and not on its way. */
  isHere(address: string): boolean {
    const service = this.#services.find(address);
    return service?.held === true && !service.busy;
  }

  /** Asks the standby to give addresses (none named: all) back, and says what became of each. */
  reclaim(addresses: readonly string[]): Promise<Handover[]> {
    return this.#returning.reclaim(addresses);
  }

  /** What the kernel has may change without this program. */
  onKernel(held: Held): void {
    for (const service of this.#services) {
      const here = held(service);
      if (service.busy || service.stuck !== null || here === service.held) continue;
      service.held = here;
      const { address, ifname } = service;
      if (here) this.#ports.claim(ifname, address);
      else this.#ports.unclaim(address);
      this.#ports.tell('warn', here ? 'takeover.appeared' : 'takeover.vanished', {
        address,
        adapter: ifname,
      });
    }
  }

  /** Somebody else says that he has an address. */
  onConflict(address: string, mac: string): void {
    const service = this.#services.find(address);
    if (service?.held !== true || service.busy) return;
    const nowMs = this.#ports.time.nowMs();
    if (nowMs - service.contradictedMs < CONTRADICTION_MS) return;
    service.contradictedMs = nowMs;
    this.#ports.tell('warn', 'takeover.conflict', { address, adapter: service.ifname, hardware: mac });
  }

  status(): ActiveStatus {
    return {
      role: 'active',
      healthy: this.healthy,
      faults: this.#faults.reasons,
      standby: {
        address: this.#configuration.standby.host,
        name: this.#standby,
        reachable: this.#reachable,
      },
      addresses: [...this.#services].map(({ address, ifname, held, stuck, busy, cause }) => ({
        address,
        adapter: ifname,
        state: busy ? 'changing' : stuck !== null ? 'stuck' : held ? 'here' : 'given',
        cause,
        reason: stuck,
      })),
    };
  }

  /** Other addresses, and other terms; what is given stays given. */
  reconfigure(configuration: ActiveConfiguration, held: Held): void {
    this.#configuration = configuration;
    this.#services.use(configuration.addresses, held);
    this.#watch.use(this.#watchTerms);
  }

  close(): void {
    this.#watch.stop();
    this.#giving.close();
    this.#failback.close();
    this.#timers.close();
  }

  get #peer(): string {
    return this.#standby ?? this.#configuration.standby.host;
  }

  get #watchTerms(): DetectorTerms {
    const { heartbeat, checkMs } = this.#configuration;
    return { everyMs: this.heartbeatMs, lost: heartbeat?.lost ?? 3, aheadMs: checkMs ?? 0 };
  }

  get #reachable(): boolean {
    return this.#session && this.#reported && !this.#watch.isLost;
  }

  /** What a pair that was never one lacks, only its operator can know. */
  #sayIfUnheard(): void {
    if (this.#reachable || this.#watch.isLost) return;
    const message = this.#session
      ? 'the standby has the same key, but does not serve this active: is it one of its actives, by name and address?'
      : 'the standby has never answered: does it run, with the same key, and does every firewall let its port of UDP through?';
    this.#ports.tell('warn', 'takeover.unheard', { peer: this.#peer, message });
  }

  #standbyHas(address: string): boolean {
    return this.#standbyEntries.some((entry) => entry.address === address && entry.held);
  }

  #giveFaulty(): void {
    this.#giving.stopWaiting();
    for (const service of this.#services) {
      const fault = this.#faults.of(service.address);
      if (fault === null || service.busy || !service.held || service.stuck !== null) continue;
      void this.#giving.give(service, fault.cause);
    }
  }

  #onReport(report: NodeState, seen: number): void {
    this.#standbyEntries = report.entries;
    this.#reported = true;
    this.#watch.heard(report.everyMs);
    for (const service of this.#services) {
      if (service.busy || seen < service.mark) continue;
      const there = report.entries.find(({ address }) => address === service.address);
      if (there?.held === true) this.#onThere(service, there);
      else if (!service.held) this.#onNobodys(service);
    }
  }

  /** The standby has it. Whoever heals after a split finds it so: there must not be two. */
  #onThere(service: Service, entry: AddressEntry): void {
    if (!service.held || service.stuck !== null || !isFinal(entry)) return;
    service.busy = true;
    service.cause = 'conflict';
    void this.#switching.off(service).then(() => {
      service.busy = false;
      service.mark = this.#ports.sent();
    });
  }

  /** Neither has it. */
  #onNobodys(service: Service): void {
    const fault = this.#faults.of(service.address);
    if (fault === null) {
      service.busy = true;
      void this.#switching.on(service, 'nobody has it').then((back) => {
        service.mark = this.#ports.sent();
        if (back) service.busy = false;
        else this.#busyFor(service);
      });
    } else if (!this.#giving.waits) {
      void this.#giving.give(service, fault.cause);
    }
  }

  /** Not again at once: the next report comes in no time. */
  #busyFor(service: Service): void {
    const waitMs = service.retryMs;
    service.retryMs = longer(waitMs);
    this.#timers.after(waitMs, () => {
      service.busy = false;
    });
  }

  /** The standby says nothing any more. */
  #onStandbyLost(): void {
    const silentMs = Math.round(this.#watch.silentMs);
    this.#ports.tell('error', 'takeover.lost', { peer: this.#peer, silentMs });
    this.#standbyEntries = [];
    if (this.#configuration.heartbeat !== null) this.#failback.expect();
  }
}
