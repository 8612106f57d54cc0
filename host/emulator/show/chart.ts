/** Charts by hand: shapes of SVG in HTML, with classes of the style sheet for their colours. The same numbers make the same bytes. */
import { Html, html } from '../../page/html/html.ts';

/** Of charts that are as wide as the page, and of the words above them. */
export const CHART_WIDTH = 1040;
export const CHART_LEGEND = 34;

/** Coordinates need no more than a tenth of a pixel. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** `says` is shown to whoever points at it. */
export function bar({ x, y, width, height }: Box, kind: string, says: string | null = null, round = 2): Html {
  const size = `x="${coordinate(x)}" y="${coordinate(y)}" width="${coordinate(Math.max(width, 0))}" height="${coordinate(height)}"`;
  const open = new Html(`<rect ${size} rx="${round}"`);
  return html`${open} class="${kind}">${titleOf(says)}</rect>`;
}

export function stroke(x1: number, y1: number, x2: number, y2: number, kind: string): Html {
  const ends = `x1="${coordinate(x1)}" y1="${coordinate(y1)}" x2="${coordinate(x2)}" y2="${coordinate(y2)}"`;
  return new Html(`<line ${ends} class="${kind}"/>`);
}

export function shape(path: string, kind: string, says: string | null = null): Html {
  return html`<path d="${path}" class="${kind}">${titleOf(says)}</path>`;
}

/** `kind` has where it is anchored, too: `end`, `middle`. */
export function label(x: number, y: number, text: string, kind = ''): Html {
  const open = new Html(`<text x="${coordinate(x)}" y="${coordinate(y)}"`);
  return html`${open} class="${kind}">${text}</text>`;
}

function titleOf(says: string | null): Html | null {
  return says === null ? null : html`<title>${says}</title>`;
}

/** How wide a text of that size is, about: fonts differ. */
export function widthOf(text: string, size: number): number {
  return text.length * size * 0.54;
}

/** Values over time as a surface with steps; values of equal pieces from `x` on, each `step` wide. */
export function surface(values: ArrayLike<number>, box: Box, step: number, most: number, kind: string): Html {
  const bottom = box.y + box.height;
  const high = (value: number): string => coordinate(bottom - (value / Math.max(most, 1)) * box.height);
  let path = `M${coordinate(box.x)} ${coordinate(bottom)}`;
  let before = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (value === before) continue;
    path += `H${coordinate(box.x + at * step)}V${high(value)}`;
    before = value;
  }
  path += `H${coordinate(Math.min(box.x + box.width, box.x + values.length * step))}V${coordinate(bottom)}Z`;
  return shape(path, kind);
}

interface Drawing {
  readonly id: string;
  readonly title: string;
  /** What it shows, for who does not see it. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
  /** Where it stands alone, its style. */
  readonly style?: string;
}

export function drawing(
  { id, title, description, width, height, style }: Drawing,
  body: readonly Html[],
): Html {
  const size = `viewBox="0 0 ${coordinate(width)} ${coordinate(height)}" width="${coordinate(width)}" height="${coordinate(height)}"`;
  const open = new Html(
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="${id}-t ${id}-d">`,
  );
  const own = style === undefined ? null : html`<style>${new Html(style)}</style>`;
  const titles = html`<title id="${`${id}-t`}">${title}</title><desc id="${`${id}-d`}">${description}</desc>`;
  return html`${open}${titles}${own}${body}</svg>`;
}
