/** Whom the program becomes, and what such a user may do with files, as their owners and permissions say. */
import { readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Account {
  /** null: a number without a name. */
  readonly name: string | null;
  readonly uid: number;
  readonly gid: number;
}

const NAME = 'ringback';
/**
 * Where nobody has made that user, as on a router to which the program was only copied: a number that neither
 * Debian nor systemd nor OpenWrt gives to anybody (60706 to 61183), below what containers map.
 */
const NOBODY_ELSE = 61_178;

/** `passwd`: the system's table of users. */
export function accountOf(passwd: string): Account {
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    if (name === NAME && Number(uid) > 0 && Number(gid) > 0)
      return { name, uid: Number(uid), gid: Number(gid) };
  }
  return { name: null, uid: NOBODY_ELSE, gid: NOBODY_ELSE };
}

export function ownAccount(): Account {
  try {
    return accountOf(readFileSync('/etc/passwd', 'utf8'));
  } catch {
    return accountOf('');
  }
}

/** What a user may want of a file, as in the permissions of others; of a directory `pass` is to go through. */
const WANTS = { read: 4, write: 2, pass: 1 } as const;
export type Want = keyof typeof WANTS;

export function may({ uid, gid }: Account, { mode, uid: owner, gid: group }: Stats, want: Want): boolean {
  const shift = owner === uid ? 6 : group === gid ? 3 : 0;
  return ((mode >> shift) & WANTS[want]) !== 0;
}

/** The directory above this file that the account may not go through; null: it gets there. Throws where there is none. */
export function barrierTo(account: Account, file: string): string | null {
  for (let at = realpathSync(file); at !== '/'; ) {
    at = dirname(at);
    if (!may(account, statSync(at), 'pass')) return at;
  }
  return null;
}

/** Why the account can't do that with the file; null: it can. */
export function obstacle(account: Account, file: string, want: Want): string | null {
  try {
    const barrier = barrierTo(account, file);
    if (barrier !== null) return `${barrier} is closed to it`;
    return may(account, statSync(file), want) ? null : `${file} is closed to it`;
  } catch {
    return `${file} is not there`;
  }
}
