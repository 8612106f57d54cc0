/** What a test needs of the machine. */

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Daemons lie where an ordinary user's PATH does not lead. */
const DIRECTORIES = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];

function isInstalled(program: string): boolean {
  return DIRECTORIES.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * For a test's `skip`: false when the programs are installed, otherwise the reason. With REQUIRE_ALL=1
 * nothing may be skipped, and a missing program throws.
 */
export function needs(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => !isInstalled(program));
  if (missing.length === 0) return false;
  const reason = `not installed: ${missing.join(', ')}`;
  if (process.env.REQUIRE_ALL === '1') throw new Error(reason);
  return reason;
}
