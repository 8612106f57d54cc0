/** A scenario is played before the ledger and whoever else watches, and judged. */
import { quickTurns, type Time } from '../time.ts';
import type { Actor, Calendar } from './kernel/calendar.ts';
import type { Loop } from './kernel/loop.ts';
import { PairDirectory } from './pair/directory.ts';
import { playPair } from './pair/play.ts';
import { play } from './play.ts';
import type { Scenario } from './scenario/types.ts';
import type { Counted, MakeWorld, Outside, RunningPlay } from './stage.ts';
import { PROMISES, type PromiseResult } from './truth/promise.ts';
import type { Measures } from './truth/promises.ts';
import { type RunVerdict, Truth } from './truth/verdict.ts';
import type { Directory, Gauges, Witness } from './truth/witness.ts';
import { Witnesses } from './witnesses.ts';

/** What who watches is given before anything happens. */
export interface Watching {
  readonly directory: Directory;
  readonly calendar: Calendar;
  readonly loop: Loop;
  readonly truth: Truth;
}

/** Somebody who watches beside the ledger. */
export interface WorldWatcher {
  readonly witness: Witness;
  /** How the program stands, some hundred times in a run. */
  gauged?(gauges: Gauges): void;
}

interface JudgeOptions {
  /** The machine's, by which it is played. */
  readonly time: Time;
  readonly make: MakeWorld;
  readonly watchers: (watching: Watching) => readonly WorldWatcher[];
  /** How the calendar is turned to the end; at once, if nothing else is said. */
  readonly run?: (watching: Watching, endUs: number, play: RunningPlay | null) => Promise<void>;
  readonly isOver?: () => boolean;
  /** null, as if nothing is said: all is modelled. */
  readonly outside?: Outside | null;
}

export interface Judged {
  readonly verdict: RunVerdict;
  readonly watching: Watching;
  readonly endUs: number;
  /** Frames that passed an interface of the router; null: there is none. */
  readonly frames: number | null;
  /** What the fabric has counted; null: nobody could ask it. */
  readonly counted: Counted | null;
}

/** So often in a run the program is looked at. */
const LOOKS = 500;

/** Mails say when it was as clocks in the world show it. */
export async function judge(scenario: Scenario, options: JudgeOptions): Promise<Judged> {
  const { TZ: before } = process.env;
  process.env.TZ = scenario.zone;
  try {
    const isPair = scenario.router === null && scenario.takeover.size > 0;
    return await (isPair ? judgePair(scenario, options) : judgeRouter(scenario, options));
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

function watch(
  scenario: Scenario,
  { calendar, loop, directory }: Pick<Watching, 'calendar' | 'loop' | 'directory'>,
  watchers: JudgeOptions['watchers'],
): { readonly watching: Watching; readonly all: readonly WorldWatcher[]; readonly witness: Witness } {
  const truth = new Truth({ scenario, directory, nowUs: () => calendar.nowUs });
  const watching = { directory, calendar, loop, truth };
  const all = watchers(watching);
  return { watching, all, witness: new Witnesses([truth.ledger, ...all.map(({ witness }) => witness)]) };
}

async function judgeRouter(scenario: Scenario, options: JudgeOptions): Promise<Judged> {
  const { time, make, watchers, run, isOver, outside = null } = options;
  let seen: ReturnType<typeof watch> | null = null;
  let running: RunningPlay | null = null;
  let most: [most: number, size: number] | null = null;
  const played = await play(
    scenario,
    (stage) => {
      seen = watch(scenario, stage, watchers);
      return seen.witness;
    },
    {
      ...{ make, outside },
      machine: outside === null ? { settled: quickTurns() } : time,
      ...(isOver === undefined ? {} : { isOver }),
      ...(run === undefined
        ? {}
        : { run: (_stage, endUs) => run((seen as NonNullable<typeof seen>).watching, endUs, running) }),
      onBegun: (own, { calendar }) => {
        running = own;
        new Looks(calendar, scenario.endUs, () => {
          const gauges = own.gauges();
          const [used, size] = gauges.tables.clients;
          most = [Math.max(used, most?.[0] ?? 0), size];
          for (const one of seen?.all ?? []) one.gauged?.(gauges);
        });
      },
    },
  );
  const { watching } = seen as unknown as NonNullable<ReturnType<typeof watch>>;
  // What a capture has cut off is malformed, and no fault of the world's.
  const counted = scenario.frames.length > 0 ? null : played.counted;
  const measures = { ...measured(counted), clients: most };
  const verdict = watching.truth.finish(played.endUs, measures);
  return {
    verdict: played.brokenByPair === null ? verdict : withPair(verdict, played.brokenByPair, played.endUs),
    watching,
    endUs: played.endUs,
    frames: played.frames,
    counted: played.counted,
  };
}

/** Verdicts by the module's own names. */
function measured(counted: Counted | null): Omit<Measures, 'clients'> {
  if (counted === null) return { frames: null, verdicts: null, memory: null };
  const { frames, bytes, counters } = counted;
  const verdicts = Object.entries(counters.frames).map(([name, count]) => [
    name.charAt(0).toUpperCase() + name.slice(1),
    count,
  ]);
  return { frames, verdicts: Object.fromEntries(verdicts), memory: bytes };
}

async function judgePair(scenario: Scenario, options: JudgeOptions): Promise<Judged> {
  const { time, watchers, run, isOver } = options;
  const directory = new PairDirectory(scenario);
  let seen: ReturnType<typeof watch> | null = null;
  const { broken, endUs } = await playPair(
    scenario,
    ({ calendar, loop }) => {
      seen = watch(scenario, { calendar, loop, directory }, watchers);
      return seen.witness;
    },
    {
      machine: time,
      ...(isOver === undefined ? {} : { isOver }),
      ...(run === undefined
        ? {}
        : { run: (_kernel, end) => run((seen as NonNullable<typeof seen>).watching, end, null) }),
    },
  );
  const { watching } = seen as unknown as NonNullable<ReturnType<typeof watch>>;
  const verdict = watching.truth.finish(endUs, { frames: null, verdicts: null, memory: null, clients: null });
  return { verdict: withPair(verdict, broken, endUs), watching, endUs, frames: null, counted: null };
}

/** With the promises of a pair. */
function withPair(verdict: RunVerdict, broken: readonly string[], endUs: number): RunVerdict {
  const promises = [...verdict.promises.filter(({ promise }) => promise !== 'twins'), twinsOf(broken, endUs)];
  if (broken.length === 0) return { ...verdict, promises };
  const times = broken.length === 1 ? 'once' : `${broken.length} times`;
  return { ...verdict, promises, holds: false, sentence: `Promises were broken ${times}.` };
}

/** What a pair's world has watched over itself. */
function twinsOf(broken: readonly string[], endUs: number): PromiseResult {
  const of = { promise: 'twins', services: [], clients: [], fromUs: 0, toUs: endUs, events: [] } as const;
  return {
    promise: 'twins',
    title: PROMISES.twins,
    checked: 1,
    broken: broken.length,
    breaches: broken.map((sentence) => ({ ...of, sentence })),
    excuses: [],
  };
}

/** Comes up a few hundred times in a run. */
class Looks implements Actor {
  readonly #calendar: Calendar;
  readonly #actor: number;
  readonly #everyUs: number;
  readonly #look: () => void;

  constructor(calendar: Calendar, endUs: number, look: () => void) {
    this.#calendar = calendar;
    this.#actor = calendar.admit(this);
    this.#everyUs = Math.max(1, Math.floor(endUs / LOOKS));
    this.#look = look;
    calendar.enter(this.#everyUs, this.#actor, 0, 0);
  }

  happens(): void {
    this.#look();
    this.#calendar.enter(this.#calendar.nowUs + this.#everyUs, this.#actor, 0, 0);
  }
}
