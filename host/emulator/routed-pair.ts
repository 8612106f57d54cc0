/**
 * A duplex pair on a network of the router's: what its nodes say to everybody the router hears, and so learns that an address is
 * elsewhere, which is a sign that a server is back.
 */

import { PairWorld } from './pair/world.ts';
import type { MachineKernel } from './router-program.ts';
import type { Scenario, Verb } from './scenario/types.ts';
import type { Witness } from './truth/witness.ts';
import type { PlayedWorld } from './world/ports.ts';

export class RoutedPair {
  readonly #pair: PairWorld;

  constructor(
    scenario: Scenario,
    kernel: MachineKernel,
    { witness, world }: { witness: Witness; world: PlayedWorld },
  ) {
    // Services, paths and tries are the world's, where the router is.
    const heard: Witness = {
      tried: () => {},
      tryEnded: () => {},
      service: () => {},
      path: () => {},
      line: (by, level, event, fields) => witness.line(by, level, event, fields),
      mail: () => {},
      steered: () => {},
      program: (by, state) => witness.program(by, state),
      learnt: (by, address, mac) => witness.learnt?.(by, address, mac),
      step: () => {},
      frame: null,
    };
    this.#pair = new PairWorld(scenario, kernel, heard, (address, { owner, name }, bytes) => {
      const machine = this.#pair.machine(owner.name);
      if (machine === undefined) return;
      const card = machine.cards.findIndex((one) => one.name === name);
      world.said(address, { host: owner.name, card, isServing: machine.isServing }, bytes);
    });
  }

  begin(): void {
    this.#pair.begin();
  }

  /** Of machines, cables and programs; whoever tries, tries in the world. */
  carryOut(verb: Verb): void {
    if (verb.verb !== 'try') this.#pair.carryOut(verb);
  }

  /** Whether that is one of its cards, of which the world knows nothing. */
  isCard(node: string): boolean {
    const [, machine = '', card] = /^(.+)-(\d+)$/.exec(node) ?? [];
    return this.#pair.machine(machine)?.cards[Number(card)] !== undefined;
  }

  /** A sentence for each promise that was not kept. */
  end(): readonly string[] {
    this.#pair.end();
    return this.#pair.promise.broken;
  }
}
