/** The file of `ringback run`. */
import { type FileKind, loadConfiguration, parseConfiguration } from '../load.ts';
import type { RouterConfiguration } from '../types.ts';
import { contradictions } from './contradictions.ts';
import { routerSchema } from './schema.ts';

const ROUTER_FILE: FileKind<RouterConfiguration> = {
  schema: routerSchema,
  contradictions,
  least: 'detect.watch, and fabric.interfaces or fabric.socket',
};

/** Throws as loadConfiguration does. */
export function loadRouterConfiguration(file: string): RouterConfiguration {
  return loadConfiguration(ROUTER_FILE, file);
}

/** Throws as loadConfiguration does. */
export function parseRouterConfiguration(source: string, name: string): RouterConfiguration {
  return parseConfiguration(ROUTER_FILE, source, name);
}
