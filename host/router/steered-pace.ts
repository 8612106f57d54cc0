/** How often what is answered for is looked at: the more of it there is, the more seldom. */
import type { Outage } from './outages.ts';

/** It is tried so often, as long as there are no more than so many: a dead neighbour takes 3 s. */
const STEERED_PROBE_MS = 8000;
const MANY_STEERED = 100;

export class SteeredPace {
  /** Ports that were answered for when each was looked at last. */
  readonly #ports = new Map<Outage, number>();
  #all = 0;

  /** Until the next look at one with so many ports that are answered for; for ever where there are none. */
  lookMs(outage: Outage, ports: number): number {
    this.#all += ports - (this.#ports.get(outage) ?? 0);
    this.#ports.set(outage, ports);
    return ports === 0 ? Number.POSITIVE_INFINITY : STEERED_PROBE_MS * Math.max(1, this.#all / MANY_STEERED);
  }

  forget(outage: Outage): void {
    this.#all -= this.#ports.get(outage) ?? 0;
    this.#ports.delete(outage);
  }
}
