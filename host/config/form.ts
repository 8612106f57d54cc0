/** What a schema says of itself: the form that each shape has in its metadata (`shape.ts`). */

import * as v from 'valibot';
import type { Entry, SchemaForm } from './shape.ts';

export interface Inner {
  readonly schema: v.GenericSchema;
  readonly usual: unknown;
  readonly isRequired: boolean;
}

/** What an entry takes, and what it is without. A mapping that needs a key is needed itself. */
export function innerOf({ schema }: Entry): Inner {
  if (schema.type !== 'optional') return { schema, usual: undefined, isRequired: true };
  const { wrapped, default: usual } = schema as v.OptionalSchema<v.GenericSchema, unknown>;
  const isRequired = usual !== undefined && !v.safeParse(wrapped, usual).success;
  return { schema: wrapped, usual: isRequired ? undefined : usual, isRequired };
}

/** null: it is `false`, and nothing else. */
export function schemaForm(schema: v.GenericSchema): SchemaForm | null {
  const { form } = v.getMetadata(schema) as { form?: SchemaForm };
  if (form !== undefined) return form;
  if (schema.type === 'literal' && (schema as { literal?: unknown }).literal === false) return null;
  throw new Error(`nothing is known of a schema of the type ${schema.type}`);
}

/** The forms that it may have, where it is a choice of several; of `false` null. */
export function schemaForms(schema: v.GenericSchema): (SchemaForm | null)[] {
  const form = schemaForm(schema);
  return form?.kind === 'choice' ? form.of.flatMap(schemaForms) : [form];
}
