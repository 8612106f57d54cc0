/** Whether a standby has as many interfaces as it may need (JP 2001-144806 paragraphs 62 and 101), said when it changes. */
import type { Ports } from '../ports/ports.ts';
import { needed } from './plan.ts';

interface Sufficiency {
  /** As many interfaces as the largest number of addresses of any one active. */
  readonly needed: number;
  readonly sufficient: boolean;
}

/** `addresses`: how many each active has. */
export function sufficiency(
  addresses: ReadonlyMap<string, number>,
  interfaces: number,
  share: boolean,
): Sufficiency {
  const most = needed(addresses).interfaces;
  return { needed: most, sufficient: share || most <= interfaces };
}

export class Capacity {
  readonly #tell: Ports['tell'];
  #said = '';

  constructor(tell: Ports['tell']) {
    this.#tell = tell;
  }

  report(addresses: ReadonlyMap<string, number>, interfaces: number, share: boolean): void {
    const { active } = needed(addresses);
    const found = sufficiency(addresses, interfaces, share);
    const said = `${found.needed} ${interfaces} ${found.sufficient}`;
    // Until an active has spoken, nothing is known.
    if (said === this.#said || active === null) return;
    this.#said = said;
    const fields = { ...found, adapters: interfaces, active, peer: active };
    if (found.sufficient) this.#tell('info', 'takeover.capacity', fields);
    else {
      const message = `${active} has ${found.needed} addresses; give as many interfaces, or share: true`;
      this.#tell('warn', 'takeover.capacity', { ...fields, message });
    }
  }
}
