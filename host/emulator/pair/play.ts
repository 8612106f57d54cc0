/** Plays a takeover scenario from its beginning to its end. */
import type { Time } from '../../time.ts';
import { type Actor, Calendar } from '../kernel/calendar.ts';
import { Loop } from '../kernel/loop.ts';
import { Streams } from '../kernel/streams.ts';
import type { Scenario, ScriptStep, Verb } from '../scenario/types.ts';
import type { Witness } from '../truth/witness.ts';
import { PairWorld, type WorldKernel } from './world.ts';

/** What ends a step that lasts for some time. */
const CONTRARY = {
  ...{ unplug: 'plug', plug: 'unplug', kill: 'revive', revive: 'kill' },
  ...{ start: 'stop', stop: 'start', split: 'heal', heal: 'split' },
  ...{ killProgram: 'startProgram', startProgram: 'killProgram' },
} as const;

interface PlayOptions {
  /** Whose event loop it is. */
  readonly machine: Pick<Time, 'settled'>;
  /** How the calendar is turned to the end; at once, if nothing else is said. */
  readonly run?: (kernel: WorldKernel, endUs: number) => Promise<void>;
  readonly isOver?: () => boolean;
  /** When it has begun. */
  readonly onWorld?: (world: PairWorld, kernel: WorldKernel) => void;
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
  { machine, run, isOver, onWorld }: PlayOptions,
): Promise<PairOutcome> {
  const calendar = new Calendar();
  const kernel = { calendar, loop: new Loop(calendar, machine), streams: new Streams(scenario.seed) };
  const told = witness(kernel);
  const world = new PairWorld(scenario, kernel, told);
  const script = new Script(scenario.script, kernel, world, told);
  onWorld?.(world, kernel);
  world.begin();
  script.enter();
  if (run === undefined) await kernel.loop.run(scenario.endUs, isOver);
  else await run(kernel, scenario.endUs);
  world.end();
  return { broken: world.promise.broken, world, endUs: calendar.nowUs };
}

class Script implements Actor {
  readonly #steps: readonly ScriptStep[];
  readonly #kernel: WorldKernel;
  readonly #world: PairWorld;
  readonly #witness: Witness;
  readonly #actor: number;

  constructor(steps: readonly ScriptStep[], kernel: WorldKernel, world: PairWorld, witness: Witness) {
    this.#steps = steps;
    this.#kernel = kernel;
    this.#world = world;
    this.#witness = witness;
    this.#actor = kernel.calendar.admit(this);
  }

  enter(): void {
    for (const [index, { atUs, forUs }] of this.#steps.entries()) {
      this.#kernel.calendar.enter(atUs, this.#actor, 0, index);
      if (forUs !== null) this.#kernel.calendar.enter(atUs + forUs, this.#actor, 1, index);
    }
  }

  /** `isEnd`: 1, when what it did is undone. */
  happens(isEnd: number, index: number): void {
    const step = this.#steps[index];
    if (step === undefined) return;
    if (isEnd === 0) this.#witness.step(step.text);
    for (const verb of step.verbs) {
      const meant = isEnd === 0 ? verb : contraryOf(verb);
      if (meant !== null) this.#world.carryOut(meant);
    }
    this.#kernel.loop.stir();
  }
}

function contraryOf(verb: Verb): Verb | null {
  const contrary = CONTRARY[verb.verb as keyof typeof CONTRARY];
  return contrary === undefined ? null : ({ ...verb, verb: contrary } as Verb);
}
