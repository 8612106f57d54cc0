/** Values as YAML, for `ringback check --as yaml`: mappings in blocks, one key a line, text in quotes where it could be taken for something else. */

import { isMapping } from './shape.ts';

/** What YAML takes for text, whatever version of it reads; and no word of its own. */
const PLAIN = /^(?=.*[A-Za-z_/])[A-Za-z/_][\w./@+-]*$/;
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

const isPlain = (text: string): boolean => PLAIN.test(text) && !WORDS.test(text);

/** A text that says these values. */
export function yamlText(value: Readonly<Record<string, unknown>>): string {
  return block(value, '');
}

function block(mapping: Readonly<Record<string, unknown>>, indent: string): string {
  return Object.entries(mapping)
    .map(([key, value]) => `${indent}${scalar(key)}:${below(value, indent)}`)
    .join('');
}

/** What stands behind the colon of a key, or the dash of an item. */
function below(value: unknown, indent: string): string {
  if (isMapping(value) && Object.keys(value).length > 0) return `\n${block(value, `${indent}  `)}`;
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    return `\n${value.map((item) => `${indent}  -${inItem(item, `${indent}    `)}`).join('')}`;
  }
  return ` ${flow(value)}\n`;
}

/** An item's first key stands behind its dash. */
function inItem(item: unknown, indent: string): string {
  if (!isMapping(item) || Object.keys(item).length === 0) return ` ${flow(item)}\n`;
  return ` ${block(item, indent).slice(indent.length)}`;
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (isMapping(value)) {
    return `{${Object.entries(value)
      .map(([key, one]) => `${scalar(key)}: ${flow(one)}`)
      .join(', ')}}`;
  }
  return scalar(value);
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return isPlain(value) ? value : JSON.stringify(value);
}
