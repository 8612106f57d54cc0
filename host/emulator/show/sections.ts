/** The parts of the report that show numbers: each a section with a heading, or null where there is nothing to show. */
import { Html, html } from '../../page/html/html.ts';
import { TRY_ENDS, type TryEnd } from '../truth/witness.ts';
import { bar, drawing, label, stroke, surface } from './chart.ts';
import type { Chronicle } from './chronicle.ts';
import type { ReportFacts } from './facts.ts';
import { nameAt } from './lanes.ts';
import { figure, section, wide } from './parts.ts';
import { PIECES, type Series } from './series.ts';
import { counted, delayText, type Moments, shareText } from './spoken.ts';
import { Timeline } from './timeline.ts';

export function timeline({ chronicle, scenario, directory }: ReportFacts, moments: Moments): Html {
  const nameOf = (address: string): string => nameAt(directory, address);
  const drawn = new Timeline({ chronicle, endUs: scenario.endUs, moments, nameOf });
  const rest =
    drawn.left === 0
      ? []
      : [
          html`<p class="soft">The ${String(drawn.lanes.length)} that most people waited for; ${counted(drawn.left)} more were down.</p>`,
        ];
  const intro =
    scenario.router === null
      ? 'Each address has a lane: grey is when it really was out of reach, blue is when another machine had it.'
      : 'Each server has a lane: grey is when it really was out of reach, blue is what the router knew of it. Above: who waits.';
  return section('time', 'Timeline', intro, [wide('Timeline', drawn.draw()), ...rest]);
}

const ENDS: Readonly<Record<TryEnd, string>> = {
  served: 'served',
  shown: 'shown the page',
  refused: 'refused (RST)',
  unreachable: 'told that it is unreachable (ICMP)',
  gaveUp: 'given up in silence',
  cut: 'still open at the end',
};

export function attempts({ ends, tries }: Chronicle): Html | null {
  const all = TRY_ENDS.map((end) => ({ end, count: ends[end].took.count, took: ends[end].took }));
  const some = all.filter(({ count }) => count > 0);
  if (some.length === 0) return null;
  const rows = some.map(
    ({ end, count, took }) =>
      html`<tr><th scope="row">${ENDS[end]}</th><td class="n">${counted(count)}</td><td class="n">${shareText(count, tries)}</td><td class="n">${delayText(took.percentileUs(50) ?? 0)}</td><td class="n">${delayText(took.percentileUs(99) ?? 0)}</td></tr>`,
  );
  return section('tries', 'Tries', 'How connections ended, as those who opened them saw it.', [
    html`<div class="wide" role="group" tabindex="0" aria-label="How tries ended"><table><thead><tr><th scope="col">end</th><th scope="col" class="n">how many</th><th scope="col" class="n">share</th><th scope="col" class="n">took, p50</th><th scope="col" class="n">took, p99</th></tr></thead><tbody>${rows}</tbody></table></div>`,
  ]);
}

const T_WIDTH = 320;
const T_HEIGHT = 110;

/** How full a table was, over time. */
function occupancy(name: string, used: Series, size: number): Html {
  const box = { x: 0, y: 8, width: T_WIDTH, height: 76 };
  const step = T_WIDTH / PIECES;
  const says = `at most ${counted(used.most)} of ${counted(size)}`;
  const drawn = drawing(
    {
      id: `table-${name}`,
      title: `Table of ${name}`,
      description: `${says}.`,
      width: T_WIDTH,
      height: T_HEIGHT,
    },
    [
      // Against what was used: most tables are hardly filled, and a share is said in words.
      surface(used.values, box, step, used.most, 'area'),
      stroke(0, 84, T_WIDTH, 84, 'rule'),
      label(0, 103, says, ''),
      label(T_WIDTH, 103, shareText(used.most, size), 'strong end'),
    ],
  );
  return figure(`Table of ${name}`, 'over the whole run', drawn);
}

export function tablesAndFrames({ chronicle, counters }: ReportFacts): Html | null {
  const drawn = (['clients', 'attempts', 'servers'] as const)
    .filter((name) => chronicle.tables[name].used.most > 0)
    .map((name) => occupancy(name, chronicle.tables[name].used, chronicle.tables[name].size));
  const counts = counters
    .map(({ title, counts: all }) => ({ title, some: Object.entries(all).filter(([, count]) => count > 0) }))
    .filter(({ some }) => some.length > 0);
  if (drawn.length + counts.length === 0) return null;
  return section(
    'tables',
    'Tables and frames',
    'What the module and the router’s kernel had to hold, and what became of each frame.',
    [
      drawn.length === 0 ? html`` : html`<div class="pair">${drawn}</div>`,
      html`<div class="pair counts">${counts.map(({ title, some }) => counterTable(title, some))}</div>`,
    ],
  );
}

function counterTable(title: string, some: readonly (readonly [string, number])[]): Html {
  const most = Math.max(1, ...some.map(([, count]) => count));
  const rows = [...some]
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => {
      const drawn = new Html(`<svg viewBox="0 0 100 8" width="100" height="8" aria-hidden="true">`);
      const share = html`${drawn}${bar({ x: 0, y: 1, width: Math.max(1, (count / most) * 100), height: 6 }, 'part1')}</svg>`;
      return html`<tr><th scope="row">${wordsOf(name)}</th><td class="n">${counted(count)}</td><td>${share}</td></tr>`;
    });
  return html`<div><table><caption>${title}</caption><thead><tr><th scope="col">what</th><th scope="col" class="n">how many</th><td></td></tr></thead><tbody>${rows}</tbody></table></div>`;
}

/** `attemptsEvicted`: `attempts evicted` */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
