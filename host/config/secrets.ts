/** The secrets of a configuration, and who can guess them, read them, or put others in their place. */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Path } from './contradictions.ts';
import { pathText } from './load.ts';
import type { SmtpConfiguration, TrapConfiguration, TrapUser } from './types.ts';
import { type Weakness, weaknessOf } from './weakness.ts';

export interface Secret {
  readonly path: Path;
  readonly value: string;
  /** It signs or encrypts: one who listens can try guesses at home. */
  readonly isKey: boolean;
}

/** The community that is none. */
const PUBLIC = 'public';

export const keySecret = (path: Path, value: string | null): Secret[] =>
  value === null ? [] : [{ path, value, isKey: true }];
export const passwordSecret = (path: Path, value: string | null): Secret[] =>
  value === null ? [] : [{ path, value, isKey: false }];

export function smtpSecrets(smtp: SmtpConfiguration | null): Secret[] {
  return passwordSecret(['smtp', 'password'], smtp?.password ?? null);
}

export function trapSecrets(path: Path, traps: TrapConfiguration | null): Secret[] {
  if (traps === null) return [];
  return [
    ...traps.communities.flatMap((community, index) =>
      communitySecret([...path, 'communities', index], community),
    ),
    ...traps.users.flatMap((user, index) => userSecrets([...path, 'users', index], user)),
  ];
}

export function communitySecret(path: Path, community: string | null): Secret[] {
  return passwordSecret(path, community === PUBLIC ? null : community);
}

export function userSecrets(path: Path, user: TrapUser | null): Secret[] {
  return [
    ...keySecret([...path, 'auth', 'key'], user?.auth?.key ?? null),
    ...keySecret([...path, 'priv', 'key'], user?.priv?.key ?? null),
  ];
}

const WHY: Readonly<Record<Weakness, string>> = {
  short: 'is too short',
  repeated: 'repeats itself, or goes on in a row',
  words: 'is made of a few words',
};

function keyWarnings(secrets: readonly Secret[], nameOf: (path: Path) => string): string[] {
  return secrets.flatMap(({ path, value, isKey }) => {
    const weakness = isKey ? weaknessOf(value) : null;
    if (weakness === null) return [];
    return [
      `${nameOf(path)} ${WHY[weakness]}: it can be guessed by who has heard what was done with it; make one with "openssl rand -hex 32".`,
    ];
  });
}

const OTHERS = 0o007;
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;
const GROUP_WRITE = 0o020;
const STICKY = 0o1000;

/** Permissions; 0 where there is nothing, or nothing that can be looked at. */
function modeOf(path: string, kind: 'isFile' | 'isDirectory'): number {
  try {
    const there = statSync(path);
    return there[kind]() ? there.mode : 0;
  } catch {
    return 0;
  }
}

/** A configuration names programs that are run, so who writes it has the rights of whoever runs it. */
function fileWarnings(file: string, secrets: readonly Secret[]): string[] {
  const mode = modeOf(file, 'isFile');
  const found: string[] = [];
  if (secrets.length > 0 && (mode & OTHERS_READ) !== 0) {
    found.push(`Everybody on this machine can read ${file}, which has secrets: chmod o-rwx ${file}`);
  }
  if ((mode & (OTHERS_WRITE | GROUP_WRITE)) !== 0) {
    const who = (mode & OTHERS_WRITE) === 0 ? 'Its group' : 'Everybody on this machine';
    found.push(`${who} can write ${file}, and so have programs run: chmod go-w ${file}`);
  }
  const directory = dirname(file);
  const around = modeOf(directory, 'isDirectory');
  if (mode !== 0 && (around & OTHERS_WRITE) !== 0 && (around & STICKY) === 0) {
    found.push(
      `Everybody on this machine can put another file in the place of ${file}: chmod o-w ${directory}`,
    );
  }
  return found;
}

function stateWarnings(state: string | null): string[] {
  if (state === null || (modeOf(state, 'isDirectory') & OTHERS) === 0) return [];
  return [
    `Others on this machine can look into the state at ${state}, with mail addresses and who tried what: chmod 700 ${state}`,
  ];
}

/**
 * What is probably not meant about the secrets of the configuration in `file`, and about the state that it names; `nameOf`: what
 * the file calls a key.
 */
export function secretWarnings(
  file: string,
  secrets: readonly Secret[],
  state: string | null,
  nameOf: (path: Path) => string = pathText,
): string[] {
  return [...keyWarnings(secrets, nameOf), ...fileWarnings(file, secrets), ...stateWarnings(state)];
}
