/** A standby's addresses off interfaces that have lost their link, onto others that have one. */

import { servesNobody } from '../ports/interface-facts.ts';
import type { Actives } from './actives.ts';
import type { StandbyContext } from './context.ts';
import type { Holding } from './holdings.ts';
import type { Taking } from './taking.ts';

/** What no interface could take, one may take later: one that is off does not tell when its cable is in. */
const AGAIN_MS = 10_000;

/** Since when, and when an interface may be tried again. */
interface Cut {
  readonly sinceMs: number;
  readonly againMs: number;
}

export class Moving {
  readonly #parts: StandbyContext;
  readonly #taking: Taking;
  readonly #actives: Actives;
  /** Addresses that nobody reaches. */
  readonly #cut = new Map<string, Cut>();

  constructor(parts: StandbyContext, taking: Taking, actives: Actives) {
    this.#parts = parts;
    this.#taking = taking;
    this.#actives = actives;
  }

  /** For how long nobody has reached an address, and no other interface could take it; null: it is reached, or about to be. */
  cutMs({ address }: Holding): number | null {
    const cut = this.#cut.get(address);
    return cut === undefined ? null : this.#parts.ports.time.nowMs() - cut.sinceMs;
  }

  /** Something may have changed with the interfaces. */
  look(): void {
    const { holdings, ports } = this.#parts;
    for (const address of this.#cut.keys()) if (!holdings.has(address)) this.#cut.delete(address);
    for (const holding of [...holdings]) {
      if (holding.state !== 'taken') continue;
      if (servesNobody(ports.factsOf(holding.ifname))) this.#move(holding);
      else if (this.#cut.delete(holding.address)) this.#taking.refresh(holding);
    }
  }

  /** An address is no longer where it was; whether it went with its interface, and another one is taking it now. */
  follow(holding: Holding): boolean {
    return servesNobody(this.#parts.ports.factsOf(holding.ifname)) && this.#move(holding);
  }

  /** False when no other interface is free, or it was tried in vain a short while ago. */
  #move(holding: Holding): boolean {
    const { ports } = this.#parts;
    const { address, ifname, active } = holding;
    const before = this.#cut.get(address);
    const nowMs = ports.time.nowMs();
    if (before !== undefined && nowMs < before.againMs) return false;
    const moved = this.#taking.move(holding, this.#actives.get(active));
    const cut = before ?? { sinceMs: nowMs, againMs: 0 };
    if (moved === null) {
      if (before === undefined) {
        const reason = 'has no link, and no other interface is free';
        ports.tell('error', 'takeover.adapter', { address, adapter: ifname, peer: active, reason });
      }
      this.#cut.set(address, cut);
      return false;
    }
    void this.#wait(address, cut, moved);
    return true;
  }

  async #wait(address: string, cut: Cut, moved: Promise<boolean>): Promise<void> {
    const { ports, onSettled } = this.#parts;
    if (await moved) this.#cut.delete(address);
    else this.#cut.set(address, { ...cut, againMs: ports.time.nowMs() + AGAIN_MS });
    onSettled();
  }
}
