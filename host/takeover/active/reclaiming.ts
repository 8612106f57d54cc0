/** Addresses that come back from the standby, by either side's wish. */
import type { Handover } from '../ports/handover.ts';
import { DONE_MS } from '../ports/timers.ts';
import type { Instruction, Result } from '../protocol/messages.ts';
import type { ActiveContext } from './context.ts';
import type { Service } from './services.ts';
import type { Switching } from './switching.ts';

export class Reclaiming {
  readonly #parts: ActiveContext;
  readonly #switching: Switching;
  /** Returns that were worked on, by address, so that a repeated instruction is answered, not carried out again. */
  #answers = new Map<string, Result>();

  constructor(parts: ActiveContext, switching: Switching) {
    this.#parts = parts;
    this.#switching = switching;
  }

  /** Asks the standby to give addresses (none named: all) back, and says what became of each. */
  async reclaim(addresses: readonly string[]): Promise<Handover[]> {
    const { ports, timers, services, faults } = this.#parts;
    const chosen = services.named(addresses);
    const outcome = (reason: string): Handover[] =>
      chosen.map(({ address, held }) => ({ address, done: held, reason: held ? null : reason }));
    const away = chosen.filter(({ held }) => !held);
    if (away.length > 0) {
      if (!faults.isEmpty) return outcome(`is faulty: ${faults.reasons.join('; ')}`);
      const names = away.map(({ address }) => address);
      if (!ports.send({ kind: 'reclaim', addresses: names })) return outcome('the standby does not answer');
      await timers.until(() => away.every(({ held, busy }) => held && !busy), DONE_MS);
    }
    return outcome('the standby did not give it back in time; see its log');
  }

  /** Another process of the standby counts its instructions anew. */
  forgetAll(): void {
    this.#answers = new Map();
  }

  /** The standby gives an address back. */
  onReturn({ id, entry }: Instruction): void {
    const { ports, services } = this.#parts;
    const answers = this.#answers;
    const { address } = entry;
    const answer = (outcome: Result['outcome'], reason = ''): void => {
      const result: Result = { id, address, outcome, reason };
      answers.set(address, result);
      ports.send({ kind: 'returned', ...result });
    };
    const before = answers.get(address);
    if (before?.id === id) {
      ports.send({ kind: 'returned', ...before });
      return;
    }
    const service = services.find(address);
    if (service === undefined) {
      answer('refused', 'is none of its addresses');
      return;
    }
    const reason = this.#refusal(service);
    if (reason !== null) {
      answer('refused', reason);
      return;
    }
    service.busy = true;
    answer('accepted');
    void this.#switching.on(service, 'the standby gives it back').then((back) => {
      service.busy = false;
      answer(back ? 'done' : 'failed', back ? '' : `${service.ifname} could not be switched on`);
      service.mark = ports.sent();
    });
  }

  #refusal({ address, busy }: Service): string | null {
    const fault = this.#parts.faults.of(address);
    if (fault !== null) return `it is faulty: ${fault.reason}`;
    return busy ? 'is changing hands at the moment' : null;
  }
}
