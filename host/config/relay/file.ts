/** The file of `ringback relay`. */
import { type FileKind, loadConfiguration, parseConfiguration } from '../load.ts';
import { layoutOf, type UciLayout } from '../uci/layout.ts';
import { uciForm } from '../uci/read.ts';
import { relayContradictions } from './contradictions.ts';
import { relaySchema } from './schema.ts';
import type { RelayConfiguration } from './types.ts';

/** Of a file in UCI. */
export const relayLayout = (): UciLayout => layoutOf(relaySchema, 'relay');

export const RELAY_FILE: FileKind<RelayConfiguration> = {
  schema: relaySchema,
  contradictions: relayContradictions,
  least: 'relay.pop with host, user and password, smtp with host and from, clients, and list_key',
  otherForm: uciForm(relayLayout),
};

/** Throws as loadConfiguration does. */
export function loadRelayConfiguration(file: string): RelayConfiguration {
  return loadConfiguration(RELAY_FILE, file);
}

/** Throws as loadConfiguration does. */
export function parseRelayConfiguration(source: string, name: string): RelayConfiguration {
  return parseConfiguration(RELAY_FILE, source, name);
}
