/**
 * The active half: watches itself, and gives its addresses to the standby, one after the other (JP 2001-144806
 * ST02-ST03, ST12-ST13, ST16-ST17). Decides only; what it does goes through its ports.
 */
import type { ActiveConfiguration, ServiceAddress } from '../config/takeover/types.ts';
import { messageOf } from '../errors.ts';
import type { Fields, Level } from '../log.ts';
import { DONE_MS, FIRST_RETRY_MS, IDLE_MS, LONGEST_RETRY_MS, NO_HARDWARE } from './both.ts';
import type { ActivePorts } from './ports.ts';
import { Repeat } from './repeat.ts';
import { Watch } from './watch.ts';
import type { Cause, Entry, Instruction, Message, Result, State } from './wire.ts';

/** An adapter that hangs must not keep the next address from being given. */
const DEACTIVATION_MS = 250;
/** What a silent standby had is looked for after so long, and taken back when nobody has answered so often: no hurry justifies two holders. */
const ORPHANED_MS = 2000;
const ORPHAN_LOOKS = 3;
/** Whoever else has an address says so with every packet. */
const CONTRADICTION_MS = 10_000;

/** What became of a wish of the operator's. */
export interface Handover {
  readonly address: string;
  readonly done: boolean;
  /** Why not, or what else there is to say. */
  readonly reason: string | null;
}

interface Service extends ServiceAddress {
  hardware: string;
  /** Whether this machine's kernel has it. */
  held: boolean;
  /** Why it could not be switched off. */
  stuck: string | null;
  /** Given away, on its way there, or on its way back; a report of the standby's says nothing meanwhile. */
  busy: boolean;
  /** Why it was given; null while it is here. */
  cause: Cause | null;
  /** How often nobody answered for it while the standby was silent. */
  unanswered: number;
  /** When it was said last that somebody else has it. */
  contradictedMs: number;
  /** Reports older than the message of this number say nothing about it. */
  mark: number;
  retryMs: number;
}

/** An address on its way to the standby. */
interface Giving {
  readonly service: Service;
  readonly cause: Cause;
  /** Of the instruction. */
  readonly id: number;
  readonly resolve: (handover: Handover) => void;
  /** The instruction, until it is answered. */
  repeat: Repeat | null;
  /** The end of switching off, once the standby has accepted. */
  off: Promise<void> | null;
  expire: (() => void) | null;
}

export interface Fault {
  readonly reason: string;
  readonly cause: Cause;
  /** null: all addresses. */
  readonly addresses: readonly string[] | null;
}

export interface ActiveStatus {
  readonly role: 'active';
  readonly healthy: boolean;
  readonly faults: readonly string[];
  readonly standby: { readonly address: string; readonly name: string | null; readonly reachable: boolean };
  readonly addresses: readonly {
    readonly address: string;
    readonly adapter: string;
    readonly state: 'here' | 'given' | 'stuck' | 'changing';
    readonly cause: Cause | null;
    readonly reason: string | null;
  }[];
}

export class Active {
  #configuration: ActiveConfiguration;
  readonly #ports: ActivePorts;
  #services: Service[];
  readonly #faults = new Map<string, Fault>();
  readonly #queue: Giving[] = [];
  readonly #givings = new Map<number, Giving>();
  /** Returns that were worked on, by address, so that a repeated instruction is answered, not carried out again. */
  readonly #returns = new Map<string, Result>();
  readonly #watch: Watch;
  #current: Giving | null = null;
  #nextId = 1;
  #session = false;
  #standby: string | null = null;
  #standbyEntries: readonly Entry[] = [];
  #retry: (() => void) | null = null;
  #closed = false;
  readonly #cancels = new Set<() => void>();

  /** `held` tells which addresses the kernel has at the moment. */
  constructor(
    configuration: ActiveConfiguration,
    ports: ActivePorts,
    held: (service: ServiceAddress) => boolean,
  ) {
    this.#configuration = configuration;
    this.#ports = ports;
    this.#services = configuration.addresses.map((service) => this.#service(service, held(service)));
    for (const { held: here, adapter, address } of this.#services) if (here) ports.claim(adapter, address);
    const { heartbeat, checkMs } = configuration;
    this.#watch = new Watch({
      clock: ports.clock,
      everyMs: heartbeat?.everyMs ?? IDLE_MS,
      lost: heartbeat?.lost ?? 3,
      aheadMs: checkMs ?? 0,
      onDoubt: () => {},
      onLost: () => this.#onStandbyLost(),
      onBack: () => ports.tell('info', 'takeover.back', { peer: this.#peer }),
    });
  }

  get healthy(): boolean {
    return this.#faults.size === 0;
  }

  /** What the next heartbeat says. */
  beat(name: string): Message {
    const entries = this.#services.map((service) => this.#entry(service));
    const everyMs = this.#configuration.heartbeat?.everyMs ?? IDLE_MS;
    return { kind: 'beat', healthy: this.healthy, everyMs, name, entries } satisfies Message;
  }

  /** How often to say it. */
  get beatMs(): number {
    return this.#configuration.heartbeat?.everyMs ?? IDLE_MS;
  }

  onSession(standby: string): void {
    this.#session = true;
    this.#standby = standby;
    for (const service of this.#services) service.mark = 0;
    this.#tell('info', 'takeover.session', { peer: this.#peer });
  }

  onSessionEnd(): void {
    this.#session = false;
  }

  onMessage(message: Message, seen: number): void {
    switch (message.kind) {
      case 'report':
        this.#onReport(message, seen);
        return;
      case 'taken':
        this.#onTaken(message);
        return;
      case 'return':
        this.#onReturn(message);
        return;
      default:
        return;
    }
  }

  /** Something is wrong, or (null) not any more. `key` tells one thing from another. */
  setFault(key: string, fault: Fault | null): void {
    const before = this.#faults.get(key);
    if (fault === null) {
      if (!this.#faults.delete(key)) return;
      this.#tell('info', 'takeover.healthy', { reason: before?.reason, faults: this.#faults.size });
      return;
    }
    this.#faults.set(key, fault);
    if (before !== undefined) return;
    this.#tell('warn', 'takeover.fault', { reason: fault.reason });
    this.#giveFaulty();
  }

  /** Gives addresses (none named: all) to the standby, and says what became of each. */
  give(addresses: readonly string[], cause: Cause): Promise<Handover[]> {
    const chosen = this.#services.filter(
      ({ address }) => addresses.length === 0 || addresses.includes(address),
    );
    return Promise.all(
      chosen.map((service) => {
        const { address } = service;
        if (service.busy) return { address, done: false, reason: 'is changing hands at the moment' };
        if (!service.held && this.#standbyHas(address)) {
          // An operator's word stands above a fault that is over.
          if (cause === 'operator') service.cause = cause;
          return { address, done: true, reason: 'is there already' };
        }
        return this.#give(service, cause);
      }),
    );
  }

  /** Whether one of the addresses is configured here. */
  has(address: string): boolean {
    return this.#services.some((service) => service.address === address);
  }

  /** Whether an address is here, and not on its way. */
  isHere(address: string): boolean {
    return this.#services.some((service) => service.address === address && service.held && !service.busy);
  }

  /** Asks the standby to give addresses (none named: all) back, and says what became of each. */
  async reclaim(addresses: readonly string[]): Promise<Handover[]> {
    const chosen = this.#services.filter(
      ({ address }) => addresses.length === 0 || addresses.includes(address),
    );
    const away = chosen.filter(({ held }) => !held);
    if (away.length > 0) {
      if (!this.healthy) {
        const reason = `is faulty: ${[...this.#faults.values()].map((fault) => fault.reason).join('; ')}`;
        return chosen.map(({ address, held }) => ({ address, done: held, reason: held ? null : reason }));
      }
      const names = away.map(({ address }) => address);
      if (!this.#ports.send({ kind: 'reclaim', addresses: names })) {
        return chosen.map(({ address, held }) => ({
          address,
          done: held,
          reason: held ? null : 'the standby does not answer',
        }));
      }
      await this.#until(() => away.every(({ held, busy }) => held && !busy), DONE_MS);
    }
    return chosen.map(({ address, held }) => ({
      address,
      done: held,
      reason: held ? null : 'the standby did not give it back in time; see its log',
    }));
  }

  /** What the kernel has may change without this program. */
  onKernel(held: (service: ServiceAddress) => boolean): void {
    for (const service of this.#services) {
      const here = held(service);
      if (service.busy || service.stuck !== null || here === service.held) continue;
      service.held = here;
      const { address, adapter } = service;
      if (here) this.#ports.claim(adapter, address);
      else this.#ports.unclaim(address);
      this.#tell('warn', here ? 'takeover.appeared' : 'takeover.vanished', { address, adapter });
    }
  }

  /** Somebody else says that he has an address. */
  onConflict(address: string, hardware: string): void {
    const service = this.#services.find((one) => one.address === address);
    if (service?.held !== true || service.busy) return;
    const nowMs = this.#ports.clock.nowMs();
    if (nowMs - service.contradictedMs < CONTRADICTION_MS) return;
    service.contradictedMs = nowMs;
    this.#tell('warn', 'takeover.conflict', { address, adapter: service.adapter, hardware });
  }

  status(): ActiveStatus {
    return {
      role: 'active',
      healthy: this.healthy,
      faults: [...this.#faults.values()].map(({ reason }) => reason),
      standby: {
        address: this.#configuration.standby.host,
        name: this.#standby,
        reachable: this.#session && !this.#watch.isLost,
      },
      addresses: this.#services.map(({ address, adapter, held, stuck, busy, cause }) => ({
        address,
        adapter,
        state: busy ? 'changing' : stuck !== null ? 'stuck' : held ? 'here' : 'given',
        cause,
        reason: stuck,
      })),
    };
  }

  /** Other addresses, and other terms; what is given stays given. */
  reconfigure(configuration: ActiveConfiguration, held: (service: ServiceAddress) => boolean): void {
    this.#configuration = configuration;
    const before = new Map(this.#services.map((service) => [service.address, service]));
    this.#services = configuration.addresses.map((address) => {
      const known = before.get(address.address);
      before.delete(address.address);
      if (known?.adapter === address.adapter && known.length === address.length) return known;
      const fresh = this.#service(address, held(address));
      if (fresh.held) this.#ports.claim(fresh.adapter, fresh.address);
      return fresh;
    });
    for (const address of before.keys()) this.#ports.unclaim(address);
  }

  close(): void {
    this.#closed = true;
    this.#watch.stop();
    this.#current?.repeat?.stop();
    for (const cancel of this.#cancels) cancel();
  }

  get #peer(): string {
    return this.#standby ?? this.#configuration.standby.host;
  }

  #service(service: ServiceAddress, held: boolean): Service {
    const hardware = this.#ports.hardwareOf(service.adapter) ?? NO_HARDWARE;
    return {
      ...service,
      hardware,
      held,
      stuck: null,
      busy: false,
      cause: null,
      unanswered: 0,
      contradictedMs: Number.NEGATIVE_INFINITY,
      mark: 0,
      retryMs: FIRST_RETRY_MS,
    };
  }

  #entry({ address, length, held, stuck, hardware }: Service): Entry {
    return { address, length, held, marked: stuck !== null, hardware };
  }

  #tell(level: Level, event: string, fields: Fields): void {
    this.#ports.tell(level, event, fields);
  }

  #standbyHas(address: string): boolean {
    return this.#standbyEntries.some((entry) => entry.address === address && entry.held);
  }

  /** The fault that an address suffers from, if it does. */
  #faultOf({ address }: Service): Fault | null {
    for (const fault of this.#faults.values()) {
      if (fault.addresses === null || fault.addresses.includes(address)) return fault;
    }
    return null;
  }

  #giveFaulty(): void {
    this.#retry?.();
    this.#retry = null;
    for (const service of this.#services) {
      const fault = this.#faultOf(service);
      if (fault === null || service.busy || !service.held || service.stuck !== null) continue;
      void this.#give(service, fault.cause);
    }
  }

  #give(service: Service, cause: Cause): Promise<Handover> {
    service.busy = true;
    return new Promise((resolve) => {
      this.#queue.push({
        service,
        cause,
        id: this.#nextId++,
        resolve,
        repeat: null,
        off: null,
        expire: null,
      });
      this.#next();
    });
  }

  /** ST16-ST17: the next address, once the one before has been switched off. */
  #next(): void {
    if (this.#current !== null || this.#closed) return;
    const giving = this.#queue.shift();
    if (giving === undefined) return;
    this.#current = giving;
    this.#givings.set(giving.id, giving);
    const { service, cause, id } = giving;
    const { address } = service;
    this.#tell('warn', 'takeover.asked', { address, peer: this.#peer, cause });
    giving.repeat = new Repeat(
      this.#ports.clock,
      () => void this.#ports.send({ kind: 'take', id, cause, entry: this.#entry(service) }),
      () => this.#onTaken({ id, address, outcome: 'refused', reason: NO_ANSWER }),
    );
  }

  #onTaken(result: Result): void {
    const giving = this.#givings.get(result.id);
    if (giving === undefined || giving.service.address !== result.address) return;
    if (giving.off !== null) {
      if (result.outcome !== 'accepted') this.#conclude(giving, giving.off, result);
      return;
    }
    giving.repeat?.stop();
    const { service, cause } = giving;
    if (result.outcome === 'refused' || result.outcome === 'failed') {
      const { address } = service;
      this.#tell('error', 'takeover.failed', { address, peer: this.#peer, reason: result.reason });
      this.#finish(giving, false, result.reason);
      this.#retryLater(service);
      this.#turn();
      return;
    }
    service.cause = cause;
    service.retryMs = FIRST_RETRY_MS;
    const off = this.#switchOff(service);
    giving.off = off;
    void Promise.race([off, this.#passed(DEACTIVATION_MS)]).then(() => this.#turn());
    if (result.outcome === 'done') {
      this.#conclude(giving, off, result);
      return;
    }
    giving.expire = this.#later(DONE_MS, () =>
      this.#conclude(giving, off, { ...result, outcome: 'failed', reason: NO_ANSWER }),
    );
  }

  /** The standby has it, or could not take what it accepted: then it is better here than nowhere. */
  #conclude(giving: Giving, off: Promise<void>, { outcome, reason }: Result): void {
    this.#givings.delete(giving.id);
    giving.expire?.();
    const { service } = giving;
    const { address } = service;
    void off.then(async () => {
      if (outcome === 'done' || this.#standbyHas(address)) {
        this.#finish(giving, true, service.stuck);
        return;
      }
      this.#tell('error', 'takeover.failed', { address, peer: this.#peer, reason });
      await this.#takeBack(service, 'the standby could not take it');
      this.#finish(giving, false, reason);
      this.#retryLater(service);
    });
  }

  #finish(giving: Giving, done: boolean, reason: string | null): void {
    const { service } = giving;
    this.#givings.delete(giving.id);
    service.busy = false;
    service.mark = this.#ports.sent();
    giving.resolve({ address: service.address, done, reason });
  }

  #turn(): void {
    this.#current = null;
    this.#next();
  }

  /** Settles in any case; what went wrong is told. */
  async #switchOff(service: Service): Promise<void> {
    const { address, adapter } = service;
    if (!service.held) return;
    this.#ports.unclaim(address);
    try {
      const { kept } = await this.#ports.deactivate(adapter, service);
      service.held = false;
      service.stuck = null;
      this.#tell('info', 'takeover.released', {
        address,
        adapter,
        peer: this.#peer,
        kept: kept ?? undefined,
      });
    } catch (error) {
      const first = service.stuck === null;
      service.stuck = messageOf(error);
      if (first) {
        this.#tell('error', 'takeover.released', {
          address,
          adapter,
          peer: this.#peer,
          error: service.stuck,
        });
      }
      this.#tryOffAgain(service, FIRST_RETRY_MS);
    }
  }

  #tryOffAgain(service: Service, waitMs: number): void {
    this.#later(waitMs, () => {
      if (service.stuck === null || service.cause === null || !this.#services.includes(service)) return;
      this.#ports.deactivate(service.adapter, service).then(
        () => {
          service.held = false;
          service.stuck = null;
          const { address, adapter } = service;
          this.#tell('info', 'takeover.released', { address, adapter, peer: this.#peer });
        },
        (error) => {
          service.stuck = messageOf(error);
          this.#tryOffAgain(service, Math.min(waitMs * 2, LONGEST_RETRY_MS));
        },
      );
    });
  }

  /** Throws nothing: an address that can't be switched on is told of. */
  async #takeBack(service: Service, reason: string): Promise<boolean> {
    const { address, adapter } = service;
    try {
      await this.#ports.activate(adapter, service);
    } catch (error) {
      const level = service.retryMs > FIRST_RETRY_MS ? 'debug' : 'error';
      this.#tell(level, 'takeover.failed', { address, adapter, reason: messageOf(error) });
      return false;
    }
    service.held = true;
    service.stuck = null;
    service.cause = null;
    service.hardware = this.#ports.hardwareOf(adapter) ?? NO_HARDWARE;
    this.#ports.claim(adapter, address);
    await this.#ports.announce(adapter, service).catch((error) => {
      this.#tell('error', 'takeover.unannounced', { address, adapter, reason: messageOf(error) });
    });
    this.#tell('info', 'takeover.returned', { address, adapter, peer: this.#peer, reason });
    return true;
  }

  #retryLater(service: Service): void {
    const waitMs = service.retryMs;
    service.retryMs = Math.min(service.retryMs * 2, LONGEST_RETRY_MS);
    this.#retry ??= this.#later(waitMs, () => {
      this.#retry = null;
      this.#giveFaulty();
    });
  }

  #onReport(report: State, seen: number): void {
    this.#standbyEntries = report.entries;
    this.#watch.heard(report.everyMs);
    for (const service of this.#services) {
      if (service.busy || seen < service.mark) continue;
      const there = report.entries.find(({ address }) => address === service.address);
      if (there?.held === true) this.#onThere(service, there);
      else if (!service.held) this.#onNobodys(service);
    }
  }

  /** The standby has it. Whoever heals after a split finds it so: there must not be two. */
  #onThere(service: Service, { marked }: Entry): void {
    if (!service.held || service.stuck !== null || !marked) return;
    service.busy = true;
    service.cause = 'conflict';
    void this.#switchOff(service).then(() => {
      service.busy = false;
      service.mark = this.#ports.sent();
    });
  }

  /** Neither has it. */
  #onNobodys(service: Service): void {
    const fault = this.#faultOf(service);
    if (fault === null) {
      service.busy = true;
      void this.#takeBack(service, 'nobody has it').then((back) => {
        service.mark = this.#ports.sent();
        if (back) service.busy = false;
        else this.#busyFor(service);
      });
    } else if (this.#retry === null) {
      void this.#give(service, fault.cause);
    }
  }

  /** Not again at once: the next report comes in no time. */
  #busyFor(service: Service): void {
    const waitMs = service.retryMs;
    service.retryMs = Math.min(service.retryMs * 2, LONGEST_RETRY_MS);
    this.#later(waitMs, () => {
      service.busy = false;
    });
  }

  #onReturn({ id, entry }: Instruction): void {
    const { address } = entry;
    const answer = (outcome: Result['outcome'], reason = ''): void => {
      const result: Result = { id, address, outcome, reason };
      this.#returns.set(address, result);
      this.#ports.send({ kind: 'returned', ...result });
    };
    const before = this.#returns.get(address);
    if (before?.id === id) {
      this.#ports.send({ kind: 'returned', ...before });
      return;
    }
    const service = this.#services.find((one) => one.address === address);
    const fault = service === undefined ? null : this.#faultOf(service);
    const reason =
      service === undefined
        ? 'is none of its addresses'
        : fault !== null
          ? `it is faulty: ${fault.reason}`
          : service.busy
            ? 'is changing hands at the moment'
            : null;
    if (service === undefined || reason !== null) {
      answer('refused', reason ?? '');
      return;
    }
    service.busy = true;
    answer('accepted');
    void this.#takeBack(service, 'the standby gives it back').then((back) => {
      service.busy = false;
      answer(back ? 'done' : 'failed', back ? '' : `${service.adapter} could not be switched on`);
      service.mark = this.#ports.sent();
    });
  }

  /** The standby says nothing any more: what it had is nobody's, unless somebody answers for it. */
  #onStandbyLost(): void {
    this.#tell('error', 'takeover.lost', { peer: this.#peer, silentMs: Math.round(this.#watch.silentMs) });
    this.#standbyEntries = [];
    if (this.#configuration.heartbeat === null) return;
    const { epoch } = this.#watch;
    for (const service of this.#services) service.unanswered = 0;
    this.#later(ORPHANED_MS, () => this.#lookForOrphans(epoch));
  }

  /** `epoch` of the silence. */
  #lookForOrphans(epoch: number): void {
    const isOver = (): boolean => this.#watch.epoch !== epoch || !this.#watch.isLost || this.#closed;
    if (isOver()) return;
    for (const service of this.#services) {
      if (service.held || service.busy || this.#faultOf(service) !== null) continue;
      service.busy = true;
      void this.#ports.probe(service.address).then(async (hardware) => {
        service.unanswered = hardware === null ? service.unanswered + 1 : 0;
        if (service.unanswered >= ORPHAN_LOOKS && !isOver()) {
          await this.#takeBack(service, 'the standby is dead');
        }
        service.busy = false;
      });
    }
    this.#later(FIRST_RETRY_MS, () => this.#lookForOrphans(epoch));
  }

  #later(waitMs: number, action: () => void): () => void {
    const cancel = this.#ports.clock.after(waitMs, () => {
      this.#cancels.delete(cancel);
      action();
    });
    this.#cancels.add(cancel);
    return cancel;
  }

  #passed(waitMs: number): Promise<void> {
    return new Promise((resolve) => void this.#later(waitMs, resolve));
  }

  async #until(condition: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.#ports.clock.nowMs() + limitMs;
    while (!condition() && this.#ports.clock.nowMs() < endMs) await this.#passed(20);
  }
}

const NO_ANSWER = 'the standby does not answer';
