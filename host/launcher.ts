/** What Node itself can't do with privileges: an addon beside the program, see board/fabricd/launcher.c. */
import { existsSync } from 'node:fs';
import { besideProgram } from './beside-program.ts';

export interface Launcher {
  /** Goes on as that user, in this process, with that command. */
  readonly launch: (uid: number, gid: number, command: readonly string[]) => never;
  /** Whether children that are started from now on have this program's privileges. */
  readonly ambient: (on: boolean) => void;
}

export const LAUNCHER = 'ringback-launcher.node';

/** null: it is not there. Throws where it can't be loaded. */
export function loadLauncher(): Launcher | null {
  const file = besideProgram(LAUNCHER);
  if (!existsSync(file)) return null;
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, file);
  return module.exports as Launcher;
}

let loaded: Launcher | null | undefined;

/** Starts a child that has none of the program's privileges, where there are any to be withheld and a launcher that can. */
export function withoutPrivileges<Child>(start: () => Child): Child {
  if (loaded === undefined) {
    try {
      loaded = loadLauncher();
    } catch {
      loaded = null;
    }
  }
  loaded?.ambient(false);
  try {
    return start();
  } finally {
    loaded?.ambient(true);
  }
}
