/** The directory of the state, and damaged databases in it. */
import { existsSync, mkdirSync, renameSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCodeOf } from '../errors.ts';

/** So many damaged databases are kept; once there are more, the last one gives way. */
const MAX_KEPT = 5;
/** A database, and what was committed to it since. */
export const SUFFIXES = ['', '-wal'] as const;

/** What people are told when the directory can't be made or written. */
const REASONS: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `${path} takes no directories`,
  ENOTDIR: (path) => `${path} is no directory`,
  EACCES: (path) => `${path} is not this user's to write to`,
  EPERM: (path) => `${path} is not this user's to write to`,
  EROFS: (path) => `${path} is on a disk that is mounted read-only`,
  ENOSPC: (path) => `the disk of ${path} is full`,
};

/** A directory that can't be used; the message says why, and where. */
export class DirectoryError extends Error {
  override readonly name = 'DirectoryError';
}

export function directoryError(path: string, error: unknown): unknown {
  const reason = REASONS[systemCodeOf(error) ?? ''];
  return reason === undefined ? error : new DirectoryError(reason(path), { cause: error });
}

/** Of a directory that may have people's addresses in it, and of those above it, by which others have to pass. */
const OWNERS_ALONE = 0o700;
export const PASSABLE = 0o755;

/** Makes the directory, for its owner alone. Node's own way to make those above it, too, never ends in /proc. */
export function makeDirectory(directory: string, mode = OWNERS_ALONE): void {
  if (existsSync(directory)) {
    if (!statSync(directory).isDirectory()) throw new DirectoryError(`${directory} is no directory`);
    return;
  }
  const above = dirname(directory);
  makeDirectory(above, PASSABLE);
  try {
    mkdirSync(directory, { mode });
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw directoryError(above, error);
  }
}

/** Puts a damaged database aside, beside those that were before; returns where it is. */
export function putAside(path: string): string {
  const places = Array.from({ length: MAX_KEPT }, (_, n) => `${path}.damaged${n === 0 ? '' : `-${n + 1}`}`);
  const kept = places.find((place) => !existsSync(place)) ?? String(places.at(-1));
  for (const suffix of SUFFIXES) {
    rmSync(`${kept}${suffix}`, { force: true });
    if (existsSync(`${path}${suffix}`)) renameSync(`${path}${suffix}`, `${kept}${suffix}`);
  }
  return kept;
}

/** Whether that is what is there, and not another file of the same name. */
export function isSameFile(path: string, { dev, ino }: Pick<Stats, 'dev' | 'ino'>): boolean {
  const now = statSync(path, { throwIfNoEntry: false });
  return now !== undefined && now.dev === dev && now.ino === ino;
}
