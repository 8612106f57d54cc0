/**
 * The report of a run: one HTML file that needs nothing else, says first how it ended, and can be read without JavaScript, in light and
 * dark, on paper and on a phone. The same run makes the same bytes.
 */
import { Html, html } from '../../page/html/html.ts';
import { delays } from './delay-section.ts';
import type { ReportFacts } from './facts.ts';
import { linesOf } from './parts.ts';
import { mails, people, story, whatHappened } from './people.ts';
import { attempts, tablesAndFrames, timeline } from './sections.ts';
import { delayText, Moments } from './spoken.ts';
import { REPORT_STYLE } from './style.ts';
import { figures, promises, verdictBox } from './verdict.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

export function reportOf(facts: ReportFacts): string {
  const { scenario, version } = facts;
  const moments = new Moments(scenario);
  const sections = [
    promises(facts.verdict),
    timeline(facts, moments),
    delays(facts.chronicle),
    people(facts, moments),
    story(facts),
    mails(facts.chronicle, moments),
    attempts(facts.chronicle),
    tablesAndFrames(facts),
    whatHappened(facts.chronicle, moments),
    played(facts),
  ];
  const page = html`
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${POLICY}">
    <meta name="viewport" content="width=device-width,initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${scenario.title} · ringback emulate</title>
    <style>${new Html(REPORT_STYLE)}</style>
    </head>
    <body>
    <main>
    <header>
    <p class="eyebrow">ringback emulate · ${scenario.name}</p>
    <h1>${scenario.title}</h1>
    ${verdictBox(facts.verdict, facts.outcome)}
    ${figures(facts)}
    </header>
    ${sections.filter((section) => section !== null)}
    </main>
    <footer><p>Made by ringback ${version}. The same scenario and seed make the same bytes.</p></footer>
    </body>
    </html>`;
  return `${page.text}\n`;
}

function played({ scenario, files, command, version }: ReportFacts): Html {
  const start = new Date(scenario.startMs).toISOString().slice(0, 19).replace('T', ' ');
  const facts: readonly (readonly [string, string | Html])[] = [
    ['scenario', scenario.name],
    ['seed', String(scenario.seed)],
    ['plays', delayText(scenario.endUs)],
    ['begins', `${start} UTC; its people live in ${scenario.zone}`],
    ['kernel', scenario.kernel === 'lab' ? 'as a network of namespaces has it' : 'as on real wires'],
    ['ringback', version],
    ['again', html`<code>${command}</code>`],
  ];
  return html`<section aria-labelledby="played"><h2 id="played">What was played</h2>
    <p>Everything that decides how it goes.</p>
    <dl class="facts">${facts.map(([what, is]) => html`<dt>${what}</dt><dd>${is}</dd>`)}</dl>
    ${files.map(({ title, text }) => html`<details><summary>${title}</summary><pre>${linesOf(text.trimEnd().split('\n'))}</pre></details>`)}
    </section>`;
}
