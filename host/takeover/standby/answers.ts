/** A standby's last answers by active and address: an instruction that is repeated is answered, not carried out again. */
import type { StandbyPorts } from '../ports/ports.ts';
import type { InstructionOutcome, Result } from '../protocol/messages.ts';

export class Answers {
  readonly #send: StandbyPorts['send'];
  readonly #last = new Map<string, Result>();

  constructor(send: StandbyPorts['send']) {
    this.#send = send;
  }

  /** False when this instruction has not been answered yet. */
  repeat(active: string, id: number, address: string): boolean {
    const before = this.#last.get(`${active} ${address}`);
    if (before?.id !== id) return false;
    this.#send(active, { kind: 'taken', ...before });
    return true;
  }

  /** Nobody is answered when nobody instructed: `id` is 0 then. */
  say(active: string, id: number, address: string, outcome: InstructionOutcome, reason = ''): void {
    if (id === 0) return;
    const result: Result = { id, address, outcome, reason };
    this.#last.set(`${active} ${address}`, result);
    this.#send(active, { kind: 'taken', ...result });
  }

  /** Another process of the active counts its instructions anew. */
  forgetAll(active: string): void {
    for (const key of this.#last.keys()) if (key.startsWith(`${active} `)) this.#last.delete(key);
  }

  forget(active: string, address: string): void {
    this.#last.delete(`${active} ${address}`);
  }
}
