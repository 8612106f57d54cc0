/** Parts that every section has: a heading with a sentence below it, figures, and texts of several lines. */
import { Html, html } from '../../page/html/html.ts';

/** Whoever uses a keyboard scrolls in it, too. */
export function wide(name: string, drawn: Html): Html {
  return html`<div class="wide" role="group" tabindex="0" aria-label="${name}">${drawn}</div>`;
}

export function section(id: string, heading: string, intro: string, content: readonly Html[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${heading}</h2><p>${intro}</p>${content}</section>`;
}

export function figure(title: string, more: string, drawn: Html): Html {
  return html`<figure><figcaption>${title}<span>${more}</span></figcaption>${drawn}</figure>`;
}

/** Each on its own line, with the blanks that stand in it: what is put into HTML otherwise has single ones. */
export function linesOf(lines: readonly string[]): Html {
  const line = (text: string): string =>
    text
      .split(/( +)/)
      .map((piece) => (piece.startsWith(' ') ? piece : html`${piece}`.text))
      .join('');
  return new Html(lines.map(line).join('\n'));
}
