/**
 * Nobody waits longer for a takeover because something else is busy here, and a machine that is busy does not look dead to its
 * peer: this program and what it starts run before others. What belongs to the operator, health commands and hooks, does not.
 */
import { execFileSync } from 'node:child_process';
import { setPriority } from 'node:os';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log/log.ts';

/** Before all that is not of the system itself. */
const NICENESS = -20;
/** Of sched(7)'s 1 to 99, above all ordinary processes; the kernel leaves those a twentieth of each second even so. */
const REAL_TIME = '10';
const LIMIT_MS = 5000;

/** Whether what is started runs before others unless it is told not to. */
let inherited = false;

/**
 * As far as this process may: real time if `realTime`, by util-linux's chrt, for all of its threads, since the main one waits for those
 * that collect garbage; otherwise, or where that can't be, the highest ordinary priority.
 */
export function raisePriority(realTime: boolean, log: Log): void {
  try {
    setPriority(NICENESS);
  } catch (error) {
    const message = 'no privilege to run before others (CAP_SYS_NICE)';
    log.warn('takeover.priority', { reason: messageOf(error), message });
    return;
  }
  if (!realTime) return;
  try {
    const argv = ['--all-tasks', '--rr', '--pid', REAL_TIME, String(process.pid)];
    execFileSync('chrt', argv, { timeout: LIMIT_MS, stdio: ['ignore', 'ignore', 'pipe'] });
    inherited = true;
  } catch (error) {
    const reason = messageOf(error);
    const message = `runs with high priority, but not in real time (util-linux's chrt): ${reason}`;
    log.warn('takeover.priority', { reason, message });
  }
}

/** The words that start a command like any other of the machine. */
export function withUsualPriority(argv: readonly string[]): readonly string[] {
  return inherited ? ['chrt', '--other', '0', ...argv] : argv;
}
