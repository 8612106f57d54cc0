/** `SCENARIO --shrink`: the smallest scenario in which the same promise is broken, or the same expectation does not come true. */
import { resolve } from 'node:path';
import { readText } from '../config/load.ts';
import {
  changedScenario,
  parseScenario,
  type ScenarioOptions,
  scenarioFile,
} from '../emulator/scenario/load.ts';
import {
  brokenIn,
  goesWrong,
  type PlayedOutcome,
  playedOutcome,
  sentencesOf,
  smallestOf,
} from '../emulator/smallest.ts';
import { scenarioOf } from '../emulator/truth/draft.ts';
import { makeWorld } from '../emulator/world/world.ts';
import { writeFound } from './emulate-found.ts';
import type { EmulateGiven, PlayingMachine } from './emulate-given.ts';

/** Whether nothing goes wrong in it. */
export async function shrinkCommand(
  given: string,
  { json = false }: EmulateGiven,
  { options, machine }: { readonly options: ScenarioOptions; readonly machine: PlayingMachine },
): Promise<boolean> {
  const { time, print } = machine;
  const file = scenarioFile(given);
  const source = readText(file);
  const { name, seed, frames } = parseScenario(source, file, options);
  const { config } = options;
  const play = (world: object): Promise<PlayedOutcome> =>
    playedOutcome(() => scenarioOf(world, name, config === undefined ? {} : { config }), {
      time,
      make: makeWorld,
    });
  const text = changedScenario(source, options);
  // What is written lies elsewhere.
  const world = frames.length === 0 ? text : { ...text, frames: frames.map((path) => resolve(path)) };
  const first = await play(world);
  const sentences = sentencesOf(first);
  if (!goesWrong(first)) {
    if (json) print(JSON.stringify({ broken: [], sentences, file: null }));
    else print('Nothing goes wrong in it: it is as small as it is.');
    return true;
  }
  if (!json) for (const sentence of sentences) print(sentence);
  const smallest = await smallestOf(world, first, { time, play });
  const [sentence = ''] = sentences;
  const again = config === undefined ? '' : ` -c ${config}`;
  const written = writeFound(`${name}-${seed}`, smallest, [sentence, `ringback emulate FILE${again}`]);
  if (json) print(JSON.stringify({ broken: brokenIn(first), sentences, file: written }));
  else print(`The smallest: ${written}`);
  return false;
}
