/** `ringback check`: is a configuration right, and what will it do? */
import { explain, notYet, warnings } from './config/router/explain.ts';
import { loadRouterConfiguration } from './config/router/file.ts';

/** What to print. Throws RingbackError('configuration') with every mistake. */
export function checkCommand(file: string, json: boolean): string {
  const configuration = loadRouterConfiguration(file);
  const [does, warns] = [explain(configuration), [...warnings(configuration), ...notYet(configuration)]];
  if (json) return JSON.stringify({ file, does, warnings: warns });
  return [`${file} is right.`, ...does, ...warns.map((text) => `Warning: ${text}`)].join('\n');
}
