/** The parts of the report about people: who was told, the mails, one story, and what happened line by line. */
import { type Html, html } from '../../page/html/html.ts';
import type { Chronicle, SeenLine } from './chronicle.ts';
import type { ReportFacts } from './facts.ts';
import { drawLadder } from './ladder.ts';
import { linesOf, section, wide } from './parts.ts';
import { counted, countOf, delayText, type Moments } from './spoken.ts';

const MAX_ROWS = 40;
/** Those after them open together. */
const MAX_MAILS_SHOWN = 12;

export function people({ outcome }: ReportFacts, moments: Moments): Html | null {
  const { people: all, count, told, untold } = outcome;
  if (count === 0) return null;
  const rows = all.slice(0, MAX_ROWS).map(({ name, address, mail, server, fromUs, tries, toldUs, why }) => {
    const end =
      toldUs === null
        ? html`<td colspan="2">not told: ${why ?? 'nothing to tell'}</td>`
        : html`<td>${moments.text(toldUs)}</td><td class="n">${delayText(toldUs - fromUs)}</td>`;
    return html`<tr><th scope="row">${mail ?? name}</th><td>${address}</td><td>${server}</td><td>${moments.text(fromUs)}</td><td class="n">${counted(tries)}</td>${end}</tr>`;
  });
  const left = count - rows.length;
  const reasons = untold.map(
    ({ why, count: some }) => html`<tr><th scope="row">${why}</th><td class="n">${counted(some)}</td></tr>`,
  );
  const intro = `${countOf(told, 'person was', 'people were')} told of ${counted(count)} who ${count === 1 ? 'was' : 'were'} turned away.`;
  return section('people', 'Who was told, and who was not', intro, [
    html`<div class="wide" role="group" tabindex="0" aria-label="People"><table><thead><tr><th scope="col">who</th><th scope="col">address</th><th scope="col">tried</th><th scope="col">turned away</th><th scope="col" class="n">tries</th><th scope="col">told</th><th scope="col" class="n">after</th></tr></thead><tbody>${rows}</tbody></table></div>`,
    left > 0 ? html`<p class="soft">And ${counted(left)} more.</p>` : html``,
    reasons.length === 0
      ? html``
      : html`<h3>Not told, and why</h3><table><thead><tr><th scope="col">reason</th><th scope="col" class="n">people</th></tr></thead><tbody>${reasons}</tbody></table>`,
  ]);
}

export function story({ chronicle, scenario }: ReportFacts): Html | null {
  const router = new Set(scenario.networks.flatMap((network) => network.router));
  const drawn = drawLadder(chronicle.story, router);
  const { people: who } = chronicle.story;
  if (drawn === null || who === null) return null;
  const intro = `${who.client.mail ?? who.client.name} tries ${who.server.name} port ${who.server.port}, which is out of reach: every frame on the router’s two sides, SYN by SYN.`;
  return section('story', 'One story on the wire', intro, [
    html`<div class="ladder">${wide('One story on the wire', drawn)}</div>`,
  ]);
}

export function mails({ mails: all, mailCount }: Chronicle, moments: Moments): Html | null {
  if (mailCount === 0) return null;
  const shown = all.map(
    ({ us, to, subject, text, by }, at) =>
      html`<details${at === 0 ? html` open` : html``}><summary>${to} <span>· ${moments.text(us)}${by === 'router' ? '' : `, by ${by}`}</span></summary><pre>${linesOf([`Subject: ${subject}`, '', ...text.trimEnd().split(/\r?\n/)])}</pre></details>`,
  );
  const left = mailCount - all.length;
  const taken = `${countOf(mailCount, 'mail')} ${mailCount === 1 ? 'was' : 'were'} taken by a mail server`;
  const rest = shown.slice(MAX_MAILS_SHOWN);
  return section(
    'mails',
    'Mails',
    left > 0 ? `${taken}; here are the first ${counted(all.length)}.` : `${taken}.`,
    [
      ...shown.slice(0, MAX_MAILS_SHOWN),
      rest.length === 0
        ? html``
        : html`<details><summary><strong>${counted(rest.length)} more</strong></summary>${rest}</details>`,
    ],
  );
}

export function whatHappened({ lines, events }: Chronicle, moments: Moments): Html | null {
  if (lines.length === 0) return null;
  const rows = lines.map(
    (one) =>
      html`<tr><td>${moments.text(one.us)}</td><th scope="row">${one.event}</th><td>${fieldsOf(one)}</td></tr>`,
  );
  let count = 0;
  for (const times of events.values()) count += times;
  const left = count - lines.length;
  return section(
    'log',
    'The log',
    `${countOf(count, 'line')}${left > 0 ? `, of which ${counted(lines.length)} are here` : ''}; times are those of the world.`,
    [
      html`<details><summary>${countOf(lines.length, 'line')}</summary><div class="wide" role="group" tabindex="0" aria-label="The log"><table class="log"><thead><tr><th scope="col">time</th><th scope="col">event</th><th scope="col">what</th></tr></thead><tbody>${rows}</tbody></table></div></details>`,
    ],
  );
}

function fieldsOf({ by, fields }: SeenLine): string {
  const said = Object.entries(fields)
    .filter(([name, value]) => value !== undefined && value !== null && name !== 'messageId')
    .map(([name, value]) => `${name} ${value}`);
  return [...(by === 'router' ? [] : [`${by}:`]), ...said].join(' · ').replace(`${by}: · `, `${by}: `);
}
