/** What the program holds to be down, service by service: asked for each try that ends. */
import type { Directory } from './witness.ts';
import type { Word } from './word.ts';

export class HeldDown {
  readonly #directory: Directory;
  readonly #word: Word;
  readonly #isDown: Uint8Array;
  /** When it last said that one is not any more; before all times if never. */
  readonly #closedUs: Float64Array;

  constructor(directory: Directory, word: Word) {
    this.#directory = directory;
    this.#word = word;
    this.#isDown = new Uint8Array(directory.services);
    this.#closedUs = new Float64Array(directory.services).fill(Number.NEGATIVE_INFINITY);
  }

  /** It, or its host. */
  isDown(service: number): boolean {
    return this.#isDown[service] === 1;
  }

  closedUs(service: number): number {
    return this.#closedUs[service] as number;
  }

  /** An outage of that server was opened or closed. */
  changed(server: string, nowUs: number): void {
    for (const service of this.#directory.servicesAt(server)) {
      const isDown = this.#word.openAt(server, this.#directory.service(service).port) !== undefined;
      if (!isDown && this.#isDown[service] === 1) this.#closedUs[service] = nowUs;
      this.#isDown[service] = isDown ? 1 : 0;
    }
  }
}
