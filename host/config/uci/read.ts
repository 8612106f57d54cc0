/** A file in UCI as the mapping that the same file in YAML would be, with a place and a name for each of its keys. */

import type { Path } from '../contradictions.ts';
import type { ConfigurationText } from '../load.ts';
import { nearest } from '../nearest.ts';
import type { TextMistake } from '../yaml.ts';
import { ENABLED, type UciLayout, type UciOption, type UciSection } from './layout.ts';
import { nameIn, type Place, UciPlaces } from './places.ts';
import { isUci, readUciText, type UciSectionText, type UciWritten } from './text.ts';
import { wordedAsOff, wordedForUci } from './worded.ts';
import { isWord, meaningOf, truthOf } from './words.ts';

/** How files of a role are read where they are in UCI. */
export function uciForm(layoutOf: () => UciLayout) {
  return (text: string, file: string): ConfigurationText | null =>
    isUci(text, file) ? readUci(text, layoutOf()) : null;
}

/** Of these types of sections the first that is enabled, or else that is there; null: none is. */
export function enabledSection(text: string, types: readonly string[]): string | null {
  const { sections } = readUciText(text);
  const there = types.flatMap((type) => sections.find((section) => section.type === type) ?? []);
  const isEnabled = ({ options }: UciSectionText): boolean =>
    options.get(ENABLED)?.values.some(({ text }) => truthOf(text) === true) ?? false;
  return (there.find(isEnabled) ?? there[0])?.type ?? null;
}

/** Whether the init script starts the role of this section. */
export function isStarted(text: string, type: string): boolean {
  const { sections } = readUciText(text);
  const values = sections.find((section) => section.type === type)?.options.get(ENABLED)?.values ?? [];
  return values.some(({ text }) => truthOf(text) === true);
}

const YES_OR_NO = '1 or 0';

type Tree = Record<string, unknown>;

interface Built {
  /** null: there is nothing for this role. */
  readonly value: Tree | null;
  readonly mistakes: TextMistake[];
  /** What has come from where; empty unless asked for. */
  readonly places: UciPlaces;
  /** Where sections begin that are there, and switched off, by their paths. */
  readonly off: ReadonlyMap<string, number>;
}

function readUci(text: string, layout: UciLayout): ConfigurationText {
  const { sections, mistakes } = readUciText(text);
  if (mistakes.length > 0) {
    const nothing = {
      locate: () => 0,
      nameOf: (path: Path) => nameIn(layout, new UciPlaces(), path),
      worded: (_: Path, message: string) => message,
    };
    return { value: null, broken: true, mistakes, ...nothing };
  }
  const { value, mistakes: found, off } = build(sections, layout, false);
  // Hardly any file is wrong, and that of many clients has many places.
  let places: UciPlaces | null = null;
  const known = (): UciPlaces => {
    places ??= build(sections, layout, true).places;
    return places;
  };
  return {
    value,
    broken: false,
    mistakes: found,
    locate: (path, part) => off.get(path.join()) ?? known().near(path)?.[part] ?? 0,
    nameOf: (path) => nameIn(layout, known(), path),
    worded: (path, message) =>
      off.has(path.join()) && message.startsWith('is missing') ? wordedAsOff(message) : wordedForUci(message),
  };
}

function build(sections: readonly UciSectionText[], layout: UciLayout, withPlaces: boolean): Built {
  const builder = new Builder(layout, withPlaces);
  // What is off is known before something is put into it.
  for (const repeats of [false, true]) {
    const numbers = new Map<string, number>();
    for (const section of sections) {
      const number = numbers.get(section.type) ?? 0;
      numbers.set(section.type, number + 1);
      builder.add(section, section.name ?? `@${section.type}[${number}]`, repeats);
    }
  }
  return builder.end();
}

const begins = (name: string, keys: readonly string[]): boolean =>
  keys.some((key) => name === key || name.startsWith(`${key}_`));

class Builder {
  readonly #layout: UciLayout;
  readonly #withPlaces: boolean;
  readonly #tree: Tree = {};
  readonly #mistakes: TextMistake[] = [];
  readonly #places = new UciPlaces();
  readonly #seen = new Set<string>();
  readonly #off = new Map<string, number>();

  constructor(layout: UciLayout, withPlaces: boolean) {
    this.#layout = layout;
    this.#withPlaces = withPlaces;
  }

  end(): Built {
    const isNothing = this.#seen.size === 0;
    const own = this.#layout.sections.get(this.#layout.own);
    if (own !== undefined && !this.#seen.has(own.type)) this.#need(own, this.#tree);
    const value = isNothing ? null : this.#tree;
    return { value, mistakes: this.#mistakes, places: this.#places, off: this.#off };
  }

  add(text: UciSectionText, name: string, repeats: boolean): void {
    const section = this.#layout.sections.get(text.type);
    if (section === undefined) {
      if (!repeats) this.#unknownType(text);
      return;
    }
    if (section.repeats !== repeats) return;
    if (!repeats && this.#seen.has(text.type)) {
      this.#mistaken(text.offset, name, `is a second section ${text.type}; keep one of them`);
      return;
    }
    this.#seen.add(text.type);
    const isOn = this.#isOn(section, text, name);
    if (!isOn && section.off !== 'false') {
      if (!section.repeats) this.#off.set(section.path.join(), text.offset);
      this.#checkNames(section, text, name);
      return;
    }
    const [at, within] = this.#open(section);
    if (within === null) return;
    this.#place({
      path: at,
      key: text.offset,
      value: text.offset,
      section: name,
      type: text.type,
      option: null,
    });
    if (!isOn) {
      this.#put(this.#tree, section.path, false);
      this.#checkNames(section, text, name);
      return;
    }
    this.#options(section, text, { name, at, within });
  }

  /** Where the keys of a section go, and the mapping or list that has them; null where that is switched off. */
  #open(section: UciSection): [Path, Tree | null] {
    if (!section.repeats) return [section.path, mappingAt(this.#tree, section.path)];
    const holder = mappingAt(this.#tree, section.path.slice(0, -1));
    const key = section.path.at(-1) ?? '';
    if (holder === null) return [section.path, null];
    holder[key] ??= [];
    const items = holder[key] as unknown[];
    const item: Tree = {};
    items.push(item);
    return [[...section.path, items.length - 1], item];
  }

  #options(
    section: UciSection,
    text: UciSectionText,
    { name, at, within }: { readonly name: string; readonly at: Path; readonly within: Tree },
  ): void {
    this.#need(section, within);
    const switches: [UciOption, unknown][] = [];
    let whole: unknown;
    for (const written of text.options.values()) {
      if (written.name === ENABLED && this.#hasEnabled(section)) continue;
      const option = section.options.get(written.name);
      if (option === undefined) {
        this.#unknownOption(section, written, name);
        continue;
      }
      const value = this.#valueOf(option, written, name);
      const path = [...at, ...option.path];
      const [{ offset } = written] = written.values;
      const of = { section: name, type: section.type, option: option.name };
      this.#place({ path, key: written.offset, value: offset, ...of });
      if (this.#withPlaces && option.kind === 'list')
        for (const [index, one] of written.values.entries())
          this.#place({ path: [...path, index], key: one.offset, value: one.offset, ...of });
      if (option.kind === 'switch') {
        if (typeof value !== 'boolean')
          this.#mistaken(offset, `${name}.${option.name}`, `is not a truth value; ${YES_OR_NO}`);
        switches.push([option, value]);
      } else if (option.path.length === 0) whole = value;
      else this.#put(within, option.path, value);
    }
    // A mapping that is switched off keeps its options in the file.
    for (const [{ path }, value] of switches) {
      if (value === false) this.#put(within, path, false);
      else mappingAt(within, path);
    }
    this.#asItem(section, at, within, whole);
  }

  /** An item that is no mapping, or need not be one. */
  #asItem(section: UciSection, at: Path, within: Tree, whole: unknown): void {
    const { alone } = section;
    const isAlone = alone !== null && Object.keys(within).join() === alone;
    if (section.whole === null && !isAlone) return;
    const items = mappingAt(this.#tree, section.path.slice(0, -1))?.[section.path.at(-1) ?? ''];
    if (Array.isArray(items)) items[Number(at.at(-1))] = isAlone ? within[alone] : (whole ?? []);
    const own = isAlone ? this.#places.near([...at, alone]) : undefined;
    if (own !== undefined) this.#place({ ...own, path: at });
  }

  #valueOf(option: UciOption, { isList, values, offset }: UciWritten, section: string): unknown {
    const [first] = values;
    const text = first?.text ?? '';
    if (option.kind !== 'list') {
      if (isList)
        this.#mistaken(
          offset,
          `${section}.${option.name}`,
          'is one value and no list; write option in the place of list',
        );
      return meaningOf(text, option.json);
    }
    if (isList) return values.map((value) => meaningOf(value.text, option.json));
    if (option.mayBeEmpty && text === '0') return [];
    const words = isWord(option.json) ? text.split(/\s+/).filter((word) => word !== '') : [text];
    return words.map((word) => meaningOf(word, option.json));
  }

  #hasEnabled(section: UciSection): boolean {
    return section.off !== null || section.type === this.#layout.own;
  }

  #isOn(section: UciSection, { options }: UciSectionText, name: string): boolean {
    const written = options.get(ENABLED);
    if (written === undefined || !this.#hasEnabled(section)) return true;
    const [{ text, offset } = { text: '', offset: written.offset }] = written.values;
    const truth = truthOf(text);
    if (truth === null || written.isList)
      this.#mistaken(offset, `${name}.${ENABLED}`, `is not a truth value; ${YES_OR_NO}`);
    return section.type === this.#layout.own || truth !== false;
  }

  #need({ needed }: UciSection, within: Tree): void {
    for (const path of needed) mappingAt(within, path);
  }

  /** Of a section that does not count, what can't be right at all. */
  #checkNames(section: UciSection, { options }: UciSectionText, name: string): void {
    for (const written of options.values())
      if (written.name !== ENABLED && !section.options.has(written.name))
        this.#unknownOption(section, written, name);
  }

  #unknownOption(section: UciSection, { name, offset }: UciWritten, of: string): void {
    if (begins(name, section.elsewhere)) return;
    const known = [...section.options.keys(), ...(this.#hasEnabled(section) ? [ENABLED] : [])];
    this.#mistaken(offset, `${of}.${shown(name)}`, unknown('option', name, known));
  }

  #unknownType({ type, offset }: UciSectionText): void {
    if (begins(type, this.#layout.elsewhere)) return;
    const message = unknown('type of a section', type, [...this.#layout.sections.keys()]);
    this.#mistaken(offset, `config ${shown(type)}`, message);
  }

  #mistaken(offset: number, name: string, message: string): void {
    this.#mistakes.push({ offset, message: `${name}: ${message}` });
  }

  #place(place: Place): void {
    if (this.#withPlaces) this.#places.set(place);
  }

  #put(within: Tree, path: readonly string[], value: unknown): void {
    const holder = mappingAt(within, path.slice(0, -1));
    if (holder !== null) holder[path.at(-1) ?? ''] = value;
  }
}

/** The mapping at a path, made where there is none; null where something on the way is switched off. */
function mappingAt(tree: Tree, path: readonly string[]): Tree | null {
  let at = tree;
  for (const key of path) {
    at[key] ??= {};
    const next = at[key];
    if (typeof next !== 'object' || next === null) return null;
    at = next as Tree;
  }
  return at;
}

/** A name that nobody knows: what is in a wrong place may be a secret. */
const shown = (name: string): string => (/^\w{1,40}$/.test(name) ? name : `${/^\w{0,40}/.exec(name)?.[0]}…`);

function unknown(what: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === null
    ? `unknown ${what}; allowed here: ${known.join(', ')}`
    : `unknown ${what}; did you mean "${near}"?`;
}
