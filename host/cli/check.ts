/** `ringback check`: is a configuration, or a scenario, right, and what will it do? */
import { existsSync } from 'node:fs';
import { readText, topKeys } from '../config/load.ts';
import { isUci } from '../config/uci/text.ts';
import { RingbackError } from '../errors.ts';
import { tables } from '../fabric/module.ts';
import type { Time } from '../time.ts';
import { convertedFile, formNamed } from './convert.ts';
import { explainScenario, parseScenario, scenarioFile } from './emulator.ts';
import { findingsText } from './here-findings.ts';
import { type OwnFile, readOwnFile } from './role-files.ts';
import { roleNamed } from './role-of.ts';

interface Wanted {
  /** The file that is checked without another word. */
  readonly usual: string;
  readonly config: string | undefined;
  readonly json: boolean;
  /** Whose file it is, and in which form it is wanted. */
  readonly role?: string | undefined;
  readonly as?: string | undefined;
}

/** What to print; `more`: a scenario, or a file. Throws RingbackError('configuration') with every mistake. */
export function checkCommand(
  { usual, config, json, role: roleName, as }: Wanted,
  [given, ...more]: readonly string[],
): string {
  if (more.length > 0)
    throw new RingbackError('usage', `check: ${more[0]} is too much; ringback check --help`);
  if (given !== undefined && config !== undefined)
    throw new RingbackError(
      'usage',
      `check: ${given} and -c ${config} exclude each other; ringback check --help`,
    );
  const file = given === undefined || existsSync(given) ? (given ?? config ?? usual) : scenarioFile(given);
  const role = roleNamed(roleName);
  const form = formNamed(as);
  if (form !== null && json)
    throw new RingbackError('usage', 'check: --as and --json exclude each other; ringback check --help');
  if (form !== null) return convertedFile(file, role, form).trimEnd();
  const { does, warnings, once } = (role === null ? readScenario(file) : null) ?? readOwnFile(file, role);
  if (json) return JSON.stringify({ file, does, warnings, once });
  return [`${file} is right.`, ...does, ...warnings.map((text) => `Warning: ${text}`)].join('\n');
}

/** The same, and whether what the role needs is there; and whether none of that is wrong. */
export async function checkHereCommand(
  wanted: Wanted,
  more: readonly string[],
  time: Time,
): Promise<{ readonly text: string; readonly isRight: boolean }> {
  if (wanted.as !== undefined)
    throw new RingbackError('usage', 'check: --as and --here exclude each other; ringback check --help');
  const checked = checkCommand(wanted, more);
  const file = more[0] ?? wanted.config ?? wanted.usual;
  if (!existsSync(file) || (wanted.role === undefined && readScenario(file) !== null))
    throw new RingbackError(
      'usage',
      `check: ${file} is a scenario, which needs nothing here; leave --here out`,
    );
  const findings = await readOwnFile(file, roleNamed(wanted.role)).here(time);
  const isRight = findings.every(({ verdict }) => verdict !== 'wrong');
  if (wanted.json) return { text: JSON.stringify({ ...JSON.parse(checked), here: findings }), isRight };
  return { text: [checked, '', 'Here:', ...findingsText(findings)].join('\n'), isRight };
}

/** null: it is none. */
function readScenario(file: string): Pick<OwnFile, 'does' | 'warnings' | 'once'> | null {
  const text = readText(file);
  if (isUci(text, file) || !isScenario(topKeys(text))) return null;
  return { does: explainScenario(parseScenario(text, file), tables), warnings: [], once: null };
}

/** Also one that forgets to say its version; only a scenario has a script. */
function isScenario(keys: readonly string[]): boolean {
  return keys.includes('scenario') || (keys.includes('script') && !keys.includes('detect'));
}
