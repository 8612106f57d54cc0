/**
 * The standby node: takes addresses over with its own interfaces and MAC addresses (JP 2001-144806 ST01, ST04, ST11,
 * ST14), and gives them back. Decides only; what it does goes through its ports.
 */
import type { StandbyConfiguration } from '../../config/takeover/types.ts';
import type { Handover } from '../ports/handover.ts';
import type { StandbyPorts } from '../ports/ports.ts';
import { IDLE_MS, Timers } from '../ports/timers.ts';
import {
  type AddressEntry,
  isStuck,
  type MoveCause,
  type NodeState,
  type TakeoverMessage,
} from '../protocol/messages.ts';
import { Actives, type KnownActive } from './actives.ts';
import { Answers } from './answers.ts';
import { Capacity, sufficiency } from './capacity.ts';
import type { StandbyContext } from './context.ts';
import { Failover } from './failover.ts';
import { type Holding, Holdings, type Taken } from './holdings.ts';
import { Moving } from './moving.ts';
import { inOrder } from './plan.ts';
import { Release } from './release.ts';
import { goesBack, Returning } from './returning.ts';
import { Taking } from './taking.ts';

/** Whoever contradicts is contradicted so often (RFC 5227 section 2.4 allows no more than one in 10 s to a host that only defends itself; this one has been told to have the address). */
const DEFENCE_MS = 1000;

/** A cable that was moved to another socket is in again by then. */
const CUT_MS = 5000;

export interface StandbyStatus {
  readonly role: 'standby';
  readonly adapters: readonly {
    readonly adapter: string;
    readonly hardware: string | null;
    readonly addresses: readonly string[];
  }[];
  /** As many interfaces as the largest number of addresses of any one active. */
  readonly needed: number;
  readonly sufficient: boolean;
  readonly actives: readonly {
    readonly name: string;
    readonly address: string;
    readonly state: 'alive' | 'silent' | 'stopped' | 'unknown';
    readonly healthy: boolean;
    readonly addresses: readonly string[];
  }[];
  readonly taken: readonly {
    readonly address: string;
    readonly adapter: string;
    readonly active: string;
    readonly cause: MoveCause;
    readonly state: 'taking' | 'taken' | 'returning';
    readonly seconds: number;
  }[];
}

export class Standby {
  #configuration: StandbyConfiguration;
  readonly #ports: StandbyPorts;
  #interfaces: readonly string[];
  readonly #timers: Timers;
  readonly #holdings = new Holdings();
  readonly #answers: Answers;
  readonly #release: Release;
  readonly #taking: Taking;
  readonly #returns: Returning;
  readonly #silence: Failover;
  readonly #moving: Moving;
  readonly #actives: Actives;
  readonly #capacity: Capacity;
  #closed = false;

  /** `listening` is the interface that has the address of `listen`. */
  constructor(configuration: StandbyConfiguration, ports: StandbyPorts, listening: string | null) {
    this.#configuration = configuration;
    this.#ports = ports;
    this.#interfaces = inOrder(configuration.interfaces, listening);
    this.#timers = new Timers(ports.time);
    const parts: StandbyContext = {
      ports,
      timers: this.#timers,
      holdings: this.#holdings,
      terms: () => this.#configuration,
      onSettled: () => this.#closed || this.onKernel(),
    };
    this.#answers = new Answers(ports.send);
    this.#release = new Release(parts, this.#answers);
    this.#taking = new Taking(parts, this.#answers, this.#release, () => this.#interfaces);
    this.#returns = new Returning(parts, this.#taking, this.#release);
    this.#silence = new Failover(parts, this.#taking);
    this.#actives = new Actives(parts, this.#silence);
    this.#moving = new Moving(parts, this.#taking, this.#actives);
    this.#capacity = new Capacity(ports.tell);
    this.#actives.use(configuration.actives);
    this.#reportCapacity();
  }

  get reportMs(): number {
    return this.#configuration.heartbeat?.everyMs ?? IDLE_MS;
  }

  /**
   * What a process before this one has taken: as far as it is still on its interfaces, where that one said or elsewhere. And
   * what it could not release.
   */
  adopt(taken: readonly Taken[], stuck: readonly Taken[]): void {
    for (const one of stuck) {
      if (this.#ports.holdersOf(one.address).includes(one.ifname)) void this.#release.leave(one, one.ifname);
    }
    for (const one of taken) this.#taking.adopt(one, one.ifname);
    this.#moving.look();
  }

  taken(): Taken[] {
    return this.#holdings.taken();
  }

  /** What should be gone from its interfaces, which would not let go. */
  stuck(): Taken[] {
    return this.#release.stuck();
  }

  /** What the next report to an active says. */
  report(active: string, name: string): TakeoverMessage {
    // A silent active that returns by itself decides when it is heard: it may keep what it still has.
    const waits = this.#configuration.return === 'automatic' && this.#actives.get(active)?.watch.isLost;
    const entries: AddressEntry[] = this.#holdings.of(active).map((holding) => ({
      address: holding.address,
      length: holding.length,
      held: true,
      marked: holding.state === 'taken' && !waits && this.#moving.cutMs(holding) === null,
      mac: holding.mac,
    }));
    return { kind: 'report', healthy: true, everyMs: this.reportMs, name, entries } satisfies TakeoverMessage;
  }

  /** A message of an active whose session is good; `begins` with the first one of a session. */
  onMessage(active: string, message: TakeoverMessage, begins: boolean): void {
    const served = this.#actives.get(active);
    if (served === undefined) return;
    if (begins) {
      this.#answers.forgetAll(active);
      this.#ports.tell('info', 'takeover.session', { peer: active });
    }
    switch (message.kind) {
      case 'heartbeat':
        this.#onHeartbeat(served, message);
        return;
      case 'take':
        this.#taking.onTake(served, message);
        return;
      case 'reclaim':
        for (const address of message.addresses) {
          const holding = this.#holdings.get(address);
          if (holding?.active === active) void this.#giveBack(holding, 'operator');
        }
        return;
      case 'returned':
        this.#returns.onReturned(message);
        return;
      case 'bye':
        this.#onBye(served);
        return;
      default:
        return;
    }
  }

  /** Gives back what is named by active or address (nothing named: all), and says what became of each. */
  giveBack(what: readonly string[], cause: MoveCause): Promise<Handover[]> {
    const chosen = [...this.#holdings].filter(
      ({ address, active }) => what.length === 0 || what.includes(address) || what.includes(active),
    );
    return Promise.all(chosen.map((holding) => this.#giveBack(holding, cause)));
  }

  /** Whether this names an active or an address that is here. */
  knows(what: string): boolean {
    return this.#actives.get(what) !== undefined || this.#holdings.has(what);
  }

  /** Somebody else says that he has an address that was taken: everybody is told again whose it is. */
  onConflict(address: string, mac: string): void {
    const holding = this.#holdings.get(address);
    if (holding?.state !== 'taken') return;
    const nowMs = this.#ports.time.nowMs();
    if (nowMs - holding.defendedMs < DEFENCE_MS) return;
    holding.defendedMs = nowMs;
    const { ifname, active } = holding;
    this.#ports.tell('warn', 'takeover.conflict', {
      address,
      adapter: ifname,
      active,
      peer: active,
      hardware: mac,
    });
    const own = this.#actives.get(active)?.entries.find((entry) => entry.address === address);
    // Its active is about to get it back: whose it is then is to be believed.
    if (own?.mac === mac && goesBack(holding, this.#configuration)) return;
    this.#taking.contradict(holding);
  }

  /** An interface may have lost its link or what was on it, or be gone itself, without this program. */
  onKernel(): void {
    for (const holding of [...this.#holdings]) {
      const { address, ifname, state } = holding;
      if (state !== 'taken' || this.#ports.holdersOf(address).includes(ifname)) continue;
      // Somebody has put it on another one, or it went with an interface that was switched off.
      if (this.#taking.adopt(holding, null) === null && !this.#moving.follow(holding))
        this.#onVanished(holding);
    }
    this.#moving.look();
  }

  #onVanished(holding: Holding): void {
    const { address, ifname, active } = holding;
    this.#release.drop(holding);
    this.#ports.tell('error', 'takeover.vanished', { address, adapter: ifname, peer: active });
    const served = this.#actives.get(active);
    if (served !== undefined) this.#silence.onVanished(served, address);
  }

  status(): StandbyStatus {
    const nowMs = this.#ports.time.nowMs();
    const holdings = [...this.#holdings];
    return {
      role: 'standby',
      adapters: this.#interfaces.map((ifname) => ({
        adapter: ifname,
        hardware: this.#ports.factsOf(ifname).mac,
        addresses: holdings.filter((one) => one.ifname === ifname).map(({ address }) => address),
      })),
      ...sufficiency(this.#actives.counts(), this.#interfaces.length, this.#configuration.share),
      actives: [...this.#actives].map(({ name, entries, healthy, watch, heard, stopped }) => ({
        name,
        address: this.#configuration.actives.find((one) => one.name === name)?.address ?? '',
        state: stopped ? 'stopped' : !heard ? 'unknown' : watch.isLost ? 'silent' : 'alive',
        healthy,
        addresses: entries.map(({ address }) => address),
      })),
      taken: holdings.map(({ address, ifname, active, cause, state, sinceMs }) => ({
        address,
        adapter: ifname,
        active,
        cause,
        state,
        seconds: Math.round((nowMs - sinceMs) / 1000),
      })),
    };
  }

  /** Other terms, interfaces and actives; what is taken stays taken. */
  reconfigure(configuration: StandbyConfiguration, listening: string | null): void {
    this.#configuration = configuration;
    this.#interfaces = inOrder(configuration.interfaces, listening);
    this.#actives.use(configuration.actives);
    this.#reportCapacity();
  }

  close(): void {
    this.#closed = true;
    this.#actives.close();
    this.#returns.close();
    this.#timers.close();
  }

  #reportCapacity(): void {
    this.#capacity.report(this.#actives.counts(), this.#interfaces.length, this.#configuration.share);
  }

  #onHeartbeat(served: KnownActive, { healthy, everyMs, entries }: NodeState): void {
    const nowMs = this.#ports.time.nowMs();
    const isNew = !served.heard;
    served.heard = true;
    served.stopped = false;
    if (healthy && !served.healthy) served.healthySinceMs = nowMs;
    served.healthy = healthy;
    const changed = served.entries.length !== entries.length;
    served.entries = entries;
    if (changed) this.#reportCapacity();
    for (const { address, length } of entries) {
      // Whoever put it there may have told nobody, and the active will release it.
      const found = { address, length, active: served.name, cause: 'conflict' } as const;
      if (!this.#holdings.has(address)) this.#taking.adopt(found, null);
    }
    served.watch.heard(everyMs);
    for (const holding of this.#holdings.of(served.name)) {
      // Nobody watched while both had it; the active is about to release it, and has told everybody that it has it.
      const isBoths = isNew && entries.some(({ address, held }) => held && address === holding.address);
      const stays = this.#moving.cutMs(holding) === null && !goesBack(holding, this.#configuration);
      if (isBoths && stays) this.#taking.contradict(holding);
      this.#considerReturn(served, holding, nowMs);
    }
  }

  #onBye(served: KnownActive): void {
    const { name } = served;
    served.stopped = true;
    served.watch.stop();
    this.#ports.send(name, { kind: 'byeSeen' });
    if (served.heard) this.#ports.tell('warn', 'takeover.stopped', { peer: name });
    served.heard = false;
  }

  /** Without an operator only where the operator wished for it, or where nobody reaches it here. */
  #considerReturn(served: KnownActive, holding: Holding, nowMs: number): void {
    if (holding.state !== 'taken') return;
    const cutMs = holding.cause === 'operator' ? null : this.#moving.cutMs(holding);
    const isWanted = goesBack(holding, this.#configuration);
    if (cutMs === null && !isWanted) return;
    const entry = served.entries.find(({ address }) => address === holding.address);
    if (!served.healthy || entry === undefined || isStuck(entry)) return;
    const hereMs = nowMs - holding.sinceMs;
    const isCut = cutMs !== null && Math.min(cutMs, hereMs) >= CUT_MS;
    const wellMs = Math.min(hereMs, nowMs - served.healthySinceMs);
    const isDue = isWanted && wellMs >= this.#configuration.returnAfterMs;
    // Both have it, after a split: the sooner one of them releases it the better.
    if (entry.held || isCut || isDue) void this.#giveBack(holding, cutMs === null ? 'conflict' : 'link');
  }

  #giveBack(holding: Holding, cause: MoveCause): Promise<Handover> {
    return this.#returns.giveBack(holding, this.#actives.get(holding.active), cause);
  }
}
