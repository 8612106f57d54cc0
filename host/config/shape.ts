/**
 * The three shapes a configuration is made of, on top of valibot: a value, a list, a mapping. They make every
 * message the same way (what is wrong; what is allowed), and none of them repeats a secret.
 */

import * as v from 'valibot';
import { nearest } from './nearest.ts';

/** Why a value is refused, as the end of a sentence that starts with the value. */
export class Refusal {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

/** What JSON Schema (draft 7) can say of a value, for editors: it refuses nothing that is right. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a shape consists of, in its metadata: of this the reference, the manual page and the schemas for editors are made. */
export type SchemaForm =
  | {
      readonly kind: 'value';
      readonly noun: string;
      readonly json: JsonSchema;
      /** A file of another command that stands here, of which nothing is required: for editors. */
      readonly file?: v.GenericSchema;
    }
  | { readonly kind: 'list'; readonly item: v.GenericSchema; readonly min: number; readonly max: number }
  | {
      readonly kind: 'mapping';
      readonly entries: Readonly<Record<string, Entry>>;
      /** The only entry is of all keys that are such names. */
      readonly names?: RegExp;
      /** Keys that belong to the file of another command. */
      readonly elsewhere: readonly string[];
    }
  | { readonly kind: 'choice'; readonly of: readonly v.GenericSchema[] };

/** A key of a mapping. */
export interface Entry<S extends v.GenericSchema = v.GenericSchema> {
  /** What it is, in a sentence. */
  readonly about: string;
  readonly schema: S;
  /** What holds without the key where that is no value of its own. */
  readonly otherwise: string | null;
  /** The other name of the key: exactly one of the two is given. */
  readonly also: string | null;
}

export function entry<const S extends v.GenericSchema>(
  about: string,
  schema: S,
  otherwise: string | null = null,
): Entry<S> {
  return { about, schema, otherwise, also: null };
}

/** A required key that has two names, of which exactly one is given; what is read has the first. */
export function twoNames<const S extends v.GenericSchema>(also: string, about: string, schema: S): Entry<S> {
  return { about, schema, otherwise: null, also };
}

const form = <T>(form: SchemaForm): v.MetadataAction<T, { readonly form: SchemaForm }> =>
  v.metadata({ form });

export interface ValueOptions<T> {
  /** What it should be, as in "is not a port". */
  readonly noun: string;
  /** What is allowed, as the second half of the message. */
  readonly allowed: string;
  readonly json: JsonSchema;
  /** The value for the configuration, or undefined (not what the noun says) or the particular reason. */
  readonly read: (input: unknown) => T | undefined | Refusal;
  /** The message must not show the input. */
  readonly secret?: boolean;
}

export type Shape<T> = v.GenericSchema<unknown, T>;

/** An input as it may be shown: one word of it, never text that could carry more than the mistaken value. */
function shown(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (isMapping(input)) return 'a mapping';
  if (typeof input !== 'string') return String(input);
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]{1,80}$/u.test(input) ? JSON.stringify(input) : 'this text';
}

export function isMapping(input: unknown): input is Record<string, unknown> {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}

/** A scalar, or whatever else one function can read. */
export function value<T>(options: ValueOptions<T>): Shape<T> {
  return v.pipe(
    v.unknown(),
    v.rawTransform(({ dataset, addIssue, NEVER }): T => {
      const input = dataset.value;
      let problem = 'is empty';
      if (input !== null) {
        const subject = options.secret === true ? 'this value' : shown(input);
        const result = options.read(input);
        if (result instanceof Refusal) problem = `${subject} ${result.problem}`;
        else if (result === undefined) problem = `${subject} is not ${options.noun}`;
        else return result;
      }
      addIssue({ message: `${problem}; ${options.allowed}` });
      return NEVER;
    }),
    v.description(options.allowed),
    form({ kind: 'value', noun: options.noun, json: options.json }),
  );
}

/** A list of so many items of one shape. */
export function list<T>(
  item: Shape<T>,
  options: { allowed: string; min?: number; max?: number },
): Shape<readonly T[]> {
  const { allowed, min = 0, max = Number.POSITIVE_INFINITY } = options;
  return v.pipe(
    v.array(
      item,
      (issue) =>
        `${issue.input === null ? 'is empty' : `${shownKind(issue.input)} is not a list`}; ${allowed}`,
    ),
    v.check((items) => items.length >= min, `needs ${min === 1 ? 'an item' : `${min} items`}; ${allowed}`),
    v.check(
      (items) => items.length <= max,
      (issue) => `has ${issue.input.length} items, ${max} are allowed; ${allowed}`,
    ),
    v.description(allowed),
    form({ kind: 'list', item, min, max }),
  );
}

/** A mapping whose keys are names of things; of each thing the shape is the same. */
export function byNames<T>(
  item: Shape<T>,
  options: { name: RegExp; allowed: string; max: number },
): Shape<ReadonlyMap<string, T>> {
  const { name, allowed, max } = options;
  return v.pipe(
    v.custom<Record<string, unknown>>(
      isMapping,
      (issue) => `${issue.input === null ? 'is empty' : 'is not a mapping of names'}; ${allowed}`,
    ),
    v.record(v.pipe(v.string(), v.regex(name, `is no name; ${allowed}`)), item),
    v.check((things) => Object.keys(things).length <= max, `has more than ${max} names; ${allowed}`),
    v.transform((things) => new Map(Object.entries(things))),
    v.description(allowed),
    form({
      kind: 'mapping',
      entries: { NAME: entry('One of them, by its name.', item) },
      elsewhere: [],
      names: name,
    }),
  );
}

/** One of several shapes; which one, the input tells. */
export function choice<T>(of: readonly Shape<T>[], which: (input: unknown) => Shape<T>): Shape<T> {
  return v.pipe(v.lazy(which), form({ kind: 'choice', of }));
}

function shownKind(input: unknown): string {
  return isMapping(input) ? 'a mapping' : 'a single value';
}

type Schemas<E extends Readonly<Record<string, Entry>>> = { readonly [K in keyof E]: E[K]['schema'] };

/**
 * A mapping with these keys and no others. Keys that belong to some other place may be given with the reason
 * why they are not wanted here.
 */
export function mapping<const E extends Readonly<Record<string, Entry>>>(
  entries: E,
  elsewhere: Readonly<Record<string, string>> = {},
) {
  // Of two names each may be missing; `mistakenNames` sees to it that one is there.
  const schemas = Object.fromEntries(
    Object.entries(entries).flatMap(([key, { schema, also }]): [string, v.GenericSchema][] => {
      if (also === null) return [[key, schema]];
      return [key, also].map((name) => [name, v.optional(schema)]);
    }),
  ) as Schemas<E>;
  const keys = Object.keys(schemas);
  const allowed = `allowed here: ${keys.join(', ')}`;
  return v.pipe(
    v.custom<Record<string, unknown>>(
      isMapping,
      (issue) => `${issue.input === null ? 'is empty' : 'is not a mapping of keys to values'}; ${allowed}`,
    ),
    v.looseObject(schemas, (issue) => missing(entries[String(issue.path?.at(-1)?.key)]?.schema)),
    v.rawCheck(({ dataset, addIssue }) => {
      const input = dataset.value;
      if (!isMapping(input)) return;
      const add = (key: string, message: string): void =>
        addIssue({ message, path: [{ type: 'object', origin: 'key', input, key, value: input[key] }] });
      for (const key of Object.keys(input)) {
        if (Object.hasOwn(schemas, key)) continue;
        const own = Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;
        add(key, own ?? unknownKey(key, keys));
      }
      mistakenNames(entries, input, add);
    }),
    v.transform((read) => byFirstNames(entries, read)),
    v.description(allowed),
    form({ kind: 'mapping', entries, elsewhere: Object.keys(elsewhere) }),
  );
}

/** Adds what is wrong with keys of two names: both are given, or neither. */
function mistakenNames(
  entries: Readonly<Record<string, Entry>>,
  input: Readonly<Record<string, unknown>>,
  add: (key: string, message: string) => void,
): void {
  for (const [key, { schema, also }] of Object.entries(entries)) {
    if (also === null) continue;
    const given = [key, also].filter((name) => Object.hasOwn(input, name));
    if (given.length === 2)
      add(also, `is another name of ${key}, which is there, too; leave one of them away`);
    if (given.length === 0) add(key, missing(schema));
  }
}

/** What was given by the other name of its key is there by the first one, too. */
function byFirstNames<T extends Record<string, unknown>>(
  entries: Readonly<Record<string, Entry>>,
  read: T,
): T {
  const named = Object.entries(entries).flatMap(([key, { also }]) =>
    also !== null && Object.hasOwn(read, also) ? [[key, read[also]]] : [],
  );
  return named.length === 0 ? read : { ...read, ...Object.fromEntries(named) };
}

function missing(schema: v.GenericSchema | undefined): string {
  return `is missing; ${(schema && v.getDescription(schema)) ?? 'it is required'}`;
}

/** What to say about a key that nobody knows. */
function unknownKey(key: string, known: readonly string[]): string {
  // `key:secret` without the space is one key to YAML.
  const [name = '', ...rest] = key.split(':');
  if (rest.length > 0 && known.includes(name)) return 'unknown key; write a space behind the colon';
  const near = nearest(key, known);
  return near === null
    ? `unknown key; allowed here: ${known.join(', ')}`
    : `unknown key; did you mean "${near}"?`;
}
