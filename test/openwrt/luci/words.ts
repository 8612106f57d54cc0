/** What luci-app-ringback says: every text that LuCI translates, as its own scanner finds them, and the template of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A text alone in the call; LuCI trims it and joins its blanks. */
const CALL = /\b_\(\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*\)/g;
const ANY_CALL = /\b_\(/g;
/** In menus and ACLs. */
const NAMED = /"(?:title|description)"\s*:\s*"((?:[^"\\]|\\.)*)"/g;

/** Texts, and the files in which they are. */
export function words(application: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const file of files(application)) {
    const source = readFileSync(file, 'utf8');
    const texts = file.endsWith('.js')
      ? Array.from(source.matchAll(CALL), ([, literal = '']) =>
          literal.slice(1, -1).replace(/\\(['"\\])/g, '$1'),
        )
      : Array.from(source.matchAll(NAMED), ([, text = '']) => text);
    const calls = file.endsWith('.js') ? Array.from(source.matchAll(ANY_CALL)).length : texts.length;
    if (calls !== texts.length)
      throw new Error(`${file}: ${calls - texts.length} calls of _() are of no plain text`);
    for (const text of texts) {
      const places = found.get(text) ?? [];
      const place = relative(application, file);
      found.set(text, places.includes(place) ? places : [...places, place]);
    }
  }
  return found;
}

function files(application: string): string[] {
  return ['htdocs', 'root'].flatMap((part) =>
    readdirSync(join(application, part), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js') || /(menu|acl)\.d\/.*\.json$/.test(name))
      .map((name) => join(application, part, name))
      .sort(),
  );
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** The template for translators: `po/templates/ringback.pot`. */
export function template(application: string): string {
  const head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8"\n';
  const entries = Array.from(words(application))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(
      ([text, places]) =>
        `${places.map((place) => `#: ${place}\n`).join('')}msgid ${quoted(text)}\nmsgstr ""\n`,
    );
  return [head, ...entries].join('\n');
}
