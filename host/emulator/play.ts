/** Plays a scenario from its beginning to its end: a world, the real programs in it, and whoever watches. */
import type { Time } from '../time.ts';
import { Calendar } from './kernel/calendar.ts';
import { Loop } from './kernel/loop.ts';
import { Streams } from './kernel/streams.ts';
import { Play } from './playing.ts';
import type { MachineKernel } from './router-program.ts';
import type { Scenario } from './scenario/types.ts';
import type { Counted, MakeWorld, Outside, RunningPlay, Stage } from './stage.ts';
import type { Witness } from './truth/witness.ts';

interface PlayOptions {
  readonly make: MakeWorld;
  /** Whose event loop it is. */
  readonly machine: Pick<Time, 'settled'>;
  /** How the calendar is turned to the end; at once, if nothing else is said. */
  readonly run?: (stage: Stage, endUs: number) => Promise<void>;
  readonly isOver?: () => boolean;
  /** null, as if nothing is said: all is modelled. */
  readonly outside?: Outside | null;
  /** When it has begun: for keys that pull cables, and for whoever looks now and then. */
  readonly onBegun?: (play: RunningPlay, stage: Stage) => void;
}

interface Played {
  readonly stage: Stage;
  readonly endUs: number;
  /** Frames that passed an interface of the router. */
  readonly frames: number;
  /** What a pair on a network of its has broken, a sentence each; null: there is none. */
  readonly brokenByPair: readonly string[] | null;
  readonly counted: Counted | null;
}

export async function play(
  scenario: Scenario,
  witness: (stage: Stage) => Witness,
  { make, machine, run, isOver, onBegun, outside = null }: PlayOptions,
): Promise<Played> {
  const calendar = new Calendar();
  const kernel: MachineKernel = {
    calendar,
    loop: new Loop(calendar, machine),
    streams: new Streams(scenario.seed),
    wallMs: scenario.startMs,
  };
  const own = await Play.create(scenario, kernel, { make, witness, outside });
  const { stage } = own;
  onBegun?.(own, stage);
  own.begin();
  if (run === undefined) await kernel.loop.run(scenario.endUs, () => own.hasFailed || isOver?.() === true);
  else await run(stage, scenario.endUs);
  const endUs = calendar.nowUs;
  const brokenByPair = own.endPair();
  await own.end();
  return { stage, endUs, frames: own.frames, counted: own.counted, brokenByPair };
}
