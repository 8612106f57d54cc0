/** The file of `ringback takeover`. */
import { type FileKind, loadConfiguration, parseConfiguration } from '../load.ts';
import { layoutOf, type UciLayout } from '../uci/layout.ts';
import { uciForm } from '../uci/read.ts';
import { takeoverContradictions } from './contradictions.ts';
import { takeoverSchema } from './schema.ts';
import type { TakeoverConfiguration } from './types.ts';

/** Of a file in UCI. */
export const takeoverLayout = (): UciLayout => layoutOf(takeoverSchema, 'takeover');

export const TAKEOVER_FILE: FileKind<TakeoverConfiguration> = {
  schema: takeoverSchema,
  contradictions: takeoverContradictions,
  least: 'takeover.role, takeover.key, and what that role needs',
  otherForm: uciForm(takeoverLayout),
};

/** Throws as loadConfiguration does. */
export function loadTakeoverConfiguration(file: string): TakeoverConfiguration {
  return loadConfiguration(TAKEOVER_FILE, file);
}

/** Throws as loadConfiguration does. */
export function parseTakeoverConfiguration(source: string, name: string): TakeoverConfiguration {
  return parseConfiguration(TAKEOVER_FILE, source, name);
}
