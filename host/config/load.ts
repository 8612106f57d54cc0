/** The one door for configuration files: read, understood, checked, or refused with every mistake named. */

import { closeSync, openSync, readSync } from 'node:fs';
import * as v from 'valibot';
import { messageOf, RingbackError, systemCodeOf } from '../errors.ts';
import type { Mistake, Path } from './contradictions.ts';
import { isMapping, type Shape } from './shape.ts';
import { readYaml, type TextMistake, type YamlText } from './yaml.ts';

/** What a text says, in whichever form. */
export interface ConfigurationText extends YamlText {
  /** What the text calls the key. */
  nameOf(path: Path): string;
  /** What is wrong at the key, in the words of the form. */
  worded(path: Path, message: string): string;
}

/** One mistake can repeat a hundred times; the first ones tell what it is. */
const MAX_SHOWN = 20;
/** Above this many nobody waits for each one's place to be looked up. */
const MAX_LOCATED = 1000;
const MAX_BYTES = 8 * 1024 * 1024;

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; give the right path with -c FILE',
  ENOTDIR: 'does not exist, a part of its path is no directory; give the right path with -c FILE',
  EISDIR: 'is a directory; give the path of a configuration file in it with -c FILE',
  EACCES: 'may not be read by this user; change its permissions (chmod, chown) or run as its owner',
  EPERM: 'may not be read by this user; change its permissions (chmod, chown) or run as its owner',
  ELOOP: 'is a symbolic link that leads nowhere; give the right path with -c FILE',
};

/** What the file of one command is. */
export interface FileKind<Configuration> {
  readonly schema: Shape<Configuration>;
  /** What keys that are right for themselves say against each other, in no particular order. */
  readonly contradictions: (configuration: Configuration) => readonly Mistake[];
  /** What to write into an empty one, as in "give at least detect.watch". */
  readonly least: string;
  /** What the text says where it is not YAML; null: it is. */
  readonly otherForm?: (text: string, file: string) => ConfigurationText | null;
  /** What is read in the place of what the text says; without it that itself. */
  readonly change?: (value: unknown) => unknown;
  /** By what a value has come there that is not the text's: `--set page=none`; null: it is. */
  readonly changedBy?: (path: Path) => string | null;
}

function refuse(message: string, cause?: unknown): never {
  throw new RingbackError('configuration', message, { cause });
}

/**
 * The configuration in a file of this kind. Throws a RingbackError `configuration` whose message names
 * every mistake on a line of its own, `FILE:LINE:COLUMN: key.path: what is wrong; what is allowed`, and never
 * shows a secret.
 */
export function loadConfiguration<T>(kind: FileKind<T>, file: string): T {
  return parseConfiguration(kind, readText(file), file);
}

/** What is in the file. Throws as loadConfiguration does. */
export function readText(file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readSome(file, MAX_BYTES + 1);
  } catch (error) {
    return refuse(
      `${file}: ${UNREADABLE[systemCodeOf(error) ?? ''] ?? `can't be read: ${messageOf(error)}`}`,
      error,
    );
  }
  if (bytes.length > MAX_BYTES) refuseLarge(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    return refuse(
      `${file}: is not text in UTF-8; give a file in YAML or UCI, or convert it (iconv -t UTF-8)`,
      error,
    );
  }
}

/** The file's beginning. Pipes and devices have no size to ask for, so it is read until enough or the end. */
function readSome(file: string, most: number): Uint8Array {
  const buffer = new Uint8Array(most);
  const descriptor = openSync(file, 'r');
  try {
    let length = 0;
    while (length < most) {
      const read = readSync(descriptor, buffer, length, most - length, null);
      if (read === 0) break;
      length += read;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function refuseLarge(name: string): never {
  refuse(`${name}: is larger than 8 MiB; a configuration is not, give the right path with -c FILE`);
}

/** The configuration in a text; `name` stands for the file in messages. Throws as loadConfiguration does. */
export function parseConfiguration<T>(kind: FileKind<T>, source: string, name: string): T {
  return readConfiguration(kind, source, name).configuration;
}

/** And the text's own values, without what holds unless it is said. Throws as loadConfiguration does. */
export function readConfiguration<T>(
  kind: FileKind<T>,
  source: string,
  name: string,
): { readonly configuration: T; readonly value: unknown } {
  const text = source.replace(/^\uFEFF/, '');
  if (text.length > MAX_BYTES) refuseLarge(name);
  const control = /[^\P{Cc}\t\n\r\x85]/u.exec(text);
  if (control !== null) {
    refuse(
      `${name}:${place(text, control.index)}: is not a text file; a configuration is text, without control characters`,
    );
  }
  const said = kind.otherForm?.(text, name) ?? {
    ...readYaml(text),
    nameOf: pathText,
    worded: (_: Path, message: string) => message,
  };
  const mistakes: Found[] = [...said.mistakes];
  if (!said.broken && said.value === null && mistakes.length === 0) {
    refuse(`${name}:1:1: is empty; give at least ${kind.least}`);
  }
  const configuration = said.broken ? null : understood(kind, said, mistakes);
  if (configuration !== null && mistakes.length === 0) return { configuration, value: said.value };

  mistakes.sort((one, other) => one.offset - other.offset);
  const lines = mistakes
    .slice(0, MAX_SHOWN)
    .map(({ offset, message, by }) => `${by ?? `${name}:${place(text, offset)}`}: ${message}`);
  if (mistakes.length > lines.length)
    lines.push(`${name}: and ${mistakes.length - lines.length} more mistakes`);
  return refuse(lines.join('\n'));
}

interface Found extends TextMistake {
  /** What has brought it, where that is not the text. */
  readonly by?: string;
}

/** What the schema makes of the values, or null; adds to the mistakes. */
function understood<T>(kind: FileKind<T>, said: ConfigurationText, mistakes: Found[]): T | null {
  const add = (path: Path, part: 'key' | 'value', found: string): void => {
    const by = kind.changedBy?.(path) ?? null;
    if (by !== null) {
      mistakes.push({ offset: 0, message: `${pathText(path)}: ${found}`, by });
      return;
    }
    const message = said.worded(path, found);
    const offset = mistakes.length < MAX_LOCATED ? said.locate(path, part) : Number.POSITIVE_INFINITY;
    mistakes.push({ offset, message: path.length === 0 ? message : `${said.nameOf(path)}: ${message}` });
  };
  const result = v.safeParse(kind.schema, kind.change === undefined ? said.value : kind.change(said.value));
  if (!result.success) {
    for (const issue of result.issues) {
      const path = issue.path?.map(({ key }) => (typeof key === 'number' ? key : String(key))) ?? [];
      add(path, issue.path?.at(-1)?.origin === 'key' ? 'key' : 'value', issue.message);
    }
    return null;
  }
  for (const { path, message } of kind.contradictions(result.output)) add(path, 'value', message);
  return result.output;
}

/** The keys at the top of a text, which tell what kind of file it is; none where it can't be understood. */
export function topKeys(source: string): readonly string[] {
  const { broken, value } = readYaml(source.replace(/^\uFEFF/, ''));
  return !broken && isMapping(value) ? Object.keys(value) : [];
}

/** The beginnings of lines that say a key of the top, which is all that a text with a slip shows. */
const TOP_KEY = /^["']?([a-z_]+)["']?[ \t]*:/gm;
const CONTROL_LINE = /^["']?control["']?[ \t]*:[ \t]*(["']?)(\/[^"'#\s]+)\1[ \t]*(?:#.*)?$/m;

/** The same of a text with mistakes, as far as it can be guessed. */
export function guessedTopKeys(source: string): readonly string[] {
  const keys = topKeys(source);
  return keys.length > 0 ? keys : [...source.matchAll(TOP_KEY)].map(([, key = '']) => key);
}

/** `control` of a text, which may have mistakes elsewhere; null: none is found. */
export function controlIn(source: string): string | null {
  const { broken, value } = readYaml(source.replace(/^\uFEFF/, ''));
  if (broken) return CONTROL_LINE.exec(source)?.[2] ?? null;
  const said = isMapping(value) ? value.control : undefined;
  return typeof said === 'string' && said.startsWith('/') ? said : null;
}

/**
 * `clients[2].mail`. A key that is not a plain word is cut where it stops being one: what follows may be a
 * secret whose colon lacks its space.
 */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else
      text += `${text === '' ? '' : '.'}${/^[\w-]{0,40}/.exec(step)?.[0]}${/^[\w-]{1,40}$/.test(step) ? '' : '…'}`;
  }
  return text;
}

/** `LINE:COLUMN`, both from 1, columns in characters. */
function place(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineAt = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${[...before.slice(lineAt)].length + 1}`;
}
