/** A standby's addresses off its adapters. */
import { messageOf } from '../../errors.ts';
import { FIRST_RETRY_MS, longer } from '../timers.ts';
import type { Answers } from './answers.ts';
import type { Holding } from './holdings.ts';
import type { Parts } from './parts.ts';

export class LettingGo {
  readonly #parts: Parts;
  readonly #answers: Answers;
  /** Addresses that should be gone, and their adapters, which would not let go, as `address adapter`. */
  readonly #stuck = new Set<string>();

  constructor(parts: Parts, answers: Answers) {
    this.#parts = parts;
    this.#answers = answers;
  }

  isStuck(address: string): boolean {
    return [...this.#stuck].some((stuck) => stuck.startsWith(`${address} `));
  }

  /** It is wanted there again. */
  keep(address: string, adapter: string): void {
    this.#stuck.delete(`${address} ${adapter}`);
  }

  /** It is not here any more, without anything to be switched off. */
  drop({ address, active }: Holding): void {
    const { ports, holdings } = this.#parts;
    holdings.delete(address);
    this.#answers.forget(active, address);
    ports.unclaim(address);
    ports.remember();
  }

  /** What the kernel says when it would not; that is told, and tried again. */
  async letGo(holding: Holding): Promise<string | null> {
    const { ports, holdings } = this.#parts;
    const { address, adapter, active } = holding;
    ports.unclaim(address);
    holdings.delete(address);
    this.#answers.forget(active, address);
    const error = await this.leave(holding, adapter);
    ports.remember();
    if (error === null) this.#released(holding, adapter);
    return error;
  }

  /** Off one adapter, wherever else it may be. */
  async leave(holding: Holding, adapter: string): Promise<string | null> {
    const { address, active } = holding;
    this.#stuck.add(`${address} ${adapter}`);
    const error = await this.#switchOff(holding, adapter);
    if (error !== null) {
      this.#parts.ports.tell('error', 'takeover.released', { address, adapter, peer: active, error });
      this.#tryAgain(holding, adapter, FIRST_RETRY_MS);
    }
    return error;
  }

  #released({ address, active }: Holding, adapter: string): void {
    this.#parts.ports.tell('info', 'takeover.released', { address, adapter, peer: active });
  }

  async #switchOff(holding: Holding, adapter: string): Promise<string | null> {
    try {
      await this.#parts.ports.withdraw(adapter, holding);
      this.keep(holding.address, adapter);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  #tryAgain(holding: Holding, adapter: string, waitMs: number): void {
    this.#parts.timers.after(waitMs, async () => {
      if (!this.#stuck.has(`${holding.address} ${adapter}`)) return;
      const error = await this.#switchOff(holding, adapter);
      if (error === null) this.#released(holding, adapter);
      else this.#tryAgain(holding, adapter, longer(waitMs));
    });
  }
}
