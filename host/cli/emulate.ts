/** `ringback emulate SCENARIO`: a world with the whole program in it, on a clock of its own. */
import { type Judged, judge } from '../emulator/judge.ts';
import { loadScenario, shippedScenarios } from '../emulator/scenario/load.ts';
import type { Scenario } from '../emulator/scenario/types.ts';
import type { PromiseResult } from '../emulator/truth/promise.ts';
import { RingbackError } from '../errors.ts';
import type { Time } from '../time.ts';

export interface EmulateOptions {
  readonly time: Time;
  readonly print: (line: string) => void;
  readonly list: boolean;
  readonly json: boolean;
  readonly set: readonly string[];
  readonly seed: string | undefined;
  readonly config: string | undefined;
}

const MAX_SEED = 4_294_967_295;
/** So many breaches of a promise are named, and so many events of each. */
const SHOWN = 3;
const SHOWN_EVENTS = 20;

function wrong(message: string): RingbackError {
  return new RingbackError('usage', `emulate: ${message}; ringback emulate --help`);
}

/** Whether all promises and expectations were kept. Throws RingbackError. */
export async function emulateCommand(options: EmulateOptions, words: readonly string[]): Promise<boolean> {
  const [given, more] = words;
  if (more !== undefined) throw wrong(`${more} is too much: one scenario is played`);
  if (options.list) {
    if (given !== undefined) throw wrong(`--list takes no scenario`);
    list(options);
    return true;
  }
  if (given === undefined) throw wrong('which scenario? --list names those that are shipped, or give a file');
  const scenario = loadScenario(given, {
    set: options.set,
    ...(options.seed === undefined ? {} : { seed: seedOf(options.seed) }),
    ...(options.config === undefined ? {} : { config: options.config }),
  });
  return play(scenario, options);
}

function list({ json, print }: EmulateOptions): void {
  const all = shippedScenarios().map((name) => ({ name, title: loadScenario(name).title }));
  if (json) print(JSON.stringify({ scenarios: all }));
  else {
    const width = Math.max(...all.map(({ name }) => name.length));
    for (const { name, title } of all) print(`${name.padEnd(width)}  ${title}`);
  }
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (/^\d{1,10}$/.test(text) && seed <= MAX_SEED) return seed;
  throw wrong(`--seed ${text} is no seed: a whole number from 0 to ${MAX_SEED}`);
}

async function play(scenario: Scenario, options: EmulateOptions): Promise<boolean> {
  const { time, print, json } = options;
  const beganMs = time.nowMs();
  const judged = await judge(scenario, {
    time,
    make: () => {
      throw new RingbackError('unavailable', 'emulate: worlds with a router are not in this version');
    },
    watchers: () => [],
  });
  const tookMs = time.nowMs() - beganMs;
  if (json) print(JSON.stringify(answerOf(scenario, judged, tookMs)));
  else for (const line of linesOf(scenario, judged, tookMs)) print(line);
  return judged.verdict.holds;
}

function answerOf(
  { name, title, seed }: Scenario,
  { verdict, frames, endUs }: Judged,
  tookMs: number,
): object {
  const { holds, sentence, promises, expectations } = verdict;
  return {
    ...{ scenario: name, title, seed, holds, sentence },
    promises: promises.map(({ promise, title: says, checked, broken, breaches, excuses }) => ({
      ...{ promise, title: says, checked, broken },
      breaches: breaches.map(({ sentence: said, fromUs, toUs, events }) => ({
        sentence: said,
        fromUs,
        toUs,
        events,
      })),
      excuses,
    })),
    expectations,
    played: { seconds: endUs / 1_000_000, tookSeconds: tookMs / 1000, frames },
  };
}

function linesOf(
  { name, title, seed }: Scenario,
  { verdict, frames, endUs }: Judged,
  tookMs: number,
): string[] {
  const played = `${(endUs / 1_000_000).toLocaleString('en')} s in ${(tookMs / 1000).toFixed(1)} s`;
  const passed = frames === null ? '' : `, ${frames.toLocaleString('en')} frames`;
  return [
    `${name} (seed ${seed}): ${title}`,
    '',
    ...verdict.promises.flatMap(promiseLines),
    ...verdict.expectations.map(({ holds, sentence }) => `  ${holds ? '✓' : '✗'} ${sentence}`),
    '',
    verdict.sentence,
    `Played ${played}${passed}.`,
  ];
}

function promiseLines({ title, checked, broken, breaches, excuses }: PromiseResult): string[] {
  if (checked === 0 && broken === 0 && excuses.length === 0) return [];
  const named = breaches
    .slice(0, SHOWN)
    .flatMap(({ sentence, events }) => [
      `      ${sentence}`,
      ...events.slice(-SHOWN_EVENTS).map((event) => `        ${event}`),
    ]);
  const left = broken > SHOWN ? [`      and ${broken - SHOWN} more`] : [];
  const excused = excuses.map(
    ({ why, times, first }) => `      excused${times === 1 ? '' : ` ${times} times`}: ${why}; ${first}`,
  );
  return [
    `  ${broken === 0 ? '✓' : '✗'} ${title} (${checked.toLocaleString('en')})`,
    ...named,
    ...left,
    ...excused,
  ];
}
