/** The section of the report about delays: bars, distributions, numbers. */
import { type Html, html } from '../../page/html/html.ts';
import type { Chronicle } from './chronicle.ts';
import { drawDelays, drawDistribution } from './delays.ts';
import type { Histogram } from './histogram.ts';
import type { Delay } from './outages-seen.ts';
import { figure, section, wide } from './parts.ts';
import { counted, countOf, delayText } from './spoken.ts';

const CAUSES: Readonly<Record<string, string>> = {
  unreachable: 'unreachable',
  unanswered: 'silent',
  refused: 'refused',
};
/** Fewer are no distribution. */
const MIN_DISTRIBUTION = 10;
const PART_NAMES = {
  noticing: ['until somebody’s try had failed', 'until the server was asked, and sure'],
  confirming: ['until a sign of life', 'until it answered', 'settling'],
} as const;

export function delays({ outages }: Chronicle): Html | null {
  const { noticing, confirming, sending, telling } = outages;
  if (noticing.size + confirming.size === 0) return null;
  const named = [...noticing.values()].map((one) => ({ ...one, of: CAUSES[one.of] ?? one.of }));
  const signs = [...confirming.values()];
  const content: Html[] = [];
  if (named.length > 0) {
    content.push(html`<h3>From the first who was turned away until it was noticed</h3>`);
    const chart = {
      id: 'noticing',
      title: 'Turned away to noticed',
      parts: PART_NAMES.noticing,
      delays: named,
    };
    content.push(wide('Turned away to noticed', drawDelays({ ...chart, noun: 'outage' })));
  }
  if (signs.length > 0) {
    content.push(html`<h3>From the server’s return until it was confirmed</h3>`);
    const chart = {
      id: 'confirming',
      title: 'Back to confirmed',
      parts: PART_NAMES.confirming,
      delays: signs,
    };
    content.push(wide('Back to confirmed', drawDelays({ ...chart, noun: 'outage' })));
  }
  if (telling.count >= MIN_DISTRIBUTION) {
    const onTheWay = 'from the confirmation to the mail server';
    content.push(html`<h3>From the server’s return until people were told</h3>`);
    content.push(
      html`<div class="pair">${[
        figure(
          'Back to told',
          countOf(telling.count, 'mail'),
          drawDistribution('telling', 'Back to told', telling),
        ),
        figure('Of that, in the outbox', onTheWay, drawDistribution('sending', 'Confirmed to told', sending)),
      ]}</div>`,
    );
  }
  content.push(html`<h3>In numbers</h3>`, inNumbers(named, signs, outages));
  return section(
    'delays',
    'What each delay was made of',
    'Averages in the bars, since parts of averages add up.',
    content,
  );
}

interface NumbersRow {
  readonly what: string;
  readonly histogram: Histogram;
}

function inNumbers(
  noticing: readonly Delay[],
  confirming: readonly Delay[],
  { telling, sending }: Chronicle['outages'],
): Html {
  const groupOf = ({ of, parts, total }: Delay, what: string, names: readonly string[]): Html => {
    const rows = [
      { what, histogram: total },
      ...parts.map((part, i) => ({ what: names[i] ?? '', histogram: part })),
    ];
    return groupRows(of, rows);
  };
  const told = [
    { what: 'back to told', histogram: telling },
    { what: 'from the confirmation to the mail server', histogram: sending },
  ];
  const groups = [
    ...noticing.map((one) => groupOf(one, 'turned away to noticed', PART_NAMES.noticing)),
    ...confirming.map((one) => groupOf(one, 'back to confirmed', PART_NAMES.confirming)),
    ...(telling.count === 0 ? [] : [groupRows('mails', told)]),
  ];
  return html`<div class="wide" role="group" tabindex="0" aria-label="Delays in numbers"><table><thead><tr><th scope="col">cause or sign</th><th scope="col">delay</th><th scope="col" class="n">how many</th><th scope="col" class="n">p50</th><th scope="col" class="n">p99</th><th scope="col" class="n">longest</th></tr></thead>${groups}</table></div>`;
}

function groupRows(name: string, rows: readonly NumbersRow[]): Html {
  const all = rows.map(({ what, histogram }, at) => {
    const head = at > 0 ? html`` : html`<th scope="rowgroup" rowspan="${String(rows.length)}">${name}</th>`;
    const figures = [histogram.percentileUs(50) ?? 0, histogram.percentileUs(99) ?? 0, histogram.mostUs];
    return html`<tr${at > 0 ? html` class="sub"` : null}>${head}<td>${what}</td><td class="n">${counted(histogram.count)}</td>${figures.map((us) => html`<td class="n">${delayText(us)}</td>`)}</tr>`;
  });
  return html`<tbody>${all}</tbody>`;
}
