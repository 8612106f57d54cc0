/** The file of `ringback run`. */

import type { Limits } from '../../fabric/sizes.ts';
import { type FileKind, loadConfiguration, parseConfiguration } from '../load.ts';
import type { RouterConfiguration } from '../types.ts';
import { layoutOf, type UciLayout } from '../uci/layout.ts';
import { uciForm } from '../uci/read.ts';
import { routerContradictions } from './contradictions.ts';
import { routerSchema } from './schema.ts';

/** Of a file in UCI. */
export const routerLayout = (limits: Limits): UciLayout => layoutOf(routerSchema(limits), 'ringback');

export function routerFile(limits: Limits): FileKind<RouterConfiguration> {
  return {
    schema: routerSchema(limits),
    contradictions: (configuration) => routerContradictions(configuration, limits),
    least: 'detect.watch, and fabric.interfaces or fabric.socket',
    otherForm: uciForm(() => routerLayout(limits)),
  };
}

/**
 * `socket`: a daemon that was started for the program serves it, whatever the file says of how to start one. Throws as
 * loadConfiguration does.
 */
export function loadRouterConfiguration(file: string, limits: Limits, socket?: string): RouterConfiguration {
  const configuration = loadConfiguration(routerFile(limits), file);
  return socket === undefined
    ? configuration
    : { ...configuration, fabric: { ...configuration.fabric, socket } };
}

/** Throws as loadConfiguration does. */
export function parseRouterConfiguration(source: string, name: string, limits: Limits): RouterConfiguration {
  return parseConfiguration(routerFile(limits), source, name);
}
