/** How it ended: in a sentence, in figures, promise by promise. */
import { type Html, html } from '../../page/html/html.ts';
import type { ReportFacts, ShownPromise, ShownVerdict } from './facts.ts';
import { linesOf } from './parts.ts';
import { counted, countOf, delayText } from './spoken.ts';

/** How it ended, in a sentence, with its full stop: for the report and whoever reads no report. */
export function sentenceOf({ promises, expectations, toldCount }: ShownVerdict): string {
  const broken = promises.filter((promise) => promise.broken > 0);
  const unmet = expectations.filter(({ problem }) => problem !== null);
  if (broken.length === 0 && unmet.length === 0) {
    const told =
      toldCount === 0
        ? 'Nobody had to be told, and nobody was.'
        : `${countOf(toldCount, 'person was', 'people were')} told: everybody who had to be, and nobody else.`;
    if (promises.length === 0) return told;
    const kept = `All ${promises.length} promises were kept`;
    return expectations.length === 0
      ? `${told} ${kept}.`
      : `${told} ${kept}, and all ${expectations.length} expectations came true.`;
  }
  const parts = [
    broken.length === 0
      ? null
      : `${broken.length === 1 ? 'a promise was' : `${broken.length} promises were`} broken`,
    unmet.length === 0
      ? null
      : `${unmet.length === 1 ? 'an expectation' : `${unmet.length} expectations`} did not come true`,
  ].filter((part) => part !== null);
  const text = parts.join(', and ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function isGood({ promises, expectations }: ShownVerdict): boolean {
  return (
    promises.every(({ broken }) => broken === 0) && expectations.every(({ problem }) => problem === null)
  );
}

export function verdictBox(verdict: ShownVerdict): Html {
  const first =
    verdict.promises.flatMap(({ breaches }) => breaches).map(({ sentence }) => sentence)[0] ??
    verdict.expectations.map(({ problem }) => problem).find((problem) => problem !== null);
  const mark = isGood(verdict)
    ? html`<span class="yes" aria-hidden="true">✓</span> `
    : html`<span class="no" aria-hidden="true">✗</span> `;
  const kind = isGood(verdict) ? 'verdict' : 'verdict broken';
  return html`<div class="${kind}"><p>${mark}${sentenceOf(verdict)}</p>${first == null ? null : html`<p>${first}</p>`}</div>`;
}

export function figures({ chronicle, verdict }: ReportFacts): Html {
  const { outages, tries } = chronicle;
  const noticed = [...outages.noticing.values()];
  const slowest = Math.max(...noticed.map(({ total }) => total.percentileUs(50) ?? 0), 0);
  const told = outages.telling.percentileUs(50);
  const all: readonly (readonly [string, string])[] = [
    [counted(tries), 'tries'],
    [counted(outages.all.length + outages.left), 'outages noticed'],
    [counted(verdict.peopleCount), 'people turned away'],
    [counted(verdict.toldCount), 'people told'],
    ...(slowest > 0
      ? [[delayText(slowest), 'from the first who was turned away until it was noticed'] as const]
      : []),
    ...(told === null ? [] : [[delayText(told), 'from its return until half were told'] as const]),
  ];
  return html`<dl class="figures">${all.map(([figure, what]) => html`<div><dt>${what}</dt><dd>${figure}</dd></div>`)}</dl>`;
}

export function promises({ promises: all, expectations }: ShownVerdict): Html | null {
  if (all.length + expectations.length === 0) return null;
  const item = (isGood: boolean, text: string, more: string | null): Html =>
    html`<li><span class="${isGood ? 'yes' : 'no'}" aria-hidden="true">${isGood ? '✓' : '✗'}</span><span>${text}<small>${isGood ? 'kept' : 'broken'}${more === null ? '' : `: ${more}`}</small></span></li>`;
  const expected = expectations.map(({ text, problem }) => {
    const isMet = problem === null;
    return html`<li><span class="${isMet ? 'yes' : 'no'}" aria-hidden="true">${isMet ? '✓' : '✗'}</span><span>${text}<small>${problem ?? 'came true'}</small></span></li>`;
  });
  const broken = all.flatMap(({ breaches }) => breaches).slice(0, 10);
  return html`<section aria-labelledby="promises"><h2 id="promises">Promises</h2>
    <p>What the program is held to in every run, whatever the scenario expects.</p>
    <ul class="promises">${all.map((one) => item(one.broken === 0, one.title, detailOf(one)))}</ul>
    ${expected.length === 0 ? null : html`<h3>What this scenario expects</h3><ul class="promises">${expected}</ul>`}
    ${broken.map(({ sentence, events }) => html`<details open><summary>${sentence}</summary><pre>${linesOf(events)}</pre></details>`)}
    </section>`;
}

function detailOf({ checked, broken, breaches, excuses }: ShownPromise): string | null {
  const [first] = breaches;
  if (broken > 0)
    return `${counted(broken)} times of ${counted(checked)}${first === undefined ? '' : `. ${first.sentence}`}`;
  const excused = excuses.map(({ why, times }) => `excused ${counted(times)} × ${why}`);
  if (checked === 0 && excused.length === 0) return 'nothing came up';
  return [countOf(checked, 'time'), ...excused].join('; ');
}
