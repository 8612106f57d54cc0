/** The keys of the configuration files, as their schemas have them. */
import * as v from 'valibot';
import { type Inner, innerOf, schemaForm } from '../../../host/config/form.ts';
import { relaySchema } from '../../../host/config/relay/schema.ts';
import { routerSchema } from '../../../host/config/router/schema.ts';
import type { Entry } from '../../../host/config/shape.ts';
import { takeoverSchema } from '../../../host/config/takeover/schema.ts';
import { scenarioSchema } from '../../../host/emulator/scenario/schema.ts';
import { tables } from '../../../host/fabric/module.ts';

export const FILES = [
  {
    command: 'run',
    file: 'ringback',
    title: 'Configuration of ringback run',
    schema: routerSchema(tables.limits),
  },
  { command: 'relay', file: 'relay', title: 'Configuration of ringback relay', schema: relaySchema },
  {
    command: 'takeover',
    file: 'takeover',
    title: 'Configuration of ringback takeover',
    schema: takeoverSchema,
  },
] as const;

/** What editors know beside the configurations. */
export const SCENARIO = {
  file: 'scenario',
  title: 'Scenario of ringback emulate',
  schema: scenarioSchema(tables.limits),
} as const;

export interface Row {
  /** `recover.traps.listen`, `clients[].mail`. */
  readonly path: string;
  /** The other name of the last key of the path. */
  readonly also: string | null;
  /** Which of several mappings has it: `role: active`. */
  readonly variant: string | null;
  readonly about: string;
  readonly type: string;
  /** null: its own keys say it. */
  readonly allowed: string | null;
  /** null: there is none. */
  readonly usual: { readonly value: unknown } | { readonly text: string } | 'required' | null;
}

const figures = (number: number): string => number.toLocaleString('en');

function typeOf(schema: v.GenericSchema): string {
  const form = schemaForm(schema);
  switch (form?.kind) {
    case 'value':
      return 'enum' in form.json ? 'word' : form.noun.replace(/^(?:an?|the) /, '');
    case 'list': {
      const { min, max, item } = form;
      const many = max === Number.POSITIVE_INFINITY ? '' : ` of ${figures(min)} to ${figures(max)}`;
      return `list${many}: ${typeOf(item)}`;
    }
    case 'choice':
      return [...new Set(form.of.map(typeOf))].join(' or ');
    case 'mapping':
      return 'mapping';
    default:
      return 'false';
  }
}

function allowedOf(schema: v.GenericSchema): string | null {
  const form = schemaForm(schema);
  const own = v.getDescription(schema) ?? null;
  if (form?.kind === 'list') {
    const each = allowedOf(form.item);
    return each === null ? own : `${own}; each ${each}`;
  }
  return form?.kind === 'value' ? own : null;
}

type Entries = Readonly<Record<string, Entry>>;

/** The mappings that an entry may have under it, and how the path goes on there. */
function mappingsOf(schema: v.GenericSchema, step = ''): { entries: Entries; step: string }[] {
  const form = schemaForm(schema);
  if (form?.kind === 'mapping') return [{ entries: form.entries, step }];
  if (form?.kind === 'list') return mappingsOf(form.item, `${step}[]`);
  return form?.kind === 'choice' ? form.of.flatMap((one) => mappingsOf(one, step)) : [];
}

/** The key that has one word only, which tells a mapping from others; or the first required one that the others do not have so. */
function variantOf(entries: Entries, others: readonly Entries[]): string {
  for (const [key, { schema }] of Object.entries(entries)) {
    const form = schema.type === 'optional' ? null : schemaForm(schema);
    const words = form?.kind === 'value' ? form.json.enum : undefined;
    if (Array.isArray(words) && words.length === 1) return `${key}: ${words[0]}`;
  }
  const needs = (one: Entries, key: string): boolean => {
    const own = Object.hasOwn(one, key) ? one[key] : undefined;
    return own !== undefined && innerOf(own).isRequired;
  };
  const own = Object.keys(entries).find(
    (key) => needs(entries, key) && !others.some((one) => needs(one, key)),
  );
  if (own !== undefined) return `with ${own}`;
  const lacking = others.flatMap((one) => Object.keys(one)).find((key) => !Object.hasOwn(entries, key));
  if (lacking === undefined) throw new Error('nothing tells these mappings apart');
  return `without ${lacking}`;
}

function usualOf({ usual, isRequired }: Inner, otherwise: string | null): Row['usual'] {
  if (isRequired) return 'required';
  if (usual !== undefined) return { value: usual };
  return otherwise === null ? null : { text: otherwise };
}

const othersOf = (under: readonly { readonly entries: Entries }[], own: Entries): Entries[] =>
  under.map(({ entries }) => entries).filter((entries) => entries !== own);

function rowsIn(entries: Entries, before: string, variant: string | null): Row[] {
  return Object.entries(entries).flatMap(([key, entry]): Row[] => {
    const path = `${before}${key}`;
    const inner = innerOf(entry);
    const { about, otherwise, also } = entry;
    const usual = usualOf(inner, otherwise);
    const type = typeOf(inner.schema);
    const row = { path, also, variant, about, type, allowed: allowedOf(inner.schema), usual };
    const under = mappingsOf(inner.schema);
    const below = under.flatMap(({ entries: own, step }) =>
      rowsIn(own, `${path}${step}.`, under.length > 1 ? variantOf(own, othersOf(under, own)) : variant),
    );
    return [row, ...below];
  });
}

export function rowsOf(schema: v.GenericSchema): Row[] {
  return mappingsOf(schema).flatMap(({ entries }) => rowsIn(entries, '', null));
}

/** A value as YAML has it in one line. */
export function yaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yaml).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const keys = Object.entries(value).map(([key, one]) => `${key}: ${yaml(one)}`);
    return `{${keys.join(', ')}}`;
  }
  return String(value);
}

/** Rows of one section: a key at the top that has others under it, or (`null`) all that have none. */
export interface Section {
  readonly name: string | null;
  readonly variant: string | null;
  readonly rows: readonly Row[];
}

export function sectionsOf(rows: readonly Row[]): Section[] {
  const topOf = (path: string): string => path.split(/[.[]/)[0] ?? '';
  const deep = new Set(rows.filter(({ path }) => path !== topOf(path)).map(({ path }) => topOf(path)));
  const top = rows.filter(({ path }) => !/[.[]/.test(path));
  const sections: Section[] = [{ name: null, variant: null, rows: top }];
  for (const name of deep) {
    const own = rows.filter(({ path }) => path !== name && topOf(path) === name);
    for (const variant of new Set(own.map((row) => row.variant)))
      sections.push({ name, variant, rows: own.filter((row) => row.variant === variant) });
  }
  return sections;
}
