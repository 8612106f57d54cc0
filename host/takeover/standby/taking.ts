/** A standby takes an address, or moves it: picks an interface, switches both on, and tells everybody (JP 2001-144806 ST04, ST14). */
import { messageOf } from '../../errors.ts';
import { servesNobody } from '../ports/interface-facts.ts';
import { AGAIN_AFTER_ANOTHER } from '../ports/ports.ts';
import { FIRST_RETRY_MS, longer } from '../ports/timers.ts';
import { type AddressEntry, type Instruction, type MoveCause, NO_MAC } from '../protocol/messages.ts';
import type { KnownActive } from './actives.ts';
import type { Answers } from './answers.ts';
import type { StandbyContext } from './context.ts';
import { type Holding, interfacesOf, type Taken } from './holdings.ts';
import { type Plan, plan } from './plan.ts';
import type { Release } from './release.ts';

export class Taking {
  readonly #parts: StandbyContext;
  readonly #answers: Answers;
  readonly #release: Release;
  /** In the order of use. */
  readonly #interfaces: () => readonly string[];
  /** What could not be announced and waits to be, with how often again. */
  readonly #unannounced = new Map<Holding, number>();

  constructor(
    parts: StandbyContext,
    answers: Answers,
    release: Release,
    interfaces: () => readonly string[],
  ) {
    this.#parts = parts;
    this.#answers = answers;
    this.#release = release;
    this.#interfaces = interfaces;
  }

  /**
   * What is on an interface already is here; on `before` if it is there. A process that ended in the middle of a move leaves it on
   * two of them: then only one keeps it. Its neighbours are told: they may know it by another one, or as somebody else's. Null
   * when none has it, or only such as should have released it.
   */
  adopt({ address, length, active, cause }: Omit<Taken, 'ifname'>, before: string | null): Holding | null {
    const { ports, holdings } = this.#parts;
    const there = ports.holdersOf(address).filter((one) => !this.#release.isLeaving(address, one));
    const serving = there.filter((one) => !servesNobody(ports.factsOf(one)));
    const best = serving.length > 0 ? serving : there;
    const ifname = best.find((one) => one === before) ?? best[0];
    if (ifname === undefined) return null;
    const holding: Holding = {
      ...{ address, length, ifname, active, cause },
      mac: ports.factsOf(ifname).mac ?? NO_MAC,
      sinceMs: ports.time.nowMs(),
      state: 'taken',
      id: 0,
      from: null,
      defendedMs: Number.NEGATIVE_INFINITY,
    };
    holdings.put(holding);
    ports.claim(ifname, address);
    ports.remember();
    ports.tell('info', 'takeover.kept', { address, adapter: ifname, peer: active });
    for (const other of there) if (other !== ifname) void this.#release.leave(holding, other);
    this.contradict(holding);
    return holding;
  }

  /** An active's instruction. */
  onTake(served: KnownActive, { id, cause, entry }: Instruction): void {
    const { ports, holdings } = this.#parts;
    const { address } = entry;
    const { name } = served;
    if (this.#answers.repeat(name, id, address)) return;
    ports.tell('info', 'takeover.asked', { address, peer: name, cause });
    const holding = holdings.get(address);
    if (holding?.active === name && holding.state !== 'returning') {
      holding.cause = cause;
      holding.id = id;
      this.#answers.say(name, id, address, holding.state === 'taken' ? 'done' : 'accepted');
      if (holding.state === 'taken') this.announceAgain(holding);
      ports.remember();
      return;
    }
    const reason = refusal(served, address, holding);
    if (reason === null) void this.take(served, entry, cause, id);
    else this.#refuse(name, id, address, reason);
  }

  /** `id` of the instruction, or 0 when nobody instructed. Settles in any case; what went wrong is told. */
  async take(served: KnownActive, entry: AddressEntry, cause: MoveCause, id: number): Promise<void> {
    const { ports, holdings, onSettled } = this.#parts;
    const { address, length } = entry;
    const { name } = served;
    const startMs = ports.time.nowMs();
    const planned = this.#plan(this.#interfaces(), [entry, ...served.entries]);
    if ('reason' in planned) {
      ports.unclaim(address);
      this.#refuse(name, id, address, planned.reason);
      return;
    }
    const [first = ''] = planned.interfaces;
    const holding: Holding = {
      ...{ address, length, ifname: first, active: name, cause, id, sinceMs: startMs },
      mac: ports.factsOf(first).mac ?? NO_MAC,
      state: 'taking',
      from: null,
      defendedMs: Number.NEGATIVE_INFINITY,
    };
    holdings.put(holding);
    this.#answers.say(name, id, address, 'accepted');
    const reason = await this.#switchOn(holding, planned.interfaces);
    if (reason !== null) {
      this.#release.drop(holding);
      ports.tell('error', 'takeover.failed', { address, peer: name, reason });
      this.#answers.say(name, holding.id, address, 'failed', reason);
    } else if (holding.cause === 'heartbeat' && !served.watch.isLost) await this.#spare(holding);
    else {
      await this.#settle(holding, 'takeover.taken', {}, 0, startMs);
      onSettled();
    }
  }

  /**
   * To another interface, because its own has lost its link; then it is released there. Resolves with whether it has moved; what went
   * wrong is told. Null, and nothing is done, when no other interface is free.
   */
  move(holding: Holding, served: KnownActive | undefined): Promise<boolean> | null {
    const { ports } = this.#parts;
    const others = this.#interfaces().filter(
      (ifname) => ifname !== holding.ifname && !ports.factsOf(ifname).broken,
    );
    const planned = this.#plan(others, served?.entries ?? []);
    return 'reason' in planned ? null : this.#moveTo(holding, planned.interfaces);
  }

  async #moveTo(holding: Holding, interfaces: readonly string[]): Promise<boolean> {
    const { ports } = this.#parts;
    const { address, active, ifname: from, mac } = holding;
    const startMs = ports.time.nowMs();
    Object.assign(holding, { state: 'taking', from });
    const reason = await this.#switchOn(holding, interfaces);
    holding.from = null;
    if (reason !== null) {
      Object.assign(holding, { ifname: from, mac, state: 'taken' });
      ports.remember();
      this.#answers.say(active, holding.id, address, 'done');
      ports.tell('error', 'takeover.failed', { address, peer: active, reason });
      return false;
    }
    await this.#settle(holding, 'takeover.moved', { from }, AGAIN_AFTER_ANOTHER, startMs);
    void this.#release.leave(holding, from);
    return true;
  }

  /** `others`: what its active has, whose MAC addresses must not come to stand for its addresses twice. */
  #plan(interfaces: readonly string[], others: readonly AddressEntry[]): Plan {
    const { ports, holdings, terms } = this.#parts;
    return plan({
      interfaces: interfaces.map((ifname) => ports.factsOf(ifname)),
      used: holdings.used(),
      share: terms().share,
      forbidden: new Set(others.map(({ mac }) => mac)),
    });
  }

  /** By the first of the interfaces that lets it; null, or why none of them did. */
  async #switchOn(holding: Holding, interfaces: readonly string[]): Promise<string | null> {
    const { ports, holdings, terms } = this.#parts;
    const { address, active } = holding;
    const failures: string[] = [];
    for (const ifname of interfaces) {
      // Another address may have been taken while the interface before this one failed.
      const isTaken = [...holdings].some(
        (other) => other !== holding && interfacesOf(other).includes(ifname),
      );
      if (isTaken && !terms().share) continue;
      this.#release.keep(address, ifname);
      holding.ifname = ifname;
      holding.mac = ports.factsOf(ifname).mac ?? NO_MAC;
      try {
        await ports.activate(ifname, holding);
        return null;
      } catch (error) {
        const reason = messageOf(error);
        failures.push(`${ifname}: ${reason}`);
        ports.tell('error', 'takeover.adapter', { address, adapter: ifname, peer: active, reason });
        await this.#release.leave(holding, ifname);
      }
    }
    return failures.join('; ') || 'no interface is free any more';
  }

  /**
   * Its interface has a link again. Its cable may be in another switch now, which knows nothing of it; and if it was switched off,
   * the routes of what comes from the address went with that.
   */
  refresh(holding: Holding): void {
    const { ports } = this.#parts;
    // If that has no link, it is looked at again.
    ports.activate(holding.ifname, holding).catch(() => {});
    this.announceAgain(holding);
  }

  announceAgain(holding: Holding): void {
    this.#announce(holding, 0, FIRST_RETRY_MS);
  }

  /** Somebody else said that he has it. */
  contradict(holding: Holding): void {
    this.#announce(holding, AGAIN_AFTER_ANOTHER, FIRST_RETRY_MS);
  }

  /** What can't be announced is announced later: until then its neighbours talk to somebody else. Told once. */
  #announce(holding: Holding, again: number, retryMs: number): void {
    const { ports, holdings } = this.#parts;
    const { address, ifname, active } = holding;
    if (holdings.get(address) !== holding || holding.state !== 'taken') return;
    ports.announce(ifname, holding, again).catch((error) => {
      const isTold = retryMs > FIRST_RETRY_MS || this.#unannounced.has(holding);
      const level = isTold ? 'debug' : 'error';
      ports.tell(level, 'takeover.unannounced', {
        address,
        adapter: ifname,
        peer: active,
        reason: messageOf(error),
      });
      this.#announceLater(holding, again, retryMs);
    });
  }

  /** One wait for each, however often it is to be announced meanwhile. */
  #announceLater(holding: Holding, again: number, retryMs: number): void {
    const waiting = this.#unannounced.get(holding);
    this.#unannounced.set(holding, Math.max(again, waiting ?? 0));
    if (waiting !== undefined) return;
    this.#parts.timers.after(retryMs, () => {
      const most = this.#unannounced.get(holding) ?? again;
      this.#unannounced.delete(holding);
      this.#announce(holding, most, longer(retryMs));
    });
  }

  #refuse(name: string, id: number, address: string, reason: string): void {
    this.#parts.ports.tell('error', 'takeover.failed', { address, peer: name, reason });
    this.#answers.say(name, id, address, 'refused', reason);
  }

  /**
   * Its active was heard again before anybody was told, and has not instructed meanwhile: on a busy machine switching on takes its
   * time.
   */
  async #spare(holding: Holding): Promise<void> {
    const { address, ifname, active } = holding;
    await this.#release.release(holding);
    this.#parts.ports.tell('info', 'takeover.spared', { address, adapter: ifname, peer: active });
  }

  /** It is here; everybody is told, the network `again` times more at the least, the operator by an event. */
  async #settle(
    holding: Holding,
    event: 'takeover.taken' | 'takeover.moved',
    fields: { readonly from?: string },
    again: number,
    startMs: number,
  ): Promise<void> {
    const { ports } = this.#parts;
    const { address, ifname, mac, active, cause } = holding;
    ports.claim(ifname, address);
    let unannounced: string | null = null;
    await ports.announce(ifname, holding, again).catch((error) => {
      unannounced = messageOf(error);
    });
    holding.state = 'taken';
    const nowMs = ports.time.nowMs();
    holding.sinceMs = nowMs;
    this.#answers.say(active, holding.id, address, 'done');
    ports.tell('warn', event, {
      ...{ address, adapter: ifname, hardware: mac, peer: active, cause, ...fields },
      tookMs: Math.round((nowMs - startMs) * 10) / 10,
    });
    if (unannounced !== null) {
      ports.tell('error', 'takeover.unannounced', {
        address,
        adapter: ifname,
        peer: active,
        reason: unannounced,
      });
      this.#announceLater(holding, again, FIRST_RETRY_MS);
    }
    ports.remember();
  }
}

function refusal(served: KnownActive, address: string, holding: Holding | undefined): string | null {
  if (holding !== undefined) {
    return holding.active === served.name ? 'is on its way back' : `is taken for ${holding.active}`;
  }
  if (!served.entries.some((entry) => entry.address === address)) return 'is none of its addresses';
  return null;
}
