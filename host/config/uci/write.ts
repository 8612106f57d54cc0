/** The keys of a file as UCI has them: for `ringback check --as uci`. */

import type { Path } from '../contradictions.ts';
import { isMapping } from '../shape.ts';
import { ENABLED, type UciLayout, type UciOption, type UciSection } from './layout.ts';
import { meaningOf, textIn } from './words.ts';

/** A value that means something else in UCI. */
interface Unwritable {
  readonly path: Path;
  readonly message: string;
}

interface Written {
  readonly text: string;
  readonly unwritable: readonly Unwritable[];
}

/** What is right for the schema of the layout as text. */
export function writeUci(layout: UciLayout, value: Readonly<Record<string, unknown>>): Written {
  const writer = new Writer();
  for (const section of layout.sections.values()) writer.section(layout, section, value);
  return { text: writer.text, unwritable: writer.unwritable };
}

const MEANS_NONE = 'means no to UCI; write another name, a directory as ./NAME';

class Writer {
  readonly unwritable: Unwritable[] = [];
  text = '';

  section(layout: UciLayout, section: UciSection, value: Readonly<Record<string, unknown>>): void {
    const { type, path, repeats, off } = section;
    const found = at(value, path);
    if (type === layout.own) {
      this.#head(type, type);
      this.#line('option', ENABLED, '1');
      this.#options(section, value, path);
    } else if (!repeats && found === false && off === 'false') {
      this.#head(type, type);
      this.#line('option', ENABLED, '0');
    } else if (!repeats && isMapping(found)) {
      this.#head(type, type);
      this.#options(section, found, path);
    } else if (repeats && Array.isArray(found)) {
      this.#items(section, found);
    }
  }

  #items(section: UciSection, items: readonly unknown[]): void {
    const { type, path, alone, whole } = section;
    // Values alone go into a list, unless a mapping is among them: in a list and in sections their order would be lost.
    if (alone !== null && !items.some(isMapping)) return;
    for (const [index, item] of items.entries()) {
      this.#head(type, null);
      const mapping = isMapping(item) ? item : alone === null ? null : { [alone]: item };
      if (mapping !== null) this.#options(section, mapping, [...path, index]);
      else if (whole !== null) this.#values(section.options.get(whole), item, [...path, index]);
    }
  }

  #options(section: UciSection, mapping: Readonly<Record<string, unknown>>, path: Path): void {
    const all = [...section.options.values()];
    for (const option of all) {
      const value = at(mapping, option.path);
      if (value === undefined) continue;
      if (option.kind === 'switch') {
        // A mapping with keys is there by them.
        const hasOptions = isMapping(value) && Object.keys(value).length > 0;
        if (!hasOptions) this.#line('option', option.name, value === false ? '0' : '1');
      } else if (!(option.kind === 'list' && Array.isArray(value) && value.some(isMapping))) {
        this.#values(option, value, [...path, ...option.path]);
      }
    }
  }

  #values(option: UciOption | undefined, value: unknown, path: Path): void {
    if (option === undefined) return;
    if (option.kind !== 'list') {
      this.#value('option', option, value, path);
      return;
    }
    const items = Array.isArray(value) ? value : [];
    if (items.length === 0) this.#line('option', option.name, '0');
    for (const [index, item] of items.entries()) this.#value('list', option, item, [...path, index]);
  }

  #value(keyword: string, { name, json }: UciOption, value: unknown, path: Path): void {
    const text = textIn(value);
    // What is a word for yes or no is that, wherever one may stand.
    if (text === null || (typeof value === 'string' && typeof meaningOf(text, json) === 'boolean'))
      this.unwritable.push({ path, message: MEANS_NONE });
    else this.#line(keyword, name, text);
  }

  #head(type: string, name: string | null): void {
    this.text += `${this.text === '' ? '' : '\n'}config ${type}${name === null ? '' : ` '${name}'`}\n`;
  }

  #line(keyword: string, name: string, text: string): void {
    this.text += `\t${keyword} ${name} '${text.replaceAll("'", "'\\''")}'\n`;
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = isMapping(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}
