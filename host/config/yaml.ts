/**
 * YAML text to plain values that remember where they stood.
 *
 * Messages are written here and not taken from the library: its own quote the text, and the text may be a
 * password.
 */

import {
  Composer,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  type YAMLError,
} from 'yaml';
import type { Path } from './contradictions.ts';

export interface TextMistake {
  /** UTF-16 code units from the beginning of the text. */
  readonly offset: number;
  readonly message: string;
}

export interface YamlText {
  /** Plain values; null if there is nothing in the text. Meaningless when `broken`. */
  readonly value: unknown;
  /** The text can't be understood as a whole: what is in `mistakes` has to be mended first. */
  readonly broken: boolean;
  readonly mistakes: readonly TextMistake[];
  /**
   * The offset of a value, or of its key; where that is not in the text, of the innermost thing around it
   * that is. What an alias stands for is looked for no further than the alias.
   */
  locate(path: Path, part: 'key' | 'value'): number;
}

/** The configuration needs seven levels; the library recurses and would run out of stack. */
const DEEPEST = 32;
const MAX_ALIASES = 100;
/** Characters; the library's tree takes a hundred bytes for each. */
const MAX_YAML = 2 * 1024 * 1024;
const TOO_MUCH =
  'is larger than 2 MiB, and no plain JSON; write it as JSON, with no key given twice, which may have 8 MiB';

/** Names that every JavaScript object inherits a meaning for, and which valibot therefore passes over in silence. */
export const INHERITED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  resolveKnownTags: false,
  prettyErrors: false,
  stringKeys: true,
  // Checked below, in linear time.
  uniqueKeys: false,
} as const;

const QUOTE = 'put text with special characters in quotes';

const MESSAGES: Readonly<Record<YAMLError['code'], string>> = {
  ALIAS_PROPS: 'an alias (*name) stands alone; remove what is in front of it',
  BAD_ALIAS: `this is not the name of an alias; ${QUOTE}`,
  BAD_COLLECTION_TYPE: 'this tag does not fit its value; remove the tag',
  BAD_DIRECTIVE: 'this directive is not known; remove the line that starts with %',
  BAD_DQ_ESCAPE: 'a backslash means something else in double quotes; use single quotes, or write it twice',
  BAD_INDENT: 'the indentation is wrong; line it up with the keys around it, and close every bracket',
  BAD_PROP_ORDER: 'tag and anchor stand in front of the value; remove them',
  BAD_SCALAR_START: `text can't start with this sign; ${QUOTE}`,
  BLOCK_AS_IMPLICIT_KEY: `a second "key: value" begins inside of a value; start a new line, or ${QUOTE}`,
  BLOCK_IN_FLOW: `inside of brackets items are separated by commas; add the comma, or ${QUOTE}`,
  DUPLICATE_KEY: 'this key is given twice; keep one of them',
  IMPOSSIBLE: 'this is not YAML; see the examples in the manual',
  KEY_OVER_1024_CHARS: 'this key is longer than 1024 characters; is a colon or a quote missing?',
  MISSING_CHAR: 'a comma or a closing bracket is missing; add it',
  MULTILINE_IMPLICIT_KEY: 'a key goes over the end of its line; is a colon or a quote missing?',
  MULTIPLE_ANCHORS: 'a value has at most one anchor (&name); remove one',
  MULTIPLE_DOCS:
    'a second document begins; one file holds one configuration, remove this line and what follows',
  MULTIPLE_TAGS: 'a value has at most one tag (!name); remove one',
  NON_STRING_KEY: 'a key is a plain word; write it without brackets, tags and aliases',
  RESOURCE_EXHAUSTION: 'this is nested too deeply; the configuration needs seven levels',
  TAB_AS_INDENT: 'a tab is used to indent; YAML wants spaces',
  TAG_RESOLVE_FAILED: `tags (!name) have no meaning here; remove it, or ${QUOTE}`,
  UNEXPECTED_TOKEN: `this does not belong here; line it up with the keys around it, or ${QUOTE}`,
};

function messageOf({ code, message }: YAMLError): string {
  if (code !== 'MISSING_CHAR') return MESSAGES[code];
  if (message.startsWith('Missing closing')) return 'a quote is opened and not closed; close it';
  return message.startsWith('Implicit map key')
    ? 'this is neither "key: value" nor text in its place; is the colon or the space behind it missing?'
    : MESSAGES[code];
}

class TooDeep extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super(MESSAGES.RESOURCE_EXHAUSTION);
    this.offset = offset;
  }
}

/** The library's tokens of a text, no deeper than allowed. */
function* tokensOf(text: string) {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > DEEPEST) throw new TooDeep(parser.offset);
  }
  yield* parser.end();
}

function brokenAt(offset: number, message: string): YamlText {
  return { value: null, broken: true, mistakes: [{ offset, message }], locate: () => offset };
}

/**
 * What a text says. JSON is YAML, and read as such only where it is not plain: that takes a hundred times as long, and a
 * list of clients out of a program is long.
 */
export function readYaml(text: string): YamlText {
  return readJson(text) ?? readAnyYaml(text);
}

/** null: it is not JSON, or there is something in it that YAML has an opinion on. */
function readJson(text: string): YamlText | null {
  if (!/^\s*\{/.test(text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  // Outside of its strings JSON has a colon behind each key and nowhere else: of a key given twice one is missing.
  if (keysIn(value, DEEPEST) !== colonsIn(text)) return null;
  let yaml: YamlText | null = null;
  const locate: YamlText['locate'] = (path, part) => {
    yaml ??= readAnyYaml(text);
    return yaml.locate(path, part);
  };
  return { value, broken: false, mistakes: [], locate };
}

/** How many colons a JSON text has outside of its strings. */
function colonsIn(json: string): number {
  let colons = 0;
  let isInString = false;
  for (let at = 0; at < json.length; at++) {
    const sign = json[at];
    if (sign === '\\' && isInString) at++;
    else if (sign === '"') isInString = !isInString;
    else if (sign === ':' && !isInString) colons++;
  }
  return colons;
}

/** How many keys there are; NaN if one is refused for its name, or it is deeper than that. */
function keysIn(value: unknown, deepest: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (deepest === 0) return Number.NaN;
  let keys = 0;
  if (!Array.isArray(value)) {
    for (const key in value) keys += INHERITED_KEYS.has(key) ? Number.NaN : 1;
  }
  for (const inner of Object.values(value)) keys += keysIn(inner, deepest - 1);
  return keys;
}

function readAnyYaml(text: string): YamlText {
  if (text.length > MAX_YAML) return brokenAt(0, TOO_MUCH);
  try {
    return compose(text);
  } catch (error) {
    if (error instanceof TooDeep) return brokenAt(error.offset, error.message);
    throw error;
  }
}

function compose(text: string): YamlText {
  const [document, second] = new Composer(OPTIONS).compose(tokensOf(text), true, text.length);
  if (document === undefined) return brokenAt(0, MESSAGES.IMPOSSIBLE);
  if (second !== undefined) return brokenAt(second.range[0], MESSAGES.MULTIPLE_DOCS);
  const [error] = document.errors;
  // One mistake of syntax makes others out of what follows: the first is the one to mend.
  if (error !== undefined) return brokenAt(error.pos[0], messageOf(error));

  const mistakes: TextMistake[] = document.warnings.map(({ pos, code }) => ({
    offset: pos[0],
    message: MESSAGES[code],
  }));
  const { contents } = document;
  const value = plainValue(contents, (node, message) =>
    mistakes.push({ offset: offsetOf(node) ?? 0, message }),
  );
  return { value, broken: false, mistakes, locate: (path, part) => locate(contents, path, part) };
}

/**
 * Mappings, lists and scalars of the tree as JavaScript has them. An alias becomes the value itself, not a
 * copy, so no alias can make the result larger than the text.
 */
function plainValue(root: unknown, mistaken: (node: unknown, message: string) => void): unknown {
  const anchors = new Map<string, unknown>();
  let aliases = 0;

  const aliased = (node: unknown, name: string): unknown => {
    aliases += 1;
    if (aliases === MAX_ALIASES + 1)
      mistaken(node, `more than ${MAX_ALIASES} aliases (*name); write the values out`);
    // A value has its anchor only when it is complete: no value contains itself.
    if (!anchors.has(name)) mistaken(node, MESSAGES.BAD_ALIAS);
    return aliases > MAX_ALIASES ? null : (anchors.get(name) ?? null);
  };
  const mapped = (items: readonly unknown[]): unknown => {
    const entries = new Map<string, unknown>();
    for (const item of items) {
      if (!isPair(item)) continue;
      const key = isScalar(item.key) ? String(item.key.value) : '';
      if (entries.has(key)) mistaken(item.key, MESSAGES.DUPLICATE_KEY);
      if (INHERITED_KEYS.has(key)) mistaken(item.key, `${key}: unknown key; remove it`);
      else entries.set(key, plain(item.value));
    }
    return Object.fromEntries(entries);
  };
  const plain = (node: unknown): unknown => {
    if (isAlias(node)) return aliased(node, node.source);
    if (isScalar(node)) return anchored(node.anchor, node.value);
    if (isSeq(node)) return anchored(node.anchor, node.items.map(plain));
    if (isMap(node)) return anchored(node.anchor, mapped(node.items));
    return null;
  };
  const anchored = (name: string | undefined, value: unknown): unknown => {
    if (name !== undefined) anchors.set(name, value);
    return value;
  };
  return plain(root);
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function locate(root: unknown, path: Path, part: 'key' | 'value'): number {
  let node = root;
  let found = offsetOf(root) ?? 0;
  for (const [depth, step] of path.entries()) {
    let key: unknown;
    if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
    } else if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      key = pair?.key;
      node = pair?.value;
    } else {
      return found;
    }
    const wanted = depth === path.length - 1 ? part : 'value';
    // What is left empty has no place of its own.
    const blank = isScalar(node) && node.value === null && node.source === '';
    found = (wanted === 'key' || blank ? offsetOf(key) : offsetOf(node)) ?? offsetOf(key) ?? found;
  }
  return found;
}
