/** Values in UCI, which are all text: what each means to a key, and how a value of a key is written. */

import type { JsonSchema } from '../shape.ts';

/** As OpenWrt's scripts take them. */
const YES = new Set(['1', 'on', 'true', 'yes', 'enabled']);
const NO = new Set(['0', 'off', 'false', 'no', 'disabled']);

/** `false` for `no` and its like, `true` for `yes`; null: it is neither. */
export function truthOf(text: string): boolean | null {
  if (YES.has(text)) return true;
  return NO.has(text) ? false : null;
}

/** What one of several may be, each for itself. */
function alternatives(json: readonly JsonSchema[]): JsonSchema[] {
  return json.flatMap((one) => (Array.isArray(one.anyOf) ? alternatives(one.anyOf as JsonSchema[]) : [one]));
}

/** What a text means where such values are taken; the text itself where it has no other meaning. */
export function meaningOf(text: string, json: readonly JsonSchema[]): unknown {
  const all = alternatives(json);
  const truth = truthOf(text);
  if (truth !== null && all.some(({ type }) => type === 'boolean')) return truth;
  if (truth === false && all.some((one) => one.const === false)) return false;
  if (/^-?\d{1,15}$/.test(text) && all.some(({ type }) => type === 'integer')) return Number(text);
  return text;
}

/** Whether no such value has a blank in it. */
export function isWord(json: readonly JsonSchema[]): boolean {
  return alternatives(json).every(
    ({ type, pattern, enum: words }) =>
      type !== 'string' || Array.isArray(words) || (typeof pattern === 'string' && pattern.startsWith('^')),
  );
}

/** How a value is written; null: as no text. */
export function textIn(value: unknown): string | null {
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}
