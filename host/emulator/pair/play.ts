/** Plays a takeover scenario from its beginning to its end. */
import type { Time } from '../../time.ts';
import { Calendar } from '../kernel/calendar.ts';
import { Loop } from '../kernel/loop.ts';
import { Streams } from '../kernel/streams.ts';
import type { Scenario } from '../scenario/types.ts';
import type { Witness } from '../truth/witness.ts';
import { Script } from '../world/script.ts';
import { PairWorld, type WorldKernel } from './world.ts';

interface PlayOptions {
  /** Whose event loop it is. */
  readonly machine: Pick<Time, 'settled'>;
  /** How the calendar is turned to the end; at once, if nothing else is said. */
  readonly run?: (kernel: WorldKernel, endUs: number) => Promise<void>;
  readonly isOver?: () => boolean;
}

export interface PairOutcome {
  /** A sentence for each promise that was not kept. */
  readonly broken: readonly string[];
  readonly world: PairWorld;
  readonly endUs: number;
}

export async function playPair(
  scenario: Scenario,
  witness: (kernel: WorldKernel) => Witness,
  { machine, run, isOver }: PlayOptions,
): Promise<PairOutcome> {
  const calendar = new Calendar();
  const loop = new Loop(calendar, machine);
  const kernel = { calendar, loop, streams: new Streams(scenario.seed) };
  const told = witness(kernel);
  const world = new PairWorld(scenario, kernel, told);
  world.begin();
  new Script(scenario.script, { calendar, loop, witness: told, carryOut: (verb) => world.carryOut(verb) });
  if (run === undefined) await kernel.loop.run(scenario.endUs, isOver);
  else await run(kernel, scenario.endUs);
  world.end();
  return { broken: world.promise.broken, world, endUs: calendar.nowUs };
}
