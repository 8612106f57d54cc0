/** Files of `ringback run`, within what the module takes. */
import * as file from '../../../host/config/router/file.ts';
import type { RouterConfiguration } from '../../../host/config/types.ts';
import { tables } from '../../../host/fabric/module.ts';

export function parseRouterConfiguration(source: string, name: string): RouterConfiguration {
  return file.parseRouterConfiguration(source, name, tables.limits);
}

export function loadRouterConfiguration(path: string, socket?: string): RouterConfiguration {
  return file.loadRouterConfiguration(path, tables.limits, socket);
}
