/** One process at a time has the database: the library's own lock outlives a killed process, and is no lock then. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { RingbackError, systemCodeOf } from '../errors.ts';
import { directoryError, isSameFile } from './files.ts';

/** What flock(1) says when somebody else has the lock; util-linux lets us choose, BusyBox always says 1. */
const TAKEN = 1;

/** Another process has the state at present. */
export class TakenError extends RingbackError {
  constructor(directory: string) {
    super(
      'unavailable',
      `state ${directory}: another ringback has it; stop that one, or name another directory`,
    );
  }
}

export interface Lock {
  /** Whether the file is where it was: if not, others do not know that it is taken. */
  isThere(): boolean;
  release(): void;
}

/**
 * Takes the lock of the state in this directory until the process ends or `release` is called. The kernel has the lock
 * with the open file, which flock(1) only borrows: it ends with us, however we end.
 * Throws TakenError when another process has it, RingbackError('unavailable') when there is no flock(1); DirectoryError
 * when the directory can't be written.
 */
export function takeLock(directory: string): Lock {
  const path = `${directory}/lock`;
  const descriptor = openLock(path);
  const { status, error } = spawnSync('flock', ['-n', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', descriptor],
  });
  if (status === 0) {
    return {
      isThere: () => isSameFile(path, fstatSync(descriptor)),
      release: () => closeSync(descriptor),
    };
  }
  closeSync(descriptor);
  if (status === TAKEN) throw new TakenError(directory);
  const reason =
    systemCodeOf(error) === 'ENOENT' ? 'flock (util-linux or BusyBox) is missing' : 'flock failed';
  throw new RingbackError('unavailable', `state ${directory}: ${reason}`, { cause: error });
}

/** On a disk that can't be written the file of an earlier process does as well: flock(1) only wants one that is open. */
function openLock(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    const isThere = systemCodeOf(error) === 'EACCES' && existsSync(path);
    const reason = directoryError(isThere ? path : dirname(path), error);
    if (systemCodeOf(error) !== 'EROFS') throw reason;
    try {
      return openSync(path, 'r');
    } catch {
      throw reason;
    }
  }
}
