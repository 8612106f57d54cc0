/** `--compare OTHER.yaml`: the same world with two configurations, side by side. */
import { ComparedRun, compared, comparisonJson, comparisonText } from '../emulator/capture/compare.ts';
import { judge } from '../emulator/judge.ts';
import { loadScenario } from '../emulator/scenario/load.ts';
import type { Scenario } from '../emulator/scenario/types.ts';
import { makeWorld } from '../emulator/world/world.ts';
import { type EmulateGiven, type PlayingMachine, wrong } from './emulate-given.ts';

/** `given`: a scenario; `options`: what else is said of it. */
export async function compareCommand(
  given: string,
  { compare = '', config, json = false }: EmulateGiven,
  {
    options,
    machine,
  }: { readonly options: Parameters<typeof loadScenario>[1]; readonly machine: PlayingMachine },
): Promise<boolean> {
  const first = loadScenario(given, options);
  if (first.router === null) throw wrong('--compare wants a scenario with a router');
  const second = loadScenario(given, { ...options, config: compare });
  const runs = [await run(first, machine), await run(second, machine)] as const;
  const comparison = compared([config ?? first.name, compare], runs);
  machine.print(json ? JSON.stringify(comparisonJson(comparison)) : comparisonText(comparison));
  return true;
}

async function run(scenario: Scenario, { time }: PlayingMachine): Promise<ComparedRun> {
  let heard: ComparedRun | null = null;
  await judge(scenario, {
    time,
    make: makeWorld,
    watchers: ({ directory, calendar }) => {
      heard = new ComparedRun(directory, () => calendar.nowUs);
      return [{ witness: heard }];
    },
  });
  if (heard === null) throw new Error('nobody has watched');
  return heard;
}
