/** What the host's tests share. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Fields, Level, Log } from '../../host/log.ts';

/** Only a test that fails waits so long: a loaded machine must not make it do so. */
const PATIENCE_MS = 60_000;

/** Waits until the condition holds; fails, naming what it waited for, when it never does. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; !(await condition()); waitedMs += 10) {
    if (waitedMs >= PATIENCE_MS) throw new Error(`waited in vain: ${what}`);
    await sleep(10);
  }
}

export interface LoggedLine {
  readonly level: Level;
  readonly event: string;
  readonly fields: Fields;
}

/** A log that keeps its lines for the test to read. */
export function recordingLog(): { readonly log: Log; readonly lines: LoggedLine[] } {
  const lines: LoggedLine[] = [];
  const at =
    (level: Level) =>
    (event: string, fields: Fields = {}): void => {
      lines.push({ level, event, fields });
    };
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}
