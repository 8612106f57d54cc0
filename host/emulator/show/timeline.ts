/** The timeline: who waits, above; a lane for each server, what was true below what the program held; the script at the foot. */
import { type Html, html } from '../../page/html/html.ts';
import {
  type Box,
  bar,
  CHART_LEGEND,
  CHART_WIDTH,
  coordinate,
  drawing,
  label,
  shape,
  stroke,
  surface,
  widthOf,
} from './chart.ts';
import type { Chronicle } from './chronicle.ts';
import type { Stretch } from './downtime.ts';
import { type Lane, lanesOf, MAX_TICKS, merged, shownEndUs, type TimelineFacts, weightOf } from './lanes.ts';
import type { OutageSeen } from './outages-seen.ts';
import type { Series } from './series.ts';
import { counted, countOf, delayText } from './spoken.ts';

const LEFT = 172;
const RIGHT = 28;
const AREA = 92;
const LANE = 46;
/** Of more than so many each has less room. */
const MAX_WIDE_LANES = 12;
const NARROW_LANE = 32;
const MAX_LANES = 24;
const SCRIPT_ROW = 17;
const MAX_SCRIPT_ROWS = 7;
const MAX_SCRIPT_LABELS = 28;
/** What is shorter would not be seen. */
const LEAST = 2;

export class Timeline {
  readonly #facts: TimelineFacts;
  readonly #width: number;
  /** Of the part that is to the scale of time. */
  readonly #plot: number;
  readonly #lane: number;
  /** The last moment that is shown: after it nothing happens any more. */
  readonly #endUs: number;
  readonly lanes: readonly Lane[];
  /** Servers that were down and have no lane. */
  readonly left: number;

  constructor(facts: TimelineFacts) {
    this.#facts = facts;
    this.#width = facts.alone?.width ?? CHART_WIDTH;
    this.#plot = this.#width - LEFT - RIGHT;
    this.#endUs = shownEndUs(facts);
    const all = lanesOf(facts.chronicle);
    this.left = Math.max(0, all.length - MAX_LANES);
    // Those that most people waited for; then in the order of time.
    const most = [...all].sort((a, b) => weightOf(b) - weightOf(a)).slice(0, MAX_LANES);
    const chosen = new Set(most);
    this.lanes = all.filter((lane) => chosen.has(lane));
    this.#lane = this.lanes.length > MAX_WIDE_LANES ? NARROW_LANE : LANE;
  }

  draw(): Html {
    const { chronicle, alone } = this.#facts;
    const isMany = this.left > 0 && chronicle.down.most > 0;
    const areas: readonly (readonly [string, Series])[] = [
      ...(chronicle.waiting.most > 0 ? [['people waiting', chronicle.waiting] as const] : []),
      ...(isMany ? [['servers down', chronicle.down] as const] : []),
    ];
    const top = CHART_LEGEND + 14;
    const lanesTop = top + areas.length * (AREA + 22);
    const axis = lanesTop + this.lanes.length * this.#lane + 4;
    const script = this.#script(axis + 30, lanesTop);
    const height = axis + 34 + script.height;
    const description = `${countOf(this.lanes.length, 'server')} over time: when each was out of reach, when that was noticed, and when it was confirmed to be back. At most ${countOf(chronicle.waiting.most, 'client')} waited at a time.`;
    return drawing(
      {
        id: 'timeline',
        title: 'Timeline',
        description,
        width: this.#width,
        height,
        ...(alone === undefined ? {} : { style: alone.style }),
      },
      [
        legend(chronicle, this.#width),
        ...this.#grid(top, axis),
        ...areas.flatMap(([name, series], at) => this.#area(name, series, top + at * (AREA + 22))),
        ...script.behind,
        ...this.lanes.map((lane, at) => this.#drawLane(lane, lanesTop + at * this.#lane)),
        ...script.shapes,
      ],
    );
  }

  #x(us: number): number {
    return LEFT + (Math.min(us, this.#endUs) / this.#endUs) * this.#plot;
  }

  #grid(top: number, axis: number): Html[] {
    const { moments } = this.#facts;
    const lines = moments.ticks(this.#endUs, MAX_TICKS).map((us) => {
      const x = this.#x(us);
      return html`${stroke(x, top, x, axis + 5, 'grid')}${label(x, axis + 20, moments.tick(us), 'middle')}`;
    });
    return [...lines, stroke(LEFT, axis, LEFT + this.#plot, axis, 'rule')];
  }

  #area(name: string, series: Series, top: number): Html[] {
    const box: Box = { x: LEFT, y: top, width: this.#plot, height: AREA };
    const step = (series.pieceUs / this.#endUs) * this.#plot;
    return [
      label(LEFT - 14, top + 11, name, 'name end'),
      label(LEFT - 14, top + 28, `most: ${counted(series.most)}`, 'small end'),
      surface(series.values, box, step, series.most, 'area'),
      stroke(LEFT, top + AREA, LEFT + this.#plot, top + AREA, 'rule'),
    ];
  }

  #drawLane({ server, outages }: Lane, top: number): Html {
    const { chronicle, nameOf } = this.#facts;
    const truth = merged(chronicle.downtime.spans(server)).map((span) =>
      this.#span(span, { y: top + 25, height: 6 }, 'truth', 'out of reach'),
    );
    const shown = (chronicle.shown.get(server) ?? []).map(({ fromUs, toUs }) =>
      stroke(this.#x(fromUs), top + 36, this.#x(toUs ?? this.#endUs), top + 36, 'shown'),
    );
    const taken = (chronicle.taken.get(server) ?? []).map((one) =>
      this.#span(one, { y: top + 7, height: 14 }, 'settling', `${one.by} has the address (${one.cause})`),
    );
    const name = nameOf(server);
    return html`<g>${[
      label(LEFT - 14, top + 17, name, 'name end'),
      name === server || this.#lane < LANE ? html`` : label(LEFT - 14, top + 32, server, 'small end'),
      ...truth,
      ...taken,
      ...shown,
      ...outages.map((outage) => this.#outage(outage, top)),
      ...outages.map((outage) => this.#signs(outage, top)),
    ]}</g>`;
  }

  #outage(outage: OutageSeen, top: number): Html {
    const { port, cause, firstTryUs, openedUs, confirmedUs, closedUs, signs } = outage;
    const at = { y: top + 7, height: 14 };
    const where = port === 0 ? '' : `port ${port}, `;
    const endUs = confirmedUs ?? closedUs ?? null;
    const parts: Html[] = [];
    if (firstTryUs !== null && firstTryUs < openedUs)
      parts.push(
        this.#span(
          { fromUs: firstTryUs, toUs: openedUs },
          at,
          'early',
          `${where}turned away, not yet noticed`,
        ),
      );
    parts.push(this.#span({ fromUs: openedUs, toUs: endUs }, at, 'held', `${where}noticed: ${cause}`));
    // From a sign to its denial, or to the end.
    for (let i = 0; i < signs.length; i++) {
      const sign = signs[i];
      if (sign === undefined || sign.sign === null || (i > 0 && signs[i - 1]?.sign !== null)) continue;
      const denied = signs.slice(i).find((one) => one.sign === null);
      parts.push(
        this.#span(
          { fromUs: sign.us, toUs: denied?.us ?? endUs },
          at,
          'settling',
          `${where}sign of life (${sign.sign}), asked until it answers`,
        ),
      );
    }
    return html`${parts}`;
  }

  #signs({ confirmedUs, firstMailUs, mails, backUs }: OutageSeen, top: number): Html {
    if (confirmedUs === null) return html``;
    const x = this.#x(confirmedUs);
    const y = top + 14;
    const after = backUs === null ? '' : `, ${delayText(confirmedUs - backUs)} after it was back`;
    const sure = shape(
      `M${coordinate(x)} ${coordinate(y - 7)}l7 7l-7 7l-7 -7z`,
      'sure',
      `confirmed at ${this.#facts.moments.text(confirmedUs)}${after}`,
    );
    if (firstMailUs === null) return sure;
    const told = this.#x(firstMailUs);
    const left = Math.max(x + 12, told + 12);
    const mail = shape(
      `M${coordinate(left)} ${coordinate(y - 5)}h15v10h-15zl7.5 6l7.5 -6`,
      'mail',
      `${countOf(mails, 'mail')}, the first at ${this.#facts.moments.text(firstMailUs)}`,
    );
    return html`${sure}${mail}${label(left + 20, y + 4, `× ${counted(mails)}`, 'small ink')}`;
  }

  #span({ fromUs, toUs }: Stretch, at: Omit<Box, 'x' | 'width'>, kind: string, what: string): Html {
    const { moments } = this.#facts;
    const [from, to] = [this.#x(fromUs), this.#x(toUs ?? this.#endUs)];
    const until = toUs === null ? 'to the end' : `to ${moments.text(toUs)} (${delayText(toUs - fromUs)})`;
    const says = `${what}: from ${moments.text(fromUs)} ${until}`;
    return bar({ ...at, x: from, width: Math.max(LEAST, to - from) }, kind, says, 3);
  }

  /** Each step at its time, in as many rows as it takes for them not to lie on each other. */
  #script(top: number, lanesTop: number): { behind: Html[]; shapes: Html[]; height: number } {
    const { steps } = this.#facts.chronicle;
    const isLabelled = steps.length <= MAX_SCRIPT_LABELS;
    const ends: number[] = [];
    const behind: Html[] = [];
    const shapes: Html[] = [];
    let rows = 0;
    for (const [at, { us, text }] of steps.entries()) {
      const x = this.#x(us);
      // What comes again and again is said once.
      if (!isLabelled || (steps[at - 1]?.text === text && steps[at - 2]?.text === text)) {
        shapes.push(bar({ x: x - 1, y: top + 3, width: 2, height: 8 }, 'dot'));
        rows = Math.max(rows, 1);
        continue;
      }
      const width = widthOf(text, 11) + 14;
      const isLeft = x + width > this.#width;
      const from = isLeft ? x - width : x;
      let row = 0;
      while (row < MAX_SCRIPT_ROWS && (ends[row] ?? 0) > from) row++;
      behind.push(
        stroke(x, lanesTop - 8, x, top + (Math.min(row, MAX_SCRIPT_ROWS - 1) + 1) * SCRIPT_ROW - 6, 'mark'),
      );
      if (row === MAX_SCRIPT_ROWS) continue;
      ends[row] = isLeft ? x + 4 : from + width;
      rows = Math.max(rows, row + 1);
      const y = top + (row + 1) * SCRIPT_ROW;
      shapes.push(
        label(isLeft ? x - 5 : x + 5, y - 4, text, isLeft ? 'small end ink halo' : 'small ink halo'),
      );
    }
    if (steps.length > 0) shapes.unshift(label(LEFT - 14, top + SCRIPT_ROW - 4, 'script', 'name end'));
    return { behind, shapes, height: rows === 0 ? 0 : rows * SCRIPT_ROW + 6 };
  }
}

type LegendEntry = readonly [text: string, draw: (x: number) => Html];

const OF_TRUTH: LegendEntry = [
  'really out of reach',
  (x) => bar({ x, y: 12, width: 18, height: 6 }, 'truth'),
];
const OF_OUTAGES: readonly LegendEntry[] = [
  ['turned away, not yet noticed', (x) => bar({ x, y: 8, width: 18, height: 14 }, 'early')],
  ['noticed', (x) => bar({ x, y: 8, width: 18, height: 14 }, 'held')],
  ['sign of life, asked', (x) => bar({ x, y: 8, width: 18, height: 14 }, 'settling')],
  ['confirmed', (x) => shape(`M${coordinate(x + 9)} 8l7 7l-7 7l-7 -7z`, 'sure')],
  ['mails', (x) => shape(`M${coordinate(x + 1)} 10h15v10h-15zl7.5 6l7.5 -6`, 'mail')],
];
const OF_PAGE: LegendEntry = ['page shown', (x) => stroke(x, 15, x + 18, 15, 'shown')];
const OF_PAIRS: LegendEntry = [
  'another machine has the address',
  (x) => bar({ x, y: 8, width: 18, height: 14 }, 'settling'),
];

/** Of what is drawn. */
function legend({ shown, taken, outages }: Chronicle, width: number): Html {
  const entries: readonly LegendEntry[] = [
    OF_TRUTH,
    ...(outages.all.length > 0 ? OF_OUTAGES : []),
    ...(shown.size > 0 ? [OF_PAGE] : []),
    ...(taken.size > 0 ? [OF_PAIRS] : []),
  ];
  const whole = entries.reduce((sum, [text]) => sum + 49 + widthOf(text, 12), 0);
  // Under the lanes if there is room.
  let x = Math.max(2, Math.min(LEFT, width - whole));
  const parts = entries.map(([text, draw]) => {
    const part = html`${draw(x)}${label(x + 25, 19, text)}`;
    x += 25 + widthOf(text, 12) + 24;
    return part;
  });
  return html`${parts}`;
}
