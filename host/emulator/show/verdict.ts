/** How it ended: in a sentence, in figures, promise by promise. */
import { type Html, html } from '../../page/html/html.ts';
import type { PromiseResult } from '../truth/promise.ts';
import type { RunVerdict } from '../truth/verdict.ts';
import type { Chronicle } from './chronicle.ts';
import type { ReportFacts } from './facts.ts';
import type { Outcome } from './outcome.ts';
import { linesOf } from './parts.ts';
import { counted, countOf, delayText, timesText } from './spoken.ts';

const MAX_BREACHES = 10;

/** How it ended, in a sentence or two: for the report and whoever reads no report. */
export function sentenceOf({ holds, sentence }: RunVerdict, { told, count }: Outcome): string {
  if (!holds || told + count === 0) return sentence;
  const first =
    told === 0
      ? 'Nobody had to be told, and nobody was.'
      : `${countOf(told, 'person was', 'people were')} told: everybody who had to be, and nobody else.`;
  return `${first} ${sentence}`;
}

export function verdictBox(verdict: RunVerdict, outcome: Outcome): Html {
  const { holds, promises: all, expectations } = verdict;
  const first =
    all.flatMap(({ breaches }) => breaches)[0]?.sentence ?? expectations.find((one) => !one.holds)?.sentence;
  const kind = holds ? 'verdict' : 'verdict broken';
  return html`<div class="${kind}"><p>${markOf(holds)} ${sentenceOf(verdict, outcome)}</p>${first === undefined ? null : html`<p>${first}</p>`}</div>`;
}

/** What it means stands beside it. */
function markOf(isGood: boolean): Html {
  return html`<span class="${isGood ? 'yes' : 'no'}" aria-hidden="true">${isGood ? '✓' : '✗'}</span>`;
}

export function figures({ chronicle, outcome, scenario }: ReportFacts): Html {
  const { outages, tries } = chronicle;
  const noticed = [...outages.noticing.values()];
  const slowest = Math.max(...noticed.map(({ total }) => total.percentileUs(50) ?? 0), 0);
  const told = outages.telling.percentileUs(50);
  const all: readonly (readonly [string, string])[] = [
    [counted(tries), 'tries'],
    ...(scenario.router === null ? takenFigures(chronicle) : routerFigures(chronicle, outcome)),
    ...(slowest > 0
      ? [[delayText(slowest), 'from the first who was turned away until it was noticed'] as const]
      : []),
    ...(told === null ? [] : [[delayText(told), 'from its return until half were told'] as const]),
  ];
  return html`<dl class="figures">${all.map(([figure, what]) => html`<div><dt>${what}</dt><dd>${figure}</dd></div>`)}</dl>`;
}

function routerFigures({ outages }: Chronicle, { count, told }: Outcome): [string, string][] {
  return [
    [counted(outages.all.length + outages.left), 'outages noticed'],
    [counted(count), 'people turned away'],
    [counted(told), 'people told'],
  ];
}

/** Of a duplex pair. */
function takenFigures({ taken, ends }: Chronicle): [string, string][] {
  const all = [...taken.values()].flat();
  return [
    [counted(ends.served.took.count), 'of them served'],
    [counted(all.length), 'times an address was taken over'],
    [counted(all.filter(({ toUs }) => toUs !== null).length), 'times it was given back'],
  ];
}

export function promises({ promises: all, expectations }: RunVerdict): Html | null {
  if (all.length + expectations.length === 0) return null;
  const item = (mark: Html, text: string, more: string | null): Html =>
    html`<li>${mark}<span>${text}${more === null ? null : html`<small>${more}</small>`}</span></li>`;
  const expected = expectations.map(({ holds, sentence }) =>
    item(markOf(holds), sentence, holds ? null : 'did not come true'),
  );
  const broken = all.flatMap(({ breaches }) => breaches).slice(0, MAX_BREACHES);
  return html`<section aria-labelledby="promises"><h2 id="promises">Promises</h2>
    <p>What the program is held to in every run, whatever the scenario expects.</p>
    <ul class="promises">${all.map((one) => item(isUntested(one) ? UNTESTED : markOf(one.broken === 0), one.title, detailOf(one)))}</ul>
    ${expected.length === 0 ? null : html`<h3>What this scenario expects</h3><ul class="promises">${expected}</ul>`}
    ${broken.map(({ sentence, events }) => html`<details open><summary>${sentence}</summary><pre>${linesOf(events)}</pre></details>`)}
    </section>`;
}

const UNTESTED = html`<span class="soft" aria-hidden="true">–</span>`;

function isUntested({ checked, broken, excuses }: PromiseResult): boolean {
  return checked === 0 && broken === 0 && excuses.length === 0;
}

function detailOf({ checked, broken, breaches, excuses }: PromiseResult): string {
  const [first] = breaches;
  if (broken > 0) {
    const times = checked >= broken ? ` of ${counted(checked)}` : '';
    return `broken ${timesText(broken)}${times}. ${first?.sentence ?? ''}`;
  }
  const excused = excuses.map(({ why, times }) => `excused ${timesText(times)}: ${why}`);
  if (checked === 0 && excused.length === 0) return 'nothing put it to the test';
  return [`kept ${timesText(checked)}`, ...excused].join('; ');
}
