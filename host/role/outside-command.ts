/** A command of the operator's, run aside: it has no part in how long this program lives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf, systemCodeOf } from '../errors.ts';
import { withoutPrivileges } from '../launcher.ts';
import type { Time, Timer } from '../time.ts';

/** A command of the operator's that runs aside. */
export interface OutsideCommand {
  readonly ended: Promise<{
    /** null: it ended with 0. */
    readonly failure: string | null;
    /** Whether there is no such program. */
    readonly missing: boolean;
    /** The beginning of what it wrote to its standard error. */
    readonly said: string;
  }>;
  /** Ends it at once, and all that it started. */
  end(): void;
}

export type StartOutside = (argv: readonly string[], limitMs: number, time: Time) => OutsideCommand;

const MAX_SAID = 200;
const LAST_WORDS_MS = 100;
/** How often it is looked whether something of it is left. */
const LEFT_MS = 1000;

/**
 * Starts it, never by a shell, and with none of the program's privileges. What it writes to its standard output is not read; after `limitMs` it is ended,
 * or what it has left running in its group.
 */
export function startOutside(
  [program = '', ...more]: readonly string[],
  limitMs: number,
  time: Time,
): OutsideCommand {
  // A group of its own, so that all of it can be ended.
  const child = withoutPrivileges(() =>
    spawn(program, more, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] }),
  );
  let said = '';
  let late = false;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MAX_SAID);
  });
  const limit = time.after(limitMs, () => {
    late = isThere;
    left?.cancel();
    endGroup(child);
  });
  let isThere = true;
  let left: Timer | undefined;
  /** A number that nobody has any more may soon be another's. */
  const lookWhatIsLeft = (): void => {
    if (isGroupThere(child)) return;
    left?.cancel();
    limit.cancel();
  };
  const ended = new Promise<Awaited<OutsideCommand['ended']>>((resolve) => {
    const finish = (failure: string | null, missing = false): void => {
      resolve({ failure, missing, said: said.trim() });
    };
    child.on('error', (error) => {
      limit.cancel();
      finish(messageOf(error), systemCodeOf(error) === 'ENOENT');
    });
    child.on('exit', () => {
      isThere = false;
      limit.unref();
      if (!late) {
        left = time.every(LEFT_MS, lookWhatIsLeft).unref();
        lookWhatIsLeft();
      }
      // What it left running may keep its output open for ever; its own last words are there by then.
      time.after(LAST_WORDS_MS, () => child.stderr?.destroy()).unref();
    });
    child.on('close', (code, signal) => {
      if (late) finish(`no end within ${limitMs} ms`);
      else finish(code === 0 ? null : signal === null ? `status ${code}` : `ended by ${signal}`);
    });
  });
  return { ended, end: () => endGroup(child) };
}

function endGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGKILL');
}

/** Whether there is anybody in it who may be ended. */
function isGroupThere(child: ChildProcess): boolean {
  return signalGroup(child, 0);
}

function signalGroup({ pid }: ChildProcess, signal: 'SIGKILL' | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    // It has just ended, or has become another user's.
    return false;
  }
}
