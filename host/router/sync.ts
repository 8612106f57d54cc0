/**
 * What the fabric knows compared with what this program knows: the fabric says everything again, and what it does not
 * mention is gone, unless an earlier process has just left it to this one. Events may have been lost, or either of the two
 * was started anew.
 */
import type { Target } from '../fabric/records.ts';
import type { Outage, Outages, Waiting } from './outages.ts';
import type { Checks, FabricPort } from './ports.ts';
import type { Recoveries } from './recoveries.ts';
import type { Suspected } from './suspected.ts';
import type { Endings } from './told-outages.ts';

interface SyncOptions {
  readonly outages: Outages;
  readonly recoveries: Pick<Recoveries, 'has' | 'finish'>;
  readonly suspected: Pick<Suspected, 'isAcquitted'>;
  readonly endings: Endings;
  readonly fabric: Pick<FabricPort, 'release' | 'acquit' | 'restore' | 'forget' | 'sync'>;
  readonly checks: Pick<Checks, 'check'>;
  /** This client waits no more. */
  readonly leave: (event: Target & { readonly client: string }) => void;
  /** An outage that nobody is told of the end of. */
  readonly remove: (outage: Outage) => void;
}

export class Sync {
  readonly #options: SyncOptions;
  /** Outages that a fabric which outlived its program was about to end. */
  readonly #unfinished = new Set<Outage>();
  /** Between asking for everything again and the end of the answer: what was mentioned. */
  #mentioned: Set<Outage | Waiting> | null = null;
  /** Whether this process knows more than the fabric may: it has read the state and not compared yet. */
  #knowsMore = false;

  constructor(options: SyncOptions) {
    this.#options = options;
  }

  /** This process has read what an earlier one knew. */
  resume(): void {
    this.#knowsMore = true;
  }

  /** The fabric is a new one, and is told what is known here. */
  onFreshFabric(): void {
    this.#knowsMore = false;
  }

  get isUnderWay(): boolean {
    return this.#mentioned !== null;
  }

  /** The fabric will say everything again. */
  begin(): void {
    this.#mentioned = new Set();
    this.#options.endings.beginSync();
  }

  /** It knows that. */
  mention(one: Outage | Waiting): void {
    this.#mentioned?.add(one);
  }

  /** A sign of its life may have been lost: it is looked into at the end. */
  leaveUnfinished(outage: Outage): void {
    this.#unfinished.add(outage);
  }

  /** The fabric has said everything. */
  end(): void {
    const mentioned = this.#mentioned;
    this.#mentioned = null;
    if (mentioned === null) return;
    const { outages, fabric, checks } = this.#options;
    const missing = outages.all().flatMap((outage) => this.#missing(outage, mentioned));
    if (missing.length > 0) fabric.restore(missing);
    const isOwed = this.#forgetAgain(mentioned);
    for (const outage of this.#unfinished) {
      if (outages.get(outage) === outage) checks.check(outage, 'connect');
    }
    this.#unfinished.clear();
    this.#knowsMore = false;
    if (missing.length > 0 || isOwed) fabric.sync();
  }

  /** What of it the fabric does not know and shall. */
  #missing(outage: Outage, mentioned: ReadonlySet<Outage | Waiting>): Outage[] {
    const { recoveries, suspected, fabric, leave, remove } = this.#options;
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
    if (mentioned.has(outage)) for (const [client] of unmentioned) leave({ ...outage, client });
    else remove(outage);
    return [];
  }

  /** Those that were told, but the fabric was not asked to forget, or did not hear it. Returns whether there are any. */
  #forgetAgain(mentioned: ReadonlySet<Outage | Waiting>): boolean {
    const { endings, fabric } = this.#options;
    let isOwed = false;
    for (const outage of endings.owed()) {
      if (!mentioned.has(outage)) {
        endings.delete(outage);
        continue;
      }
      if (endings.isHeld(outage)) continue;
      // Who came since goes on waiting.
      fabric.forget(outage);
      isOwed = true;
    }
    return isOwed;
  }
}
