/** What each delay was made of: bars in parts, and how it was distributed. */
import { type Html, html } from '../../page/html/html.ts';
import { bar, CHART_LEGEND, CHART_WIDTH, drawing, label, stroke, widthOf } from './chart.ts';
import type { Histogram } from './histogram.ts';
import type { Delay } from './outages-seen.ts';
import { counted, countOf, delayText } from './spoken.ts';

const LEFT = 150;
const RIGHT = 120;
const PLOT = CHART_WIDTH - LEFT - RIGHT;
const ROW = 42;

interface DelayChart {
  readonly id: string;
  readonly title: string;
  /** What its parts are, in their order. */
  readonly parts: readonly string[];
  readonly delays: readonly Delay[];
  /** How many of what there were. */
  readonly noun: string;
}

/** A bar each, of the means of its parts: they add up, which medians do not. */
export function drawDelays({ id, title, parts, delays, noun }: DelayChart): Html {
  const most = Math.max(1, ...delays.map(({ total }) => total.meanUs));
  const height = CHART_LEGEND + delays.length * ROW + 8;
  const says = delays.map(({ of, parts: all }) => {
    const each = all.map((part, at) => `${parts[at]} ${delayText(part.meanUs)}`);
    return `${of}: ${each.join(', ')}.`;
  });
  const body = delays.map(({ of, parts: all, total }, row) => {
    const y = CHART_LEGEND + row * ROW;
    let x = LEFT;
    const bars = all.map((part, at) => {
      const width = (part.meanUs / most) * PLOT;
      const text = delayText(part.meanUs);
      const isIn = width > widthOf(text, 12) + 14;
      const drawn = html`${bar({ x, y: y + 4, width: Math.max(1, width), height: 22 }, `part${at}`, `${parts[at]}: ${text} on average`, 3)}${isIn ? label(x + 8, y + 19.5, text, at < 2 ? 'ink' : 'on2') : html``}`;
      x += width + 2;
      return drawn;
    });
    return html`${label(LEFT - 14, y + 14, of, 'name end')}${label(LEFT - 14, y + 29, countOf(total.count, noun), 'small end')}${bars}${label(x + 8, y + 19.5, delayText(total.meanUs), 'name')}`;
  });
  return drawing({ id, title, description: says.join(' '), width: CHART_WIDTH, height }, [
    legend(parts),
    ...body,
  ]);
}

function legend(parts: readonly string[]): Html {
  let x = LEFT;
  return html`${parts.map((text, at) => {
    const entry = html`${bar({ x, y: 6, width: 18, height: 14 }, `part${at}`, null, 3)}${label(x + 25, 17, text)}`;
    x += 25 + widthOf(text, 12) + 24;
    return entry;
  })}`;
}

const D_WIDTH = 500;
const D_HEIGHT = 150;
const D_PLOT = 92;
const D_TOP = 30;
const D_LEFT = 8;
const D_LABEL = 56;
/** 1, 2 and 5 of each power of ten, from a millisecond to a day. */
const BOUNDS = [3, 4, 5, 6, 7, 8, 9, 10].flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power));

/** How many took how long. */
export function drawDistribution(id: string, title: string, histogram: Histogram): Html {
  const counts = histogram.counts(BOUNDS);
  const first = Math.max(0, counts.findIndex((count) => count > 0) - 1);
  const last = Math.min(BOUNDS.length - 1, counts.findLastIndex((count) => count > 0) + 1);
  const shown = counts.slice(first, last + 1);
  const most = Math.max(1, ...shown);
  const step = (D_WIDTH - 2 * D_LEFT) / shown.length;
  const bottom = D_TOP + D_PLOT;
  const every = Math.ceil(D_LABEL / step);
  const bars = shown.map((count, at) => {
    const from = BOUNDS[first + at] ?? 0;
    const height = count === 0 ? 0 : Math.max(2, (count / most) * D_PLOT);
    const x = D_LEFT + at * step;
    const says = `${counted(count)} from ${delayText(from)}`;
    return html`${count === 0 ? html`` : bar({ x: x + 1, y: bottom - height, width: step - 2, height }, 'held', says)}${at % every === 0 ? label(x, bottom + 18, delayText(from), 'small') : html``}`;
  });
  const [p50, p99] = [histogram.percentileUs(50) ?? 0, histogram.percentileUs(99) ?? 0];
  const facts = `half within ${delayText(p50)}, 99 of 100 within ${delayText(p99)}`;
  return drawing(
    { id, title, description: `${counted(histogram.count)}: ${facts}.`, width: D_WIDTH, height: D_HEIGHT },
    [label(D_LEFT, 14, facts), stroke(D_LEFT, bottom, D_WIDTH - D_LEFT, bottom, 'rule'), ...bars],
  );
}
