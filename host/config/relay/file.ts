/** The file of `ringback relay`. */
import { type FileKind, loadConfiguration, parseConfiguration } from '../load.ts';
import { relayContradictions } from './contradictions.ts';
import { relaySchema } from './schema.ts';
import type { RelayConfiguration } from './types.ts';

const RELAY_FILE: FileKind<RelayConfiguration> = {
  schema: relaySchema,
  contradictions: relayContradictions,
  least: 'relay.pop with host, user and password, smtp with host and from, clients, and list_key',
};

/** Throws as loadConfiguration does. */
export function loadRelayConfiguration(file: string): RelayConfiguration {
  return loadConfiguration(RELAY_FILE, file);
}

/** Throws as loadConfiguration does. */
export function parseRelayConfiguration(source: string, name: string): RelayConfiguration {
  return parseConfiguration(RELAY_FILE, source, name);
}
