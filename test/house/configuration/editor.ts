/** The schemas for editors: JSON Schema, draft 7, which the YAML language server knows best. */

import * as v from 'valibot';
import { innerOf, schemaForm } from '../../../host/config/form.ts';
import type { Entry, JsonSchema } from '../../../host/config/shape.ts';

interface EditedFile {
  readonly title: string;
  readonly schema: v.GenericSchema;
}

function property(entry: Entry): JsonSchema {
  const { schema, usual } = innerOf(entry);
  const form = schemaForm(schema);
  const allowed = form?.kind === 'value' || form?.kind === 'list' ? v.getDescription(schema) : undefined;
  const description = [
    entry.about,
    ...(allowed === undefined ? [] : [`Allowed: ${allowed}.`]),
    ...(entry.otherwise === null ? [] : [`Default: ${entry.otherwise}.`]),
  ].join('\n');
  return { ...of(schema), description, ...(usual === undefined ? {} : { default: usual }) };
}

/** Editors show these words in the place of a pattern or of the first of several schemas. */
function explained(json: JsonSchema, errorMessage: string | undefined): JsonSchema {
  const { anyOf } = json;
  if (!Array.isArray(anyOf)) return { ...json, errorMessage };
  return { anyOf: anyOf.map((one) => explained(one, errorMessage)) };
}

/** One of these keys, and not two. */
function eitherOf(words: readonly string[]): JsonSchema {
  return { oneOf: words.map((word) => ({ required: [word] })) };
}

/** What a scenario does not say of a file is as in the lab, down to where lists begin. */
function withoutRequired(json: JsonSchema): JsonSchema {
  const { required: _, properties, anyOf, ...rest } = json;
  const all = Object.entries((properties ?? {}) as Record<string, JsonSchema>);
  return {
    ...rest,
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(all.map(([key, one]) => [key, withoutRequired(one)])) }),
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.map(withoutRequired) } : {}),
  };
}

function of(schema: v.GenericSchema): JsonSchema {
  const form = schemaForm(schema);
  switch (form?.kind) {
    case 'value':
      if (form.file !== undefined) return withoutRequired(of(form.file));
      return explained(form.json, v.getDescription(schema));
    case 'list': {
      const { item, min, max } = form;
      const few = min === 0 ? {} : { minItems: min };
      const many = max === Number.POSITIVE_INFINITY ? {} : { maxItems: max };
      return { type: 'array', items: of(item), ...few, ...many };
    }
    case 'choice':
      return { anyOf: form.of.map(of) };
    case 'mapping': {
      const { names, entries } = form;
      if (names !== undefined)
        return {
          type: 'object',
          patternProperties: { [names.source]: property(entries.NAME as Entry) },
          additionalProperties: false,
        };
      const keys = Object.entries(entries);
      const words = keys.flatMap(([key, { also }]) => (also === null ? [] : [[key, also]]));
      const named = keys.flatMap(([key, entry]) =>
        [key, entry.also].flatMap((word) => (word === null ? [] : [[word, property(entry)]])),
      );
      return {
        type: 'object',
        properties: Object.fromEntries(named),
        required: keys
          .filter(([, entry]) => entry.also === null && innerOf(entry).isRequired)
          .map(([key]) => key),
        ...(words.length === 0 ? {} : { allOf: words.map(eitherOf) }),
        additionalProperties: false,
      };
    }
    default:
      return { const: false };
  }
}

export function editorSchema({ title, schema }: EditedFile): JsonSchema {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title, ...of(schema) };
}
