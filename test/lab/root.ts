/** What only a real root may do: somebody who only is root in the lab has one user for everything, and no devices. */
import { readFileSync } from 'node:fs';
import { needs } from '../host/require.ts';

/** Whether other users are to be had, and what belongs to the machine. */
export function isRoot(): boolean {
  const [, outside] = readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/);
  return process.getuid?.() === 0 && outside === '0';
}

/** For a test's `skip`: that it needs root for `what`, or which of the programs is missing. */
export function needsRoot(what: string, ...programs: readonly string[]): string | false {
  if (isRoot()) return needs(...programs);
  const reason = `needs root: ${what}`;
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return reason;
}
