/** A standby's addresses off its interfaces. */
import { messageOf } from '../../errors.ts';
import { FIRST_RETRY_MS, longer } from '../ports/timers.ts';
import type { Answers } from './answers.ts';
import type { StandbyContext } from './context.ts';
import type { Holding, Taken } from './holdings.ts';

export class Release {
  readonly #parts: StandbyContext;
  readonly #answers: Answers;
  /** Addresses that should be gone from interfaces, by `address ifname`. */
  readonly #stuck = new Map<string, Taken>();

  constructor(parts: StandbyContext, answers: Answers) {
    this.#parts = parts;
    this.#answers = answers;
  }

  /** What is not gone yet from the interfaces where it should be. */
  stuck(): Taken[] {
    return [...this.#stuck.values()];
  }

  /** Whether it should be gone from there. */
  isLeaving(address: string, ifname: string): boolean {
    return this.#stuck.has(`${address} ${ifname}`);
  }

  /** It is wanted there again. */
  keep(address: string, ifname: string): void {
    this.#stuck.delete(`${address} ${ifname}`);
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
  async release(holding: Holding): Promise<string | null> {
    const { ports, holdings } = this.#parts;
    const { address, ifname, active } = holding;
    ports.unclaim(address);
    holdings.delete(address);
    this.#answers.forget(active, address);
    const error = await this.leave(holding, ifname);
    if (error === null) this.#released({ ...holding, ifname });
    return error;
  }

  /** Off one interface, wherever else it may be. */
  async leave(taken: Taken, ifname: string): Promise<string | null> {
    const { ports } = this.#parts;
    const { address, length, active, cause } = taken;
    const stuck = { address, length, ifname, active, cause };
    this.#stuck.set(`${address} ${ifname}`, stuck);
    const error = await this.#switchOff(stuck);
    ports.remember();
    if (error !== null) {
      ports.tell('error', 'takeover.released', {
        address,
        adapter: ifname,
        peer: active,
        error,
        reason: error,
      });
      this.#tryAgain(stuck, FIRST_RETRY_MS);
    }
    return error;
  }

  #released({ address, ifname, active }: Taken): void {
    this.#parts.ports.tell('info', 'takeover.released', { address, adapter: ifname, peer: active });
  }

  async #switchOff(stuck: Taken): Promise<string | null> {
    try {
      await this.#parts.ports.withdraw(stuck.ifname, stuck);
      this.keep(stuck.address, stuck.ifname);
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  #tryAgain(stuck: Taken, waitMs: number): void {
    const { timers, ports } = this.#parts;
    timers.after(waitMs, async () => {
      if (!this.isLeaving(stuck.address, stuck.ifname)) return;
      const error = await this.#switchOff(stuck);
      if (error !== null) {
        this.#tryAgain(stuck, longer(waitMs));
        return;
      }
      ports.remember();
      this.#released(stuck);
    });
  }
}
