/** The day and the month as pictures: SVG in the page, which grows with it, and says the same in words. */

import { DAY_MS, HOUR_MS } from '../net/duration.ts';
import { type Html, html } from '../page/html/html.ts';
import type { PastDay, PastSpan } from './past.ts';
import { lastedIn, type Words } from './words.ts';

/** A strip's units; its width on the screen is that of the page. */
const WIDTH = 1440;
const HEIGHT = 20;
/** What lasted for a moment is to be seen, too. */
const LEAST = 4;
const ROWS = 20;
/** Of one strip, those that are said in words. */
const SAID = 5;
const EVERY_HOURS = 6;

const BAR = 20;
const GAP = 4;
const MONTH_HEIGHT = 100;

/** The end of an outage that goes on is now. */
export interface DaySpan extends Pick<PastSpan, 'fromAgoMs' | 'toAgoMs'> {
  readonly place: string;
}

export function dayChart(words: Words, spans: readonly DaySpan[]): Html {
  if (spans.length === 0) return html`<p>${words.quietDay}</p>`;
  const places = new Map<string, DaySpan[]>();
  for (const span of spans) places.set(span.place, [...(places.get(span.place) ?? []), span]);
  const rows = [...places].slice(0, ROWS);
  const left = places.size - rows.length;
  const hours = Array.from({ length: 24 / EVERY_HOURS + 1 }, (_, index) => 24 - index * EVERY_HOURS);
  return html`
    <dl class="strips">
    ${rows.map(([place, own]) => html`<dt><bdi>${place}</bdi></dt><dd>${strip(words, place, own)}</dd>`)}
    </dl>
    <p class="hours" aria-hidden="true">${hours.map((hour) => html`<span>${words.hoursAgo(hour)}</span>`)}</p>
    ${left > 0 ? html`<p class="soft">${words.more(left)}</p>` : null}`;
}

function strip(words: Words, place: string, spans: readonly DaySpan[]): Html {
  const said = spans
    .slice(0, SAID)
    .map(({ fromAgoMs, toAgoMs }) =>
      toAgoMs <= 0
        ? words.until(lastedIn(words, fromAgoMs))
        : words.ago(lastedIn(words, fromAgoMs), lastedIn(words, toAgoMs)),
    );
  const more = spans.length - said.length;
  const label = [...said, ...(more > 0 ? [words.more(more)] : [])].join('; ');
  const bars = spans.map(({ fromAgoMs, toAgoMs }) => {
    const from = at(fromAgoMs);
    const width = Math.max(LEAST, at(toAgoMs) - from);
    const x = Math.min(from, WIDTH - width);
    return html`<rect x="${String(x)}" y="0" width="${String(width)}" height="${String(HEIGHT)}"/>`;
  });
  const lines = Array.from({ length: 24 / EVERY_HOURS - 1 }, (_, index) =>
    at((index + 1) * EVERY_HOURS * HOUR_MS),
  );
  return html`
    <svg role="img" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" preserveAspectRatio="none" aria-label="${`${place}: ${label}`}">
    ${lines.map((x) => html`<line x1="${String(x)}" x2="${String(x)}" y1="0" y2="${String(HEIGHT)}"/>`)}
    ${bars}
    </svg>`;
}

/** Where on the strip it was so long ago. */
function at(agoMs: number): number {
  return Math.round((1 - Math.min(Math.max(agoMs, 0), DAY_MS) / DAY_MS) * WIDTH);
}

export function monthChart(words: Words, days: readonly PastDay[]): Html {
  const outages = days.reduce((total, day) => total + day.outages, 0);
  if (outages === 0) return html`<p>${words.quietMonth}</p>`;
  const some = days.filter((day) => day.outages > 0);
  const most = Math.max(...days.map((day) => day.outages));
  const said = words.monthSaid(outages, some.length);
  const width = days.length * BAR;
  const bars = days.map((day, index) => {
    const height = day.outages === 0 ? 1 : Math.max(LEAST, Math.round((day.outages / most) * MONTH_HEIGHT));
    return html`<rect x="${String(index * BAR + GAP / 2)}" y="${String(MONTH_HEIGHT - height)}" width="${String(BAR - GAP)}" height="${String(height)}"/>`;
  });
  const [, ...heads] = words.columns;
  return html`
    <p>${said}</p>
    <svg class="bars" role="img" viewBox="0 0 ${String(width)} ${String(MONTH_HEIGHT)}" preserveAspectRatio="none" aria-label="${said}">${bars}</svg>
    <p class="hours" aria-hidden="true"><span>${dayText(days[0], days.length - 1)}</span><span>${dayText(days.at(-1), 0)}</span></p>
    <details id="month-table"><summary>${words.asTable}</summary>
    <table>
    <thead><tr><th scope="col">${words.columns[0]}</th>${heads.map((head) => html`<th scope="col" class="number">${head}</th>`)}</tr></thead>
    <tbody>
    ${days
      .map((day, index) => ({ day, ago: days.length - 1 - index }))
      .filter(({ day }) => day.outages > 0)
      .toReversed()
      .map(
        ({ day, ago }) => html`
          <tr><th scope="row">${dayText(day, ago)}</th>
          <td class="number">${String(day.outages)}</td>
          <td class="number">${lastedIn(words, day.downMs)}</td>
          <td class="number">${String(day.people)}</td></tr>`,
      )}
    </tbody>
    </table>
    </details>`;
}

/** Its date, or how many days ago it was. */
function dayText(day: PastDay | undefined, ago: number): string {
  if (day?.date == null) return `−${ago}`;
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${day.date.getFullYear()}-${two(day.date.getMonth() + 1)}-${two(day.date.getDate())}`;
}
