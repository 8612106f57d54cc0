/** The actives that a standby serves, and what is known of each. */

import type { StandbyConfiguration } from '../../config/takeover/types.ts';
import { isVersion4 } from '../../net/address.ts';
import { IDLE_MS } from '../ports/timers.ts';
import { type DetectorTerms, FailureDetector } from '../protocol/failure-detector.ts';
import type { AddressEntry } from '../protocol/messages.ts';
import type { StandbyContext } from './context.ts';

export interface KnownActive {
  readonly name: string;
  /** Its addresses, as it told last; without a word from it those that the configuration names. */
  entries: readonly AddressEntry[];
  healthy: boolean;
  healthySinceMs: number;
  readonly watch: FailureDetector;
  heard: boolean;
  /** It said that it stops: its silence means nothing. */
  stopped: boolean;
  /** What is being asked of the network while it is silent. */
  readonly questions: Map<string, Promise<string | null>>;
  /** So many times more than once its addresses are asked for: it, or this machine, has been too busy to be heard before. */
  caution: number;
  cautiousMs: number;
  /** Why addresses were not taken, told once in a silence. */
  readonly doubted: Set<string>;
}

export interface FailoverHandlers {
  onDoubt(served: KnownActive): void;
  onLost(served: KnownActive): void;
  onBack(served: KnownActive): void;
}

/** Whether it can be talked with. */
export function answers({ heard, stopped, watch }: KnownActive): boolean {
  return heard && !stopped && !watch.isLost;
}

export class Actives implements Iterable<KnownActive> {
  readonly #parts: StandbyContext;
  readonly #handlers: FailoverHandlers;
  readonly #all = new Map<string, KnownActive>();

  constructor(parts: StandbyContext, handlers: FailoverHandlers) {
    this.#parts = parts;
    this.#handlers = handlers;
  }

  [Symbol.iterator](): Iterator<KnownActive> {
    return this.#all.values();
  }

  get(name: string): KnownActive | undefined {
    return this.#all.get(name);
  }

  /** How many addresses each has. */
  counts(): Map<string, number> {
    return new Map([...this].map(({ name, entries }) => [name, entries.length]));
  }

  /** Those that are served from now on. */
  use(actives: StandbyConfiguration['actives']): void {
    for (const [name, { watch }] of this.#all) {
      if (actives.some((active) => active.name === name)) continue;
      watch.stop();
      this.#all.delete(name);
    }
    for (const { name, addresses } of actives) {
      const before = this.#all.get(name);
      if (before === undefined) this.#all.set(name, this.#fresh(name, addresses));
      else before.watch.use(this.#watchTerms);
    }
  }

  close(): void {
    for (const { watch } of this) watch.stop();
  }

  #fresh(name: string, addresses: readonly string[]): KnownActive {
    return {
      name,
      entries: addresses.map((address) => ({
        address,
        length: isVersion4(address) ? 32 : 128,
        held: false,
        marked: false,
        mac: '',
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
    };
  }

  get #watchTerms(): DetectorTerms {
    const { heartbeat, checkMs } = this.#parts.terms();
    return {
      everyMs: heartbeat?.everyMs ?? IDLE_MS,
      lost: heartbeat?.lost ?? 3,
      aheadMs: heartbeat === null ? 0 : (checkMs ?? 0),
    };
  }

  #watch(name: string): FailureDetector {
    const onServed = (handler: (served: KnownActive) => void) => (): void => {
      const served = this.#all.get(name);
      if (served !== undefined) handler(served);
    };
    return new FailureDetector({
      time: this.#parts.ports.time,
      ...this.#watchTerms,
      onDoubt: onServed((served) => this.#handlers.onDoubt(served)),
      onLost: onServed((served) => this.#handlers.onLost(served)),
      onBack: onServed((served) => this.#handlers.onBack(served)),
    });
  }
}
