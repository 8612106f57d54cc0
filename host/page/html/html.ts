/**
 * HTML, and the one place where text becomes part of it: `html` cleans and escapes whatever is put into it, unless it is
 * HTML already.
 */

/** HTML that `html` made. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | null | readonly Html[];

/** Most names, addresses and tokens: nothing to clean or to escape. */
const PLAIN = /^[\w.:@/[\]-]*$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text of others fit to be shown in a line: no control, format (these turn the direction of reading), surrogate or
 * separator characters, white space as single blanks.
 */
export function plainText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** At most so many characters, with an ellipsis where some are missing. */
export function shortened(text: string, max: number): string {
  if (text.length <= max) return text;
  // A character has two code units at most, and one more tells whether there are more.
  const characters = [...text.slice(0, 2 * max + 1)];
  return characters.length <= max ? text : `${characters.slice(0, max).join('')}…`;
}

/** Fit for the content of an element and for an attribute in quotation marks. */
function escaped(text: string): string {
  return PLAIN.test(text)
    ? text
    : plainText(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

const compacted = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Line ends and indentation are for the reader of the source only. */
function compact(strings: TemplateStringsArray): readonly string[] {
  const known = compacted.get(strings);
  if (known !== undefined) return known;
  const made = strings.map((text) => text.replace(/\s*\n\s*/g, ''));
  compacted.set(strings, made);
  return made;
}

/** The tag of templates of HTML. Attributes stand in double quotation marks; null and empty lists are nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const fixed = compact(strings);
  let text = fixed[0] ?? '';
  parts.forEach((part, index) => {
    if (typeof part === 'string') text += escaped(part);
    else if (part instanceof Html) text += part.text;
    else if (part !== null) for (const one of part) text += one.text;
    text += fixed[index + 1] ?? '';
  });
  return new Html(text);
}
