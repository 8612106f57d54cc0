/** A command of the operator's, run aside: it has no part in how long this program lives. */
import { type ChildProcess, spawn } from 'node:child_process';
import { messageOf, systemCodeOf } from '../errors.ts';
import { withoutPrivileges } from '../launcher.ts';
import type { Time } from '../time.ts';

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

/** Starts it, never by a shell, and with none of the program's privileges. What it writes to its standard output is not read; after `limitMs` it is ended. */
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
    late = true;
    endGroup(child);
  });
  const ended = new Promise<Awaited<OutsideCommand['ended']>>((resolve) => {
    const finish = (failure: string | null, missing = false): void => {
      limit.cancel();
      resolve({ failure, missing, said: said.trim() });
    };
    child.on('error', (error) => finish(messageOf(error), systemCodeOf(error) === 'ENOENT'));
    child.on('exit', () => {
      limit.cancel();
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

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
