/**
 * The standby half: takes addresses over with its own adapters and hardware addresses (JP 2001-144806 ST01, ST04, ST11,
 * ST14), and gives them back. Decides only; what it does goes through its ports.
 */
import { isVersion4, type Prefix } from '../config/address.ts';
import type { StandbyConfiguration } from '../config/takeover/types.ts';
import { messageOf } from '../errors.ts';
import type { Fields, Level } from '../log.ts';
import type { Handover } from './active.ts';
import { DONE_MS, FIRST_RETRY_MS, IDLE_MS, LONGEST_RETRY_MS, NO_HARDWARE } from './both.ts';
import { inOrder, needed, plan } from './plan.ts';
import type { StandbyPorts } from './ports.ts';
import { Repeat } from './repeat.ts';
import { Watch } from './watch.ts';
import type { Cause, Entry, Instruction, Message, Result, State } from './wire.ts';

/** After somebody answered for a dead active's address, it is asked for again. */
const ASK_AGAIN_MS = 1000;
/** Whoever contradicts is contradicted so often (RFC 5227 section 2.4 allows no more than one in 10 s to a host that only defends itself; this one has been told to have the address). */
const DEFENCE_MS = 1000;
/** An active that was called dead and was not is asked for again so often at the most, and once less after each such time. */
const MOST_CAUTION = 10;
const CALM_MS = 60_000;
const NO_ANSWER = 'the active does not answer';

/** An address that is here. */
export interface Taken extends Prefix {
  readonly adapter: string;
  readonly active: string;
  readonly cause: Cause;
}

interface Holding extends Taken {
  adapter: string;
  hardware: string;
  cause: Cause;
  state: 'taking' | 'taken' | 'returning';
  /** The instruction that brought it; 0: none did. */
  id: number;
  sinceMs: number;
  defendedMs: number;
}

interface Served {
  readonly name: string;
  /** Its addresses, as it told last; without a word from it those that the configuration names. */
  entries: readonly Entry[];
  healthy: boolean;
  healthySinceMs: number;
  watch: Watch;
  heard: boolean;
  /** It said that it stops: its silence means nothing. */
  stopped: boolean;
  /** What is being asked of the network while it is silent. */
  readonly questions: Map<string, Promise<string | null>>;
  /** So many times more than once its addresses are asked for: it, or this machine, has been too busy to be heard before. */
  caution: number;
  cautiousMs: number;
  /** Addresses that were answered for, told once in a silence. */
  readonly doubted: Set<string>;
}

interface Return {
  readonly holding: Holding;
  readonly cause: Cause;
  readonly id: number;
  readonly resolve: (handover: Handover) => void;
  repeat: Repeat | null;
  accepted: boolean;
  expire: (() => void) | null;
}

export interface StandbyStatus {
  readonly role: 'standby';
  readonly adapters: readonly {
    readonly adapter: string;
    readonly hardware: string | null;
    readonly addresses: readonly string[];
  }[];
  /** As many adapters as the largest number of addresses of any one active. */
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
    readonly cause: Cause;
    readonly state: 'taking' | 'taken' | 'returning';
    readonly seconds: number;
  }[];
}

export class Standby {
  #configuration: StandbyConfiguration;
  readonly #ports: StandbyPorts;
  #adapters: readonly string[];
  readonly #served = new Map<string, Served>();
  readonly #holdings = new Map<string, Holding>();
  readonly #returns = new Map<number, Return>();
  /** The last answers by active and address, for instructions that are repeated. */
  readonly #answers = new Map<string, Result>();
  /** Given back, and still on an adapter, which would not let go. */
  readonly #stuck = new Set<string>();
  readonly #cancels = new Set<() => void>();
  #nextId = 1;
  #capacity = '';

  /** `listening` is the adapter that has the address of `listen`. */
  constructor(configuration: StandbyConfiguration, ports: StandbyPorts, listening: string | null) {
    this.#configuration = configuration;
    this.#ports = ports;
    this.#adapters = inOrder(configuration.adapters, listening);
    this.#serve();
    this.#reportCapacity();
  }

  get beatMs(): number {
    return this.#configuration.heartbeat?.everyMs ?? IDLE_MS;
  }

  /** What a process before this one has taken, and is still on its adapters. */
  adopt(taken: readonly Taken[]): void {
    for (const one of taken) this.#adopt(one);
  }

  taken(): Taken[] {
    return [...this.#holdings.values()].map(({ address, length, adapter, active, cause }) => ({
      address,
      length,
      adapter,
      active,
      cause,
    }));
  }

  /** What the next report to an active says. */
  report(active: string, name: string): Message {
    // A silent active that returns by itself decides when it is heard: it may keep what it still has.
    const waits = this.#configuration.return === 'automatic' && this.#served.get(active)?.watch.isLost;
    const entries: Entry[] = [...this.#holdings.values()]
      .filter((holding) => holding.active === active)
      .map(({ address, length, hardware, state }) => ({
        address,
        length,
        held: true,
        marked: state === 'taken' && !waits,
        hardware,
      }));
    return { kind: 'report', healthy: true, everyMs: this.beatMs, name, entries } satisfies Message;
  }

  /** A message of an active whose session is good; `begins` with the first one of a session. */
  onMessage(active: string, message: Message, begins: boolean): void {
    const served = this.#served.get(active);
    if (served === undefined) return;
    if (begins) {
      for (const key of this.#answers.keys()) if (key.startsWith(`${active} `)) this.#answers.delete(key);
      this.#tell('info', 'takeover.session', { peer: active });
    }
    switch (message.kind) {
      case 'beat':
        this.#onBeat(served, message);
        return;
      case 'take':
        this.#onTake(served, message);
        return;
      case 'reclaim':
        for (const address of message.addresses) {
          const holding = this.#holdings.get(address);
          if (holding?.active === active) void this.#giveBack(holding, 'operator');
        }
        return;
      case 'returned':
        this.#onReturned(message);
        return;
      case 'bye':
        served.stopped = true;
        served.watch.stop();
        this.#ports.send(active, { kind: 'byeSeen' });
        if (served.heard) this.#tell('warn', 'takeover.stopped', { peer: active });
        served.heard = false;
        return;
      default:
        return;
    }
  }

  /** Gives back what is named by active or address (nothing named: all), and says what became of each. */
  giveBack(what: readonly string[], cause: Cause): Promise<Handover[]> {
    const chosen = [...this.#holdings.values()].filter(
      ({ address, active }) => what.length === 0 || what.includes(address) || what.includes(active),
    );
    return Promise.all(chosen.map((holding) => this.#giveBack(holding, cause)));
  }

  /** Whether this names an active or an address that is here. */
  knows(what: string): boolean {
    return this.#served.has(what) || this.#holdings.has(what);
  }

  /** Somebody else says that he has an address that was taken: everybody is told again whose it is. */
  onConflict(address: string, hardware: string): void {
    const holding = this.#holdings.get(address);
    if (holding?.state !== 'taken') return;
    const nowMs = this.#ports.clock.nowMs();
    if (nowMs - holding.defendedMs < DEFENCE_MS) return;
    holding.defendedMs = nowMs;
    const { adapter, active } = holding;
    this.#tell('warn', 'takeover.conflict', { address, adapter, active, hardware });
    this.#announceAgain(holding);
  }

  /** An adapter lost what was on it, without this program. */
  onKernel(): void {
    for (const holding of [...this.#holdings.values()]) {
      const { address, adapter, active, state } = holding;
      if (state === 'taken' && this.#ports.holderOf(address) === null) {
        this.#drop(holding);
        this.#tell('error', 'takeover.vanished', { address, adapter, peer: active });
      }
    }
  }

  status(): StandbyStatus {
    const nowMs = this.#ports.clock.nowMs();
    const holdings = [...this.#holdings.values()];
    const { adapters } = needed(this.#counts());
    return {
      role: 'standby',
      adapters: this.#adapters.map((adapter) => ({
        adapter,
        hardware: this.#ports.factsOf(adapter).hardware,
        addresses: holdings.filter((one) => one.adapter === adapter).map(({ address }) => address),
      })),
      needed: adapters,
      sufficient: this.#configuration.share || adapters <= this.#adapters.length,
      actives: [...this.#served.values()].map(({ name, entries, healthy, watch, heard, stopped }) => ({
        name,
        address: this.#configuration.actives.find((one) => one.name === name)?.address ?? '',
        state: stopped ? 'stopped' : !heard ? 'unknown' : watch.isLost ? 'silent' : 'alive',
        healthy,
        addresses: entries.map(({ address }) => address),
      })),
      taken: holdings.map(({ address, adapter, active, cause, state, sinceMs }) => ({
        address,
        adapter,
        active,
        cause,
        state,
        seconds: Math.round((nowMs - sinceMs) / 1000),
      })),
    };
  }

  /** Other terms, adapters and actives; what is taken stays taken. */
  reconfigure(configuration: StandbyConfiguration, listening: string | null): void {
    this.#configuration = configuration;
    this.#adapters = inOrder(configuration.adapters, listening);
    for (const [name, { watch }] of this.#served) {
      if (configuration.actives.some((active) => active.name === name)) continue;
      watch.stop();
      this.#served.delete(name);
    }
    this.#serve();
    this.#reportCapacity();
  }

  close(): void {
    for (const { watch } of this.#served.values()) watch.stop();
    for (const { repeat } of this.#returns.values()) repeat?.stop();
    for (const cancel of this.#cancels) cancel();
  }

  #tell(level: Level, event: string, fields: Fields): void {
    this.#ports.tell(level, event, fields);
  }

  #serve(): void {
    for (const { name, addresses } of this.#configuration.actives) {
      const before = this.#served.get(name);
      if (before !== undefined) {
        before.watch.stop();
        before.watch = this.#watch(name);
        continue;
      }
      this.#served.set(name, {
        name,
        entries: addresses.map((address) => ({
          address,
          length: isVersion4(address) ? 32 : 128,
          held: false,
          marked: false,
          hardware: '',
        })),
        healthy: false,
        healthySinceMs: 0,
        watch: this.#watch(name),
        heard: false,
        stopped: false,
        questions: new Map(),
        caution: 0,
        cautiousMs: 0,
        doubted: new Set(),
      });
    }
  }

  #watch(name: string): Watch {
    const { heartbeat, checkMs } = this.#configuration;
    const served = (): Served | undefined => this.#served.get(name);
    return new Watch({
      clock: this.#ports.clock,
      everyMs: heartbeat?.everyMs ?? IDLE_MS,
      lost: heartbeat?.lost ?? 3,
      aheadMs: heartbeat === null ? 0 : (checkMs ?? 0),
      onDoubt: () => {
        const one = served();
        if (one !== undefined) this.#ask(one);
      },
      onLost: () => {
        const one = served();
        if (one !== undefined) this.#onLost(one);
      },
      onBack: () => {
        const one = served();
        if (one !== undefined) this.#onBack(one);
      },
    });
  }

  #counts(): Map<string, number> {
    return new Map([...this.#served.values()].map(({ name, entries }) => [name, entries.length]));
  }

  /** Paragraphs 62 and 101, said when it changes. */
  #reportCapacity(): void {
    const { active, adapters } = needed(this.#counts());
    const there = this.#adapters.length;
    const sufficient = this.#configuration.share || adapters <= there;
    const said = `${adapters} ${there} ${sufficient}`;
    // Until an active has spoken, nothing is known.
    if (said === this.#capacity || active === null) return;
    this.#capacity = said;
    const fields = { needed: adapters, adapters: there, sufficient, active };
    if (sufficient) this.#tell('info', 'takeover.capacity', fields);
    else {
      const message = `${active} has ${adapters} addresses; give as many adapters, or share: true`;
      this.#tell('warn', 'takeover.capacity', { ...fields, message });
    }
  }

  #onBeat(served: Served, { healthy, everyMs, entries }: State): void {
    const nowMs = this.#ports.clock.nowMs();
    served.heard = true;
    served.stopped = false;
    if (healthy && !served.healthy) served.healthySinceMs = nowMs;
    served.healthy = healthy;
    const changed = served.entries.length !== entries.length;
    served.entries = entries;
    if (changed) this.#reportCapacity();
    for (const { address, length } of entries) {
      const known = this.#holdings.has(address) || this.#stuck.has(address);
      const adapter = known ? null : this.#ports.holderOf(address);
      if (adapter !== null) {
        this.#adopt({ address, length, adapter, active: served.name, cause: 'conflict' });
      }
    }
    served.watch.heard(everyMs);
    for (const holding of this.#holdings.values()) {
      if (holding.active === served.name) this.#considerReturn(served, holding, nowMs);
    }
  }

  /** Without an operator only where the operator wished for it. */
  #considerReturn(served: Served, holding: Holding, nowMs: number): void {
    const { return: mode, returnAfterMs } = this.#configuration;
    if (mode === 'manual' || holding.state !== 'taken' || holding.cause === 'operator') return;
    const entry = served.entries.find(({ address }) => address === holding.address);
    if (!served.healthy || entry === undefined || entry.marked) return;
    // Both have it, after a split: the sooner one of them lets go the better.
    const due = entry.held || nowMs - Math.max(served.healthySinceMs, holding.sinceMs) >= returnAfterMs;
    if (due) void this.#giveBack(holding, 'conflict');
  }

  #adopt({ address, length, adapter, active, cause }: Taken): void {
    const hardware = this.#ports.factsOf(adapter).hardware ?? NO_HARDWARE;
    const sinceMs = this.#ports.clock.nowMs();
    this.#holdings.set(address, {
      ...{ address, length, adapter, active, cause, hardware, sinceMs },
      state: 'taken',
      id: 0,
      defendedMs: Number.NEGATIVE_INFINITY,
    });
    this.#ports.claim(adapter, address);
    this.#ports.remember();
    this.#tell('info', 'takeover.kept', { address, adapter, peer: active });
  }

  /** ST01, ST04, ST11, ST14. */
  #onTake(served: Served, { id, cause, entry }: Instruction): void {
    const { address } = entry;
    const { name } = served;
    const before = this.#answers.get(`${name} ${address}`);
    if (before?.id === id) {
      this.#ports.send(name, { kind: 'taken', ...before });
      return;
    }
    this.#tell('info', 'takeover.asked', { address, peer: name, cause });
    const holding = this.#holdings.get(address);
    if (holding?.active === name && holding.state !== 'returning') {
      holding.cause = cause;
      holding.id = id;
      this.#answer(name, id, address, holding.state === 'taken' ? 'done' : 'accepted');
      if (holding.state === 'taken') this.#announceAgain(holding);
      return;
    }
    const reason = this.#refusal(served, address, holding);
    if (reason !== null) {
      this.#refuse(name, id, address, reason);
      return;
    }
    void this.#take(served, entry, cause, id);
  }

  #refusal(served: Served, address: string, holding: Holding | undefined): string | null {
    if (holding !== undefined) {
      return holding.active === served.name ? 'is on its way back' : `is taken for ${holding.active}`;
    }
    if (!served.entries.some((entry) => entry.address === address)) return 'is none of its addresses';
    return null;
  }

  #refuse(name: string, id: number, address: string, reason: string): void {
    this.#tell('error', 'takeover.failed', { address, peer: name, reason });
    this.#answer(name, id, address, 'refused', reason);
  }

  #answer(name: string, id: number, address: string, outcome: Result['outcome'], reason = ''): void {
    if (id === 0) return;
    const result: Result = { id, address, outcome, reason };
    this.#answers.set(`${name} ${address}`, result);
    this.#ports.send(name, { kind: 'taken', ...result });
  }

  /** `id` of the instruction, or 0 when nobody instructed. */
  async #take(served: Served, entry: Entry, cause: Cause, id: number): Promise<void> {
    const { address, length } = entry;
    const { name } = served;
    const startMs = this.#ports.clock.nowMs();
    const used = new Map<string, number>();
    for (const { adapter } of this.#holdings.values()) used.set(adapter, (used.get(adapter) ?? 0) + 1);
    const planned = plan({
      adapters: this.#adapters.map((adapter) => this.#ports.factsOf(adapter)),
      used,
      share: this.#configuration.share,
      forbidden: new Set([entry.hardware, ...served.entries.map(({ hardware }) => hardware)]),
    });
    if ('reason' in planned) {
      this.#refuse(name, id, address, planned.reason);
      return;
    }
    const [first = ''] = planned.adapters;
    const holding: Holding = {
      ...{ address, length, adapter: first, active: name, cause, id, sinceMs: startMs },
      hardware: this.#ports.factsOf(first).hardware ?? NO_HARDWARE,
      state: 'taking',
      defendedMs: Number.NEGATIVE_INFINITY,
    };
    this.#holdings.set(address, holding);
    this.#stuck.delete(address);
    this.#answer(name, id, address, 'accepted');
    const failures: string[] = [];
    for (const adapter of planned.adapters) {
      // Another address may have been taken while the adapter before this one failed.
      const isTaken = [...this.#holdings.values()].some(
        (other) => other.adapter === adapter && other !== holding,
      );
      if (isTaken && !this.#configuration.share) continue;
      holding.adapter = adapter;
      holding.hardware = this.#ports.factsOf(adapter).hardware ?? NO_HARDWARE;
      try {
        await this.#ports.activate(adapter, holding);
        if (cause === 'heartbeat' && !served.watch.isLost) {
          await this.#spare(holding);
          return;
        }
        await this.#settle(holding, startMs);
        return;
      } catch (error) {
        failures.push(`${adapter}: ${messageOf(error)}`);
        this.#tell('error', 'takeover.adapter', { address, adapter, reason: messageOf(error) });
        await this.#ports.withdraw(adapter, holding).catch(() => {});
      }
    }
    this.#drop(holding);
    const reason = failures.join('; ') || 'no adapter is free any more';
    this.#tell('error', 'takeover.failed', { address, peer: name, reason });
    this.#answer(name, holding.id, address, 'failed', reason);
  }

  /** It was heard again before anybody was told: on a busy machine switching on takes its time. */
  async #spare(holding: Holding): Promise<void> {
    const { address, adapter, active } = holding;
    await this.#letGo(holding);
    this.#tell('info', 'takeover.spared', { address, adapter, peer: active });
  }

  /** It is here; everybody is told. */
  async #settle(holding: Holding, startMs: number): Promise<void> {
    const { address, adapter, hardware, active, cause } = holding;
    this.#ports.claim(adapter, address);
    let unannounced: string | null = null;
    await this.#ports.announce(adapter, holding).catch((error) => {
      unannounced = messageOf(error);
    });
    holding.state = 'taken';
    const nowMs = this.#ports.clock.nowMs();
    holding.sinceMs = nowMs;
    this.#answer(active, holding.id, address, 'done');
    this.#tell('warn', 'takeover.taken', {
      ...{ address, adapter, hardware, peer: active, cause },
      tookMs: Math.round((nowMs - startMs) * 10) / 10,
    });
    if (unannounced !== null) {
      this.#tell('error', 'takeover.unannounced', { address, adapter, reason: unannounced });
      this.#later(ASK_AGAIN_MS, () => this.#announceAgain(holding));
    }
    this.#ports.remember();
  }

  #announceAgain(holding: Holding): void {
    const { address, adapter } = holding;
    if (this.#holdings.get(address)?.adapter !== adapter) return;
    this.#ports.announce(adapter, holding).catch((error) => {
      this.#tell('error', 'takeover.unannounced', { address, adapter, reason: messageOf(error) });
    });
  }

  #drop({ address }: Holding): void {
    this.#holdings.delete(address);
    this.#ports.unclaim(address);
    this.#ports.remember();
  }

  /** What a silent active had, and is not here yet. */
  #orphans(served: Served): Entry[] {
    return served.entries.filter(({ address, hardware }) => hardware !== '' && !this.#holdings.has(address));
  }

  /** While the silence may still be nothing: whether somebody answers for its addresses. */
  #ask(served: Served): void {
    if (this.#configuration.heartbeat === null || this.#configuration.checkMs === null) return;
    served.questions.clear();
    for (const { address } of this.#orphans(served)) {
      served.questions.set(address, this.#ports.probe(address));
    }
  }

  #onLost(served: Served): void {
    const silentMs = Math.round(served.watch.silentMs);
    this.#tell('error', 'takeover.lost', { peer: served.name, silentMs });
    if (this.#configuration.heartbeat === null) return;
    served.doubted.clear();
    const calm = Math.floor((this.#ports.clock.nowMs() - served.cautiousMs) / CALM_MS);
    served.caution = Math.max(0, served.caution - calm);
    for (const entry of this.#orphans(served)) this.#takeUnasked(served, entry, served.caution);
  }

  /** Once nobody has answered `more` times more. */
  #takeUnasked(served: Served, entry: Entry, more: number): void {
    const { address } = entry;
    const { epoch } = served.watch;
    const isOver = (): boolean =>
      served.watch.epoch !== epoch || !served.watch.isLost || this.#holdings.has(address);
    const question =
      this.#configuration.checkMs === null
        ? Promise.resolve(null)
        : (served.questions.get(address) ?? this.#ports.probe(address));
    served.questions.delete(address);
    void question.then((hardware) => {
      if (isOver()) {
        if (!this.#holdings.has(address)) this.#ports.unclaim(address);
        return;
      }
      if (hardware === null) {
        if (more > 0 && this.#configuration.checkMs !== null) this.#takeUnasked(served, entry, more - 1);
        else void this.#take(served, entry, 'heartbeat', 0);
        return;
      }
      if (!served.doubted.has(address)) {
        served.doubted.add(address);
        this.#tell('warn', 'takeover.doubted', { address, peer: served.name, hardware });
      }
      this.#later(ASK_AGAIN_MS, () => {
        if (!isOver()) this.#takeUnasked(served, entry, served.caution);
      });
    });
  }

  /** It was silent, and is not: what was taken meanwhile stays here, and its neighbours hear so again. */
  #onBack(served: Served): void {
    this.#tell('info', 'takeover.back', { peer: served.name });
    served.caution = Math.min(served.caution + 1, MOST_CAUTION);
    served.cautiousMs = this.#ports.clock.nowMs();
    served.questions.clear();
    for (const holding of this.#holdings.values()) {
      if (holding.active === served.name && holding.state === 'taken') this.#announceAgain(holding);
    }
  }

  #giveBack(holding: Holding, cause: Cause): Promise<Handover> {
    const { address, active } = holding;
    const served = this.#served.get(active);
    if (holding.state !== 'taken') {
      return Promise.resolve({ address, done: false, reason: 'is changing hands at the moment' });
    }
    if (served === undefined || !served.heard || served.watch.isLost || served.stopped) {
      return Promise.resolve({ address, done: false, reason: `${active} does not answer` });
    }
    holding.state = 'returning';
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const { length, hardware } = holding;
      const giving: Return = { holding, cause, id, resolve, repeat: null, accepted: false, expire: null };
      this.#returns.set(id, giving);
      giving.repeat = new Repeat(
        this.#ports.clock,
        () =>
          void this.#ports.send(active, {
            kind: 'return',
            id,
            cause,
            entry: { address, length, held: true, marked: false, hardware },
          }),
        () => this.#onReturned({ id, address, outcome: 'refused', reason: NO_ANSWER }),
      );
    });
  }

  /** It is let go when the active has it: its adapter may need seconds to find its link. */
  #onReturned({ id, address, outcome, reason }: Result): void {
    const giving = this.#returns.get(id);
    if (giving === undefined || giving.holding.address !== address) return;
    giving.repeat?.stop();
    if (outcome === 'accepted') {
      giving.expire ??= this.#later(DONE_MS, () =>
        this.#onReturned({ id, address, outcome: 'failed', reason: NO_ANSWER }),
      );
      return;
    }
    giving.expire?.();
    this.#returns.delete(id);
    const { holding, resolve } = giving;
    if (outcome === 'done') {
      void this.#letGo(holding).then((error) => resolve({ address, done: error === null, reason: error }));
      return;
    }
    holding.state = 'taken';
    holding.sinceMs = this.#ports.clock.nowMs();
    this.#tell('error', 'takeover.failed', { address, peer: holding.active, reason });
    if (outcome === 'failed') this.#announceAgain(holding);
    resolve({ address, done: false, reason });
  }

  async #letGo(holding: Holding): Promise<string | null> {
    const { address, adapter, active } = holding;
    this.#ports.unclaim(address);
    this.#stuck.add(address);
    this.#holdings.delete(address);
    this.#answers.delete(`${active} ${address}`);
    const error = await this.#switchOff(holding);
    this.#ports.remember();
    if (error === null) this.#tell('info', 'takeover.released', { address, adapter, peer: active });
    else {
      this.#tell('error', 'takeover.released', { address, adapter, peer: active, error });
      this.#tryOffAgain(holding, FIRST_RETRY_MS);
    }
    return error;
  }

  async #switchOff(holding: Holding): Promise<string | null> {
    try {
      await this.#ports.withdraw(holding.adapter, holding);
      this.#stuck.delete(holding.address);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  #tryOffAgain(holding: Holding, waitMs: number): void {
    const { address, adapter, active } = holding;
    this.#later(waitMs, async () => {
      if (!this.#stuck.has(address)) return;
      const error = await this.#switchOff(holding);
      if (error === null) this.#tell('info', 'takeover.released', { address, adapter, peer: active });
      else this.#tryOffAgain(holding, Math.min(waitMs * 2, LONGEST_RETRY_MS));
    });
  }

  #later(waitMs: number, action: () => void): () => void {
    const cancel = this.#ports.clock.after(waitMs, () => {
      this.#cancels.delete(cancel);
      action();
    });
    this.#cancels.add(cancel);
    return cancel;
  }
}
