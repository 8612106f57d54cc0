/** Catalogues of translations (gettext's PO files), as far as LuCI's applications have them: no plurals, no contexts. */

export interface Translation {
  /** What is translated; empty: the head of the file. */
  readonly id: string;
  /** Empty: it is not translated. */
  readonly text: string;
  /** Comments before it, without their `#`. */
  readonly comments: readonly string[];
}

const FIELD = /^(msgid|msgstr) "(.*)"$/;
const CONTINUED = /^"(.*)"$/;

/** The translations in their order. Escapes stay as they are, but those of quotes and backslashes. */
export function readPo(text: string): Translation[] {
  const found: { id: string; text: string; comments: string[] }[] = [];
  let comments: string[] = [];
  let field: 'id' | 'text' = 'id';
  for (const [i, line] of text.split('\n').entries()) {
    const [, name, value] = FIELD.exec(line) ?? [];
    const more = CONTINUED.exec(line)?.[1];
    const last = found.at(-1);
    if (name === 'msgid') {
      found.push({ id: unescaped(value), text: '', comments });
      comments = [];
      field = 'id';
    } else if (name === 'msgstr' && last) {
      last.text = unescaped(value);
      field = 'text';
    } else if (more !== undefined && last) last[field] += unescaped(more);
    else if (line.startsWith('#')) comments.push(line.slice(1));
    else if (line !== '') throw new Error(`line ${i + 1} is nothing that is known: ${line}`);
  }
  return found;
}

const unescaped = (text = ''): string => text.replace(/\\(["\\])/g, '$1');
