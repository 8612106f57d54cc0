/** A standby gives addresses back: it releases each when the active has it. */

import type { StandbyConfiguration } from '../../config/takeover/types.ts';
import type { Handover } from '../ports/handover.ts';
import { DONE_MS } from '../ports/timers.ts';
import type { MoveCause, Result } from '../protocol/messages.ts';
import { Retransmission } from '../protocol/retransmit.ts';
import { answers, type KnownActive } from './actives.ts';
import type { StandbyContext } from './context.ts';
import type { Holding } from './holdings.ts';
import type { Release } from './release.ts';
import type { Taking } from './taking.ts';

const NO_ANSWER = 'the active does not answer';

/** An address on its way back. */
interface Return {
  readonly holding: Holding;
  readonly resolve: (handover: Handover) => void;
  repeat: Retransmission | null;
  expire: (() => void) | null;
}

/** Whether it goes back to its active without an operator's word; what he has given stays until he says so. */
export function goesBack({ cause }: Holding, terms: Pick<StandbyConfiguration, 'return'>): boolean {
  return terms.return === 'automatic' && cause !== 'operator';
}

export class Returning {
  readonly #parts: StandbyContext;
  readonly #taking: Taking;
  readonly #release: Release;
  /** By the instruction's number. */
  readonly #returns = new Map<number, Return>();
  #nextId = 1;

  constructor(parts: StandbyContext, taking: Taking, release: Release) {
    this.#parts = parts;
    this.#taking = taking;
    this.#release = release;
  }

  /** `served`: the active that the address belongs to, if it is still served. */
  giveBack(holding: Holding, served: KnownActive | undefined, cause: MoveCause): Promise<Handover> {
    const { ports } = this.#parts;
    const { address, length, active, mac } = holding;
    if (holding.state !== 'taken') {
      return Promise.resolve({ address, done: false, reason: 'is changing hands at the moment' });
    }
    if (served === undefined || !answers(served)) {
      return Promise.resolve({ address, done: false, reason: `${active} does not answer` });
    }
    holding.state = 'returning';
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const giving: Return = { holding, resolve, repeat: null, expire: null };
      this.#returns.set(id, giving);
      const entry = { address, length, held: true, marked: false, mac };
      giving.repeat = new Retransmission(
        ports.time,
        () => void ports.send(active, { kind: 'return', id, cause, entry }),
        () => this.onReturned({ id, address, outcome: 'refused', reason: NO_ANSWER }),
      );
    });
  }

  /** It is released when the active has it: its interface may need seconds to find its link. */
  onReturned({ id, address, outcome, reason }: Result): void {
    const { ports, timers, onSettled } = this.#parts;
    const giving = this.#returns.get(id);
    if (giving === undefined || giving.holding.address !== address) return;
    giving.repeat?.stop();
    if (outcome === 'accepted') {
      giving.expire ??= timers.after(DONE_MS, () =>
        this.onReturned({ id, address, outcome: 'failed', reason: NO_ANSWER }),
      );
      return;
    }
    giving.expire?.();
    this.#returns.delete(id);
    const { holding, resolve } = giving;
    if (outcome === 'done') {
      void this.#release
        .release(holding)
        .then((error) => resolve({ address, done: error === null, reason: error }));
      return;
    }
    holding.state = 'taken';
    holding.sinceMs = ports.time.nowMs();
    ports.tell('error', 'takeover.failed', { address, peer: holding.active, reason });
    if (outcome === 'failed') this.#taking.announceAgain(holding);
    resolve({ address, done: false, reason });
    onSettled();
  }

  close(): void {
    for (const { repeat } of this.#returns.values()) repeat?.stop();
  }
}
