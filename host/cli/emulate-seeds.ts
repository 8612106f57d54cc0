/** `--seeds A..B`: small worlds by chance; what goes wrong in one is named, and with `--shrink` made as small as can be. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokenIn, type Found, playSeeds, smallestOf } from '../emulator/seeds.ts';
import { draftText } from '../emulator/truth/draft.ts';
import { makeWorld } from '../emulator/world/world.ts';
import { messageOf, RingbackError } from '../errors.ts';
import { type EmulateGiven, type PlayingMachine, seedsOf } from './emulate-given.ts';

/** Where the smallest ones lie. */
const FOUND = 'found';
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
      `${played} worlds in ${took} s: ${wrong === 0 ? 'every promise was kept' : `${wrong} went wrong`}.`,
    );
  return wrong === 0;
}

async function shrunk(found: Found, options: Parameters<typeof smallestOf>[1]): Promise<string> {
  const smallest = await smallestOf(found, options);
  const [sentence = 'It failed.'] = sentencesOf(found);
  const file = join(FOUND, `seed-${found.seed}.yaml`);
  try {
    mkdirSync(FOUND, { recursive: true });
    writeFileSync(file, draftText(smallest, [sentence, `ringback emulate --seeds ${found.seed} --shrink`]));
  } catch (error) {
    throw new RingbackError('unavailable', `emulate: --shrink: ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return file;
}

function sentencesOf({ verdict, error }: Found): string[] {
  if (verdict === null) return [`The program failed: ${error}`];
  const breaches = verdict.promises.flatMap(({ breaches: all }) => all.map(({ sentence }) => sentence));
  const missed = verdict.expectations.filter(({ holds }) => !holds).map(({ sentence }) => sentence);
  return [...breaches, ...missed];
}

function answerOf(found: Found): object {
  return { seed: found.seed, broken: brokenIn(found.verdict), sentences: sentencesOf(found) };
}

function linesOf(found: Found, file: string | null): string[] {
  const events = found.verdict?.promises.flatMap(({ breaches }) => breaches[0]?.events ?? []) ?? [];
  return [
    `seed ${found.seed}:`,
    ...sentencesOf(found).map((sentence) => `  ${sentence}`),
    ...events.slice(-SHOWN_EVENTS).map((event) => `    ${event}`),
    file === null ? `  Again: ringback emulate --seeds ${found.seed} --shrink` : `  The smallest: ${file}`,
  ];
}
