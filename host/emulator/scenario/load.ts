/** The one door for scenario files: shipped ones by their name, others by their path. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseConfiguration, readText } from '../../config/load.ts';
import { nearest } from '../../config/nearest.ts';
import { loadRouterConfiguration } from '../../config/router/file.ts';
import type { RouterConfiguration } from '../../config/types.ts';
import { readYaml } from '../../config/yaml.ts';
import { RingbackError } from '../../errors.ts';
import { tables } from '../../fabric/module.ts';
import { build } from './build.ts';
import { scenarioSchema } from './schema.ts';
import { changed, changedBy, readChanges } from './set.ts';
import type { ScenarioText } from './text.ts';
import type { Scenario } from './types.ts';

const ENDING = '.yaml';
/** Beside the program; where it is installed; beside the sources. */
const PLACES = ['./scenarios/', '../../share/ringback/scenarios/', './shipped/'];

export interface ScenarioOptions {
  /** `KEY=VALUE` each: what is read in the place of what stands in the file. */
  readonly set?: readonly string[];
  /** In the place of the file's. */
  readonly seed?: number;
  /** A file of `ringback run`, in the place of `router`. */
  readonly config?: string;
}

function shippedDirectory(): string {
  const places = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(join(place, `embodiment-1${ENDING}`)));
  if (found === undefined)
    throw new RingbackError('input', `no scenarios are at ${places[0]}; \`make\` puts them there`);
  return found;
}

/** Names of those that are shipped. */
export function shippedScenarios(): readonly string[] {
  const names = readdirSync(shippedDirectory()).filter((name) => name.endsWith(ENDING));
  return names.map((name) => name.slice(0, -ENDING.length)).sort();
}

/** Where the scenario of a name, or at a path, stands. Throws RingbackError. */
export function scenarioFile(given: string): string {
  if (/^[a-z0-9-]+$/.test(given) && shippedScenarios().includes(given))
    return join(shippedDirectory(), given + ENDING);
  if (existsSync(given)) return given;
  const near = nearest(
    given.replaceAll('-', '_'),
    shippedScenarios().map((name) => name.replaceAll('-', '_')),
  );
  const meant = near === null ? '' : `did you mean ${near.replaceAll('_', '-')}? `;
  throw new RingbackError(
    'configuration',
    `${given}: is neither a scenario that is shipped nor a file; ${meant}ringback emulate --list`,
  );
}

/** Throws a RingbackError `configuration` with every mistake, as configurations do. */
export function loadScenario(given: string, options: ScenarioOptions = {}): Scenario {
  const file = scenarioFile(given);
  return parseScenario(readText(file), file, options);
}

/** What is in a text; `file` stands for it in messages. Throws as loadScenario does. */
export function parseScenario(source: string, file: string, options: ScenarioOptions = {}): Scenario {
  const { limits } = tables;
  const router = options.config === undefined ? null : loadRouterConfiguration(options.config, limits);
  const changes = readChanges(options.set ?? []);
  const asked = (text: ScenarioText): ScenarioText => ({
    ...text,
    seed: options.seed ?? text.seed,
    router: router === null ? text.router : inPlaceOf(text.router, router),
  });
  const text = parseConfiguration(
    {
      schema: scenarioSchema(limits),
      contradictions: (text: ScenarioText) => build(asked(text), file, limits).mistakes,
      least: 'scenario: 1, title, for and script',
      change: (value) => changed(value, changes),
      changedBy: (path) => changedBy(path, changes),
    },
    source,
    file,
  );
  return build(asked(text), file, limits).scenario;
}

/** The mapping that a text which is right stands for, with what the command line says of it. */
export function changedScenario(source: string, { set = [], seed }: ScenarioOptions = {}): object {
  const { value } = readYaml(source.replace(/^\uFEFF/, ''));
  const text = changed(value, readChanges(set)) as object;
  return seed === undefined ? text : { ...text, seed };
}

/** Somebody's own configuration, on the interfaces of this world. */
function inPlaceOf(there: RouterConfiguration | null, own: RouterConfiguration): RouterConfiguration {
  const interfaces = there?.fabric.interfaces ?? ['lan0', 'wan0'];
  return { ...own, state: null, fabric: { ...own.fabric, interfaces, seesEverything: [] } };
}
