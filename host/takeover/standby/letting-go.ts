/** A standby's addresses off its adapters. */
import { messageOf } from '../../errors.ts';
import { FIRST_RETRY_MS, longer } from '../timers.ts';
import type { Answers } from './answers.ts';
import type { Holding } from './holdings.ts';
import type { Parts } from './parts.ts';

export class LettingGo {
  readonly #parts: Parts;
  readonly #answers: Answers;
  /** Given back, and still on an adapter, which would not let go. */
  readonly #stuck = new Set<string>();

  constructor(parts: Parts, answers: Answers) {
    this.#parts = parts;
    this.#answers = answers;
  }

  isStuck(address: string): boolean {
    return this.#stuck.has(address);
  }

  /** It is taken again, and may be where it is. */
  keep(address: string): void {
    this.#stuck.delete(address);
  }

  /** It is not here any more, without anything to be switched off. */
  drop({ address }: Holding): void {
    const { ports, holdings } = this.#parts;
    holdings.delete(address);
    ports.unclaim(address);
    ports.remember();
  }

  /** What the kernel says when it would not; that is told, and tried again. */
  async letGo(holding: Holding): Promise<string | null> {
    const { ports, holdings } = this.#parts;
    const { address, adapter, active } = holding;
    ports.unclaim(address);
    this.#stuck.add(address);
    holdings.delete(address);
    this.#answers.forget(active, address);
    const error = await this.#switchOff(holding);
    ports.remember();
    if (error === null) this.#released(holding);
    else {
      ports.tell('error', 'takeover.released', { address, adapter, peer: active, error });
      this.#tryAgain(holding, FIRST_RETRY_MS);
    }
    return error;
  }

  #released({ address, adapter, active }: Holding): void {
    this.#parts.ports.tell('info', 'takeover.released', { address, adapter, peer: active });
  }

  async #switchOff(holding: Holding): Promise<string | null> {
    try {
      await this.#parts.ports.withdraw(holding.adapter, holding);
      this.#stuck.delete(holding.address);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  #tryAgain(holding: Holding, waitMs: number): void {
    this.#parts.timers.after(waitMs, async () => {
      if (!this.#stuck.has(holding.address)) return;
      const error = await this.#switchOff(holding);
      if (error === null) this.#released(holding);
      else this.#tryAgain(holding, longer(waitMs));
    });
  }
}
