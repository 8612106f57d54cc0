/** How the keys of a schema are written in UCI: which section has them, and what its options are called. */

import type * as v from 'valibot';
import { innerOf, schemaForm, schemaForms } from '../form.ts';
import type { Entry, JsonSchema, SchemaForm } from '../shape.ts';

type Mapping = Extract<SchemaForm, { kind: 'mapping' }>;

/** One option, or list of values. */
export interface UciOption {
  readonly name: string;
  /** The keys that lead to it, from the section's own mapping on. */
  readonly path: readonly string[];
  /** `switch`: the option is of a mapping that may be `false`, and says whether it is. */
  readonly kind: 'value' | 'list' | 'switch';
  /** What the value takes, or each of a list; several where several mappings have such a key. */
  readonly json: readonly JsonSchema[];
  /** The list may be without items. */
  readonly mayBeEmpty: boolean;
}

/** One type of sections. */
export interface UciSection {
  readonly type: string;
  /** The keys that lead to its mapping, from the top. */
  readonly path: readonly string[];
  /** There may be many, in a list of mappings. */
  readonly repeats: boolean;
  /** What `option enabled '0'` makes of it: `false`, or nothing; null: it has no such option, or it means nothing to the program. */
  readonly off: 'false' | 'nothing' | null;
  readonly options: ReadonlyMap<string, UciOption>;
  /** Of an item that is no mapping: the option that has all of it. */
  readonly whole: string | null;
  /** Of an item that may be a value of its own: the key that this value is. */
  readonly alone: string | null;
  /** The keys that lead to mappings that have to be there: what they lack is said key by key. */
  readonly needed: readonly (readonly string[])[];
  /** Options that a file of another command has here, or that begin with these and `_`. */
  readonly elsewhere: readonly string[];
}

export interface UciLayout {
  /** The section of the role itself, which has the keys of the top. */
  readonly own: string;
  readonly sections: ReadonlyMap<string, UciSection>;
  /** Types of sections that a file of another command has, or that begin with these and `_`. */
  readonly elsewhere: readonly string[];
}

/** The router's own section, of which no key of any file is the name. */
const ROUTERS = 'ringback';
/** The option of a section that says whether it counts. */
export const ENABLED = 'enabled';
/** A list within a list is a command: its section has the words by this name. */
const WORDS = 'command';

interface Draft extends UciSection {
  readonly options: Map<string, UciOption>;
  readonly elsewhere: string[];
  readonly needed: (readonly string[])[];
}

const draft = (type: string, path: readonly string[], more: Partial<UciSection> = {}): Draft => ({
  type,
  path,
  repeats: false,
  off: null,
  whole: null,
  alone: null,
  ...more,
  options: new Map(),
  elsewhere: [],
  needed: [],
});

/** `client` of `clients`: of a list that is written as sections each is one. */
const singular = (key: string): string => key.replace(/(?<=ss)es$|(?<!s)s$/, '');

/** The layout of a schema whose role has the section `own`; the mapping of that key, if there is one, is in it, too. */
export function layoutOf(schema: v.GenericSchema, own: string): UciLayout {
  const top = schemaForm(schema);
  if (top?.kind !== 'mapping') throw new Error('a file is a mapping');
  const first = draft(own, []);
  const sections = new Map<string, Draft>([[own, first]]);
  const open = (section: Draft): Draft => {
    const there = sections.get(section.type) ?? section;
    if (there.path.join() !== section.path.join()) throw new Error(`two sections ${section.type}`);
    sections.set(section.type, there);
    return there;
  };
  const elsewhere = [ROUTERS, ...top.elsewhere.flatMap((key) => [key, singular(key)])];
  for (const [key, entry] of Object.entries(top.entries)) {
    const forms = schemaForms(innerOf(entry).schema);
    const mappings = forms.filter((form) => form?.kind === 'mapping');
    // A list that another file has there has sections of its own.
    for (const form of mappings) elsewhere.push(...form.elsewhere.map((one) => `${key}_${singular(one)}`));
    if (key === own) {
      first.needed.push([key]);
      for (const form of mappings) addMapping(first, form, [key], '', open);
    } else if (mappings.length > 0) {
      const section = open(draft(key, [key], { off: offOf(entry, forms) }));
      for (const form of mappings) addMapping(section, form, [], '', open);
    } else {
      addEntry(first, forms, [key], key, open);
    }
  }
  return { own, sections, elsewhere };
}

/** A section that is there without being written can not be switched off. */
function offOf({ schema }: Entry, forms: readonly (SchemaForm | null)[]): UciSection['off'] {
  if (schema.type === 'optional' && (schema as { default?: unknown }).default !== undefined) return null;
  return forms.includes(null) ? 'false' : 'nothing';
}

type Open = (section: Draft) => Draft;

function addMapping(
  section: Draft,
  { entries, elsewhere }: Mapping,
  path: readonly string[],
  before: string,
  open: Open,
): void {
  section.elsewhere.push(...elsewhere.map((key) => `${before}${key}`));
  for (const [key, entry] of Object.entries(entries)) {
    const forms = schemaForms(innerOf(entry).schema);
    if (entry.schema.type !== 'optional' && forms.some((form) => form?.kind === 'mapping'))
      section.needed.push([...path, key]);
    const names = entry.also === null ? [key] : [key, entry.also];
    for (const name of names) addEntry(section, forms, [...path, name], `${before}${name}`, open);
  }
}

function addEntry(
  section: Draft,
  forms: readonly (SchemaForm | null)[],
  path: readonly string[],
  name: string,
  open: Open,
): void {
  const isOrFalse = forms.includes(null);
  for (const form of forms) {
    switch (form?.kind) {
      case 'value':
        addOption(section, { name, path, kind: 'value', json: [form.json], mayBeEmpty: false });
        break;
      case 'mapping':
        if (isOrFalse)
          addOption(section, { name, path, kind: 'switch', json: [{ type: 'boolean' }], mayBeEmpty: false });
        addMapping(section, form, path, `${name}_`, open);
        break;
      case 'list':
        addList(section, form, path, name, open);
        break;
      default:
    }
  }
}

function addList(
  section: Draft,
  { item, min }: Extract<SchemaForm, { kind: 'list' }>,
  path: readonly string[],
  name: string,
  open: Open,
): void {
  const items = schemaForms(item);
  const isAlone = items.some((form) => form?.kind === 'value');
  for (const form of items) {
    const at = [...section.path, ...path];
    const type = [...at.slice(0, -1), singular(at.at(-1) ?? '')].join('_');
    if (form?.kind === 'value') {
      addOption(section, { name, path, kind: 'list', json: [form.json], mayBeEmpty: min === 0 });
    } else if (form?.kind === 'mapping') {
      if (section.repeats) throw new Error(`sections within sections: ${type}`);
      const alone = isAlone ? (Object.keys(form.entries)[0] ?? null) : null;
      addMapping(open(draft(type, at, { repeats: true, off: 'nothing', alone })), form, [], '', open);
    } else if (form?.kind === 'list') {
      const own = open(draft(type, at, { repeats: true, off: 'nothing', whole: WORDS }));
      addList(own, form, [], WORDS, open);
    }
  }
}

/** Several mappings may have a key of the same name. */
function addOption(section: Draft, option: UciOption): void {
  const there = section.options.get(option.name);
  if (there === undefined) {
    section.options.set(option.name, option);
    return;
  }
  const same = there.kind === option.kind && there.path.join() === option.path.join();
  if (!same) throw new Error(`two options ${option.name} in ${section.type}`);
  section.options.set(option.name, { ...there, json: [...there.json, ...option.json] });
}
