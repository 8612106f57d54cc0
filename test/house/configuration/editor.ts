/** The schemas for editors: JSON Schema, draft 7, which the YAML language server knows best. */
import * as v from 'valibot';
import type { Entry, JsonSchema } from '../../../host/config/shape.ts';
import { type FILES, formOf, innerOf } from './rows.ts';

function property(entry: Entry): JsonSchema {
  const { schema, usual } = innerOf(entry);
  const form = formOf(schema);
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

function of(schema: v.GenericSchema): JsonSchema {
  const form = formOf(schema);
  switch (form?.kind) {
    case 'value':
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
      const keys = Object.entries(form.entries);
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

export function editorSchema({ command, schema }: (typeof FILES)[number]): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `Configuration of ringback ${command}`,
    ...of(schema),
  };
}
