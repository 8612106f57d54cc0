/** `--seeds A..B`: small worlds by chance; what goes wrong in one is named, and with `--shrink` made as small as can be. */
import { count } from '../config/sentences.ts';
import { type Found, playSeeds, smallestFound } from '../emulator/seeds.ts';
import { brokenIn, sentencesOf } from '../emulator/smallest.ts';
import { makeWorld } from '../emulator/world/world.ts';
import { writeFound } from './emulate-found.ts';
import { type EmulateGiven, type PlayingMachine, seedsOf } from './emulate-given.ts';

const SHOWN_EVENTS = 200;

/** Whether nothing went wrong in any of them. */
export async function seedsCommand(
  wanted: string,
  { shrink = false, json = false }: EmulateGiven,
  machine: PlayingMachine,
): Promise<boolean> {
  const { time, print } = machine;
  const [from, to] = seedsOf(wanted);
  const options = { time, make: makeWorld };
  const beganMs = time.nowMs();
  let [played, wrong] = [0, 0];
  for await (const found of playSeeds(from, to, options)) {
    played++;
    if (found === null) continue;
    wrong++;
    const file = shrink ? await shrunk(found, options) : null;
    if (json) print(JSON.stringify({ ...answerOf(found), file }));
    else for (const line of linesOf(found, file)) print(line);
  }
  const took = ((time.nowMs() - beganMs) / 1000).toFixed(1);
  if (json) print(JSON.stringify({ seeds: played, wrong }));
  else
    print(
      `${count(played, 'world')} in ${took} s: ${wrong === 0 ? 'every promise was kept' : `${wrong} went wrong`}.`,
    );
  return wrong === 0;
}

async function shrunk(found: Found, options: Parameters<typeof smallestFound>[1]): Promise<string> {
  const [sentence = 'It failed.'] = sentencesOf(found.outcome);
  const about = [sentence, `ringback emulate --seeds ${found.seed} --shrink`];
  return writeFound(`seed-${found.seed}`, await smallestFound(found, options), about);
}

function answerOf(found: Found): object {
  return { seed: found.seed, broken: brokenIn(found.outcome), sentences: sentencesOf(found.outcome) };
}

function linesOf(found: Found, file: string | null): string[] {
  const events = found.outcome.verdict?.promises.flatMap(({ breaches }) => breaches[0]?.events ?? []) ?? [];
  return [
    `seed ${found.seed}:`,
    ...sentencesOf(found.outcome).map((sentence) => `  ${sentence}`),
    ...events.slice(-SHOWN_EVENTS).map((event) => `    ${event}`),
    file === null ? `  Again: ringback emulate --seeds ${found.seed} --shrink` : `  The smallest: ${file}`,
  ];
}
