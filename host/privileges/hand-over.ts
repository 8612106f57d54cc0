/**
 * What root has made is given to the user that the program runs as: the state, the place of the control socket, a look into
 * the configuration. Each is done once: what has been given is found so at the next start.
 */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../errors.ts';
import type { Log } from '../log/log.ts';
import { isServed, RUNTIME_DIRECTORY, runtimePlace, servingPlace } from '../role/control-place.ts';
import { DirectoryError, makeDirectory, PASSABLE } from '../store/files.ts';
import { type Account, barrierTo, may } from './account.ts';

/** It can't be given, and why. */
export class Kept extends Error {}

function causeOf(error: unknown): string {
  return error instanceof DirectoryError ? error.message : (systemCodeOf(error) ?? String(error));
}

/** What the store has in its directory; and what a file system has in its own. */
const OF_THE_STATE = /^(ringback\.db.*|lock)$/;
const OF_THE_DISK = 'lost+found';

/**
 * Makes the directory of the state if there is none. Where nobody can have one there is nothing to give: the store goes on
 * in memory, and says so, whoever it belongs to. Throws Kept.
 */
export function giveState(directory: string, account: Account, log: Log): void {
  try {
    if (!isMade(directory)) return;
    const barrier = barrierTo(account, directory);
    if (barrier !== null) throw new Kept(`${barrier}, above the state, is closed to it`);
    if (statSync(directory).uid === account.uid) {
      giveLeftovers(directory, account, log);
      return;
    }
    const names = readdirSync(directory);
    const strange = names.find((name) => !OF_THE_STATE.test(name) && name !== OF_THE_DISK);
    if (strange !== undefined) throw new Kept(`${directory} has other things than the state, as ${strange}`);
    const own = names.filter((name) => name !== OF_THE_DISK);
    for (const name of own) giveFile(`${directory}/${name}`, account);
    try {
      chownSync(directory, account.uid, account.gid);
    } catch (error) {
      // Root itself could have nothing there.
      if (own.length === 0 && systemCodeOf(error) === 'EROFS') return;
      throw error;
    }
    if (names.length > 0) log.info('state.given', { directory, user: account.name ?? account.uid });
  } catch (error) {
    if (error instanceof Kept) throw error;
    throw new Kept(`the state at ${directory} can't be given to it (${causeOf(error)})`);
  }
}

/** Whether the directory is there now. */
function isMade(directory: string): boolean {
  try {
    makeDirectory(directory);
    return true;
  } catch {
    return false;
  }
}

/**
 * What root has put into it since: a copy that was restored, a command that was killed. Whoever has the directory must not
 * keep the program root by what he puts there.
 */
function giveLeftovers(directory: string, account: Account, log: Log): void {
  const given = readdirSync(directory).filter((name) => {
    const path = `${directory}/${name}`;
    try {
      if (!OF_THE_STATE.test(name) || lstatSync(path).uid === account.uid) return false;
      giveFile(path, account);
      return lstatSync(path).uid === account.uid;
    } catch {
      return false;
    }
  });
  if (given.length > 0)
    log.info('state.given', { directory, files: given.join(', '), user: account.name ?? account.uid });
}

/** Never what a link leads to, nor a file that has another name elsewhere. */
function giveFile(path: string, { uid, gid }: Account): void {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const there = fstatSync(descriptor);
    if (there.isDirectory() || (there.isFile() && there.nlink === 1)) fchownSync(descriptor, uid, gid);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Where only root may make a socket, a link leads to where the user may; so whoever asks at the old place finds it.
 * Throws Kept.
 */
export async function giveControl(path: string, account: Account): Promise<void> {
  const directory = dirname(path);
  try {
    if (directory === RUNTIME_DIRECTORY) {
      ownDirectory(directory, account);
      return;
    }
    makeDirectory(directory, PASSABLE);
    const around = statSync(directory);
    const isOpen = may(account, around, 'write') && may(account, around, 'pass');
    if (isOpen && barrierTo(account, directory) === null) return;
    const there = lstatSync(path, { throwIfNoEntry: false });
    const target = runtimePlace(path);
    ownDirectory(RUNTIME_DIRECTORY, account);
    if (servingPlace(path) === target) return;
    if (there !== undefined && (!there.isSocket() || (await isServed(path))))
      throw new Kept(`control ${path} is there already, and is something else`);
    rmSync(path, { force: true });
    symlinkSync(target, path);
  } catch (error) {
    if (error instanceof Kept) throw error;
    throw new Kept(`control ${path} can't be given to it (${causeOf(error)})`);
  }
}

function ownDirectory(directory: string, { uid, gid }: Account): void {
  makeDirectory(directory);
  const there = lstatSync(directory);
  if (!there.isDirectory()) throw new Error(`${directory} is no directory`);
  if (there.uid === uid) return;
  chownSync(directory, uid, gid);
  chmodSync(directory, 0o700);
}

/** It is read again at SIGHUP. Throws Kept. */
export function giveConfiguration(file: string, account: Account, log: Log): void {
  const there = statSync(file);
  if (!there.isFile()) throw new Kept(`${file} is no file, and could not be read again`);
  const barrier = barrierTo(account, file);
  if (barrier !== null) throw new Kept(`${barrier}, where the configuration is, is closed to it`);
  if (may(account, there, 'read')) return;
  try {
    chownSync(file, there.uid, account.gid);
    chmodSync(file, (there.mode & 0o7707) | 0o040);
  } catch (error) {
    throw new Kept(`${file} can't be opened to it (${causeOf(error)})`);
  }
  log.info('configuration.given', { file, group: account.name ?? account.gid });
}
