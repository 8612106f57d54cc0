/**
 * What the fabric knows made equal to what this program knows, after either of the two was started anew, or events were
 * lost. Which of them is right depends on which is older: docs/outage.md#sync-and-restore draws the states, and has a row for
 * each thing that `#compare` decides.
 */
import type { Chance } from '../chance.ts';
import type { Log } from '../log/log.ts';
import type { Target } from '../net/target.ts';
import type { Time, Timer } from '../time.ts';
import { newId, type Outage, type Outages, type Waiting } from './outages.ts';
import type { Checks, FabricPort } from './ports.ts';
import type { Recoveries } from './recoveries.ts';
import type { Suspected } from './suspected.ts';
import type { ToldOutages } from './told-outages.ts';

/** Lost events are asked for again, but not for each of a burst. */
const SYNC_PAUSE_MS = 1000;
/** An answer that has not ended by then never will: its end was lost, too. */
const MAX_SYNC_MS = 30_000;

/** What ends outages and waiting otherwise than by telling. */
interface Removal {
  /** This client waits no more. */
  leave(event: Target & { readonly client: string }): void;
  /** An outage that nobody is told of the end of. */
  remove(outage: Outage): void;
}

interface ReconcileOptions {
  readonly outages: Outages;
  readonly recoveries: Pick<Recoveries, 'has' | 'finish'>;
  readonly suspected: Pick<Suspected, 'isAcquitted' | 'suspect'>;
  readonly toldOutages: ToldOutages;
  readonly lifecycle: Removal;
  readonly fabric: Pick<
    FabricPort,
    'isThere' | 'release' | 'acquit' | 'restore' | 'restoreServices' | 'forget' | 'sync' | 'settled'
  >;
  readonly checks: Pick<Checks, 'check'>;
  readonly log: Log;
  readonly time: Time;
  readonly chance: Chance;
}

/** The fabric says everything. */
interface Answer {
  /** `sync`: it was asked, and `syncEnd` is the end. `refill`: it was told everything, and has carried that out. */
  readonly to: 'sync' | 'refill';
  readonly sinceMs: number;
  /** What of this program's it has spoken of so far. */
  readonly mentioned: Set<Outage | Waiting>;
  /** What was told before it was asked: of that, it mentions what it was not asked to forget, or has not heard so. */
  readonly owed: readonly Outage[];
  /** Those whose chains were asked of the tables before these: what is handed out of them yet is no answer of these. */
  readonly ofBefore: ReadonlySet<Outage>;
  /** Whether a part of it may have been lost: then what it does not mention may be there all the same. */
  isTorn: boolean;
}

export class Reconcile {
  readonly #options: ReconcileOptions;
  /** null: none is under way. */
  #answer: Answer | null = null;
  /** Outages whose sign of life may have been lost: they are looked into at the end of the next answer. */
  readonly #doubtful = new Set<Outage>();
  /** Whether this process knows more than the fabric may: it has read the disk and not compared yet. */
  #knowsMore = false;
  #losses = 0;
  #timer: Timer | null = null;

  constructor(options: ReconcileOptions) {
    this.#options = options;
  }

  /** How often events were lost, and everything was asked for again. */
  get losses(): number {
    return this.#losses;
  }

  /** This process has read what an earlier one knew. */
  resume(): void {
    this.#knowsMore = true;
  }

  /** The fabric is there; `knows`: with tables of before, which have outlived this process, or the link to it. */
  onThere(knows: boolean, afterOthers = false): void {
    this.#answer = null;
    if (afterOthers) this.#knowsMore = true;
    if (knows) this.#ask();
    else this.#refill();
  }

  /** Events were lost on the way. */
  onLoss(): void {
    if (this.#answer !== null) this.#answer.isTorn = true;
    if (this.#timer !== null) return;
    this.#losses++;
    const reason = 'events were lost';
    this.#options.log.warn('fabric.gap', { reason, message: `${reason}; asking for everything again` });
    this.#askLater();
  }

  close(): void {
    this.#timer?.cancel();
  }

  /** Whether what the fabric says now it says again. */
  get isUnderWay(): boolean {
    return this.#answer !== null;
  }

  /** Whether what the fabric hands out of it was asked of its tables of before: at the end it is asked for again. */
  isOfBefore(outage: Outage): boolean {
    return this.#answer?.ofBefore.has(outage) === true;
  }

  /** The fabric knows that. */
  mention(one: Outage | Waiting): void {
    this.#answer?.mentioned.add(one);
  }

  /** A sign of its life may have been lost. */
  doubt(outage: Outage): void {
    this.#doubtful.add(outage);
  }

  /** The fabric has said everything. */
  onSyncEnd(): void {
    // What was asked of tables that are no more ends like this, too.
    if (this.#answer?.to === 'sync') this.#end(this.#answer);
  }

  #end(answer: Answer): void {
    this.#answer = null;
    // Whatever was lost is about to be asked for again.
    if (answer.isTorn) return;
    const { outages, fabric, checks } = this.#options;
    const missing = outages.all().flatMap((outage) => this.#compare(outage, answer.mentioned));
    if (missing.length > 0) fabric.restore(missing);
    const isOwed = this.#forgetAgain(answer);
    for (const outage of this.#doubtful) {
      if (outages.get(outage) === outage) checks.check(outage, 'connect');
    }
    this.#doubtful.clear();
    this.#knowsMore = false;
    if (missing.length > 0 || isOwed) this.#ask();
  }

  #begin(to: Answer['to']): Answer {
    const { toldOutages, outages, recoveries, time } = this.#options;
    const [sinceMs, owed] = [time.nowMs(), toldOutages.all()];
    const ofBefore = new Set(to === 'refill' ? outages.all().filter((one) => recoveries.has(one)) : []);
    const answer = { to, sinceMs, mentioned: new Set<Outage | Waiting>(), owed, ofBefore, isTorn: false };
    this.#answer = answer;
    return answer;
  }

  #ask(): void {
    const { fabric } = this.#options;
    if (!fabric.isThere) return;
    this.#begin('sync');
    fabric.sync();
  }

  /** Not into an answer under way, unless its end must have been lost, too. */
  #askLater(): void {
    const { time } = this.#options;
    this.#timer = time.after(SYNC_PAUSE_MS, () => {
      this.#timer = null;
      if (this.#answer !== null && time.nowMs() - this.#answer.sinceMs < MAX_SYNC_MS) this.#askLater();
      else this.#ask();
    });
  }

  /** It knows of nobody. What it takes in it says, and that is all that it knows then: as good as a sync. */
  #refill(): void {
    const { outages, fabric } = this.#options;
    this.#knowsMore = false;
    this.#suspectLate();
    fabric.restoreServices();
    const all = outages.all();
    if (all.length === 0) return;
    const answer = this.#begin('refill');
    fabric.restore(all);
    void fabric.settled().then((isSettled) => {
      if (isSettled && this.#answer === answer) this.#end(answer);
    });
  }

  /** Who came after the others were told: the fabric before this one was about to say that the outage goes on. */
  #suspectLate(): void {
    const { toldOutages, suspected, chance } = this.#options;
    for (const outage of toldOutages.clear()) {
      let fromMs = Number.POSITIVE_INFINITY;
      for (const { firstMs } of outage.clients.values()) fromMs = Math.min(fromMs, firstMs);
      suspected.suspect({ ...outage, id: newId(chance), state: 'suspected', fromMs });
    }
  }

  /** What of it the fabric does not know and shall. */
  #compare(outage: Outage, mentioned: Answer['mentioned']): Outage[] {
    const { recoveries, suspected, fabric, lifecycle } = this.#options;
    if (recoveries.has(outage)) {
      // Its chain was on its way: the rest is asked for, or was all here already.
      if (mentioned.has(outage)) fabric.release(outage);
      else recoveries.finish(outage);
      return [];
    }
    if (suspected.isAcquitted(outage)) {
      fabric.acquit(outage);
      return [];
    }
    const unmentioned = [...outage.clients].filter(([, waiting]) => !mentioned.has(waiting));
    if (this.#knowsMore) {
      const isKnown = mentioned.has(outage) && unmentioned.length === 0;
      return isKnown ? [] : [{ ...outage, clients: new Map(unmentioned) }];
    }
    if (mentioned.has(outage)) for (const [client] of unmentioned) lifecycle.leave({ ...outage, client });
    else lifecycle.remove(outage);
    return [];
  }

  /** Those that were told, but the fabric was not asked to forget, or did not hear it. Returns whether there are any. */
  #forgetAgain({ mentioned, owed }: Answer): boolean {
    const { toldOutages, fabric } = this.#options;
    let isOwed = false;
    for (const outage of owed) {
      // It has forgotten since.
      if (toldOutages.get(outage) !== outage) continue;
      if (!mentioned.has(outage)) {
        toldOutages.delete(outage);
        continue;
      }
      if (toldOutages.isHeld(outage)) continue;
      // Who came since goes on waiting.
      fabric.forget(outage);
      isOwed = true;
    }
    return isOwed;
  }
}
