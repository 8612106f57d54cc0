/** `ringback check`: is a configuration right, and what will it do? */
import { readText, topKeys } from './config/load.ts';
import * as router from './config/router/explain.ts';
import { parseRouterConfiguration } from './config/router/file.ts';
import * as takeover from './config/takeover/explain.ts';
import { parseTakeoverConfiguration } from './config/takeover/file.ts';

interface Explained {
  readonly does: readonly string[];
  readonly warnings: readonly string[];
}

/** How the file of a role is read. Throws as loadConfiguration does. */
type Read = (text: string, name: string) => Explained;

const readRouter: Read = (text, name) => {
  const configuration = parseRouterConfiguration(text, name);
  const warnings = [...router.warnings(configuration), ...router.notYet(configuration)];
  return { does: router.explain(configuration), warnings };
};

/** A key at the top of the file that tells whose it is. One that has none of them is that of `ringback run`. */
const KINDS: Readonly<Record<string, Read>> = {
  takeover: (text, name) => {
    const configuration = parseTakeoverConfiguration(text, name);
    return { does: takeover.explain(configuration), warnings: takeover.warnings(configuration) };
  },
};

/** What to print. Throws RingbackError('configuration') with every mistake. */
export function checkCommand(file: string, json: boolean): string {
  const text = readText(file);
  const keys = topKeys(text);
  // A file of `ringback run` with a section too much is still that.
  const isRouters = keys.includes('detect');
  const [, read = readRouter] = Object.entries(KINDS).find(([key]) => !isRouters && keys.includes(key)) ?? [];
  const { does, warnings } = read(text, file);
  if (json) return JSON.stringify({ file, does, warnings });
  return [`${file} is right.`, ...does, ...warnings.map((warning) => `Warning: ${warning}`)].join('\n');
}
