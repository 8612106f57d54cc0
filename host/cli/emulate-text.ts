/** What is said of a run: to people in lines, to machines as an object. */
import type { Judged } from '../emulator/judge.ts';
import type { Scenario } from '../emulator/scenario/types.ts';
import { counted, countOf, delayText } from '../emulator/show/spoken.ts';
import type { PromiseResult } from '../emulator/truth/promise.ts';

/** What a run took of this machine. */
interface Cost {
  readonly tookMs: number;
  readonly cpuMs: number;
  /** The most memory that it had. */
  readonly memoryKiB: number;
}

/** So many breaches of a promise are named, and so many events of each. */
const SHOWN = 3;
const SHOWN_EVENTS = 20;
/** As the issue of a broken promise. */
const LAST_EVENTS = 200;

export function answerOf(
  { name, title, seed }: Scenario,
  { verdict, frames, endUs, watching }: Judged,
  { tookMs, cpuMs, memoryKiB }: Cost,
): object {
  const { happened: events } = watching.calendar;
  const { holds, sentence, promises, expectations } = verdict;
  return {
    ...{ scenario: name, title, seed, holds, sentence },
    promises: promises.map(({ promise, title: says, checked, broken, breaches, excuses }) => ({
      ...{ promise, title: says, checked, broken },
      breaches: breaches.map(({ sentence: said, fromUs, toUs, events }) => ({
        ...{ sentence: said, fromUs, toUs },
        events: events.slice(-LAST_EVENTS),
      })),
      excuses,
    })),
    expectations,
    played: { us: endUs, tookMs: Math.round(tookMs), cpuMs: Math.round(cpuMs), memoryKiB, frames, events },
  };
}

interface Named {
  readonly scenario: Scenario;
  /** Which plays it again. */
  readonly command: string;
}

export function runLines(
  { scenario, command }: Named,
  { verdict, frames, endUs, watching }: Judged,
  cost: Cost,
): string[] {
  const { holds, sentence, promises, expectations } = verdict;
  return [
    `${scenario.name} (seed ${scenario.seed}): ${scenario.title}`,
    '',
    ...promises.flatMap(promiseLines),
    ...expectations.map((one) => `  ${one.holds ? '✓' : '✗'} ${one.sentence}`),
    '',
    sentence,
    costLine({ endUs, frames, events: watching.calendar.happened }, cost),
    ...(holds ? [] : [`Again: ${command}`]),
  ];
}

function costLine(
  {
    endUs,
    frames,
    events,
  }: { readonly endUs: number; readonly frames: number | null; readonly events: number },
  { tookMs, cpuMs }: Cost,
): string {
  const took = `Played ${delayText(endUs)} in ${(tookMs / 1000).toFixed(2)} s`;
  if (frames === null) return `${took}.`;
  const rate = (count: number): string =>
    cpuMs > 0 ? `, ${counted(Math.round((count * 1000) / cpuMs))} a second of CPU` : '';
  const all = (
    [
      [frames, 'frame'],
      [events, 'event'],
    ] as const
  ).map(([count, what]) => `${countOf(count, what)}${rate(count)}`);
  return `${took} (${(cpuMs / 1000).toFixed(2)} s of CPU): ${all.join('; ')}.`;
}

function promiseLines({ title, checked, broken, breaches, excuses }: PromiseResult): string[] {
  if (checked === 0 && broken === 0 && excuses.length === 0) return [];
  const named = breaches
    .slice(0, SHOWN)
    .flatMap(({ sentence, events }) => [
      `      ${sentence}`,
      ...events.slice(-SHOWN_EVENTS).map((event) => `        ${event}`),
    ]);
  const left = broken > SHOWN ? [`      and ${counted(broken - SHOWN)} more`] : [];
  const excused = excuses.map(
    ({ why, times, first }) => `      excused ${countOf(times, 'time')}: ${why}; the first: ${first}`,
  );
  return [`  ${broken === 0 ? '✓' : '✗'} ${title} (${counted(checked)})`, ...named, ...left, ...excused];
}
