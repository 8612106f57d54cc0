/** What the witness knows of each service: whether it answers whoever gets there, and whether anybody does. It is told what has changed. */
import type { Witness } from '../truth/witness.ts';

/** Bits, and that nothing was said yet. */
const Said = { answers: 1, isOpen: 2, nothing: 4 } as const;

export class ServiceTruth {
  readonly #witness: Pick<Witness, 'service' | 'path'>;
  readonly #said: Uint8Array;

  constructor(witness: Pick<Witness, 'service' | 'path'>, services: number) {
    this.#witness = witness;
    this.#said = new Uint8Array(services).fill(Said.nothing);
  }

  says(service: number, answers: boolean, isOpen: boolean): void {
    const before = this.#said[service] as number;
    const now = (answers ? Said.answers : 0) | (isOpen ? Said.isOpen : 0);
    this.#said[service] = now;
    // At the beginning nobody answers and all ways are open, if nothing else is said.
    const changed = before === Said.nothing ? now ^ Said.isOpen : before ^ now;
    if (changed & Said.answers) this.#witness.service(service, answers);
    if (changed & Said.isOpen) this.#witness.path(service, isOpen);
  }
}
