/** Whose a configuration file is: of the router, a relay, or a node of a pair. */
import { guessedTopKeys, topKeys } from '../config/load.ts';
import { nearest } from '../config/nearest.ts';
import { enabledSection } from '../config/uci/read.ts';
import { isUci } from '../config/uci/text.ts';
import { RingbackError } from '../errors.ts';

export type RoleName = 'router' | 'relay' | 'takeover';

/** The section in UCI that has the keys of the top. */
export const SECTIONS: Readonly<Record<RoleName, string>> = {
  router: 'ringback',
  relay: 'relay',
  takeover: 'takeover',
};
/** How each is started: `ringback COMMAND`. */
export const COMMAND_OF: Readonly<Record<RoleName, 'run' | 'relay' | 'takeover'>> = {
  router: 'run',
  relay: 'relay',
  takeover: 'takeover',
};
const ROLE_NAMES = Object.keys(SECTIONS) as readonly RoleName[];

/** What `--role` says; null: nothing. Throws RingbackError('usage'). */
export function roleNamed(name: string | undefined): RoleName | null {
  if (name === undefined) return null;
  const role = ROLE_NAMES.find((known) => known === name);
  if (role !== undefined) return role;
  const meant = nearest(name, ROLE_NAMES);
  const advice = meant === null ? `there are ${ROLE_NAMES.join(', ')}` : `do you mean ${meant}?`;
  throw new RingbackError('usage', `no role ${JSON.stringify(name)}; ${advice}`);
}

/** Whose it is if nobody says so: the first in a file of several. */
export function roleOf(text: string, file: string): RoleName {
  if (isUci(text, file)) {
    const section = enabledSection(text, Object.values(SECTIONS));
    return ROLE_NAMES.find((role) => SECTIONS[role] === section) ?? 'router';
  }
  return roleByKeys(topKeys(text)) ?? 'router';
}

/** The same of one with mistakes; null: nothing tells. */
export function mistakenRoleOf(text: string, file: string): RoleName | null {
  return isUci(text, file) ? roleOf(text, file) : roleByKeys(guessedTopKeys(text));
}

function roleByKeys(keys: readonly string[]): RoleName | null {
  // A file of `ringback run` with a section too much is still that.
  if (keys.includes('detect')) return 'router';
  return ROLE_NAMES.find((role) => keys.includes(role)) ?? null;
}
